/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Taps: the places where a scenario can ask which packets passed (box:expect_packets), and where a
 * capture takes its packets (-w --tap). One table names both.
 *
 * A tap changes nothing: it is fed from the trace.
 */
#ifndef LO0SIM_SIM_CORE_TAP_H
#define LO0SIM_SIM_CORE_TAP_H

#include "sim/core/trace.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum tap {
    TAP_SNOOP, /* where snoop observes loopback: /dev/lo0; also called "lo0" */
    TAP_WIRE,  /* everything sent on e1000g0's wire, also by the remote hosts */
    TAP_LOOPBACK_OUT_BEFORE,
    TAP_LOOPBACK_OUT_AFTER,
    TAP_LOOPBACK_IN_BEFORE,
    TAP_LOOPBACK_IN_AFTER,
    TAP_PHYSICAL_OUT_BEFORE,
    TAP_PHYSICAL_OUT_AFTER,
    TAP_PHYSICAL_IN_BEFORE,
    TAP_PHYSICAL_IN_AFTER,
    TAPS
} tap_t;

/* The names of all taps, "snoop", "wire", "LOOPBACK_OUT:before", ...; NULL after the last. */
extern const char *const tap_names[];

/* The tap of that name.
 * => Returns -1 if there is no such tap. */
int tap_find(const char *name);

/* The tap that an event's packet passes at that event, or -1. */
int tap_of(const trace_event_t *event);

/* Whether packets at a tap are on the loopback path, and whether they are on their way in. */
bool tap_is_loopback(tap_t tap);
bool tap_is_inbound(tap_t tap);

typedef struct taps taps_t;

/* One packet that passed. */
typedef struct tap_packet {
    uint64_t time_us;
    packet_copy_t *copy; /* the tap holds it */
} tap_packet_t;

/* Taps in `memory`.
 * => Returns NULL if there is no memory. The caller ends it with taps_destroy(). */
taps_t *taps_create(memory_t *memory);
void taps_destroy(taps_t *taps);

/* The trace's sink that feeds the taps; `arg` is a taps_t. */
void taps_event(void *arg, const trace_event_t *event);

/* The packets that passed a tap since tap_clear(), oldest first.
 * => Returns how many, and the array in *packets: the tap's own, valid until the next event. */
size_t tap_packets(const taps_t *taps, int tap, const tap_packet_t **packets);

/* Forgets the packets that passed. */
void tap_clear(taps_t *taps, int tap);

/* What all taps hold, in units of stack/memory.h. */
uint64_t taps_held(const taps_t *taps);

/* Whether more passed than a tap holds (TAP_PACKETS_MAX) since tap_clear(). */
#define TAP_PACKETS_MAX 100000
bool tap_overflowed(const taps_t *taps, int tap);

#endif
