/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How many schedules come to which outcome. Schedules flow along the legs: from where they begin,
 * point by point, into the tails, and to the ends. At each point as many as have come there begin
 * the legs that have one fault more, in the next level, or one free order more, in this one. So a
 * point is passed when all that flows into it has come: what begins the leg, and the tails.
 */
#include "sim/explore/graph_inside.h"

#include "sim/base/must.h"

#include <stdlib.h>
#include <string.h>

/* Where a leg's flow is. */
typedef struct flow_leg {
    uint64_t passing; /* so many have come to the next point, from the one before */
    uint32_t point;   /* the next one; after the last it is the end */
    uint32_t child;   /* the next one by an order, of the leg's */
    bool waits;       /* until something more has flown into it */
} flow_leg_t;

typedef struct flow {
    const graph_t *graph;
    flow_leg_t *legs;
    uint32_t *missing; /* tails into each point, from which nothing has come yet */
    uint32_t *ready;   /* legs that go on, a stack */
    uint32_t ready_count, ended;
} flow_t;

static size_t tail_of(const graph_t *graph, const graph_leg_t *leg)
{
    return graph->legs[leg->tail].arrivals + leg->tail_point;
}

/* A leg begins with so many schedules. */
static void begin_leg(flow_t *flow, uint32_t id, uint64_t schedules)
{
    flow->legs[id].passing = schedules;
    flow->ready[flow->ready_count++] = id;
}

/* What passes a point begins the legs there that have one order more. */
static void begin_orders(flow_t *flow, uint32_t id)
{
    const graph_leg_t *leg = &flow->graph->legs[id];
    const graph_children_t *children = &leg->children[GRAPH_BY_ORDER];
    flow_leg_t *at = &flow->legs[id];
    for (; at->child < children->count; at->child++) {
        uint32_t child = children->first + at->child;
        if (flow->graph->legs[child].parent_point != at->point)
            break;
        begin_leg(flow, child, at->passing);
    }
}

/* A leg has come to its end. */
static void end_leg(flow_t *flow, uint32_t id, graph_count_t count, void *arg)
{
    const graph_t *graph = flow->graph;
    const graph_leg_t *leg = &graph->legs[id];
    uint64_t passing = flow->legs[id].passing;
    flow->ended++;
    if (leg->tail == GRAPH_NONE) {
        if (leg->row != GRAPH_NONE && passing > 0)
            count(arg, id, leg->row, passing);
        return;
    }
    size_t to = tail_of(graph, leg);
    graph->arrivals[to] = graph_sum(graph->arrivals[to], passing);
    flow_leg_t *tail = &flow->legs[leg->tail];
    if (--flow->missing[to] == 0 && tail->waits && tail->point == leg->tail_point) {
        tail->waits = false;
        flow->ready[flow->ready_count++] = leg->tail;
    }
}

/* Lets a leg go on, up to a point into which something has still to flow, or to its end. */
static void go_on(flow_t *flow, uint32_t id, graph_count_t count, void *arg)
{
    const graph_leg_t *leg = &flow->graph->legs[id];
    flow_leg_t *at = &flow->legs[id];
    uint64_t *arrivals = flow->graph->arrivals + leg->arrivals;
    const uint32_t *missing = flow->missing + leg->arrivals;
    for (; at->point <= leg->points && missing[at->point] == 0; at->point++) {
        at->passing = arrivals[at->point] = graph_sum(arrivals[at->point], at->passing);
        if (at->point < leg->points)
            begin_orders(flow, id);
    }
    at->waits = at->point <= leg->points;
    if (!at->waits)
        end_leg(flow, id, count, arg);
}

/* The legs that begin with a level's schedules, but not by a free order: as many as came, with one
 * fault less, to where they branch off. */
static void begin_level(flow_t *flow, unsigned level, graph_begins_t begins, void *arg)
{
    const graph_t *graph = flow->graph;
    for (uint32_t i = graph->count; i-- > 0;) {
        const graph_leg_t *leg = &graph->legs[i];
        if (leg->parent == GRAPH_NONE)
            begin_leg(flow, i, level == 0);
        else if (leg->by == GRAPH_BY_FAULT && begins != NULL && !begins(arg, i))
            begin_leg(flow, i, 0);
        else if (leg->by == GRAPH_BY_FAULT)
            begin_leg(flow, i,
                      graph->arrivals[graph->legs[leg->parent].arrivals + leg->parent_point]);
    }
}

bool graph_count(graph_t *graph, unsigned level, graph_begins_t begins, graph_count_t count,
                 void *arg)
{
    size_t points = graph->arrival_count;
    flow_t flow = {.graph = graph,
                   .legs = must_calloc(graph->count, sizeof(*flow.legs)),
                   .missing = must_calloc(points, sizeof(*flow.missing)),
                   .ready = must_calloc(graph->count, sizeof(*flow.ready))};
    begin_level(&flow, level, begins, arg);
    if (points > 0)
        memset(graph->arrivals, 0, points * sizeof(*graph->arrivals));
    for (uint32_t i = 0; i < graph->count; i++) {
        if (graph->legs[i].tail != GRAPH_NONE)
            flow.missing[tail_of(graph, &graph->legs[i])]++;
    }
    while (flow.ready_count > 0)
        go_on(&flow, flow.ready[--flow.ready_count], count, arg);
    bool all = flow.ended == graph->count;
    free(flow.legs);
    free(flow.missing);
    free(flow.ready);
    return all;
}

void graph_count_added(const graph_t *graph, graph_count_t count, void *arg)
{
    for (uint32_t i = graph->begins[graph->levels - 1]; i < graph->count; i++) {
        const graph_leg_t *leg = &graph->legs[i];
        while (leg->tail != GRAPH_NONE)
            leg = &graph->legs[leg->tail];
        if (leg->row != GRAPH_NONE)
            count(arg, i, leg->row, 1);
    }
}
