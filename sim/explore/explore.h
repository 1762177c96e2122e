/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Explores one test: runs all schedules of 0, 1, 2, ... faults in turn, so that the first violation
 * has the fewest faults, and the earliest.
 *
 *     point.h      where a run could have gone differently, and how
 *     trial.h      one run of the test with a schedule
 *     graph.h      the runs with fewer faults, what they have in common, and what they lead to
 *     outcome.h    what runs ended with, counted
 *     batch.c      a part of a level, run by several processes
 *     explore.c    the levels, bounds and checkpoints
 *     shrink.h     the fewest faults that lead to a violation
 *     replay.h     a violation as a scenario of its own
 *     report.h     the table, the last line, the grid
 */
#ifndef LO0SIM_SIM_EXPLORE_EXPLORE_H
#define LO0SIM_SIM_EXPLORE_EXPLORE_H

#include "sim/explore/graph.h"
#include "sim/explore/outcome.h"
#include "sim/explore/trial.h"

typedef struct explore_options {
    trial_options_t trial;
    unsigned faults; /* most faults of a schedule, up to SCHEDULE_MAX */
    bool orders;     /* all orders, which are no faults; trial.kinds has KIND_ORDER */
    unsigned jobs;
    unsigned shard, shards;         /* runs the shard-th of `shards`, from 1; 0: all */
    bool keep_going;                /* goes on after a violation */
    bool expectations_are_outcomes; /* a failed expectation, or an error of the script after a
                                     * fault, is no violation */
    uint64_t random;                /* how many random schedules; 0: explores all */
    uint64_t random_seed;
    uint64_t max_ms;        /* of wall time; 0: no bound */
    uint64_t max_bytes;     /* of schedules that are kept; 0: no bound */
    const char *checkpoint; /* a file, read at the start and written now and then */
    bool progress;          /* shown on standard error */
} explore_options_t;

typedef enum explore_end {
    EXPLORE_COMPLETE,
    EXPLORE_VIOLATED, /* it ended at the first violation */
    EXPLORE_TIME,     /* a bound came first */
    EXPLORE_MEMORY,
    EXPLORE_FAILED /* no process or no file could be made */
} explore_end_t;

/* What was not tried. */
typedef enum explore_cut {
    CUT_POINTS = 1, /* some run had more points than are tried, */
    CUT_READY = 2,  /* or more events that were ready at one instant, */
    CUT_ORDERS = 4, /* or can have more orders, */
    CUT_CIRCLE = 8  /* or orders that never end */
} explore_cut_t;

/* What was done. The counts are of this shard. */
typedef struct explore_state {
    outcomes_t outcomes;
    unsigned level;                   /* how many faults the schedules that are run now have */
    uint64_t next;                    /* the next schedule of this level, from 0 */
    uint64_t base;                    /* the number of this level's first schedule */
    uint64_t ran[SCHEDULE_MAX + 1];   /* schedules whose outcomes are known, by their number of
                                       * faults */
    uint64_t total[SCHEDULE_MAX + 1]; /* 0 until the level before is complete */
    uint64_t runs;                    /* how many were run, for all of these */
    uint64_t merged;                  /* choice points that were skipped in these runs */
    uint64_t equal;     /* runs that came to a state that an earlier one had been in, */
    uint64_t commuting; /* and those of them whose last fault was an order */
    unsigned cut;       /* bits of explore_cut_t */
    bool mixes;         /* runs look at what is no part of a state, */
    bool apart;         /* so that no states are taken for equal */
    graph_t graph;
    explore_end_t end;
    char error[300]; /* EXPLORE_FAILED */
} explore_state_t;

/* Explores the test that `trial` has chosen. Continues from `state`; a zeroed one starts from the
 * beginning.
 * => The caller ends `state` with explore_fini(). */
void explore_run(trial_t *trial, const explore_options_t *options, explore_state_t *state);
void explore_fini(explore_state_t *state);

/* Whether an outcome is a violation. */
bool explore_is_violation(const explore_options_t *options, const outcome_t *outcome);

/* => Returns the first violation; NULL if there is none. */
const outcome_t *explore_violation(const explore_options_t *options, const explore_state_t *state);

/* Adds what another shard found. */
void explore_merge(explore_state_t *state, const explore_state_t *other);

/* Write and read a state, for a file (explore_file.h) or another process of the same search.
 * `about` is one line that says what it is about; it is read into about[size].
 * => explore_read() returns false if it is no such file. */
void explore_write(const explore_state_t *state, const char *about, FILE *out);
bool explore_read(explore_state_t *state, char *about, size_t size, FILE *in);

/* Writes that line: the test, and all options that change what is found, except the shard. */
void explore_about(const explore_options_t *options, char *text, size_t size);

/* Reads from such a line what a report needs, and where in it the test is named.
 * => Returns false if it is no such line. */
bool explore_about_read(const char *text, explore_options_t *options, const char **of);

/* ---- batch.c ---- */

/* A part of a level: the schedules with numbers `from` up to `to`. */
typedef struct batch {
    uint64_t from, to;
    bool deepest; /* there is no next level, */
    bool last;    /* and no next round: what follows them is not wanted */
} batch_t;

/* Runs what of it must be run, and adds what that found to *state.
 * => Returns false if no process can be made; state->error says why. */
bool batch_run(trial_t *trial, const explore_options_t *options, explore_state_t *state,
               const batch_t *batch);

#endif
