/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A trial: one run of a test with a schedule, the list of what is to happen at which choice point.
 * Everything else is deterministic, so the few bytes of a schedule describe a whole run.
 */
#ifndef LO0SIM_SIM_EXPLORE_TRIAL_H
#define LO0SIM_SIM_EXPLORE_TRIAL_H

#include "sim/explore/moment.h"
#include "sim/explore/point.h"
#include "sim/script/script.h"

#define SCHEDULE_MAX   8  /* most faults of a schedule, */
#define ORDERS_MAX     56 /* and most orders that are not counted as faults */
#define DEVIATIONS_MAX (SCHEDULE_MAX + ORDERS_MAX)
_Static_assert(DEVIATIONS_MAX <= FAULTS_MAX, "a box can be given all of a schedule");

typedef struct deviation {
    uint32_t point;       /* from 0, in the order in which a run reaches them */
    uint16_t alternative; /* from 1 */
} deviation_t;

typedef struct schedule {
    size_t count;
    deviation_t list[DEVIATIONS_MAX]; /* ascending */
} schedule_t;

/* A call's result, as far as outcomes show it. */
typedef struct trial_call {
    trace_verb_t verb;
    int error;
} trial_call_t;

/* All places except PHYSICAL_IN: there is no hook between it and `wire`. */
#define TRIAL_PLACES (((1u << IP_PLACES) - 1) & ~(1u << IP_AT_PHYSICAL_IN))

#define TRIAL_CALLS_MAX  32
#define TRIAL_POINTS_MAX 20000 /* later points are not tried; the explorer reports it */

/* The result of a run. */
typedef struct trial_result {
    result_status_t status;
    char *report;              /* of a failure; NULL: there is none */
    uint64_t end_us;           /* when the last of the calls returned */
    uint32_t packets;          /* how many were sent */
    const trial_call_t *calls; /* until the next run */
    size_t call_count;
    bool calls_cut;               /* there were more calls */
    uint32_t points;              /* how many there were in all */
    uint32_t first;               /* the first point after the last deviation */
    const point_class_t *classes; /* of the points from `first` on, until the next run */
    const point_fault_t *faults;  /* what happened, fault_count of them, until the next run */
    size_t fault_count;
    uint64_t merged; /* how many points were skipped after the last deviation */
    bool crowded;    /* at some instant more events were ready than can be told apart */
    bool stopped;    /* the run was ended by trial_state_t: only its points are known */
    bool mixes;      /* it, or an earlier run, has looked at what is no part of a state: counters,
                      * or what taps had kept */
} trial_result_t;

typedef struct trial trial_t;

typedef enum trial_engine {
    TRIAL_SNAPSHOT, /* a run goes on from a copy of the world: at the last choice that it shares
                     * with the runs before it, or as the script's chunk left it */
    TRIAL_RELOAD    /* each run loads the script again */
} trial_engine_t;

typedef struct trial_options {
    const char *path, *test; /* the test's name as from script_test_name() */
    script_options_t script;
    unsigned kinds;
    unsigned places; /* bits of ip_place_t */
    trial_engine_t engine;
    bool merge; /* skips a place if there is no hook between it and the one before */
} trial_options_t;

/* Loads a file. `options` must outlive the trial.
 * => Returns the trial, which the caller ends with trial_close(); NULL on failure, with a message
 * in error[size]. */
trial_t *trial_open(const trial_options_t *options, char *error, size_t size);
void trial_close(trial_t *trial);

script_t *trial_script(const trial_t *trial);

/* Chooses which of the script's tests is run from now on. */
void trial_choose(trial_t *trial, size_t test);

/* Runs the test with a schedule. It is fastest if schedules with a common beginning follow each
 * other, and the points of the next deviation ascend.
 * => Fills in *result; what it points to is valid until the next run. */
void trial_run(trial_t *trial, const schedule_t *schedule, trial_result_t *result);

/* Whether of the schedules to come one differs from the next only in its last deviation. If not, no
 * moment is kept for it. A new trial takes it that there is one. */
void trial_expect_more(trial_t *trial, bool more);

/* The same with random faults: at each point something happens with a chance of `chance` in a
 * million, `most` times at most. */
void trial_run_random(trial_t *trial, uint64_t seed, uint32_t chance, size_t most,
                      trial_result_t *result);

/* The same with only these faults. */
void trial_run_faults(trial_t *trial, const fault_list_t *faults, trial_result_t *result);

/* Lets a function see each fault of a packet, before it is carried out. NULL: none. */
typedef void (*trial_watch_t)(void *arg, const point_fault_t *point, const mblk_t *mp);
void trial_watch(trial_t *trial, trial_watch_t watch, void *arg);

/* Lets a function be told the states that a run comes to, between two events, after its last
 * deviation: the state's key, how many points there have been since then, and how many were
 * skipped. Runs that come to states with the same key go on alike. With true the run is stopped.
 * NULL: none. Without an engine that can, nothing is told. */
typedef bool (*trial_state_t)(void *arg, const moment_key_t *key, uint32_t points, uint64_t merged);
void trial_tell_states(trial_t *trial, trial_state_t state, void *arg);

/* Writes what a run's calls returned, and how it failed, into text[size]: "connect ECONNREFUSED,
 * recv 5". */
void trial_outcome(const trial_result_t *result, char *text, size_t size);

#endif
