/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The initial sequence numbers that the stack chose, so that seq and ack can be shown and compared
 * as relative numbers.
 */
#ifndef LO0SIM_SIM_CORE_ISN_H
#define LO0SIM_SIM_CORE_ISN_H

#include "sim/packet/packet.h"
#include "stack/memory.h"

typedef struct isn_table isn_table_t;

/* A table in `memory`.
 * => Returns NULL if there is no memory. The caller ends it with isn_destroy(). */
isn_table_t *isn_create(memory_t *memory);
void isn_destroy(isn_table_t *table);

/* Learns the seq of a SYN or a SYN|ACK from a packet as TCP sends it, before any hook. A new one
 * between the same ends replaces the old.
 * => Returns whether the packet was a SYN or a SYN|ACK. */
bool isn_learn(isn_table_t *table, const struct packet *packet);

/* The base for a packet's numbers. */
struct packet_base isn_base(const isn_table_t *table, const struct packet *packet);

#endif
