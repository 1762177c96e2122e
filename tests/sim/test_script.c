/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A scenario file in one process: which of its tests are taken, and what a test finds that runs
 * again, however the one before it ended.
 */
#include "sim/core/arena.h"
#include "sim/script/script_impl.h"
#include "tests/temporary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ARENA_BYTES ((size_t)256 << 20)

static const char path[] = "x.lua";
static char error[2000];

static int enter_folder(void **state)
{
    (void)state;
    return chdir(temporary_folder());
}

static void write_script(const char *text)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

/* ---- running ---- */

static jmp_buf out;
static result_t last;
static script_t *running;

static void on_abandon(void *arg, const result_t *result)
{
    (void)arg;
    last = *result;
    longjmp(out, 1);
}

static script_options_t options_in(arena_t *arena)
{
    return (script_options_t){
        .seed = 1,
        .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX, .virtual_us = BOX_VIRTUAL_US_MAX},
        .instructions = 20000,
        .arena = arena,
        .abandon = on_abandon};
}

/* Runs a test, and forgets it if it is abandoned.
 * => Returns its result, good until the next call. */
static const result_t *run(script_t *script, size_t test)
{
    result_fini(&last);
    last = (result_t){0};
    running = script;
    if (setjmp(out) == 0)
        script_run_test(script, test, &last);
    else
        script_abandoned(script);
    return &last;
}

static script_t *load(const char *text, const script_options_t *options)
{
    write_script(text);
    script_t *script = script_load(path, options, error, sizeof(error));
    if (script == NULL)
        fail_msg("%s", error);
    return script;
}

static void end(script_t *script)
{
    result_fini(&last);
    last = (result_t){0};
    script_close(script);
}

/* Rows: how a test's run ends, and at which line. Its first run is told from later ones by the line
 * that it ends at. */
static void each_run_of_a_test_begins_from_what_the_chunk_left(void **state)
{
    static const struct {
        const char *what, *first, *later;
        result_status_t status;
    } rows[] = {
        {"it passes", "", "expect.fail('again')", RESULT_PASSED},
        {"it fails", "expect.fail('x')", "", RESULT_FAILED},
        {"it is abandoned", "while true do end", "", RESULT_FAILED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[500];
        arena_t *arena = arena_create(ARENA_BYTES);
        script_options_t options = options_in(arena);
        snprintf(text, sizeof(text),
                 "local runs = 0\n"
                 "test('t', function(box)\n"
                 "  runs = runs + 1\n"
                 "  if runs == 1 then %s else %s end\n"
                 "end)\n"
                 "test('u', function(box) runs = 7 end)\n",
                 rows[i].first, rows[i].later);
        script_t *script = load(text, &options);
        for (int again = 0; again < 3; again++) {
            if (run(script, 0)->status != rows[i].status)
                fail_msg("%s, run %d: %s", rows[i].what, again, last.report);
            if (again == 1) /* another in between */
                assert_int_equal(run(script, 1)->status, RESULT_PASSED);
        }
        end(script);
        arena_destroy(arena);
    }
}

/* Without an arena the file is read again for a second run. */
static void a_file_that_has_changed_since_says_so(void **state)
{
    static const struct {
        const char *text, *report;
        result_status_t status;
    } rows[] = {
        {"test('t', function() end)", "", RESULT_PASSED},
        {"test('t', function() expect.fail('other') end)", "other", RESULT_FAILED},
        {"test('u', function() end)", ": the test 't' is not there any more", RESULT_MISTAKE},
        {"local x", ": the test 't' is not there any more", RESULT_MISTAKE},
        {"test('t'", ":1: ')' expected near <eof>", RESULT_MISTAKE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        script_options_t options = options_in(NULL);
        script_t *script = load("test('t', function() end)", &options);
        assert_int_equal(run(script, 0)->status, RESULT_PASSED);
        write_script(rows[i].text);
        run(script, 0);
        assert_int_equal(last.status, rows[i].status);
        assert_non_null(strstr(last.report, rows[i].report));
        end(script);
    }
}

/* ---- from outside ---- */

static void what_is_done_to_no_running_test_does_nothing(void **state)
{
    (void)state;
    result_t result;
    size_t size;
    arena_t *arena = arena_create(ARENA_BYTES);
    script_options_t options = options_in(arena);
    script_t *script = load("test('t', function() end)", &options);
    script_interrupt(script);
    assert_null(script_running(script, &size));
    script_post_mortem(script, "the end", RESULT_CRASHED, &result);
    assert_string_equal(result.report, "the end");
    assert_int_equal(result.status, RESULT_CRASHED);
    assert_int_equal(result.now_us, 0);
    result_fini(&result);
    assert_int_equal(run(script, 0)->status, RESULT_PASSED);
    assert_null(script_running(script, &size));
    end(script);
    arena_destroy(arena);
}

static int interrupt(lua_State *L)
{
    (void)L;
    script_interrupt(running);
    return 0;
}

static bool can_be_copied;

static int look(lua_State *L)
{
    size_t size = 0;
    (void)L;
    can_be_copied = script_running(running, &size) != NULL;
    assert_true(size >= sizeof(running) + offsetof(runtime_t, observing));
    return 0;
}

static result_t dead;

static int die(lua_State *L)
{
    (void)L;
    script_post_mortem(running, "it died", RESULT_CRASHED, &dead);
    return 0;
}

/* The names of those that the fault `kill` could name now, in their order. */
static int victims(lua_State *L)
{
    const box_t *box = runtime_of(L)->box;
    const char *name;
    char text[300] = "";
    size_t count = box->victims(box->kill_arg, SIZE_MAX, &name);
    assert_null(name);
    for (size_t i = 0; i < count && i < 10; i++) {
        assert_int_equal(box->victims(box->kill_arg, i, &name), count);
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", name);
    }
    lua_pushstring(L, text);
    lua_pushinteger(L, (lua_Integer)count);
    return 2;
}

static void add_globals(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"interrupt", interrupt}, {"look", look}, {"die", die}, {"victims", victims}};
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        lua_pushcfunction(L, functions[i].func);
        sandbox_set_global(L, functions[i].name);
    }
}

/* Rows: where the test is when its time is over. */
static void a_test_whose_time_is_over_ends_where_it_is(void **state)
{
    static const struct {
        const char *body, *place;
    } rows[] = {
        {"interrupt() while true do end", ":2: over the limit of wall time (--max-wall)"},
        {"interrupt() box:sleep(1) box:sleep(1)\nexpect.fail('it went on')",
         ":2: over the limit of wall time (--max-wall)"},
        {"box:spawn('x', function() interrupt() end)\nbox:sleep(1) box:sleep(1)\nexpect.fail('it "
         "went on')",
         ":3: over the limit of wall time (--max-wall)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[500];
        arena_t *arena = arena_create(ARENA_BYTES);
        script_options_t options = options_in(arena);
        options.instructions = 0;
        options.extend = add_globals;
        snprintf(text, sizeof(text), "test('t', function(box)\n%s end)\n", rows[i].body);
        script_t *script = load(text, &options);
        run(script, 0);
        if (last.status != RESULT_CRASHED || !last.once || !strstr(last.report, rows[i].place))
            fail_msg("row %zu: %s", i, last.report);
        end(script);
        arena_destroy(arena);
    }
}

/* Rows: what a test has done; then whether it can go on from a copy. */
static void a_test_goes_on_from_a_copy_where_all_of_it_is_in_the_arena(void **state)
{
    static const struct {
        const char *body;
        bool in_arena, notes_failures, keep_events, copied;
    } rows[] = {
        {"look()", true, true, false, true},
        {"box:sleep(1) look()", true, false, false, true},
        {"look()", false, false, false, false},
        {"expect.fail('a note') look()", true, true, false, false},
        {"look()", true, false, true, false},
        {"box:connect('127.0.0.1', 22) pcall(box['expect_pack' .. 'ets'], box, 'lo0', {}) look()",
         true, false, false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[500];
        arena_t *arena = rows[i].in_arena ? arena_create(ARENA_BYTES) : NULL;
        script_options_t options = options_in(arena);
        options.extend = add_globals;
        options.notes_failures = rows[i].notes_failures;
        options.keep_events = rows[i].keep_events;
        snprintf(text, sizeof(text), "test('t', function(box) %s end)\n", rows[i].body);
        script_t *script = load(text, &options);
        can_be_copied = !rows[i].copied;
        assert_int_equal(run(script, 0)->status, RESULT_PASSED);
        if (can_be_copied != rows[i].copied)
            fail_msg("row %zu: %s", i, rows[i].body);
        end(script);
        arena_destroy(arena);
    }
}

static void a_test_that_dies_tells_when(void **state)
{
    (void)state;
    script_options_t options = options_in(NULL);
    options.extend = add_globals;
    options.keep_events = true;
    script_t *script =
        load("test('t', function(box) box:note('before') box:sleep(1.5) die() end)", &options);
    assert_int_equal(run(script, 0)->status, RESULT_PASSED);
    assert_int_equal(dead.status, RESULT_CRASHED);
    assert_int_equal(dead.now_us, 1500000);
    assert_memory_equal(dead.report, "it died\nat 1.500000 s; the last events:\n", 39);
    assert_non_null(strstr(dead.report, "before"));
    result_fini(&dead);
    end(script);
}

static void a_report_without_events_does_not_announce_any(void **state)
{
    (void)state;
    script_options_t options = options_in(NULL);
    options.keep_events = true;
    script_t *script = load("test('t', function() expect.fail('at once') end)", &options);
    const char *report = run(script, 0)->report, *at = strstr(report, "\nat ");
    assert_non_null(strstr(report, "expect.fail: at once"));
    assert_non_null(at);
    assert_string_equal(at, "\nat 0.000000 s\n");
    end(script);
}

/* Its sockets would be closed after all else of that instant. */
static void a_test_can_end_at_the_instant_at_which_a_process_dies(void **state)
{
    (void)state;
    script_options_t options = options_in(NULL);
    script_t *script = load("test('t', function(box)\n"
                            "  box:fault('kill victim before UDP')\n"
                            "  box:spawn('victim', function() box:udp(1) box:sleep(9) end)\n"
                            "  box:udp(2):sendto('x', '127.0.0.1', 3)\n"
                            "end)\n",
                            &options);
    assert_int_equal(run(script, 0)->status, RESULT_PASSED);
    end(script);
}

/* Rows: a test's body, and the report's first lines, after the path. */
static void a_report_names_the_line_where_a_process_waits(void **state)
{
    static const struct {
        const char *body, *report;
    } rows[] = {
        {"box:sleep(2e5)", ":2: over the limit of 86400.000 s of virtual time (--max-time)\n"},
        {"\nreturn box:sleep(2e5)",
         ":3: over the limit of 86400.000 s of virtual time (--max-time)\n"},
        {"local l = box:listen(22)\nl:accept()",
         ": deadlock: every process waits and no timer is pending\n"
         "  main waits in listener:accept at %s:3\n"},
        {"return box:listen(22):accept()",
         ": deadlock: every process waits and no timer is pending\n"
         "  main waits in listener:accept at %s:2\n"},
        {"box:spawn('a', function() box:udp(1):recv() end)\n"
         "box:spawn('b', function() end)\n"
         "box:spawn('c', function() box:sleep(1) end)\nbox:udp(2):recv()",
         ": deadlock: every process waits and no timer is pending\n"
         "  main waits in udp:recv at %s:5\n"
         "  a waits in udp:recv at %s:2\n"},
        {"local l = box:listen(22)\nlocal c = box:connect('127.0.0.1', 22)\nc:recv()",
         ": deadlock: every process waits and no timer is pending\n"
         "  main waits in sock:recv at %s:4; its connection is fused, so no rule sees its data: "
         "box:fusion(false) ends that\n"},
        {"box:fusion(false)\nlocal l = box:listen(22)\nbox:connect('127.0.0.1', 22):recv()",
         ": deadlock: every process waits and no timer is pending\n"
         "  main waits in sock:recv at %s:4\n"},
        {"local p = box:spawn('a', function() box:listen(22):accept() end)\np:join()",
         ": deadlock: every process waits and no timer is pending\n"
         "  main waits in process:join at %s:3\n"
         "  a waits in listener:accept at %s:2\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[500], expected[500], lines[500];
        script_options_t options = options_in(NULL);
        snprintf(text, sizeof(text), "test('t', function(box)\n%s\nend)\n", rows[i].body);
        snprintf(expected, sizeof(expected), "%s%s", path, rows[i].report);
        for (char *at; (at = strstr(expected, "%s")) != NULL;) {
            snprintf(lines, sizeof(lines), "%.*s%s%s", (int)(at - expected), expected, path,
                     at + 2);
            strcpy(expected, lines);
        }
        script_t *script = load(text, &options);
        run(script, 0);
        if (last.status != RESULT_FAILED || strncmp(last.report, expected, strlen(expected)) != 0)
            fail_msg("row %zu: %s\n%s", i, last.report, expected);
        end(script);
    }
}

/* While main waits, an idle connection is probed each second, and all packets are kept. */
static void a_test_is_over_where_it_waits_if_its_box_has_no_memory(void **state)
{
    static const char begin[] =
        "x.lua:6: out of memory: a script may use 1 MiB (--max-memory); its box holds ";
    (void)state;
    script_options_t options = options_in(NULL);
    options.memory_bytes = 1 << 20;
    script_t *script = load("test('t', function(box)\n"
                            "  box:fusion(false)\n"
                            "  box:listen(22)\n"
                            "  local sock = box:connect('127.0.0.1', 22)\n"
                            "  sock:set{ keepalive = true, keepidle = 1, keepintvl = 1 }\n"
                            "  box:sleep(80000)\n"
                            "  box:packets('lo0')\n"
                            "end)\n",
                            &options);
    run(script, 0);
    assert_int_equal(last.status, RESULT_FAILED);
    if (strncmp(last.report, begin, strlen(begin)) != 0 ||
        strstr(last.report, " KiB, mostly packets that its taps keep\n") == NULL)
        fail_msg("%s", last.report);
    assert_in_range(strtoul(last.report + strlen(begin), NULL, 10), 500, 1024);
    end(script);
}

/* Each process that is alive, but for main; those of one name die together. Rows: what a test does,
 * and what its failure says; "": it passes. */
static void a_fault_can_kill_who_is_alive_and_has_a_name_that_it_can_say(void **state)
{
    static const struct {
        const char *body, *report;
    } rows[] = {
        {"expect.eq(victims(), '')", ""},
        {"live('a') live('b') expect.eq(victims(), 'a b ')", ""},
        {"live('a') live('b') live('a') live('b') live('c') expect.eq(victims(), 'a b c ')", ""},
        {"box:spawn('a', function() end) live('b') expect.eq(victims(), 'b ')", ""},
        {"box:spawn('a', function() end) live('a') live('b') expect.eq(victims(), 'a b ')", ""},
        {"box:spawn('a', function() box:sleep(1) end) live('a')\n"
         "expect.eq(victims(), 'a ') box:sleep(2) expect.eq(victims(), 'a ')",
         ""},
        {"live('a') live('b') box:fault('kill a before UDP')\n"
         "box:udp(1):sendto('x', '127.0.0.1', 2) expect.eq(victims(), 'b ')",
         ""},
        {"live(('x'):rep(63)) expect.eq(victims(), ('x'):rep(63) .. ' ')", ""},
        {"live('a b') expect.eq(victims(), 'a b ')", ""},
        {"live('main') victims()",
         "no fault can name a process that is called main, or with a quote or more than 63 bytes: "
         "'main'"},
        {"live('a') live('b\"') victims()", "more than 63 bytes: 'b\"'"},
        {"live(('x'):rep(64)) victims()", "or with a quote or more than 63 bytes: 'xxx"},
        {"for i = 1, 1000 do live('p' .. i) end expect.eq(select(2, victims()), 1000)", ""},
        {"for i = 1, 1001 do live('p' .. i) end victims()",
         "there are more than 1000 processes that could be killed"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[1000];
        script_options_t options = options_in(NULL);
        options.instructions = 0;
        options.extend = add_globals;
        snprintf(text, sizeof(text),
                 "test('t', function(box)\n"
                 "local function live(name) box:spawn(name, function() box:sleep(100) end) end\n"
                 "%s end)\n",
                 rows[i].body);
        script_t *script = load(text, &options);
        run(script, 0);
        bool passes = rows[i].report[0] == '\0';
        if (last.status != (passes ? RESULT_PASSED : RESULT_MISTAKE) ||
            strstr(last.report, rows[i].report) == NULL)
            fail_msg("row %zu: %s", i, last.report);
        end(script);
    }
}

/* ---- what is no script ---- */

/* Rows: a file, and whether its mistake is that it has rules in it. */
static void rules_are_told_from_lua_that_is_wrong(void **state)
{
    static const struct {
        const char *text;
        bool rules;
    } rows[] = {
        {"pass in all", true},
        {"block in all\n", true},
        {"count in all", true},
        {"log in all", true},
        {"skip 1 in all", true},
        {"auth in all", true},
        {"set intercept_loopback true;", true},
        {"pass\tin all", true},
        {"pass  in all", true},
        {"  pass in all", true},
        {"\n\npass in all", true},
        {"# a comment\npass in all", true},
        {"# one\n# two\n\n  block in all", true},
        {"#\npass in all", true},
        {"\357\273\277pass in all", true},
        {"-- a comment\npass in all", true},
        {"pass", false},
        {"pass ", false},
        {"pass (in)(", false},
        {"passes in all", false},
        {"pas in all", false},
        {"local in all", false},
        {"# pass in all\nlocal in all", false},
        {"pass\nin all", false},
        {"# pass in all", false},
        {"", false},
        {"1 pass in", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        script_options_t options = options_in(NULL);
        write_script(rows[i].text);
        error[0] = '\0';
        script_close(script_load(path, &options, error, sizeof(error)));
        if ((strncmp(error, "x.lua: these are rules, and a scenario is Lua; ", 47) == 0) !=
            rows[i].rules)
            fail_msg("%s: %s", rows[i].text, error);
    }
}

/* The shell's first line is none of Lua's; the lines after it are, and keep their numbers. */
static void a_first_line_for_the_shell_is_left_out(void **state)
{
    static const char *const rows[] = {"#!/usr/bin/env lo0sim", "#", "#\r", "# x", "#-", "##"};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[200];
        script_options_t options = options_in(NULL);
        snprintf(text, sizeof(text), "%s\nerror('here')", rows[i]);
        write_script(text);
        assert_null(script_load(path, &options, error, sizeof(error)));
        if (strcmp(error, "x.lua:2: here") != 0)
            fail_msg("%s: %s", rows[i], error);
        write_script(rows[i]);
        script_t *script = script_load(path, &options, error, sizeof(error));
        assert_non_null(script);
        script_close(script);
    }
}

/* ---- which tests ---- */

static void a_test_is_named_with_its_era_and_mode_or_without(void **state)
{
    static const struct {
        const char *only, *names; /* or the error's end */
    } rows[] = {
        {NULL, "a|a b|a [inject]|ab [snv_116]|ab [linux]|c [snv_116] [rewrite]|c [q]|"},
        {"a b", "a b|"},
        {"a", "a|"},
        {"ab", "ab [snv_116]|ab [linux]|"},
        {"ab [linux]", "ab [linux]|"},
        {"c", "c [snv_116] [rewrite]|"},
        {"c [snv_116]", "c [snv_116] [rewrite]|"},
        {"c [q]", "c [q]|"},
        {"c [", "there is no test 'c ['; the first one is 'a'"},
        {"ab [snv_11", "there is no test 'ab [snv_11'; did you mean 'ab [snv_116]'?"},
        {"something else", "there is no test 'something else'; the first one is 'a'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        script_options_t options = options_in(NULL);
        options.only = rows[i].only;
        write_script("local function f() end\n"
                     "test('a', f) test('a b', f) test('a [inject]', f)\n"
                     "test('ab', { eras = { 'snv_116', 'linux' } }, f)\n"
                     "test('c', { eras = { 'snv_116' }, modes = { 'rewrite' } }, f)\n"
                     "test('c [q]', f)\n");
        script_t *script = script_load(path, &options, error, sizeof(error));
        char names[500] = "";
        for (size_t t = 0; script != NULL && t < script_test_count(script); t++)
            snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s|",
                     script_test_name(script, t));
        const char *said = script != NULL ? names : strstr(error, "there is");
        assert_non_null(said);
        assert_string_equal(said, rows[i].names);
        script_close(script);
    }
}

/* test() returns nothing, and what it has registered is numbered where an era is forced. */
static void a_forced_era_leaves_one_test_of_each_name(void **state)
{
    static const struct {
        const char *era, *names;
    } rows[] = {
        {NULL, "a [post]|a [linux]|a [inject]|b|"},
        {"linux", "a|a (2)|b|"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        script_options_t options = options_in(NULL);
        options.forced_era = rows[i].era != NULL ? era_find(rows[i].era) : NULL;
        script_t *script =
            load("local function count(...) return select('#', ...) end\n"
                 "expect.eq(count(test('a', { eras = { 'post', 'linux' } }, function() end)), 0)\n"
                 "expect.eq(count(test('a', { modes = { 'inject' } }, function() end)), 0)\n"
                 "expect.eq(count(test('b', function() end)), 0)\n",
                 &options);
        char names[200] = "";
        for (size_t t = 0; t < script_test_count(script); t++)
            snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s|",
                     script_test_name(script, t));
        assert_string_equal(names, rows[i].names);
        script_close(script);
    }
}

static void a_file_without_tests_has_none_of_any_name(void **state)
{
    (void)state;
    script_options_t options = options_in(NULL);
    options.only = "t";
    write_script("local x");
    assert_null(script_load(path, &options, error, sizeof(error)));
    assert_string_equal(error, "x.lua: there is no test 't', nor any other");
    options.only = NULL;
    script_t *script = script_load(path, &options, error, sizeof(error));
    assert_int_equal(script_test_count(script), 0);
    script_close(script);
}

/* Whether the text shows that a test needs the packets that have passed. */
static void a_script_that_asks_for_packets_is_known_by_its_text(void **state)
{
    static const struct {
        const char *text;
        bool found;
    } rows[] = {
        {"", false},
        {"box:packets('lo0')", true},
        {"box:expect_packets('lo0', {})\n", true},
        {"\n\nbox:packets('lo0')\n", true},
        {"-- packets\n", false},
        {"x = 1 -- packets\n", false},
        {"packets() -- x\n", true},
        {"-- x\npackets()", true},
        {"packet\ns()", false},
        {"packet s", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        write_script(rows[i].text);
        if (script_names_taps(path) != rows[i].found)
            fail_msg("%s", rows[i].text);
    }
    assert_false(script_names_taps("/nowhere/x.lua"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_run_of_a_test_begins_from_what_the_chunk_left),
        cmocka_unit_test(a_file_that_has_changed_since_says_so),
        cmocka_unit_test(what_is_done_to_no_running_test_does_nothing),
        cmocka_unit_test(a_test_whose_time_is_over_ends_where_it_is),
        cmocka_unit_test(a_test_goes_on_from_a_copy_where_all_of_it_is_in_the_arena),
        cmocka_unit_test(a_test_that_dies_tells_when),
        cmocka_unit_test(a_report_without_events_does_not_announce_any),
        cmocka_unit_test(a_test_can_end_at_the_instant_at_which_a_process_dies),
        cmocka_unit_test(a_report_names_the_line_where_a_process_waits),
        cmocka_unit_test(a_test_is_over_where_it_waits_if_its_box_has_no_memory),
        cmocka_unit_test(a_fault_can_kill_who_is_alive_and_has_a_name_that_it_can_say),
        cmocka_unit_test(rules_are_told_from_lua_that_is_wrong),
        cmocka_unit_test(a_first_line_for_the_shell_is_left_out),
        cmocka_unit_test(a_test_is_named_with_its_era_and_mode_or_without),
        cmocka_unit_test(a_forced_era_leaves_one_test_of_each_name),
        cmocka_unit_test(a_file_without_tests_has_none_of_any_name),
        cmocka_unit_test(a_script_that_asks_for_packets_is_known_by_its_text),
    };
    return cmocka_run_group_tests_name("sim/script", tests, enter_folder, NULL);
}
