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

static vtimer_t later, another;

/* Sets a timer for the present instant, at which another is due, too. */
static void set_for_now(void *arg)
{
    note(arg);
    vclock_set(the_clock, &later, vclock_now(the_clock), note, name_c);
    vclock_set(the_clock, &another, 0, note, name_d);
}

static void timers_set_for_now_run_after_those_that_were_set_for_it_before(void **state)
{
    (void)state;
    vtimer_t a = {0}, b = {0};
    later = another = (vtimer_t){0};
    vclock_set(the_clock, &a, 10, set_for_now, name_a);
    vclock_set(the_clock, &b, 10, note, name_b);
    run_all();
    assert_string_equal(order, "a@10 b@10 c@10 d@10 ");
}

static void a_timer_set_for_now_can_be_cancelled_wherever_it_stands(void **state)
{
    (void)state;
    static char *const names[] = {name_a, name_b, name_c, name_d};
    static const char *const expected[] = {"b@0 c@0 d@0 ", "a@0 c@0 d@0 ", "a@0 b@0 d@0 ",
                                           "a@0 b@0 c@0 "};
    for (size_t gone = 0; gone < 4; gone++) {
        vtimer_t timers[4] = {{0}};
        order[0] = '\0';
        for (size_t i = 0; i < 4; i++)
            vclock_set(the_clock, &timers[i], 0, note, names[i]);
        assert_true(vclock_has_more_due(the_clock, 3));
        vclock_cancel(the_clock, &timers[gone]);
        assert_false(vclock_has_more_due(the_clock, 3));
        assert_false(vtimer_is_set(&timers[gone]));
        run_all();
        assert_string_equal(order, expected[gone]);
    }
}

static size_t last_of(void *arg, size_t count)
{
    (void)arg;
    return count - 1;
}

static void who_chooses_is_asked_about_timers_that_were_set_for_now_before(void **state)
{
    (void)state;
    vtimer_t a = {0}, b = {0}, c = {0};
    vclock_set(the_clock, &a, 0, note, name_a);
    vclock_set(the_clock, &b, 0, note, name_b);
    vclock_set_chooser(the_clock, last_of, NULL);
    vclock_set(the_clock, &c, 0, note, name_c);
    vclock_run_next(the_clock);
    vclock_set_chooser(the_clock, NULL, NULL);
    run_all();
    assert_string_equal(order, "c@0 a@0 b@0 ");
}

int main(void)
{
#define CLOCK_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CLOCK_TEST(timers_run_by_time_and_ties_in_the_order_in_which_they_were_set),
        CLOCK_TEST(a_timer_that_is_set_again_moves_to_the_end_of_its_instant),
        CLOCK_TEST(a_timer_in_the_past_runs_now),
        CLOCK_TEST(a_cancelled_timer_does_not_run),
        CLOCK_TEST(timers_set_for_now_run_after_those_that_were_set_for_it_before),
        CLOCK_TEST(a_timer_set_for_now_can_be_cancelled_wherever_it_stands),
        CLOCK_TEST(who_chooses_is_asked_about_timers_that_were_set_for_now_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
