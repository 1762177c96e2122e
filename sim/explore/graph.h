/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What has been run, as a graph. A leg is what a run goes after its last fault: from there to its
 * end, or to a state that another leg came to before. From that state on both go alike, whatever
 * faults follow, so the leg has a tail: it goes on as the other one, from a point on. Its own
 * choice points are those before that.
 *
 * Each alternative at each of a leg's own points begins another leg, with one more fault. What
 * follows the tail is not run again: how many schedules there are, and what came of them, is
 * counted along the tails. So all counts are those of the schedules, however few were run.
 *
 * Schedules of a level, those with so many faults, are numbered by their faults: first by the place
 * of the first fault, then by that of the second, and so on. A leg goes on only as one whose
 * schedule has a smaller number, so the first of all schedules with an outcome has been run.
 *
 * Where orders are free they are no faults: a schedule can have up to ORDERS_MAX more of them. Then
 * a level has rounds, of the schedules with no order, with one, and so on; it is complete when
 * there are no more. What is run is numbered as it comes; how many schedules there are is counted
 * at the end.
 */
#ifndef LO0SIM_SIM_EXPLORE_GRAPH_H
#define LO0SIM_SIM_EXPLORE_GRAPH_H

#include "sim/explore/trial.h"

#include <stdio.h>

#define GRAPH_NONE UINT32_MAX

/* A state that a run came to. */
typedef struct graph_state {
    moment_key_t key;
    uint32_t point;       /* how many choice points there had been since the run's last fault, */
    uint32_t passed_over; /* and how many had been skipped */
} graph_state_t;

/* A run. */
typedef struct graph_run {
    uint64_t number;      /* in its level */
    uint32_t first;       /* its first choice point after its last fault, */
    uint32_t points;      /* and how many there were from there on, TRIAL_POINTS_MAX at most */
    uint32_t states;      /* how many it came to after that fault */
    uint32_t passed_over; /* points */
    uint64_t outcome;     /* which: a hash */
    bool stopped;         /* it ended at the last of these states, which is a known one */
    const point_class_t *classes; /* `points` of them */
    const graph_state_t *list;    /* `states` of them */
} graph_run_t;

typedef struct graph_leg graph_leg_t;
typedef struct graph_known graph_known_t;

typedef struct graph {
    unsigned kinds; /* of faults that are tried */
    bool orders;    /* orders are free */
    graph_leg_t *legs;
    uint32_t count, room;
    uint32_t begins[SCHEDULE_MAX + 2]; /* the first leg of each level */
    unsigned levels;                   /* how many have begun */
    uint32_t rounds[SCHEDULE_MAX + 1]; /* how many of each level have begun, and their first legs */
    uint32_t round_begins[SCHEDULE_MAX + 1][ORDERS_MAX + 1];
    uint64_t round_base, round_size; /* the last round's first number in its level, and its size */
    bool too_many_orders;            /* there are schedules with more than ORDERS_MAX */
    point_class_t *classes;          /* of all points of all legs */
    uint64_t *arrivals; /* of the last level that was counted: how many schedules pass each point,
                         * and the end, of each leg */
    size_t class_count, class_room, arrival_count, arrival_room;
    graph_known_t *known; /* states, by key: a power of 2 */
    size_t known_count, known_room;
    uint64_t merged, commuting; /* legs that have a tail, and those that begin with an order */
} graph_t;

/* The sum of two counts of schedules. */
static inline uint64_t graph_sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void graph_fini(graph_t *graph);
size_t graph_size(const graph_t *graph); /* in bytes */

/* Whether a leg came to a state, or it was noted. */
bool graph_knows(const graph_t *graph, const moment_key_t *key);

/* Notes a state, in a process that does not add the run which came to it. */
void graph_note(graph_t *graph, const moment_key_t *key);

/* Begins the next level, after all legs of the one before have been added; level 0 is one run.
 * => Returns how many schedules it has; if orders are free, its first round. */
uint64_t graph_begin_level(graph_t *graph);

/* Begins the level's next round, after all legs of the one before have been added.
 * => Returns how many schedules it has; 0: there is none. */
uint64_t graph_begin_round(graph_t *graph);

/* A schedule of the level or round that has begun, with the last fault or order at one of a leg's
 * own points. */
typedef struct graph_child {
    uint64_t number; /* in the level */
    uint64_t weight; /* how many schedules of the level are like it, itself among them; not known
                      * if orders are free */
    schedule_t schedule;
    uint32_t parent, point; /* the point of the parent's own ones, from 0 */
    uint16_t alternative;
    bool by_order; /* its last one is a free order */
    bool more;     /* of the walk's next children one is the same leg's */
} graph_child_t;

/* Calls each(arg, child) for those with numbers `from` up to `to`, in order. Ends early if each()
 * returns false. It may add the child. */
typedef bool (*graph_each_t)(void *arg, const graph_child_t *child);
void graph_walk(graph_t *graph, uint64_t from, uint64_t to, graph_each_t each, void *arg);

/* Adds a child's run, which is the next of the walk; NULL: nothing is known of it. `row` is its
 * outcome's, if it was not stopped. Its leg ends at the first state that is known.
 * => Returns how many points it has passed over. */
uint64_t graph_add(graph_t *graph, const graph_child_t *child, const graph_run_t *run,
                   uint32_t row);

/* Counts the schedules of a level whose runs have all been added, or are not to be, level by level
 * from 0: calls count(arg, leg, row, schedules) for each leg at whose end there are some. More than
 * UINT64_MAX are UINT64_MAX. Of the legs that a fault begins only those take part for which
 * begins(arg, leg) is true; NULL: all.
 * => Returns false if some have no end: their orders come back to a state that they were in. */
typedef void (*graph_count_t)(void *arg, uint32_t leg, uint32_t row, uint64_t schedules);
typedef bool (*graph_begins_t)(void *arg, uint32_t leg);
bool graph_count(graph_t *graph, unsigned level, graph_begins_t begins, graph_count_t count,
                 void *arg);

/* The same for a level of which not all runs have been added: calls it for each leg of this level
 * with one schedule. */
void graph_count_added(const graph_t *graph, graph_count_t count, void *arg);

/* For the same program on the same kind of machine. States are not written: they are of one process
 * and those that it makes.
 * => graph_read() returns false if it is anything else. */
void graph_write(const graph_t *graph, FILE *out);
bool graph_read(graph_t *graph, FILE *in);

#endif
