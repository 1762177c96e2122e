/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The Internet checksum (RFC 1071) and its update (RFC 1624), on plain bytes.
 *
 * Solaris computes no checksums on loopback; lwIP and every capture tool verify them.
 */
#ifndef LO0SIM_STACK_IN_CKSUM_H
#define LO0SIM_STACK_IN_CKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The sum of data[length] as 16-bit words in the machine's own order, with its carries. The
 * functions below are built on it. */
uint16_t in_cksum_sum(const void *data, size_t length);

/* The checksum of data[length], in host order; it is stored in network order. It is 0 over data
 * that includes a correct checksum. */
uint16_t in_cksum(const uint8_t *data, size_t length);

/* The same for an IP header, whose length is a multiple of 4. */
uint16_t in_cksum_header(const uint8_t *header, size_t length);

/* The checksum of a TCP, UDP or ICMPv6 segment with its pseudo-header (RFC 9293, RFC 8200).
 * `src` and `dst` are `addr_size` bytes each, 4 or 16, in network order. */
uint16_t in_cksum_pseudo(const uint8_t *src, const uint8_t *dst, size_t addr_size, uint8_t protocol,
                         const uint8_t *segment, size_t length);

/* The checksum `sum` after one 16-bit word that it covers has changed from `from` to `to`
 * (RFC 1624, equation 3). All in host order. */
uint16_t in_cksum_update(uint16_t sum, uint16_t from, uint16_t to);

/* The same for two words that stand together. */
uint16_t in_cksum_update32(uint16_t sum, uint32_t from, uint32_t to);

#endif
