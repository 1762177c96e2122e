/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The trace as people read it: virtual time, station, packet in tcpdump's notation.
 *
 * A SYN that is sent again and goes the same way as the one before is shown as one line.
 */
#ifndef LO0SIM_SIM_VIEW_TIMELINE_H
#define LO0SIM_SIM_VIEW_TIMELINE_H

#include "sim/core/observer.h"
#include "sim/core/trace.h"

#include <stddef.h>
#include <stdio.h>

typedef struct timeline timeline_t;

#define TIMELINE_BRIEF  0x1u /* no TCP options, and a rewrite in one line */
#define TIMELINE_NARROW 0x2u /* lines of 80 columns, and no window */

/* How wide its lines are, unless something narrower is asked for. */
#define TIMELINE_WIDTH 100

/* A timeline that is written to `out`, which stays the caller's.
 * => Returns NULL if there is no memory. The caller ends it with timeline_destroy(). */
timeline_t *timeline_create(FILE *out, unsigned flags);

/* Breaks lines before column `width`, if that is less than TIMELINE_WIDTH. Call it before the first
 * event. */
void timeline_set_width(timeline_t *timeline, size_t width);

/* Writes what is still held back, and frees the timeline. */
void timeline_destroy(timeline_t *timeline);

/* Writes what the timeline says of one event into text[size], without its time, its station and,
 * for a rewrite, the fields. */
void timeline_text(const trace_event_t *event, char *text, size_t size);

/* The trace's sink; `arg` is a timeline_t. */
void timeline_event(void *arg, const trace_event_t *event);

/* The timeline of each test, as a part of its result, for an option that asks for it. */
observer_t timeline_observer(const char *option);

/* The same as its output, in lines of at most *width columns. `width` must outlive it. */
observer_t timeline_observer_narrow(const char *option, const size_t *width);

#endif
