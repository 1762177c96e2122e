/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What lwIP asks of its platform: a hosted C11 compiler, and a function to call when an assertion
 * fails.
 */
#ifndef LO0SIM_LWIP_ARCH_CC_H
#define LO0SIM_LWIP_ARCH_CC_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* An assertion of lwIP's failed. Ends the process: see ip_stack_on_panic(). */
void lwip_panic(const char *message, const char *file, int line);

/* The memory of the host that is in lwIP now. */
void *lwip_malloc(size_t size);
void *lwip_calloc(size_t count, size_t size);
void lwip_free(void *block);

/* in_cksum_sum(), instead of lwIP's own. */
uint16_t lwip_chksum(const void *data, int length);
#define LWIP_CHKSUM lwip_chksum

/* The virtual clock's random numbers of the host that is in lwIP now. */
uint32_t lwip_random(void);

/* lwIP has a function for each of these; the compiler has an instruction. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define lwip_htons(x) ((uint16_t)__builtin_bswap16(x))
#define lwip_htonl(x) ((uint32_t)__builtin_bswap32(x))
#endif

#define LWIP_PLATFORM_ASSERT(message) lwip_panic(message, __FILE__, __LINE__)
#define LWIP_PLATFORM_DIAG(message)
#define LWIP_RAND() lwip_random()

#endif
