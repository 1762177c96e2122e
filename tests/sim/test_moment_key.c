/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is part of a world's state, and what is only bookkeeping. Each row is a test with two
 * processes, and a third one, that are ready at one instant; the keys of the world a second later,
 * after one order and after the other, are equal if nothing is left that tells which went first.
 */
#include "sim/core/fiber.h"
#include "sim/explore/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct row {
    const char *what;
    bool same;
    const char *before, *a, *b, *after; /* Lua: before the processes, theirs, and a second later */
} row_t;

static const row_t rows[] = {
    {"nothing is done", true, "", "", "", ""},
    {"each sets a variable of its own", true, "local x, y", "x = 1", "y = 2", "x = x + y"},
    {"both set one variable", false, "local x", "x = 1", "x = 2", "x = x + 1"},
    {"a number that both count", true, "local x = 0", "x = x + 1", "x = x + 1", "x = x + 1"},
    {"the order in which a list was filled", false, "local x = {}", "x[#x + 1] = 1",
     "x[#x + 1] = 2", "x[1] = x[1] + 1"},
    {"a text that is made of both", false, "local x = ''", "x = x .. 'a'", "x = x .. 'b'",
     "x = x .. 'c'"},
    {"a packet that is gone, and what counted it", true,
     "box:filter('count in all')\nlocal s = box:udp()", "s:sendto('x', '127.0.0.1', 9)", "", ""},
    {"what has come of a fault", true, "local s = box:udp()", "box:fault('drop packet 99')",
     "s:sendto('x', '127.0.0.1', 9)", ""},
    {"a datagram that waits to be read", false, "local s, t = box:udp(53), box:udp()",
     "t:sendto('a', '127.0.0.1', 53)", "t:sendto('b', '127.0.0.1', 53)", "s:recv()"},
    {"data of one connection", false,
     "box:fusion(false)\n"
     "local l = box:listen(22)\n"
     "local c = box:connect('127.0.0.1', 22)\n"
     "local e = l:accept()\n"
     "box:sleep(1)",
     "c:send('a')", "c:send('b')", "e:recv()"},
    {"rules", false, "", "box:filter('pass in all')", "box:filter('block in all')", ""},
    {"a state of the filter", true, "box:filter('pass out all keep state')\nlocal s = box:udp()",
     "s:sendto('x', '127.0.0.1', 53)", "", ""},
    {"when a process wakes", true, "", "box:sleep(0.5)", "box:sleep(0.25)", ""},
    {"a timer that is set first", false, "local x", "box:sleep(5) x = 1", "box:sleep(5) x = 2",
     "x = 1"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void write_script(const row_t *row, char *path)
{
    int fd = mkstemp(path);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    assert_non_null(out);
    fprintf(out,
            "test('t', function(box)\n%s\n"
            "box:spawn('a', function() box:sleep(1) %s end)\n"
            "box:spawn('b', function() box:sleep(1) %s end)\n"
            "box:spawn('c', function() box:sleep(1) end)\n"
            "box:sleep(2)\n%s\nbox:sleep(5)\nend)\n",
            row->before, row->a, row->b, row->after);
    assert_int_equal(fclose(out), 0);
}

/* The last state of a run before a time. */
typedef struct seen {
    moment_key_t key;
    size_t count;
} seen_t;

static bool see(void *arg, const moment_key_t *key, uint32_t points, uint64_t merged)
{
    seen_t *seen = arg;
    (void)points;
    (void)merged;
    seen->key = *key;
    seen->count++;
    return false;
}

static bool is_order(point_class_t class)
{
    return class == POINT_READY(3);
}

/* Runs the row's test in the order in which its processes were made, and the other way round. The
 * world ends in a sleep, so the last key is of what is there then. */
static void check(const row_t *row)
{
    char path[] = "/tmp/lo0sim-moment-XXXXXX", error[1000];
    write_script(row, path);
    const trial_options_t options = {.path = path,
                                     .test = "t",
                                     .kinds = KIND_BIT(KIND_ORDER),
                                     .places = TRIAL_PLACES,
                                     .engine = TRIAL_SNAPSHOT,
                                     .merge = true,
                                     .script = {.seed = 1,
                                                .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX,
                                                           .virtual_us = BOX_VIRTUAL_US_MAX}}};
    trial_t *trial = trial_open(&options, error, sizeof(error));
    if (trial == NULL)
        fail_msg("%s: %s", row->what, error);
    seen_t first = {.count = 0}, other = {.count = 0};
    trial_result_t result;
    schedule_t schedule = {.count = 0};
    trial_tell_states(trial, see, &first);
    trial_run(trial, &schedule, &result);
    if (result.status != RESULT_PASSED || result.mixes)
        fail_msg("%s: %s", row->what, result.report != NULL ? result.report : "it mixes");
    uint32_t point = 0;
    while (point < result.points && !is_order(result.classes[point]))
        point++;
    assert_true(point < result.points);
    schedule = (schedule_t){.count = 1, .list = {{point, 1}}};
    trial_tell_states(trial, see, &other);
    trial_run(trial, &schedule, &result);
    bool same = first.key.low == other.key.low && first.key.high == other.key.high;
    if (first.count == 0 || other.count == 0 || same != row->same)
        fail_msg("%s: the keys are %s", row->what, same ? "the same" : "not the same");
    trial_close(trial);
    unlink(path);
}

static void what_tells_which_process_went_first_is_state(void **state)
{
    (void)state;
    if (!fiber_works())
        skip();
    for (size_t i = 0; i < ROWS; i++) {
        if (!rows[i].same)
            check(&rows[i]);
    }
}

static void what_does_not_is_no_state(void **state)
{
    (void)state;
    if (!fiber_works())
        skip();
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].same)
            check(&rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_tells_which_process_went_first_is_state),
        cmocka_unit_test(what_does_not_is_no_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
