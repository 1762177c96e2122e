/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Crashes: a test that takes its process down is reported, and the others run all the same.
 */
#include "sim/base/must.h"
#include "sim/run/job_slots.h"
#include "sim/run/observe.h"
#include "sim/run/runner.h"
#include "stack/ip_stack.h"
#include "tests/temporary.h"

#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Globals that break things. */
static int crash(lua_State *L)
{
    (void)L;
    raise(SIGSEGV);
    return 0;
}

/* What lwIP calls when one of its assertions fails. */
void lwip_panic(const char *message, const char *file, int line);

static int fail_assertion(lua_State *L)
{
    (void)L;
    lwip_panic("the impossible", "src/core/tcp.c", 7);
    return 0;
}

static int end_process(lua_State *L)
{
    (void)L;
    _exit(5);
}

static int fail_assertion_here(lua_State *L)
{
    (void)L;
    lwip_panic("the impossible", "tcp.c", 7);
    return 0;
}

static int kill_process(lua_State *L)
{
    (void)L;
    kill(getpid(), SIGKILL);
    return 0;
}

/* As if the alarm came where its handler is not there any more. */
static int end_by_alarm(lua_State *L)
{
    (void)L;
    signal(SIGALRM, SIG_DFL);
    raise(SIGALRM);
    return 0;
}

static int leak(lua_State *L)
{
    (void)L;
    return allocb(10) == NULL;
}

static int have_no_memory(lua_State *L)
{
    (void)L;
    must_end();
    return 0;
}

static int set_limit(lua_State *L, int resource, rlim_t value)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0)
        return luaL_error(L, "no limit");
    limit.rlim_cur = value;
    return setrlimit(resource, &limit) != 0 ? luaL_error(L, "no limit") : 0;
}

/* Lets this process and its children open so many more files. */
static int may_open(lua_State *L)
{
    int next = dup(STDOUT_FILENO);
    close(next);
    return set_limit(L, RLIMIT_NOFILE, (rlim_t)(next + lua_tointeger(L, 1)));
}

/* Lets files of this process have so many bytes, as a disk does that is nearly full. */
static int may_write(lua_State *L)
{
    return set_limit(L, RLIMIT_FSIZE, (rlim_t)lua_tointeger(L, 1));
}

/* Takes longer than a test may whose file has others that have passed. */
static int take_long(lua_State *L)
{
    clock_t begin = clock();
    (void)L;
    while (clock() - begin < CLOCKS_PER_SEC * 4 / 10) {
        for (volatile int i = 0; i < 1000000; i++)
            continue;
    }
    return 0;
}

/* How often it was called in all processes of a script, with this call. */
static int times(lua_State *L)
{
    FILE *file = fopen("times", "a");
    fputc('+', file);
    lua_pushinteger(L, ftell(file));
    fclose(file);
    return 1;
}

static void extend(lua_State *L)
{
    static const luaL_Reg functions[] = {{"crash", crash},
                                         {"fail_assertion", fail_assertion},
                                         {"fail_assertion_here", fail_assertion_here},
                                         {"end_process", end_process},
                                         {"kill_process", kill_process},
                                         {"end_by_alarm", end_by_alarm},
                                         {"leak", leak},
                                         {"have_no_memory", have_no_memory},
                                         {"may_open", may_open},
                                         {"may_write", may_write},
                                         {"take_long", take_long},
                                         {"times", times},
                                         {NULL, NULL}};
    lua_pushglobaltable(L);
    for (const luaL_Reg *f = functions; f->name != NULL; f++) {
        lua_pushstring(L, f->name);
        lua_pushcfunction(L, f->func);
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
}

static bool isolate; /* each test has a process of its own from the start */

/* Runs a script and gives back what was printed and the exit code. */
static int run(const char *text, unsigned jobs, char **printed)
{
    static const char *const paths[] = {"x.lua"};
    size_t size;
    FILE *script = fopen("x.lua", "w");
    fputs(text, script);
    fclose(script);
    run_options_t options = {.paths = paths,
                             .path_count = 1,
                             .jobs = jobs,
                             .wall_seconds = 30,
                             .script = {.seed = 1,
                                        .isolate = isolate,
                                        .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX,
                                                   .virtual_us = BOX_VIRTUAL_US_MAX},
                                        .extend = extend}};
    FILE *out = open_memstream(printed, &size);
    int code = run_files(&options, out, out);
    fclose(out);
    return code;
}

static void assert_printed(const char *printed, const char *text)
{
    if (strstr(printed, text) == NULL)
        fail_msg("'%s' is not in:\n%s", text, printed);
}

static void each_way_to_break_is_reported_and_the_others_run(void **state)
{
    (void)state;
    static const struct {
        const char *call, *message;
    } rows[] = {
        {"crash()", "  CRASH broken "},
        {"crash()", "crashed: signal 11 (Segmentation fault)\n        at 0.000000 s; the last "
                    "events:\n"},
        {"fail_assertion()", "crashed: an assertion in the stack failed: the impossible (tcp.c:7)"},
        {"fail_assertion_here()",
         "crashed: an assertion in the stack failed: the impossible (tcp.c:7)"},
        {"kill_process()", "crashed: signal 9 (Killed)"},
        {"end_by_alarm()", "ran for more than 30 s of wall time (--max-wall)"},
        {"end_process()", "crashed: its process ended with status 5 and no result"},
        {"have_no_memory()", "lo0sim: out of memory\n"},
        {"may_write(0)", "crashed: its process ended with status 3 and no result"},
        {"may_write(4096) error(('x'):rep(6000))",
         "what it printed could not be kept: File too large\n"},
        {"leak()", "leaked: 1 packets, 0 bytes of lwIP's heap, pool none"},
    };
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        char script[500], *printed;
        const char *call = rows[i / 2].call;
        snprintf(script, sizeof(script),
                 "test('before', function(box) end)\n"
                 "test('broken', function(box) box:listen(22) %s end)\n"
                 "test('never', { skip = true }, function(box) end)\n"
                 "test('after', function(box) end)\n",
                 call);
        isolate = i % 2 == 1;
        int code = run(script, 1 + (unsigned)i % 3, &printed);
        if (code != 3)
            fail_msg("%s: %d\n%s", call, code, printed);
        assert_printed(printed, rows[i / 2].message);
        assert_printed(printed, "2 passed, 1 failed, 1 skipped");
        free(printed);
    }
    isolate = false;
}

/* A test that fails runs once more, for its last events: its process ends otherwise then. */
static void of_a_test_that_fails_twice_the_first_end_counts(void **state)
{
    static const struct {
        const char *call, *message;
        int code;
    } rows[] = {
        {"have_no_memory()", "\n        no last events: lo0sim: out of memory\n", 3},
        {"kill_process()", "x.lua:1: first\n", 2},
        {"error('second')", "x.lua:1: second\n", 2},
        {"expect.fail()", "x.lua:1: first\n", 2},
    };
    (void)state;
    isolate = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char script[200], *printed;
        snprintf(script, sizeof(script),
                 "test('t', function(box) if times() == 2 then %s end error('first') end)\n",
                 rows[i].call);
        unlink("times");
        int code = run(script, 1, &printed);
        assert_printed(printed, rows[i].message);
        assert_int_equal(code, rows[i].code);
        free(printed);
    }
    unlink("times");
    isolate = false;
}

static void a_file_whose_loading_breaks_is_reported(void **state)
{
    static const struct {
        const char *call, *message;
    } rows[] = {
        {"kill_process()", "x.lua: the process that loads it crashed\n"},
        {"end_process()", "x.lua: the process that loads it crashed\n"},
        {"have_no_memory()", "x.lua: out of memory\n"},
        {"may_write(0)", "x.lua: the process that loads it crashed\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char script[200], *printed;
        snprintf(script, sizeof(script), "test('t', function(box) end)\n%s\n", rows[i].call);
        assert_int_equal(run(script, 1, &printed), 3);
        assert_printed(printed, rows[i].message);
        free(printed);
    }
}

static void without_a_descriptor_a_test_is_told_not_to_have_started(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        char *printed;
        isolate = i % 2 == 1;
        assert_int_equal(run("test('a', function() end)\ntest('b', function() end)\n"
                             "may_open(0)\n",
                             1 + i / 2, &printed),
                         3);
        assert_printed(printed, "  CRASH a ");
        assert_printed(printed, "could not be started: Too many open files");
        assert_printed(printed, "0 passed, 2 failed");
        free(printed);
    }
    isolate = false;
}

static void a_test_waits_for_a_descriptor_that_another_one_has(void **state)
{
    (void)state;
    isolate = true;
    for (int more = 1; more <= 3; more++) {
        char script[200], *printed;
        snprintf(script, sizeof(script),
                 "for i = 1, 6 do test('t' .. i, function() end) end\nmay_open(%d)\n", more);
        assert_int_equal(run(script, 4, &printed), 0);
        assert_printed(printed, "6 passed, 0 failed");
        free(printed);
    }
    isolate = false;
}

static void those_that_passed_do_not_wait_for_a_long_test(void **state)
{
    char *printed;
    (void)state;
    assert_int_equal(run("test('a', function() end)\ntest('b', function() take_long() end)\n"
                         "test('c', { skip = true }, function() end)\n"
                         "test('d', function() end)\n",
                         1, &printed),
                     0);
    assert_printed(printed, "3 passed, 0 failed, 1 skipped");
    free(printed);
}

static void three_hundred_tests_keep_their_order(void **state)
{
    (void)state;
    char *printed, line[100];
    assert_int_equal(run("for i = 1, 300 do\n"
                         "  test('test ' .. i, function(box) box:sleep(i % 7) end)\nend\n",
                         4, &printed),
                     0);
    const char *at = printed;
    for (int i = 1; i <= 300; i++) {
        snprintf(line, sizeof(line), "  ok    test %d ", i);
        at = strstr(at, line);
        assert_non_null(at);
    }
    assert_printed(printed, "300 passed, 0 failed");
    free(printed);
}

/* What ipfstat, step and compare do with a file. */
static void a_command_that_runs_one_file_says_that_its_loading_breaks(void **state)
{
    const script_options_t options = {.seed = 1, .extend = extend};
    (void)state;
    FILE *file = fopen("x.lua", "w");
    assert_non_null(file);
    fputs("test('t', function(box) end)\nkill_process()\n", file);
    fclose(file);
    int saved = dup(STDERR_FILENO), said = open("said", O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(said, STDERR_FILENO);
    int code = observe("x.lua", &options, 10);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    char text[200];
    ssize_t length = pread(said, text, sizeof(text) - 1, 0);
    close(said);
    close(saved);
    assert_int_equal(code, 3);
    assert_true(length > 0);
    text[length] = '\0';
    assert_string_equal(text, "x.lua: the process that loads it crashed\n");
}

static int next_descriptor(void)
{
    int next = dup(STDOUT_FILENO);
    close(next);
    return next;
}

/* It takes three: for what is printed, and the two ends of a pipe. */
static void without_descriptors_there_are_no_slots_and_none_is_kept(void **state)
{
    struct rlimit before, now;
    job_slots_t slots;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int next = next_descriptor();
    for (int more = 0; more <= 3; more++) {
        now = before;
        now.rlim_cur = (rlim_t)(next + more);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
        bool made = job_slots_init(&slots, 2);
        if (made)
            job_slots_fini(&slots);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(made, more == 3);
        assert_int_equal(next_descriptor(), next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_to_break_is_reported_and_the_others_run),
        cmocka_unit_test(a_file_whose_loading_breaks_is_reported),
        cmocka_unit_test(of_a_test_that_fails_twice_the_first_end_counts),
        cmocka_unit_test(without_a_descriptor_a_test_is_told_not_to_have_started),
        cmocka_unit_test(a_test_waits_for_a_descriptor_that_another_one_has),
        cmocka_unit_test(those_that_passed_do_not_wait_for_a_long_test),
        cmocka_unit_test(three_hundred_tests_keep_their_order),
        cmocka_unit_test(a_command_that_runs_one_file_says_that_its_loading_breaks),
        cmocka_unit_test(without_descriptors_there_are_no_slots_and_none_is_kept),
    };
    return chdir(temporary_folder()) != 0 || cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
