/* SPDX-License-Identifier: BSD-3-Clause
 *
 * FNV-1a, the hash of Fowler, Noll and Vo: for tables of names, for sums that need not withstand an
 * attack, and for shares of tests, which must be the same on every machine.
 */
#ifndef LO0SIM_FILTER_FNV_H
#define LO0SIM_FILTER_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV1A_32_BEGIN UINT32_C(0x811c9dc5)
#define FNV1A_64_BEGIN UINT64_C(0xcbf29ce484222325)

/* Goes on from `hash` with the bytes of a text, without its end; it begins with FNV1A_32_BEGIN. */
static inline uint32_t fnv1a_32(uint32_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT32_C(0x01000193);
    return hash;
}

/* => Returns the hash of `length` bytes. */
static inline uint64_t fnv1a_64(const char *bytes, size_t length)
{
    uint64_t hash = FNV1A_64_BEGIN;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

#endif
