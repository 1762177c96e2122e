/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A run, recorded: each event of the trace, and how rules and endpoints stood at it. What is
 * recorded can be walked in any direction.
 */
#ifndef LO0SIM_SIM_SHELL_RECORDING_H
#define LO0SIM_SIM_SHELL_RECORDING_H

#include "sim/core/box.h"
#include "sim/core/observer.h"

#include <stddef.h>

/* How the box stood at an event. Lines are ended by "\n"; "" is none. */
typedef struct moment {
    trace_event_t *event;
    char *text;            /* the event as the timeline shows it */
    const char *rules;     /* "in rule HITS @N RULE" */
    const char *endpoints; /* "tcp  LOCAL > REMOTE  STATE" */
    size_t packet;         /* the last moment with a packet, this one too; its own index if none */
} moment_t;

typedef struct recording recording_t;

/* => Returns NULL if there is no memory. The caller ends it with recording_destroy(). */
recording_t *recording_create(void);
void recording_destroy(recording_t *recording);

/* Records a test, of this process: what was recorded before is forgotten. The recording outlives
 * the box. */
observer_t recording_observer(recording_t *recording);

size_t recording_count(const recording_t *recording);

/* => Returns a moment, from 0; the recording owns it. */
const moment_t *recording_at(const recording_t *recording, size_t index);

#endif
