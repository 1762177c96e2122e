/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/explore/graph_inside.h"

#include "sim/base/must.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void graph_fini(graph_t *graph)
{
    free(graph->legs);
    free(graph->classes);
    free(graph->arrivals);
    free(graph->known);
    *graph = (graph_t){.kinds = 0};
}

size_t graph_size(const graph_t *graph)
{
    return graph->room * sizeof(*graph->legs) + graph->class_room * sizeof(*graph->classes) +
           graph->arrival_room * sizeof(*graph->arrivals) +
           graph->known_room * sizeof(*graph->known);
}

/* ---- states ---- */

static graph_known_t *place_of(const graph_t *graph, const moment_key_t *key)
{
    size_t at = (size_t)key->low & (graph->known_room - 1);
    while (graph->known[at].leg != GRAPH_NONE &&
           (graph->known[at].key.low != key->low || graph->known[at].key.high != key->high))
        at = (at + 1) & (graph->known_room - 1);
    return &graph->known[at];
}

static const graph_known_t *find_state(const graph_t *graph, const moment_key_t *key)
{
    const graph_known_t *place = graph->known_room > 0 ? place_of(graph, key) : NULL;
    return place != NULL && place->leg != GRAPH_NONE ? place : NULL;
}

bool graph_knows(const graph_t *graph, const moment_key_t *key)
{
    return find_state(graph, key) != NULL;
}

static void more_states(graph_t *graph)
{
    graph_known_t *old = graph->known;
    size_t room = graph->known_room;
    graph->known_room = room == 0 ? 1024 : room * 2;
    graph->known = must_calloc(graph->known_room, sizeof(*graph->known));
    for (size_t i = 0; i < graph->known_room; i++)
        graph->known[i].leg = GRAPH_NONE;
    for (size_t i = 0; i < room; i++) {
        if (old[i].leg != GRAPH_NONE)
            *place_of(graph, &old[i].key) = old[i];
    }
    free(old);
}

/* Notes a state, unless it is known. */
static void add_state(graph_t *graph, const moment_key_t *key, uint32_t leg, uint32_t point)
{
    if (graph->known_count * 2 >= graph->known_room)
        more_states(graph);
    graph_known_t *place = place_of(graph, key);
    if (place->leg != GRAPH_NONE)
        return;
    *place = (graph_known_t){*key, leg, point};
    graph->known_count++;
}

void graph_note(graph_t *graph, const moment_key_t *key)
{
    add_state(graph, key, 0, 0);
}

/* ---- adding ---- */

static graph_leg_t *new_leg(graph_t *graph, const graph_child_t *child)
{
    size_t room = graph->room;
    graph->legs = must_grow(graph->legs, &room, (size_t)graph->count + 1, sizeof(*graph->legs));
    graph->room = (uint32_t)room;
    graph_leg_t *leg = &graph->legs[graph->count++];
    *leg = (graph_leg_t){.parent = child->parent,
                         .parent_point = child->point,
                         .alternative = child->alternative,
                         .level = (uint8_t)(graph->levels - 1),
                         .orders = (uint8_t)(child->schedule.count - (graph->levels - 1)),
                         .by = child->by_order ? GRAPH_BY_ORDER : GRAPH_BY_FAULT,
                         .tail = GRAPH_NONE,
                         .row = GRAPH_NONE,
                         .classes = graph->class_count,
                         .arrivals = graph->arrival_count};
    leg->sizes[0] = 1;
    graph->begins[graph->levels] = graph->count;
    if (child->parent != GRAPH_NONE) {
        graph_children_t *children = &graph->legs[child->parent].children[leg->by];
        children->first = children->count == 0 ? graph->count - 1 : children->first;
        children->count++;
    }
    return leg;
}

static void take_points(graph_t *graph, graph_leg_t *leg, const point_class_t *classes,
                        uint32_t points)
{
    leg->points = points;
    graph->classes = must_grow(graph->classes, &graph->class_room, graph->class_count + points,
                               sizeof(*graph->classes));
    if (points > 0)
        memcpy(graph->classes + graph->class_count, classes, points * sizeof(*classes));
    graph->class_count += points;
    graph->arrivals = must_grow(graph->arrivals, &graph->arrival_room,
                                graph->arrival_count + points + 1, sizeof(*graph->arrivals));
    memset(graph->arrivals + graph->arrival_count, 0, ((size_t)points + 1) * sizeof(uint64_t));
    graph->arrival_count += (size_t)points + 1;
}

/* The point that is `more` points after one of a leg, along the tails. */
static void go_on_from(const graph_t *graph, uint32_t *leg, uint32_t *point, uint32_t more)
{
    *point += more;
    while (*point > graph->legs[*leg].points && graph->legs[*leg].tail != GRAPH_NONE) {
        const graph_leg_t *from = &graph->legs[*leg];
        *point = *point - from->points + from->tail_point;
        *leg = from->tail;
    }
}

static bool begins_with_order(const graph_t *graph, const graph_leg_t *leg)
{
    if (leg->parent == GRAPH_NONE)
        return false;
    const graph_leg_t *parent = &graph->legs[leg->parent];
    return graph->classes[parent->classes + leg->parent_point] > POINT_READY(0);
}

/* The run is in a state that is known: its leg ends there. It is noted what its later states are,
 * since another run may have been stopped by them. */
static void take_tail(graph_t *graph, graph_leg_t *leg, const graph_run_t *run, uint32_t at)
{
    const graph_known_t known = *find_state(graph, &run->list[at].key);
    leg->tail = known.leg;
    leg->tail_point = known.point;
    graph->merged++;
    graph->commuting += begins_with_order(graph, leg);
    for (uint32_t i = at + 1; i < run->states; i++) {
        uint32_t to = known.leg, point = known.point;
        go_on_from(graph, &to, &point, run->list[i].point - run->list[at].point);
        if (point <= graph->legs[to].points)
            add_state(graph, &run->list[i].key, to, point);
    }
}

uint64_t graph_add(graph_t *graph, const graph_child_t *child, const graph_run_t *run, uint32_t row)
{
    graph_leg_t *leg = new_leg(graph, child);
    uint32_t id = graph->count - 1, at = 0, points = run != NULL ? run->points : 0;
    if (run == NULL) {
        take_points(graph, leg, NULL, 0);
        return 0;
    }
    while (at < run->states && find_state(graph, &run->list[at].key) == NULL)
        at++;
    uint64_t passed_over = run->passed_over;
    if (at < run->states) {
        points = run->list[at].point;
        passed_over = run->list[at].passed_over;
        take_tail(graph, leg, run, at);
    }
    leg->first = run->first;
    leg->row = leg->tail == GRAPH_NONE && !run->stopped ? row : GRAPH_NONE;
    take_points(graph, leg, run->classes, points);
    for (uint32_t i = 0; i < at; i++)
        add_state(graph, &run->list[i].key, id, run->list[i].point);
    return passed_over;
}
