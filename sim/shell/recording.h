/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A recorded run: each event of the trace, with the rules and endpoints at that time. One can go
 * through it in any direction.
 */
#ifndef LO0SIM_SIM_SHELL_RECORDING_H
#define LO0SIM_SIM_SHELL_RECORDING_H

#include "sim/core/box.h"
#include "sim/core/observer.h"

#include <stddef.h>

/* The state of the box at an event. Each line ends with "\n"; "" means no lines. */
typedef struct recorded_event {
    trace_event_t *event;
    char *text;            /* the event as the timeline shows it */
    const char *rules;     /* "in rule HITS @N RULE" */
    const char *endpoints; /* "tcp  LOCAL > REMOTE  STATE" */
    size_t packet;         /* the last event with a packet, not later than this one; or this one */
} recorded_event_t;

typedef struct recording recording_t;

/* => Returns NULL if there is no memory. The caller ends it with recording_destroy(). */
recording_t *recording_create(void);
void recording_destroy(recording_t *recording);

/* Records a test in this process, and forgets the previous one. The recording outlives the box. */
observer_t recording_observer(recording_t *recording);

size_t recording_count(const recording_t *recording);

/* => Returns an event, from 0; the recording owns it. */
const recorded_event_t *recording_at(const recording_t *recording, size_t index);

#endif
