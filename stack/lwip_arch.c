/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What lwIP asks of its platform (stack/lwip/arch/cc.h): memory, the time, random numbers, and
 * what happens when one of its assertions fails.
 */
#include "stack/in_cksum.h"
#include "stack/ip_impl.h"

#include "lwip/prot/tcp.h"
#include "lwip/sys.h"

#include <stdlib.h>

#define ISS_INCR     250000
#define ISS_RANDOM   0xffff
#define ISS_NSEC_SHT 12

/* Two NOPs, the option's kind and length (RFC 7323 appendix A). */
#define TIMESTAMP_WORD 0x0101080a

static void (*panic_func)(void *arg, const char *message, const char *file, int line);
static void *panic_arg;

void lwip_panic(const char *message, const char *file, int line)
{
    if (panic_func != NULL)
        panic_func(panic_arg, message, file, line);
    abort();
}

void ip_stack_on_panic(void (*panic)(void *arg, const char *message, const char *file, int line),
                       void *arg)
{
    panic_func = panic;
    panic_arg = arg;
}

/* lwIP goes on without the block, and without a word: it sends nothing now, or drops a segment. */
static void *told(void *block)
{
    if (block == NULL)
        ip_tell_no_memory(stack_entered());
    return block;
}

void *lwip_malloc(size_t size)
{
    return told(memory_alloc(stack_entered()->ips_memory, size));
}

void *lwip_calloc(size_t count, size_t size)
{
    return told(memory_zalloc(stack_entered()->ips_memory, count * size));
}

void lwip_free(void *block)
{
    memory_free(stack_entered()->ips_memory, block);
}

uint16_t lwip_chksum(const void *data, int length)
{
    return in_cksum_sum(data, (size_t)length);
}

u32_t sys_now(void)
{
    return (u32_t)(vclock_now(stack_entered()->ips_clock) / 1000);
}

uint32_t lwip_random(void)
{
    return ip_stack_random(stack_entered());
}

/* Each is after those before it, as RFC 9293 section 3.4.1 wants it, also within one instant: so a
 * connection can follow one in TIME_WAIT. Solaris: tcp_iss_init(), tcp_strong_iss 1. */
uint32_t lwip_isn(void)
{
    ip_stack_t *ips = stack_entered();
    uint64_t now_ns = vclock_now(ips->ips_clock) * 1000;
    uint32_t random = ip_stack_random(ips);
    ips->ips_iss += ips->ips_has_iss ? ISS_INCR / 2 + (random & ISS_RANDOM) : random;
    ips->ips_has_iss = true;
    return ips->ips_iss + (uint32_t)(now_ns >> ISS_NSEC_SHT);
}

/* lwIP turns the window of a RST to network order twice, so it is right on big-endian machines
 * only; and it reads a time stamp byte by byte and then from network order, so the one that it
 * sends back is right on little-endian machines only. */
uint32_t *lwip_same_bytes(struct tcp_hdr *header, uint32_t *options_end)
{
    if ((TCPH_FLAGS(header) & TCP_RST) != 0)
        header->wnd = lwip_htons((uint16_t)((TCP_WND >> TCP_RCV_SCALE) & 0xffff));
#if BYTE_ORDER == BIG_ENDIAN
    for (uint32_t *word = (uint32_t *)(header + 1); word + 2 < options_end; word++)
        if (*word == TIMESTAMP_WORD)
            word[2] = lwip_time_stamp(word[2]);
#endif
    return options_end;
}

/* => Returns a time stamp that lwIP has read, tcp_pcb.ts_recent, as a number. */
uint32_t lwip_time_stamp(uint32_t ts_recent)
{
#if BYTE_ORDER == BIG_ENDIAN
    return __builtin_bswap32(ts_recent);
#else
    return ts_recent;
#endif
}
