/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A graph's inside, for the files that it is made of:
 *
 *     graph.c         states, and runs that are added
 *     graph_walk.c    which schedules are to be run, and their numbers
 *     graph_count.c   how many schedules come to which outcome
 *     graph_file.c    a graph in a file
 */
#ifndef LO0SIM_SIM_EXPLORE_GRAPH_INSIDE_H
#define LO0SIM_SIM_EXPLORE_GRAPH_INSIDE_H

#include "sim/explore/graph.h"

/* What a leg begins with. */
typedef enum graph_by { GRAPH_BY_FAULT, GRAPH_BY_ORDER, GRAPH_BYS } graph_by_t;

/* A leg's children by faults, or by orders: one after another. */
typedef struct graph_children {
    uint32_t first, count;
} graph_children_t;

struct graph_leg {
    uint32_t parent, parent_point; /* where it began; GRAPH_NONE: the run without a fault */
    uint16_t alternative;
    uint8_t level, orders;                /* its faults, and its orders if they are free */
    uint8_t by;                           /* graph_by_t: its last one */
    uint32_t first, points;               /* its own choice points, of the run's */
    graph_children_t children[GRAPH_BYS]; /* those that were added */
    uint32_t tail, tail_point;        /* GRAPH_NONE: it came to its end; the tail's point, from 0 */
    uint32_t row;                     /* of its outcome; GRAPH_NONE: not known */
    size_t classes, arrivals;         /* where they begin */
    uint64_t sizes[SCHEDULE_MAX + 1]; /* how many schedules go on from it with so many faults */
};

/* A state, and where its leg came to it. */
struct graph_known {
    moment_key_t key;
    uint32_t leg, point; /* from 0; GRAPH_NONE: an empty place */
};

/* How many legs can begin at one of a leg's own points. */
static inline unsigned graph_alternatives(const graph_t *graph, const graph_leg_t *leg,
                                          uint32_t point, graph_by_t by)
{
    unsigned order = graph->orders ? KIND_BIT(KIND_ORDER) : 0;
    unsigned kinds = by == GRAPH_BY_ORDER ? order : graph->kinds & ~order;
    return point_alternatives(graph->classes[leg->classes + point], kinds);
}

/* The legs of a round, from its first up to the one that is returned. */
static inline uint32_t graph_round_end(const graph_t *graph, unsigned level, unsigned round)
{
    if (round + 1 < graph->rounds[level])
        return graph->round_begins[level][round + 1];
    return level + 1 < graph->levels ? graph->begins[level + 1] : graph->count;
}

#endif
