/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Taps: the places where a scenario can ask which packets passed.
 *
 * Looking changes nothing: a tap is fed from the trace.
 */
#ifndef LO0SIM_SIM_CORE_TAP_H
#define LO0SIM_SIM_CORE_TAP_H

#include "sim/core/trace.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct taps taps_t;

/* One packet that passed. */
typedef struct tap_packet {
    uint64_t time_us;
    packet_copy_t *copy; /* the tap holds it */
} tap_packet_t;

/* => Returns NULL if there is no memory. The caller ends it with taps_destroy(). */
taps_t *taps_create(void);
void taps_destroy(taps_t *taps);

/* The trace's sink that feeds the taps; `arg` is a taps_t. */
void taps_event(void *arg, const trace_event_t *event);

/* The number of a tap, by the name that scripts know it by: "lo0", "LOOPBACK_OUT:before", ...
 * => Returns -1 if there is none of that name. */
int tap_find(const char *name);

/* The names of all taps; NULL after the last. */
extern const char *const tap_names[];

/* The packets that passed a tap since tap_clear(), oldest first.
 * => Returns how many, and the array in *packets: the tap's own, good until the next event. */
size_t tap_packets(const taps_t *taps, int tap, const tap_packet_t **packets);

/* Forgets what passed. */
void tap_clear(taps_t *taps, int tap);

/* Whether more passed than a tap holds (TAP_PACKETS_MAX) since tap_clear(). */
#define TAP_PACKETS_MAX 100000
bool tap_overflowed(const taps_t *taps, int tap);

#endif
