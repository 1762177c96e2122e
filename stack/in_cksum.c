/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sums are made in the machine's own byte order, many bytes at a time, and swapped at the end: the
 * sum of swapped words is the swapped sum (RFC 1071 section 2).
 */
#include "stack/in_cksum.h"

#include <arpa/inet.h>
#include <string.h>

/* Two accumulators side by side, for which compilers have one instruction. */
typedef uint64_t pair_t __attribute__((vector_size(16)));

/* The sum of data[length] as 32-bit words, in the machine's order; the last can be cut short. */
static uint64_t add_bytes(uint64_t sum, const uint8_t *data, size_t length)
{
    pair_t low = {0, 0}, high = {0, 0}, both;
    uint32_t word;
    for (; length >= sizeof(both); data += sizeof(both), length -= sizeof(both)) {
        memcpy(&both, data, sizeof(both));
        low += both & 0xffffffff;
        high += both >> 32;
    }
    low += high;
    sum += low[0] + low[1];
    for (; length >= sizeof(word); data += sizeof(word), length -= sizeof(word)) {
        memcpy(&word, data, sizeof(word));
        sum += word;
    }
    if (length > 0) {
        word = 0;
        memcpy(&word, data, length);
        sum += word;
    }
    return sum;
}

/* The same for a few words, where it is faster: `length` is a multiple of 4. */
static inline uint64_t add_words(uint64_t sum, const uint8_t *data, size_t length)
{
    uint64_t both;
    uint32_t word;
    for (; length >= sizeof(both); data += sizeof(both), length -= sizeof(both)) {
        memcpy(&both, data, sizeof(both));
        sum += (both & 0xffffffff) + (both >> 32);
    }
    if (length > 0) {
        memcpy(&word, data, sizeof(word));
        sum += word;
    }
    return sum;
}

static uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

uint16_t in_cksum_sum(const void *data, size_t length)
{
    return fold(add_bytes(0, data, length));
}

uint16_t in_cksum(const uint8_t *data, size_t length)
{
    return (uint16_t)~ntohs(in_cksum_sum(data, length));
}

uint16_t in_cksum_header(const uint8_t *header, size_t length)
{
    return (uint16_t)~ntohs(fold(add_words(0, header, length)));
}

uint16_t in_cksum_pseudo(const uint8_t *src, const uint8_t *dst, size_t addr_size, uint8_t protocol,
                         const uint8_t *segment, size_t length)
{
    uint64_t sum = (uint64_t)htonl((uint32_t)length) + htons(protocol);
    sum = add_words(sum, src, addr_size);
    sum = add_words(sum, dst, addr_size);
    return (uint16_t)~ntohs(fold(add_bytes(sum, segment, length)));
}

uint16_t in_cksum_update(uint16_t sum, uint16_t from, uint16_t to)
{
    uint32_t all = (uint32_t)(uint16_t)~sum + (uint16_t)~from + to;
    all = (all & 0xffff) + (all >> 16);
    return (uint16_t) ~((all & 0xffff) + (all >> 16));
}

uint16_t in_cksum_update32(uint16_t sum, uint32_t from, uint32_t to)
{
    return (uint16_t)~fold((uint64_t)(uint16_t)~sum + (uint32_t)~from + to);
}
