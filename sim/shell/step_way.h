/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Another way: the same run with a fault of the packet that an event is about.
 */
#ifndef LO0SIM_SIM_SHELL_STEP_WAY_H
#define LO0SIM_SIM_SHELL_STEP_WAY_H

#include "sim/core/result.h"
#include "sim/shell/recording.h"

#include <stdbool.h>

/* A run, and how it ended. */
typedef struct step_way {
    const recording_t *recording;
    const result_t *result;
} step_way_t;

/* Runs the test again with faults[count], in the words of --fault.
 * => Fills in *way, which is there until the walk ends; returns false, and has said why, if the
 *    test cannot be run. */
typedef bool (*step_another_t)(void *arg, const char *const *faults, size_t count, step_way_t *way);

#define STEP_WAYS_MAX  16 /* faults of one way */
#define STEP_FAULT_MAX 160

/* Writes a fault of the packet that an event is about, at the next place of its way, into
 * text[STEP_FAULT_MAX]; `what` is "drop", "duplicate" or "delay", and us only that one's.
 * => Returns false if the event is about no packet with a number. */
bool step_way_fault(const trace_event_t *event, const char *what, uint64_t us, char *text);

/* The first event in which two runs differ, from 0; the last of the shorter one if none does. */
size_t step_way_parts(const recording_t *a, const recording_t *b);

#endif
