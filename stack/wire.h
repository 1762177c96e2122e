/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Numbers in a packet: in network order (big-endian), at any alignment.
 */
#ifndef LO0SIM_STACK_WIRE_H
#define LO0SIM_STACK_WIRE_H

#include <stdint.h>
#include <string.h>

static inline uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static inline void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)(value >> 16));
    put16(at + 2, (uint16_t)value);
}

/* Swaps two fields of `size` bytes, 16 at most: addresses, ports. */
static inline void swap_fields(uint8_t *a, uint8_t *b, size_t size)
{
    uint8_t old[16];
    memcpy(old, a, size);
    memcpy(a, b, size);
    memcpy(b, old, size);
}

#endif
