/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which schedules of a level are to be run, and their numbers. Where orders are free a level has
 * rounds, and what is to be run in one is numbered as it comes; where they are not, a schedule's
 * number counts all those before it, however few of them are run.
 */
#include "sim/explore/graph_inside.h"

#include <assert.h>

/* ---- sizes: how many schedules there are ---- */

/* How many legs can begin, by a fault or an order, at a leg's own points from `from` up to `to`. */
static uint64_t count_alternatives(const graph_t *graph, const graph_leg_t *leg, uint32_t from,
                                   uint32_t to, graph_by_t by)
{
    uint64_t count = 0;
    for (uint32_t point = from; point < to; point++)
        count += graph_alternatives(graph, leg, point, by);
    return count;
}

/* Schedules with `more` faults more, the next one at one of a leg's own points from `from` up to
 * `to`. */
static uint64_t own_size(const graph_t *graph, const graph_leg_t *leg, uint32_t from, uint32_t to,
                         unsigned more)
{
    uint64_t size = 0;
    if (more == 1)
        return count_alternatives(graph, leg, from, to, GRAPH_BY_FAULT);
    const graph_children_t *children = &leg->children[GRAPH_BY_FAULT];
    for (uint32_t i = 0; i < children->count; i++) {
        const graph_leg_t *child = &graph->legs[children->first + i];
        if (child->parent_point >= from && child->parent_point < to)
            size += child->sizes[more - 1];
    }
    return size;
}

static void find_size(graph_t *graph, graph_leg_t *leg, unsigned more)
{
    leg->sizes[more] = own_size(graph, leg, 0, leg->points, more);
    if (leg->tail == GRAPH_NONE)
        return;
    const graph_leg_t *tail = &graph->legs[leg->tail];
    leg->sizes[more] += tail->sizes[more] - own_size(graph, tail, 0, leg->tail_point, more);
}

/* => Returns how many schedules a level has. Children come before their parents, and tails before
 *    those that have them. */
static uint64_t find_sizes(graph_t *graph, unsigned level)
{
    for (unsigned of = level; of-- > 0;) {
        for (uint32_t i = graph->begins[of]; i < graph->begins[of + 1]; i++)
            find_size(graph, &graph->legs[i], level - of);
    }
    return graph->legs[0].sizes[level];
}

/* ---- rounds ---- */

/* How many legs can begin, by a fault or an order, at the points of a round's legs. */
static uint64_t count_children(const graph_t *graph, unsigned level, unsigned round, graph_by_t by)
{
    uint64_t count = 0;
    uint32_t end = graph_round_end(graph, level, round);
    for (uint32_t i = graph->round_begins[level][round]; i < end; i++)
        count += count_alternatives(graph, &graph->legs[i], 0, graph->legs[i].points, by);
    return count;
}

/* How many schedules a round has. They have one fault less in the round before, or one order. */
static uint64_t size_of_round(const graph_t *graph, unsigned level, unsigned round)
{
    uint64_t size = 0;
    if (level > 0 && round < graph->rounds[level - 1])
        size += count_children(graph, level - 1, round, GRAPH_BY_FAULT);
    if (round > 0)
        size += count_children(graph, level, round - 1, GRAPH_BY_ORDER);
    return size;
}

/* Whether there can be another round, though the next one may be empty. */
static bool can_go_on(const graph_t *graph, unsigned level)
{
    unsigned last = graph->rounds[level] - 1;
    return graph_round_end(graph, level, last) > graph->round_begins[level][last] ||
           (level > 0 && graph->rounds[level] < graph->rounds[level - 1]);
}

static void begin_round(graph_t *graph, unsigned level, uint64_t size)
{
    graph->round_begins[level][graph->rounds[level]++] = graph->count;
    graph->round_base += graph->round_size;
    graph->round_size = size;
}

uint64_t graph_begin_round(graph_t *graph)
{
    unsigned level = graph->levels - 1;
    uint64_t size = 0;
    while (graph->orders && size == 0 && can_go_on(graph, level)) {
        size = size_of_round(graph, level, graph->rounds[level]);
        if (graph->rounds[level] > ORDERS_MAX) {
            graph->too_many_orders = graph->too_many_orders || size > 0;
            return 0;
        }
        begin_round(graph, level, size);
    }
    return size;
}

uint64_t graph_begin_level(graph_t *graph)
{
    unsigned level = graph->levels++;
    assert(level <= SCHEDULE_MAX);
    graph->begins[level] = graph->begins[level + 1] = graph->count;
    graph->round_base = graph->round_size = 0;
    uint64_t size = level == 0      ? 1
                    : graph->orders ? size_of_round(graph, level, 0)
                                    : find_sizes(graph, level);
    begin_round(graph, level, size);
    return size > 0 ? size : graph_begin_round(graph);
}

/* ---- the schedules of a level that are to be run ---- */

typedef struct walk {
    graph_t *graph;
    unsigned level;
    uint64_t from, to;
    graph_each_t each;
    void *arg;
    graph_child_t child;
} walk_t;

/* The children at a leg's own points, by faults or by orders, with the numbers `at` up to `end`.
 * => Returns false to end the walk. */
static bool walk_points(walk_t *walk, uint32_t id, graph_by_t by, uint64_t at, uint64_t end)
{
    graph_t *graph = walk->graph;
    graph_child_t *child = &walk->child;
    const graph_leg_t leg = graph->legs[id]; /* a copy, since legs may be added */
    deviation_t *last = &child->schedule.list[child->schedule.count];
    if (end > walk->to)
        end = walk->to;
    for (uint32_t point = 0; point < leg.points; point++) {
        unsigned count = graph_alternatives(graph, &leg, point, by);
        for (unsigned which = 1; which <= count; which++, at++) {
            if (at < walk->from || at >= walk->to)
                continue;
            *last = (deviation_t){leg.first + point, (uint16_t)which};
            child->number = at;
            child->weight = graph->arrivals[leg.arrivals + point];
            child->parent = id;
            child->point = point;
            child->alternative = (uint16_t)which;
            child->by_order = by == GRAPH_BY_ORDER;
            child->more = at + 1 < end;
            child->schedule.count++;
            bool go_on = walk->each(walk->arg, child);
            child->schedule.count--;
            if (!go_on)
                return false;
        }
    }
    return true;
}

static bool walk_leg(walk_t *walk, uint32_t id, uint64_t at)
{
    const graph_t *graph = walk->graph;
    const graph_leg_t leg = graph->legs[id];
    unsigned more = walk->level - leg.level;
    schedule_t *schedule = &walk->child.schedule;
    bool go_on = true;
    if (at + leg.sizes[more] <= walk->from || at >= walk->to)
        return true;
    if (more == 1)
        return walk_points(walk, id, GRAPH_BY_FAULT, at,
                           at + count_alternatives(graph, &leg, 0, leg.points, GRAPH_BY_FAULT));
    const graph_children_t *children = &leg.children[GRAPH_BY_FAULT];
    for (uint32_t i = 0; i < children->count && go_on; i++) {
        const graph_leg_t *child = &graph->legs[children->first + i];
        uint64_t size = child->sizes[more - 1];
        schedule->list[schedule->count++] =
            (deviation_t){leg.first + child->parent_point, child->alternative};
        go_on = walk_leg(walk, children->first + i, at);
        schedule->count--;
        at += size;
    }
    return go_on;
}

/* The schedule with which a leg begins. */
static void find_schedule(const graph_t *graph, uint32_t id, schedule_t *schedule)
{
    const graph_leg_t *leg = &graph->legs[id];
    schedule->count = (size_t)leg->level + leg->orders;
    for (size_t i = schedule->count; i-- > 0;) {
        const graph_leg_t *parent = &graph->legs[leg->parent];
        schedule->list[i] = (deviation_t){parent->first + leg->parent_point, leg->alternative};
        leg = parent;
    }
}

/* The children of a round's legs; *at is the number of the first, and then of what follows. */
static bool walk_parents(walk_t *walk, unsigned level, unsigned round, graph_by_t by, uint64_t *at)
{
    const graph_t *graph = walk->graph;
    uint32_t end = graph_round_end(graph, level, round);
    for (uint32_t id = graph->round_begins[level][round]; id < end && *at < walk->to; id++) {
        const graph_leg_t *leg = &graph->legs[id];
        uint64_t count = count_alternatives(graph, leg, 0, leg->points, by);
        if (*at + count > walk->from && count > 0) {
            find_schedule(graph, id, &walk->child.schedule);
            if (!walk_points(walk, id, by, *at, *at + count))
                return false;
        }
        *at += count;
    }
    return true;
}

/* The round that has begun. */
static void walk_round(walk_t *walk)
{
    const graph_t *graph = walk->graph;
    unsigned level = walk->level, round = graph->rounds[level] - 1;
    uint64_t at = graph->round_base;
    if (level > 0 && round < graph->rounds[level - 1] &&
        !walk_parents(walk, level - 1, round, GRAPH_BY_FAULT, &at))
        return;
    if (round > 0)
        walk_parents(walk, level, round - 1, GRAPH_BY_ORDER, &at);
}

void graph_walk(graph_t *graph, uint64_t from, uint64_t to, graph_each_t each, void *arg)
{
    walk_t walk = {.graph = graph,
                   .level = graph->levels - 1,
                   .from = from,
                   .to = to,
                   .each = each,
                   .arg = arg,
                   .child = {.weight = 1, .parent = GRAPH_NONE}};
    if (walk.level == 0 && graph->rounds[0] == 1)
        each(arg, &walk.child);
    else if (graph->orders)
        walk_round(&walk);
    else
        walk_leg(&walk, 0, 0);
}
