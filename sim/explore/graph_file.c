/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A graph in a file: its lists as they are in memory. A list without elements can be NULL.
 */
#include "sim/explore/graph_inside.h"

#include "sim/base/must.h"

#include <inttypes.h>

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
    fprintf(out,
            "graph %zu %" PRIu32 " %zu %zu %u %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
            sizeof(graph_leg_t), graph->count, graph->class_count, graph->arrival_count,
            graph->levels, graph->too_many_orders, graph->round_base, graph->round_size,
            graph->merged, graph->commuting);
    put_list(graph->begins, sizeof(graph->begins), 1, out);
    put_list(graph->rounds, sizeof(graph->rounds), 1, out);
    put_list(graph->round_begins, sizeof(graph->round_begins), 1, out);
    put_list(graph->legs, sizeof(*graph->legs), graph->count, out);
    put_list(graph->classes, sizeof(*graph->classes), graph->class_count, out);
    put_list(graph->arrivals, sizeof(*graph->arrivals), graph->arrival_count, out);
}

#define GRAPH_MAX ((size_t)1 << 31) /* a file with more is none */

static bool are_sound(const graph_t *graph, const graph_children_t *children)
{
    return children->first <= graph->count && children->count <= graph->count - children->first;
}

/* Whether the levels and their rounds begin one after another. */
static bool begin_soundly(const graph_t *graph)
{
    uint32_t before = 0;
    for (unsigned level = 0; level < graph->levels; level++) {
        if (graph->rounds[level] == 0 || graph->rounds[level] > ORDERS_MAX + 1 ||
            graph->begins[level] != graph->round_begins[level][0])
            return false;
        for (unsigned i = 0; i < graph->rounds[level]; i++) {
            if (graph->round_begins[level][i] < before ||
                graph->round_begins[level][i] > graph->count)
                return false;
            before = graph->round_begins[level][i];
        }
    }
    return graph->levels == 0 || graph->begins[graph->levels] == graph->count;
}

static bool is_sound(const graph_t *graph)
{
    for (uint32_t i = 0; i < graph->count; i++) {
        const graph_leg_t *leg = &graph->legs[i];
        if ((leg->parent != GRAPH_NONE && leg->parent >= i) || leg->points > TRIAL_POINTS_MAX ||
            leg->level > SCHEDULE_MAX || leg->classes > graph->class_count ||
            leg->points > graph->class_count - leg->classes ||
            leg->arrivals >= graph->arrival_count ||
            leg->points >= graph->arrival_count - leg->arrivals ||
            !are_sound(graph, &leg->children[GRAPH_BY_FAULT]) ||
            !are_sound(graph, &leg->children[GRAPH_BY_ORDER]) || leg->orders > ORDERS_MAX ||
            (leg->tail != GRAPH_NONE &&
             (leg->tail >= i || leg->tail_point > graph->legs[leg->tail].points)) ||
            (leg->parent != GRAPH_NONE && leg->parent_point > graph->legs[leg->parent].points))
            return false;
    }
    return true;
}

bool graph_read(graph_t *graph, FILE *in)
{
    char line[300];
    size_t size, classes, arrivals;
    uint32_t count;
    int too_many;
    if (fgets(line, sizeof(line), in) == NULL ||
        sscanf(line,
               "graph %zu %" SCNu32 " %zu %zu %u %d %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
               &size, &count, &classes, &arrivals, &graph->levels, &too_many, &graph->round_base,
               &graph->round_size, &graph->merged, &graph->commuting) != 10 ||
        size != sizeof(graph_leg_t) || count >= GRAPH_MAX || classes >= GRAPH_MAX ||
        arrivals >= GRAPH_MAX || graph->levels > SCHEDULE_MAX + 1)
        return false;
    size_t room = 0;
    graph->too_many_orders = too_many != 0;
    graph->legs = must_grow(NULL, &room, count, sizeof(*graph->legs));
    graph->room = (uint32_t)room;
    graph->count = count;
    graph->classes = must_grow(NULL, &graph->class_room, classes, sizeof(*graph->classes));
    graph->class_count = classes;
    graph->arrivals = must_grow(NULL, &graph->arrival_room, arrivals, sizeof(*graph->arrivals));
    graph->arrival_count = arrivals;
    return take_list(graph->begins, sizeof(graph->begins), 1, in) &&
           take_list(graph->rounds, sizeof(graph->rounds), 1, in) &&
           take_list(graph->round_begins, sizeof(graph->round_begins), 1, in) &&
           take_list(graph->legs, sizeof(*graph->legs), count, in) &&
           take_list(graph->classes, sizeof(*graph->classes), classes, in) &&
           take_list(graph->arrivals, sizeof(*graph->arrivals), arrivals, in) &&
           begin_soundly(graph) && is_sound(graph);
}
