/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/explore/graph.h"

#include "sim/base/must.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct graph_leg {
    uint32_t parent, parent_point; /* where it began; GRAPH_NONE: the run without a fault */
    uint16_t alternative;
    uint8_t level;
    uint32_t first, points;    /* its own choice points, of the run's */
    uint32_t child, children;  /* its first child, and how many were added: one after another */
    uint32_t tail, tail_point; /* GRAPH_NONE: it came to its end; the tail's point, from 0 */
    uint32_t row;              /* of its outcome; GRAPH_NONE: not known */
    size_t classes, arrivals;  /* where they begin */
    uint64_t sizes[SCHEDULE_MAX + 1]; /* how many schedules go on from it with so many faults */
};

/* A state, and where its leg came to it. */
struct graph_known {
    moment_key_t key;
    uint32_t leg, point; /* from 0; GRAPH_NONE: an empty place */
};

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

static unsigned alternatives(const graph_t *graph, const graph_leg_t *leg, uint32_t point)
{
    return point_alternatives(graph->classes[leg->classes + point], graph->kinds);
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

/* ---- sizes: how many schedules there are ---- */

/* Schedules with `more` faults more, the next one at one of a leg's own points from `from` up to
 * `to`. */
static uint64_t own_size(const graph_t *graph, const graph_leg_t *leg, uint32_t from, uint32_t to,
                         unsigned more)
{
    uint64_t size = 0;
    if (more == 1) {
        for (uint32_t point = from; point < to; point++)
            size += alternatives(graph, leg, point);
        return size;
    }
    for (uint32_t i = 0; i < leg->children; i++) {
        const graph_leg_t *child = &graph->legs[leg->child + i];
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

uint64_t graph_begin_level(graph_t *graph)
{
    unsigned level = graph->levels;
    assert(level <= SCHEDULE_MAX);
    graph->begins[graph->levels++] = graph->count;
    graph->begins[graph->levels] = graph->count;
    if (level == 0)
        return 1;
    /* Children come before their parents, and tails before those that have them. */
    for (unsigned of = level; of-- > 0;) {
        for (uint32_t i = graph->begins[of]; i < graph->begins[of + 1]; i++)
            find_size(graph, &graph->legs[i], level - of);
    }
    return graph->legs[0].sizes[level];
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

/* The children at a leg's own points; the first has the number `at`.
 * => Returns false to end the walk. */
static bool walk_points(walk_t *walk, uint32_t id, uint64_t at)
{
    graph_t *graph = walk->graph;
    graph_child_t *child = &walk->child;
    const graph_leg_t leg = graph->legs[id]; /* a copy, since legs may be added */
    deviation_t *last = &child->schedule.list[child->schedule.count];
    for (uint32_t point = 0; point < leg.points; point++) {
        unsigned count = alternatives(graph, &leg, point);
        for (unsigned which = 1; which <= count; which++, at++) {
            if (at < walk->from || at >= walk->to)
                continue;
            *last = (deviation_t){leg.first + point, (uint16_t)which};
            child->number = at;
            child->weight = graph->arrivals[leg.arrivals + point];
            child->parent = id;
            child->point = point;
            child->alternative = (uint16_t)which;
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
        return walk_points(walk, id, at);
    for (uint32_t i = 0; i < leg.children && go_on; i++) {
        const graph_leg_t *child = &graph->legs[leg.child + i];
        uint64_t size = child->sizes[more - 1];
        schedule->list[schedule->count++] =
            (deviation_t){leg.first + child->parent_point, child->alternative};
        go_on = walk_leg(walk, leg.child + i, at);
        schedule->count--;
        at += size;
    }
    return go_on;
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
    if (walk.level == 0)
        each(arg, &walk.child);
    else
        walk_leg(&walk, 0, 0);
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
                         .level = (uint8_t)child->schedule.count,
                         .tail = GRAPH_NONE,
                         .row = GRAPH_NONE,
                         .classes = graph->class_count,
                         .arrivals = graph->arrival_count};
    leg->sizes[0] = 1;
    graph->begins[graph->levels] = graph->count;
    if (child->parent != GRAPH_NONE) {
        graph_leg_t *parent = &graph->legs[child->parent];
        parent->child = parent->children == 0 ? graph->count - 1 : parent->child;
        parent->children++;
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

/* ---- counting ---- */

/* How many schedules of a level begin a leg: as many as came with one fault less to where it
 * branches off. */
static uint64_t begins_of(const graph_t *graph, const graph_leg_t *leg, unsigned level)
{
    if (leg->parent == GRAPH_NONE)
        return level == 0;
    return graph->arrivals[graph->legs[leg->parent].arrivals + leg->parent_point];
}

void graph_count(graph_t *graph, unsigned level, graph_count_t count, void *arg)
{
    uint64_t *begins = must_calloc(graph->count + 1, sizeof(*begins));
    for (uint32_t i = 0; i < graph->count; i++)
        begins[i] = begins_of(graph, &graph->legs[i], level);
    if (graph->arrival_count > 0)
        memset(graph->arrivals, 0, graph->arrival_count * sizeof(*graph->arrivals));
    for (uint32_t i = graph->count; i-- > 0;) {
        const graph_leg_t *leg = &graph->legs[i];
        uint64_t *arrivals = graph->arrivals + leg->arrivals, passing = begins[i];
        for (uint32_t point = 0; point <= leg->points; point++)
            arrivals[point] = passing += arrivals[point];
        if (leg->tail != GRAPH_NONE)
            graph->arrivals[graph->legs[leg->tail].arrivals + leg->tail_point] += passing;
        else if (leg->row != GRAPH_NONE && passing > 0)
            count(arg, i, leg->row, passing);
    }
    free(begins);
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

/* ---- writing and reading: a list without elements can be NULL ---- */

static void put_list(const void *list, size_t size, size_t count, FILE *out)
{
    if (count > 0)
        fwrite(list, size, count, out);
}

static bool take_list(void *list, size_t size, size_t count, FILE *in)
{
    return count == 0 || fread(list, size, count, in) == count;
}

void graph_write(const graph_t *graph, FILE *out)
{
    fprintf(out, "graph %zu %" PRIu32 " %zu %zu %u %" PRIu64 " %" PRIu64 "\n", sizeof(graph_leg_t),
            graph->count, graph->class_count, graph->arrival_count, graph->levels, graph->merged,
            graph->commuting);
    put_list(graph->begins, sizeof(graph->begins), 1, out);
    put_list(graph->legs, sizeof(*graph->legs), graph->count, out);
    put_list(graph->classes, sizeof(*graph->classes), graph->class_count, out);
    put_list(graph->arrivals, sizeof(*graph->arrivals), graph->arrival_count, out);
}

#define GRAPH_MAX ((size_t)1 << 31) /* a file with more is none */

static bool is_sound(const graph_t *graph)
{
    for (uint32_t i = 0; i < graph->count; i++) {
        const graph_leg_t *leg = &graph->legs[i];
        if ((leg->parent != GRAPH_NONE && leg->parent >= i) || leg->points > TRIAL_POINTS_MAX ||
            leg->level > SCHEDULE_MAX || leg->classes > graph->class_count ||
            leg->points > graph->class_count - leg->classes ||
            leg->arrivals >= graph->arrival_count ||
            leg->points >= graph->arrival_count - leg->arrivals || leg->child > graph->count ||
            leg->children > graph->count - leg->child ||
            (leg->tail != GRAPH_NONE &&
             (leg->tail >= i || leg->tail_point > graph->legs[leg->tail].points)) ||
            (leg->parent != GRAPH_NONE && leg->parent_point > graph->legs[leg->parent].points))
            return false;
    }
    return true;
}

bool graph_read(graph_t *graph, FILE *in)
{
    char line[200];
    size_t size, classes, arrivals;
    uint32_t count;
    if (fgets(line, sizeof(line), in) == NULL ||
        sscanf(line, "graph %zu %" SCNu32 " %zu %zu %u %" SCNu64 " %" SCNu64, &size, &count,
               &classes, &arrivals, &graph->levels, &graph->merged, &graph->commuting) != 7 ||
        size != sizeof(graph_leg_t) || count >= GRAPH_MAX || classes >= GRAPH_MAX ||
        arrivals >= GRAPH_MAX || graph->levels > SCHEDULE_MAX + 1)
        return false;
    size_t room = 0;
    graph->legs = must_grow(NULL, &room, count, sizeof(*graph->legs));
    graph->room = (uint32_t)room;
    graph->count = count;
    graph->classes = must_grow(NULL, &graph->class_room, classes, sizeof(*graph->classes));
    graph->class_count = classes;
    graph->arrivals = must_grow(NULL, &graph->arrival_room, arrivals, sizeof(*graph->arrivals));
    graph->arrival_count = arrivals;
    return take_list(graph->begins, sizeof(graph->begins), 1, in) &&
           take_list(graph->legs, sizeof(*graph->legs), count, in) &&
           take_list(graph->classes, sizeof(*graph->classes), classes, in) &&
           take_list(graph->arrivals, sizeof(*graph->arrivals), arrivals, in) && is_sound(graph);
}
