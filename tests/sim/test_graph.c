/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What has been run, as a graph: of small worlds, made by chance, all schedules are run one by one,
 * and counted; the graph, which runs few of them, must count the same.
 */
#include "sim/base/splitmix.h"
#include "sim/explore/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A world goes through STEPS states of WIDTH; at each it has a choice point of a packet, with two
 * faults, or of events that are ready, with one or two other orders, or none. */
enum { STEPS = 7, WIDTH = 4, OUTCOMES = 3, FAULTS = 3, CHOICES = 3 };

typedef struct world {
    point_class_t classes[STEPS][WIDTH]; /* 0: no point */
    uint8_t next[STEPS][WIDTH][CHOICES];
    bool orders; /* are free */
} world_t;

#define KINDS_HERE (KIND_BIT(KIND_DROP) | KIND_BIT(KIND_DUPLICATE) | KIND_BIT(KIND_ORDER))

static const point_class_t packet = 1; /* of TCP */

static world_t make_world(uint64_t seed, bool orders)
{
    const point_class_t classes[] = {packet, POINT_READY(2), POINT_READY(3), packet, 0};
    world_t world = {.orders = orders};
    for (size_t step = 0; step < STEPS; step++) {
        for (size_t state = 0; state < WIDTH; state++) {
            world.classes[step][state] = classes[splitmix_next(&seed) % 5];
            for (size_t i = 0; i < CHOICES; i++)
                world.next[step][state][i] = (uint8_t)(splitmix_next(&seed) % WIDTH);
        }
    }
    return world;
}

typedef struct counts {
    uint64_t of[FAULTS + 1][OUTCOMES];
} counts_t;

/* ---- all, one by one ---- */

static void run_all(const world_t *world, size_t step, size_t state, unsigned faults,
                    counts_t *counts)
{
    if (faults > FAULTS)
        return;
    if (step == STEPS) {
        counts->of[faults][state % OUTCOMES]++;
        return;
    }
    point_class_t class = world->classes[step][state];
    unsigned others = class == 0 ? 0 : point_alternatives(class, KINDS_HERE);
    bool is_free = world->orders && class > POINT_READY(0);
    run_all(world, step + 1, world->next[step][state][0], faults, counts);
    for (unsigned i = 1; i <= others; i++)
        run_all(world, step + 1, world->next[step][state][i], faults + !is_free, counts);
}

/* ---- by a graph ---- */

typedef struct exploring {
    const world_t *world;
    graph_t graph;
    bool apart; /* no states are told */
    unsigned level;
    counts_t counts;
    size_t runs;
} exploring_t;

typedef struct run {
    graph_run_t run;
    point_class_t classes[STEPS];
    graph_state_t states[STEPS];
    size_t end;
} run_t;

/* Runs a schedule, as a trial does. */
static void run_one(const exploring_t *exploring, const schedule_t *schedule, run_t *to)
{
    const world_t *world = exploring->world;
    uint32_t points = 0;
    size_t state = 0, next = 0;
    memset(to, 0, sizeof(*to));
    for (size_t step = 0; step < STEPS; step++) {
        if (next == schedule->count && step > 0 && !exploring->apart && !to->run.stopped) {
            graph_state_t *told = &to->states[to->run.states++];
            *told = (graph_state_t){{step, state}, points - to->run.first, 0};
            to->run.stopped = graph_knows(&exploring->graph, &told->key);
        }
        unsigned which = 0;
        if (world->classes[step][state] != 0) {
            bool due = next < schedule->count && schedule->list[next].point == points;
            if (next == schedule->count && !to->run.stopped)
                to->classes[to->run.points++] = world->classes[step][state];
            which = due ? schedule->list[next++].alternative : 0;
            points++;
            if (due)
                to->run.first = points;
        }
        state = world->next[step][state][which];
    }
    assert_int_equal(next, schedule->count);
    to->end = state;
    to->run.classes = to->classes;
    to->run.list = to->states;
}

static bool run_child(void *arg, const graph_child_t *child)
{
    exploring_t *exploring = arg;
    run_t run;
    run_one(exploring, &child->schedule, &run);
    exploring->runs++;
    graph_add(&exploring->graph, child, &run.run, (uint32_t)(run.end % OUTCOMES));
    return true;
}

static void count(void *arg, uint32_t leg, uint32_t row, uint64_t schedules)
{
    exploring_t *exploring = arg;
    (void)leg;
    exploring->counts.of[exploring->level][row] += schedules;
}

static exploring_t explore(const world_t *world, bool apart)
{
    exploring_t exploring = {
        .world = world, .apart = apart, .graph = {.kinds = KINDS_HERE, .orders = world->orders}};
    for (exploring.level = 0; exploring.level <= FAULTS; exploring.level++) {
        uint64_t from = 0, size = graph_begin_level(&exploring.graph);
        for (; size > 0; size = graph_begin_round(&exploring.graph)) {
            graph_walk(&exploring.graph, from, from + size, run_child, &exploring);
            from += size;
        }
        assert_true(graph_count(&exploring.graph, exploring.level, NULL, count, &exploring));
    }
    return exploring;
}

static void assert_counts(uint64_t seed, const counts_t *found, const counts_t *all)
{
    for (unsigned faults = 0; faults <= FAULTS; faults++) {
        for (size_t row = 0; row < OUTCOMES; row++) {
            if (found->of[faults][row] != all->of[faults][row])
                fail_msg("seed %d, %u faults, outcome %zu: %d schedules, not %d", (int)seed, faults,
                         row, (int)found->of[faults][row], (int)all->of[faults][row]);
        }
    }
}

/* => Returns how many schedules were left to be counted. */
static size_t compare(uint64_t seed, bool orders, bool apart)
{
    world_t world = make_world(seed, orders);
    counts_t all = {{{0}}};
    run_all(&world, 0, 0, 0, &all);
    exploring_t exploring = explore(&world, apart);
    assert_counts(seed, &exploring.counts, &all);
    size_t schedules = 0;
    for (size_t i = 0; i < (FAULTS + 1) * OUTCOMES; i++)
        schedules += all.of[i / OUTCOMES][i % OUTCOMES];
    graph_fini(&exploring.graph);
    return schedules - exploring.runs;
}

static void all_placements_of_faults_are_counted_however_few_are_run(void **state)
{
    (void)state;
    size_t left = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        left += compare(seed, false, false);
        assert_int_equal(compare(seed, false, true), 0);
    }
    assert_true(left > 0);
}

static void all_orders_are_counted_however_few_are_run(void **state)
{
    (void)state;
    size_t left = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        left += compare(seed, true, false);
        assert_int_equal(compare(seed, true, true), 0);
    }
    assert_true(left > 0);
}

/* ---- one by one ---- */

static const moment_key_t here = {1, 1}, there = {2, 2};

static uint32_t add_first(graph_t *graph, const graph_run_t *run)
{
    const graph_child_t child = {.parent = GRAPH_NONE};
    graph_begin_level(graph);
    graph_add(graph, &child, run, 0);
    return graph->count - 1;
}

static void states_are_known_by_the_whole_key(void **state)
{
    (void)state;
    const moment_key_t other = {1, 2};
    graph_t graph = {.kinds = KINDS_HERE};
    assert_false(graph_knows(&graph, &here));
    graph_note(&graph, &here);
    assert_true(graph_knows(&graph, &here));
    assert_false(graph_knows(&graph, &other));
    for (uint64_t i = 10; i < 5000; i++) {
        const moment_key_t key = {i, i * i};
        graph_note(&graph, &key);
    }
    assert_true(graph_knows(&graph, &here));
    assert_false(graph_knows(&graph, &there));
    graph_fini(&graph);
}

/* Two events, of which the second, if it goes first, is ready again. */
static void orders_that_never_end_are_told(void **state)
{
    (void)state;
    point_class_t ready = POINT_READY(2);
    graph_state_t first = {here, 0, 0};
    graph_t graph = {.kinds = KINDS_HERE, .orders = true};
    exploring_t exploring = {.level = 0};
    graph_run_t run = {.points = 1, .states = 1, .classes = &ready, .list = &first};
    add_first(&graph, &run);
    assert_int_equal(graph_begin_round(&graph), 1);
    graph_child_t child = {.parent = 0, .alternative = 1, .by_order = true};
    child.schedule = (schedule_t){.count = 1, .list = {{0, 1}}};
    run = (graph_run_t){.first = 1, .states = 1, .list = &first, .stopped = true};
    graph_add(&graph, &child, &run, GRAPH_NONE);
    assert_int_equal(graph_begin_round(&graph), 0);
    assert_false(graph_count(&graph, 0, NULL, count, &exploring));
    graph_fini(&graph);
}

static void more_schedules_than_a_number_holds_are_the_greatest_number(void **state)
{
    (void)state;
    assert_true(graph_sum(1, 2) == 3);
    assert_true(graph_sum(UINT64_MAX, 2) == UINT64_MAX);
    assert_true(graph_sum(UINT64_MAX - 2, 5) == UINT64_MAX);
}

static void what_was_written_is_read_and_counts_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        world_t world = make_world(seed, seed % 2 == 0);
        exploring_t exploring = explore(&world, false), again = {.level = FAULTS};
        exploring_t last = {.level = FAULTS};
        FILE *file = tmpfile();
        graph_write(&exploring.graph, file);
        rewind(file);
        again.graph = (graph_t){.kinds = KINDS_HERE, .orders = world.orders};
        assert_true(graph_read(&again.graph, file));
        assert_int_equal(again.graph.levels, exploring.graph.levels);
        assert_true(graph_count(&again.graph, FAULTS, NULL, count, &again));
        assert_true(graph_count(&exploring.graph, FAULTS, NULL, count, &last));
        assert_memory_equal(&again.counts, &last.counts, sizeof(last.counts));
        fclose(file);
        graph_fini(&exploring.graph);
        graph_fini(&again.graph);
    }
}

static void what_is_no_graph_is_not_read(void **state)
{
    (void)state;
    world_t world = make_world(1, true);
    exploring_t exploring = explore(&world, false);
    char *bytes;
    size_t size;
    FILE *out = open_memstream(&bytes, &size);
    graph_write(&exploring.graph, out);
    fclose(out);
    for (size_t cut = 0; cut < size; cut += 97) {
        graph_t graph = {.kinds = KINDS_HERE, .orders = true};
        FILE *in = cut > 0 ? fmemopen(bytes, cut, "r") : fopen("/dev/null", "r");
        assert_false(graph_read(&graph, in));
        fclose(in);
        graph_fini(&graph);
    }
    free(bytes);
    graph_fini(&exploring.graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_placements_of_faults_are_counted_however_few_are_run),
        cmocka_unit_test(all_orders_are_counted_however_few_are_run),
        cmocka_unit_test(states_are_known_by_the_whole_key),
        cmocka_unit_test(orders_that_never_end_are_told),
        cmocka_unit_test(more_schedules_than_a_number_holds_are_the_greatest_number),
        cmocka_unit_test(what_was_written_is_read_and_counts_the_same),
        cmocka_unit_test(what_is_no_graph_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
