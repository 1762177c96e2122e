/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Compares two states of a packet field by field: what a rewrite changed, and what it kept.
 */
#ifndef LO0SIM_SIM_PACKET_PACKET_DIFF_H
#define LO0SIM_SIM_PACKET_PACKET_DIFF_H

#include "sim/packet/packet.h"

#include <stdio.h>

/* One header field in both states. */
struct packet_change {
    const char *name;
    size_t offset, size; /* in bytes, from the IP header's first */
    bool changed;
    char from[80], to[80]; /* its meaning */
};

#define PACKET_CHANGES_MAX 32

/* Lists the fields of two packets of the same shape (equal header lengths), changed or not, in the
 * order of the bytes, into changes[PACKET_CHANGES_MAX].
 * => Returns how many; 0 if they are not packets, or differ in shape. Comparing a packet with
 * itself lists its fields. */
size_t packet_diff(const uint8_t *before, const uint8_t *after, size_t length,
                   const struct packet_base *before_base, const struct packet_base *after_base,
                   struct packet_change changes[PACKET_CHANGES_MAX]);

/* Writes both packets side by side: a row for each field, with `*` if it changed. At most 78
 * columns for a SYN. */
void packet_diff_table(FILE *out, const uint8_t *before, const uint8_t *after, size_t length,
                       const struct packet_base *before_base, const struct packet_base *after_base);

#endif
