/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A trial's inside, for the two files that it is made of: trial.c runs it, trial_points.c decides
 * at each of its choice points.
 */
#ifndef LO0SIM_SIM_EXPLORE_TRIAL_INSIDE_H
#define LO0SIM_SIM_EXPLORE_TRIAL_INSIDE_H

#include "sim/explore/trial.h"

#include <setjmp.h>
#include <string.h>

/* What a run has come to. A moment has a copy of it. */
typedef struct progress {
    uint32_t points;
    uint32_t first;              /* the first point after the last deviation */
    size_t next;                 /* deviation */
    uint32_t begun;              /* how often: a test can run again with taps */
    uint32_t orders;             /* how many instants had several events */
    uint64_t merged;             /* points that were skipped */
    uint64_t merged_before;      /* up to the last deviation */
    uint64_t blocks_base;        /* of memory, from before the test began */
    const ip_stack_t *last_host; /* whose packet came to a place last */
    uint32_t last_packet;
    uint32_t packets;
    uint64_t end_us;
    trial_call_t calls[TRIAL_CALLS_MAX];
    size_t call_count;
    bool calls_cut;
    bool crowded; /* POINT_READY_MAX events were ready at an instant */
    box_t *box;
    size_t fault_count;
    point_fault_t faults[DEVIATIONS_MAX]; /* only those that there are, are copied */
} progress_t;

/* A moment that is kept: the run with the first deviations of a schedule, as many as its index
 * says, at a point. */
typedef struct kept {
    moment_t *moment; /* NULL: there never was one */
    bool valid;
    schedule_t prefix;
    uint32_t point;
} kept_t;

struct trial {
    const trial_options_t *options;
    script_options_t script_options;
    script_t *script;
    size_t test;
    const schedule_t *schedule;
    progress_t now;
    trial_state_t state; /* NULL: states are not told */
    void *state_arg;
    bool in_series;   /* moments can be saved */
    bool stopped;     /* the run was left in the middle */
    uint32_t told_at; /* how many points there had been when a state was told last */
    bool tells;       /* the fiber was left to tell a state, not to save a moment */
    point_class_t classes[TRIAL_POINTS_MAX];
    uint32_t chance; /* in a million; 0: by the schedule */
    uint64_t seed, random;
    size_t most;
    fiber_t *fiber;      /* NULL: each run is from its beginning */
    bool keeps;          /* this run keeps moments, */
    bool keeps_last;     /* that of the last deviation, too */
    bool counters_shown; /* a script has asked for counters */
    bool unsteady;       /* the test runs twice: its moments cannot be told apart */
    kept_t kept[DEVIATIONS_MAX];
    trial_watch_t watch;
    void *watch_arg;
    jmp_buf abandoned;
    result_t last; /* owns the report */
};

/* Whether two schedules have the same first deviations, `count` of them. */
static inline bool trial_same_beginning(const schedule_t *a, const schedule_t *b, size_t count)
{
    return memcmp(a->list, b->list, count * sizeof(a->list[0])) == 0;
}

/* ---- trial_points.c ---- */

/* Lets a trial decide at the choice points of a box whose test is about to begin. */
void trial_decide(trial_t *trial, box_t *box);

#endif
