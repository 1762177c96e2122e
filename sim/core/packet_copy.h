/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet's bytes as they were at one moment, shared by everything that keeps them: the taps, the
 * views, a capture. Each of these holds the copy; the last to let go frees it.
 */
#ifndef LO0SIM_SIM_CORE_PACKET_COPY_H
#define LO0SIM_SIM_CORE_PACKET_COPY_H

#include "sim/packet/packet.h"
#include "stack/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct packet_copy {
    memory_t *memory; /* where it comes from */
    unsigned holders;
    unsigned taps;           /* of its holders, tap.c */
    struct packet_base base; /* makes seq and ack relative */
    size_t length;
    uint8_t bytes[];
} packet_copy_t;

/* A copy of bytes[length] from `memory`, which the caller holds; its base is empty. */
packet_copy_t *packet_copy_make(memory_t *memory, const uint8_t *bytes, size_t length);

/* Holds it once more, or lets it go; both accept NULL.
 * => packet_copy_hold() returns `copy`. */
packet_copy_t *packet_copy_hold(packet_copy_t *copy);
void packet_copy_let_go(packet_copy_t *copy);

/* Whether the copy has these bytes; false for NULL. */
bool packet_copy_is(const packet_copy_t *copy, const uint8_t *bytes, size_t length);

/* packet_parse() of it.
 * => Returns false for NULL, too. */
bool packet_copy_parse(const packet_copy_t *copy, struct packet *packet);

/* packet_text() of it; NULL is like an empty packet. */
void packet_copy_text(const packet_copy_t *copy, unsigned what, char *text, size_t size);

#endif
