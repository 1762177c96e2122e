/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The Internet checksum (RFC 1071) and its update (RFC 1624), on plain bytes.
 *
 * Solaris computes none on loopback; lwIP and every capture tool look at them.
 */
#ifndef LO0SIM_STACK_IN_CKSUM_H
#define LO0SIM_STACK_IN_CKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The sum of data[length] as 16-bit words of the machine's own order, with its carries: what the
 * others are made of. */
uint16_t in_cksum_sum(const void *data, size_t length);

/* The checksum of data[length], in host order, as it is to be stored in network order. Over data
 * that includes a right checksum it is 0. */
uint16_t in_cksum(const uint8_t *data, size_t length);

/* The checksum of a TCP, UDP or ICMPv6 segment with its pseudo-header (RFC 9293, RFC 8200).
 * `src` and `dst` are `addr_size` bytes each, 4 or 16, in network order. */
uint16_t in_cksum_pseudo(const uint8_t *src, const uint8_t *dst, size_t addr_size, uint8_t protocol,
                         const uint8_t *segment, size_t length);

/* The checksum `sum` after one 16-bit word that it covers went from `from` to `to`: equation 3 of
 * RFC 1624. All in host order. */
uint16_t in_cksum_update(uint16_t sum, uint16_t from, uint16_t to);

#endif
