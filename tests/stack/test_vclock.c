/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Virtual time: timers run in the order of (time, sequence number).
 */
#include "stack/vclock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char order[4096];
static vclock_t *the_clock;
static char name_a[] = "a", name_b[] = "b", name_c[] = "c", name_d[] = "d", name_t[] = "t";

static void note(void *arg)
{
    char text[32];
    snprintf(text, sizeof(text), "%s@%llu ", (const char *)arg,
             (unsigned long long)vclock_now(the_clock));
    strncat(order, text, sizeof(order) - strlen(order) - 1);
}

static int setup(void **state)
{
    (void)state;
    the_clock = vclock_create();
    order[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vclock_destroy(the_clock);
    return 0;
}

static void run_all(void)
{
    while (vclock_run_next(the_clock))
        continue;
}

static void timers_run_by_time_and_ties_in_the_order_in_which_they_were_set(void **state)
{
    (void)state;
    vtimer_t a = {0}, b = {0}, c = {0}, d = {0};
    vclock_set(the_clock, &a, 20, note, name_a);
    vclock_set(the_clock, &b, 10, note, name_b);
    vclock_set(the_clock, &c, 20, note, name_c);
    vclock_set(the_clock, &d, 10, note, name_d);
    run_all();
    assert_string_equal(order, "b@10 d@10 a@20 c@20 ");
}

static void a_timer_that_is_set_again_moves_to_the_end_of_its_instant(void **state)
{
    (void)state;
    vtimer_t a = {0}, b = {0};
    vclock_set(the_clock, &a, 10, note, name_a);
    vclock_set(the_clock, &b, 10, note, name_b);
    vclock_set(the_clock, &a, 10, note, name_a);
    run_all();
    assert_string_equal(order, "b@10 a@10 ");
}

/* Puts timers off and on at random, and compares the order with that of a sorted list. */
static void timers_that_are_moved_about_run_by_time_and_by_when_they_were_set(void **state)
{
    enum { COUNT = 12, ROUNDS = 2000 };
    static char names[COUNT][2];
    uint64_t at_us[COUNT] = {0};
    int set[COUNT] = {0};
    uint32_t random = 1;
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        vtimer_t timers[COUNT] = {{0}};
        char expected[sizeof(order)] = "";
        uint64_t now_us = vclock_now(the_clock);
        for (int i = 1; i <= 3 * COUNT; i++) {
            unsigned which = (random = random * 1103515245u + 12345u) >> 16;
            int n = which % COUNT;
            names[n][0] = (char)('a' + n);
            at_us[n] = now_us + which / COUNT % 5;
            set[n] = i;
            vclock_set(the_clock, &timers[n], at_us[n], note, names[n]);
        }
        for (;;) {
            int first = -1;
            for (int i = 0; i < COUNT; i++) {
                if (set[i] != 0 && (first < 0 || at_us[i] < at_us[first] ||
                                    (at_us[i] == at_us[first] && set[i] < set[first])))
                    first = i;
            }
            if (first < 0)
                break;
            set[first] = 0;
            snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "%s@%llu ",
                     names[first], (unsigned long long)at_us[first]);
        }
        order[0] = '\0';
        run_all();
        assert_string_equal(order, expected);
    }
}

static void a_timer_in_the_past_runs_now(void **state)
{
    (void)state;
    vtimer_t a = {0}, b = {0};
    vclock_set(the_clock, &a, 10, note, name_a);
    run_all();
    vclock_set(the_clock, &b, 3, note, name_b);
    run_all();
    assert_string_equal(order, "a@10 b@10 ");
    assert_int_equal(vclock_instant_count(the_clock), 2);
}

static void a_cancelled_timer_does_not_run(void **state)
{
    (void)state;
    vtimer_t timers[100] = {{0}};
    char expected[4096] = "";
    uint64_t next;
    for (int i = 0; i < 100; i++)
        vclock_set(the_clock, &timers[i], (uint64_t)((i * 37) % 100), note, name_t);
    for (int i = 0; i < 100; i++) {
        if (timers[i].vt_at_us % 3 != 0)
            vclock_cancel(the_clock, &timers[i]);
    }
    for (int t = 0; t < 100; t += 3) {
        char text[32];
        snprintf(text, sizeof(text), "t@%d ", t);
        strcat(expected, text);
    }
    run_all();
    assert_string_equal(order, expected);
    assert_false(vclock_next(the_clock, &next));
}

static void zero(void *arg, void *at, size_t size)
{
    (void)arg;
    memset(at, 0, size);
}

/* Timers of one instant are told apart by their numbers alone. */
static void timers_that_are_numbered_anew_keep_their_order(void **state)
{
    (void)state;
    vtimer_t a = {0}, b = {0}, c = {0};
    vclock_set(the_clock, &c, 5, note, name_c);
    vclock_set(the_clock, &b, 5, note, name_b);
    vclock_set(the_clock, &c, 5, note, name_c);
    vclock_set(the_clock, &a, 3, note, name_a);
    vclock_bookkeeping(the_clock, zero, NULL);
    assert_int_equal(a.vt_sequence, 0);
    assert_int_equal(b.vt_sequence, 1);
    assert_int_equal(c.vt_sequence, 2);
    vclock_bookkeeping(the_clock, zero, NULL);
    run_all();
    assert_string_equal(order, "a@3 b@5 c@5 ");
}

/* A timer that has run is as one that never was. */
static void a_timer_that_is_not_set_tells_nothing(void **state)
{
    (void)state;
    static const vtimer_t never;
    vtimer_t run = {0}, cancelled = {0};
    vclock_set(the_clock, &run, 3, note, name_a);
    vclock_set(the_clock, &cancelled, 4, note, name_a);
    vclock_cancel(the_clock, &cancelled);
    run_all();
    assert_memory_equal(&run, &never, sizeof(run));
    assert_memory_equal(&cancelled, &never, sizeof(cancelled));
}

/* ---- a chooser among those of one instant ---- */

static size_t counts[8], asked;
static size_t wanted; /* which it chooses, if there are so many */

static size_t choose(void *arg, size_t count)
{
    (void)arg;
    assert_true(count > 1);
    if (asked < sizeof(counts) / sizeof(counts[0]))
        counts[asked] = count;
    asked++;
    return wanted < count ? wanted : count - 1;
}

static void a_chooser_is_asked_where_several_timers_are_due_at_once(void **state)
{
    static const char *const orders[] = {
        "c@5 a@10 b@10 d@10 t@20 ", /* the first of them, as without a chooser */
        "c@5 b@10 d@10 a@10 t@20 ",
        "c@5 d@10 b@10 a@10 t@20 ",
    };
    (void)state;
    for (wanted = 0; wanted < 3; wanted++) {
        vtimer_t a = {0}, b = {0}, c = {0}, d = {0}, t = {0};
        vclock_t *clock = the_clock;
        order[0] = '\0';
        asked = 0;
        vclock_set_chooser(clock, choose, NULL);
        vclock_set(clock, &a, 10, note, name_a);
        vclock_set(clock, &b, 10, note, name_b);
        vclock_set(clock, &c, 5, note, name_c);
        vclock_set(clock, &d, 10, note, name_d);
        vclock_set(clock, &t, 20, note, name_t);
        run_all();
        assert_string_equal(order, orders[wanted]);
        assert_int_equal(asked, 2); /* one timer alone is no choice */
        assert_int_equal(counts[0], 3);
        assert_int_equal(counts[1], 2);
        vclock_destroy(clock);
        vclock_destroy(NULL);
        the_clock = vclock_create();
    }
}

/* No more than 16 are asked about; those that were not chosen run in their order. */
static void a_chooser_is_asked_about_sixteen_at_most(void **state)
{
    vtimer_t timers[20] = {{0}};
    char names[20][2] = {{0}};
    (void)state;
    asked = 0;
    wanted = 15;
    vclock_set_chooser(the_clock, choose, NULL);
    for (size_t i = 0; i < 20; i++) {
        names[i][0] = (char)('a' + i);
        vclock_set(the_clock, &timers[i], 1, note, names[i]);
    }
    vclock_run_next(the_clock);
    assert_string_equal(order, "p@1 ");
    assert_int_equal(counts[0], 16);
    wanted = 0;
    run_all();
    assert_string_equal(order,
                        "p@1 a@1 b@1 c@1 d@1 e@1 f@1 g@1 h@1 i@1 j@1 k@1 l@1 m@1 n@1 o@1 q@1 "
                        "r@1 s@1 t@1 ");
    assert_int_equal(asked, 19);
}

/* ---- timers that only set others ---- */

static vtimer_t relayed[2];

/* arg: how many. */
static void relay(void *arg)
{
    static char *const names[] = {name_b, name_c};
    for (size_t i = 0; i < *(size_t *)arg; i++)
        vclock_set(the_clock, &relayed[i], 0, note, names[i]);
}

/* A relay that has its turn is not asked about. Where it is chosen before that, what it sets goes
 * with it, if that is one timer; what it sets at its turn has to wait for its own. */
static void what_a_relay_sets_is_chosen_instead_of_it(void **state)
{
    static const struct {
        const char *set; /* in their order: r is the relay */
        size_t relays, wanted;
        const char *order; /* of those that run, without the relay */
        size_t asked;
    } rows[] = {
        {"r", 1, 0, "b@0 ", 0},           {"ra", 1, 0, "a@0 b@0 ", 1},
        {"ra", 1, 1, "b@0 a@0 ", 1},      {"ad", 1, 1, "d@0 a@0 ", 1},
        {"ar", 1, 0, "a@0 b@0 ", 1},      {"ar", 1, 1, "b@0 a@0 ", 1},
        {"ard", 1, 1, "b@0 d@0 a@0 ", 2}, {"adr", 1, 2, "b@0 d@0 a@0 ", 2},
        {"ar", 0, 1, "a@0 ", 1},          {"ar", 2, 1, "b@0 c@0 a@0 ", 3},
        {"ra", 2, 2, "c@0 b@0 a@0 ", 2},
    };
    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        vtimer_t timers[3] = {{0}};
        size_t relays = rows[row].relays;
        memset(relayed, 0, sizeof(relayed));
        order[0] = '\0';
        asked = 0;
        wanted = rows[row].wanted;
        vclock_set_chooser(the_clock, choose, NULL);
        for (size_t i = 0; rows[row].set[i] != '\0'; i++) {
            if (rows[row].set[i] == 'r')
                vclock_set_relay(the_clock, &timers[i], relay, &relays);
            else
                vclock_set(the_clock, &timers[i], 0, note,
                           rows[row].set[i] == 'a' ? name_a : name_d);
        }
        run_all();
        assert_string_equal(order, rows[row].order);
        assert_int_equal(asked, rows[row].asked);
    }
}

static void without_a_chooser_a_relay_is_a_timer_like_others(void **state)
{
    vtimer_t a = {0}, d = {0}, r = {0};
    size_t relays = 1;
    (void)state;
    vclock_set(the_clock, &a, 0, note, name_a);
    vclock_set_relay(the_clock, &r, relay, &relays);
    vclock_set(the_clock, &d, 0, note, name_d);
    run_all();
    assert_string_equal(order, "a@0 d@0 b@0 ");
}

/* Who is no relay any more is asked about. */
static void a_relay_that_is_set_again_is_none(void **state)
{
    vtimer_t a = {0}, d = {0};
    size_t relays = 0;
    (void)state;
    asked = wanted = 0;
    vclock_set_chooser(the_clock, choose, NULL);
    vclock_set_relay(the_clock, &d, relay, &relays);
    vclock_set(the_clock, &d, 0, note, name_d);
    vclock_set(the_clock, &a, 0, note, name_a);
    run_all();
    assert_string_equal(order, "d@0 a@0 ");
    assert_int_equal(asked, 1);
}

int main(void)
{
#define CLOCK_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CLOCK_TEST(timers_run_by_time_and_ties_in_the_order_in_which_they_were_set),
        CLOCK_TEST(a_timer_that_is_set_again_moves_to_the_end_of_its_instant),
        CLOCK_TEST(timers_that_are_moved_about_run_by_time_and_by_when_they_were_set),
        CLOCK_TEST(a_timer_in_the_past_runs_now),
        CLOCK_TEST(a_cancelled_timer_does_not_run),
        CLOCK_TEST(timers_that_are_numbered_anew_keep_their_order),
        CLOCK_TEST(a_timer_that_is_not_set_tells_nothing),
        CLOCK_TEST(a_chooser_is_asked_where_several_timers_are_due_at_once),
        CLOCK_TEST(a_chooser_is_asked_about_sixteen_at_most),
        CLOCK_TEST(what_a_relay_sets_is_chosen_instead_of_it),
        CLOCK_TEST(without_a_chooser_a_relay_is_a_timer_like_others),
        CLOCK_TEST(a_relay_that_is_set_again_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
