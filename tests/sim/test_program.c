/* SPDX-License-Identifier: BSD-3-Clause
 *
 * box:exec: what a program is started with, what is known of its end, and what is refused.
 */
#include "sim/script/script.h"
#include "tests/temporary.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int enter_folder(void **state)
{
    (void)state;
    return chdir(temporary_folder()) != 0 || mkdir("below", 0700) != 0;
}

/* => Returns the result of a test whose function has this body; the caller ends it. */
static result_t run_in(const char *path, const script_options_t *options, const char *body)
{
    char error[2000];
    result_t result = {0};
    FILE *out = fopen("x.lua", "w");
    assert_non_null(out);
    fprintf(out,
            "local function sh(text, options)\n"
            "  local command = options or {}\n"
            "  command[1], command[2], command[3] = '/bin/sh', '-c', text\n"
            "  return command\n"
            "end\n"
            "test('t', function(box)\n%s\nend)\n",
            body);
    fclose(out);
    script_t *script = script_load(path, options, error, sizeof(error));
    if (script == NULL)
        fail_msg("%s", error);
    script_run_test(script, 0, &result);
    script_close(script);
    return result;
}

static const script_options_t allowed = {
    .seed = 1,
    .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX, .virtual_us = BOX_VIRTUAL_US_MAX},
    .allow_exec = true};

static result_t run(const char *body)
{
    return run_in("x.lua", &allowed, body);
}

/* Whether this kernel cannot supervise programs. */
static bool skipped(void)
{
    result_t result = run("expect.eq(box:exec({ 'true' }):wait(), 0)");
    bool no = result.status != RESULT_PASSED && strstr(result.report, "seccomp") != NULL;
    result_fini(&result);
    if (no)
        skip();
    return no;
}

/* Rows: what a script expects of a program. */
static void a_program_gets_what_its_command_says(void **state)
{
    static const char *const bodies[] = {
        /* words; a number is one */
        "local code, out, err = box:exec({ '/bin/echo', 'a b', 7, '' }):wait()\n"
        "expect.eq({ code, out, err }, { 0, 'a b 7 \\n', '' })",
        "local code, out, err = box:exec(sh('echo out; echo err >&2; exit 3')):wait()\n"
        "expect.eq({ code, out, err }, { 3, 'out\\n', 'err\\n' })",
        /* what it reads: nothing, a little, more than a pipe holds */
        "expect.eq(select(2, box:exec({ 'cat' }):wait()), '')",
        "expect.eq(select(2, box:exec({ 'cat', stdin = 'a\\0b\\n' }):wait()), 'a\\0b\\n')",
        "local text = ('0123456789'):rep(30000)\n"
        "expect.ok(select(2, box:exec({ 'cat', stdin = text }):wait()) == text)",
        /* its input is a file: who writes to it does so where it reads */
        "expect.eq(select(2, box:exec(sh('echo X >&0; cat', { stdin = 'abcdef' })):wait()), "
        "'cdef')",
        /* who opens its output anew writes to the end of it */
        "expect.eq(select(2, box:exec(sh('echo a; echo b >> /dev/stdout; echo c')):wait()), "
        "'a\\nb\\nc\\n')",
        /* its variables: ours, but for those that the script says */
        "expect.eq(select(2, box:exec(sh('echo $OURS $A', { env = { A = '1' } })):wait()), 'ours "
        "1\\n')",
        "expect.eq(select(2, box:exec(sh('echo $OURS', { env = { OURS = 'x' } })):wait()), 'x\\n')",
        "expect.eq(select(2, box:exec(sh('echo $OURS', { env = {} })):wait()), 'ours\\n')",
        "local _, out = box:exec({ 'env', env = { OURS = 'x', OUR = 'y', Z = 'a=b' } }):wait()\n"
        "local count = select(2, out:gsub('OURS=', ''))\n"
        "expect.eq(count, 1)\n"
        "expect.match(out, 'OURS=x\\n')\n"
        "expect.match(out, 'OUR=y\\n')\n"
        "expect.match(out, 'Z=a=b\\n')",
        /* its folder: the script's, or one from there */
        "expect.match(select(2, box:exec({ 'pwd' }):wait()), '/lo0sim[^/]*\\n$')",
        "expect.match(select(2, box:exec({ 'pwd', cwd = 'below' }):wait()), '/below\\n$')",
        "expect.eq(select(2, box:exec({ 'pwd', cwd = '/' }):wait()), '/\\n')",
    };
    (void)state;
    if (skipped())
        return;
    setenv("OURS", "ours", 1);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        result_t result = run(bodies[i]);
        if (result.status != RESULT_PASSED)
            fail_msg("%s\n%s", bodies[i], result.report);
        result_fini(&result);
    }
}

static void a_scripts_folder_is_where_its_path_says(void **state)
{
    static const char body[] = "local _, out = box:exec({ 'pwd', cwd = 'below' }):wait()\n"
                               "expect.match(out, '/lo0sim[^/]*/below\\n$')";
    char whole[1100];
    const char *const paths[] = {"x.lua", "./x.lua", "below/../x.lua", whole};
    (void)state;
    if (skipped())
        return;
    snprintf(whole, sizeof(whole), "%s", temporary_path("x.lua"));
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        bool climbs = strstr(paths[i], "..") != NULL;
        result_t result = run_in(paths[i], &allowed,
                                 climbs ? "local _, out = box:exec({ 'pwd', cwd = '..' }):wait()\n"
                                          "expect.match(out, '/lo0sim[^/]*\\n$')"
                                        : body);
        if (!climbs && result.status != RESULT_PASSED)
            fail_msg("%s: %s", paths[i], result.report);
        result_fini(&result);
    }
}

/* Rows: how it ends, and what wait and others learn of it. */
static void who_waits_for_a_program_learns_its_end(void **state)
{
    static const char *const bodies[] = {
        "local p = box:exec(sh('exit 7'))\n"
        "expect.eq((p:wait()), 7)\n"
        "expect.eq((p:wait()), 7)\n"
        "expect.eq((p:wait(0)), 7)",
        "local p = box:exec({ 'sleep', '100' })\n"
        "expect.eq(select(2, p:wait(0)), 'EAGAIN')\n"
        "local code, why = p:wait(2.5)\n"
        "expect.eq({ code, why }, { nil, 'EAGAIN' })\n"
        "expect.eq(why, 'EAGAIN')\n"
        "expect.eq(box:now(), 2.5)\n"
        "expect.eq(select(2, p:wait(0)), 'EAGAIN')\n"
        "expect.eq((p:wait(98)), 0)\n"
        "expect.eq(box:now(), 100)",
        "local p = box:exec({ 'sleep', '100' })\n"
        "box:sleep(1)\n"
        "p:kill()\n"
        "expect.eq((p:wait()), 128 + 15)\n"
        "expect.eq(box:now(), 1)",
        "local p = box:exec(sh('trap \"echo caught; exit 5\" USR1; sleep 3'))\n"
        "box:sleep(1)\n"
        "p:kill('USR1')\n"
        "local code, out = p:wait()\n"
        "expect.eq({ code, out }, { 5, 'caught\\n' })",
        /* two at once, each with its own end */
        "local a, b = box:exec({ 'sleep', '2' }), box:exec({ 'sleep', '1' })\n"
        "local at = {}\n"
        "local other = box:spawn('other', function() b:wait() at[1] = box:now() end)\n"
        "a:wait() at[2] = box:now()\n"
        "other:join()\n"
        "expect.eq(at, { 1, 2 })",
        "local p = box:exec({ 'sleep', '100' })\n"
        "expect.eq(select('#', p:kill()), 0)\n"
        "expect.eq(select('#', p:wait()), 3)\n"
        "expect.eq(select('#', box:exec({ 'sleep', '100' }):wait(0)), 2)",
        "box:exec({ 'sleep', '100' })", /* it ends with the test */
    };
    (void)state;
    if (skipped())
        return;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        result_t result = run(bodies[i]);
        if (result.status != RESULT_PASSED)
            fail_msg("%s\n%s", bodies[i], result.report);
        result_fini(&result);
    }
}

static void a_signal_has_its_name_and_its_number(void **state)
{
    static const struct {
        const char *name;
        int number;
    } rows[] = {
        {"HUP", 1},   {"INT", 2},   {"QUIT", 3},  {"ILL", 4},   {"TRAP", 5},  {"ABRT", 6},
        {"BUS", 7},   {"FPE", 8},   {"KILL", 9},  {"USR1", 10}, {"SEGV", 11}, {"USR2", 12},
        {"PIPE", 13}, {"ALRM", 14}, {"TERM", 15}, {"XCPU", 24}, {"XFSZ", 25}, {"VTALRM", 26},
        {"PROF", 27}, {"POLL", 29}, {"SYS", 31},
    };
    (void)state;
    if (skipped())
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char body[200];
        snprintf(body, sizeof(body),
                 "local p = box:exec({ 'sleep', '9' }) box:sleep(1)\n"
                 "p:kill('%s') expect.eq((p:wait()), %d)",
                 rows[i].name, 128 + rows[i].number);
        result_t result = run(body);
        if (result.status != RESULT_PASSED)
            fail_msg("%s: %s", rows[i].name, result.report);
        result_fini(&result);
    }
    /* those that do not end it */
    result_t result = run("local p = box:exec({ 'sleep', '9' }) box:sleep(1)\n"
                          "for _, name in ipairs({ 'CHLD', 'CONT', 'URG', 'WINCH' }) do\n"
                          "  p:kill(name) expect.eq(select(2, p:wait(1)), 'EAGAIN')\n"
                          "end expect.eq((p:wait()), 0)");
    assert_string_equal(result.report, "");
    result_fini(&result);
}

/* Rows: a body, its result, and what the report says. */
static void what_no_program_can_be_started_with_is_refused(void **state)
{
    static const struct {
        const char *body;
        result_status_t status;
        const char *report;
    } rows[] = {
        {"box:exec({})", RESULT_MISTAKE, "box:exec takes a command: box:exec{ \"curl\", "},
        {"box:exec({ stdin = 'x' })", RESULT_MISTAKE, "box:exec takes a command: "},
        {"box:exec({ 'echo', {} })", RESULT_MISTAKE,
         "box:exec: a word of the command is a table, not a string"},
        {"box:exec({ 'echo', 'a\\0b' })", RESULT_MISTAKE,
         "box:exec: a word of the command has a byte 0 in it"},
        {"box:exec({ 'echo', stdin = 7 })", RESULT_MISTAKE,
         "box:exec: 'stdin' is what the program reads, a string"},
        {"box:exec({ 'echo', env = 'A=1' })", RESULT_MISTAKE,
         "box:exec: 'env' is a table: { NAME = \"value\" }"},
        {"box:exec({ 'echo', env = { 'A=1' } })", RESULT_MISTAKE,
         "box:exec: 'env' is a table: { NAME = \"value\" }"},
        {"box:exec({ 'echo', env = { A = 1 } })", RESULT_MISTAKE,
         "box:exec: 'env' is a table: { NAME = \"value\" }"},
        {"box:exec({ 'echo', env = { A = 'a\\0b' } })", RESULT_MISTAKE,
         "box:exec: a variable of 'env' has a byte 0 in it"},
        {"box:exec({ 'echo', cwd = 7 })", RESULT_MISTAKE,
         "box:exec: 'cwd' is a folder, from the script's"},
        {"box:exec({ 'echo', cwd = 'a\\0b' })", RESULT_MISTAKE,
         "box:exec: 'cwd' has a byte 0 in it"},
        {"box:exec({ '/nosuch/program' })", RESULT_MISTAKE, "box:exec: "},
        {"box:exec({ 'true' }):kill('NOSUCH')", RESULT_MISTAKE,
         "program:kill: there is no signal 'NOSUCH'; \"TERM\" and \"INT\" are some"},
        {"local p = box:exec({ 'sleep', '9' })\n"
         "table.sort({ 1, 2 }, function() p:wait() end)",
         RESULT_MISTAKE, "program:wait waits, which is not possible"},
        {"box:fault('kill echo before SYN') box:exec({ '/bin/echo' }) box:connect('127.0.0.1', 1)",
         RESULT_MISTAKE,
         "x.lua: fault 'kill echo before SYN': 'echo' is a real program, which no fault kills: "
         "program:kill does"},
        {"box:fault('kill cho before SYN') box:exec({ 'echo' }) box:connect('127.0.0.1', 1)",
         RESULT_MISTAKE, "there is no process 'cho'; there are: main\n"},
        {"box:fault('kill b before SYN') box:exec({ 'echo' }) box:exec({ 'true' })\n"
         "box:spawn('a', function() end) box:connect('127.0.0.1', 1)",
         RESULT_MISTAKE, "there is no process 'b'; there are: main, a\n"},
        {"box:exec({ 'truncate', '-s', '67108865', '/dev/stdout' }) box:sleep(1)", RESULT_FAILED,
         "x.lua: box:exec: truncate prints over 64 MiB"},
        {"box:exec({ 'truncate', '-s', '67108865', '/dev/stderr' }) box:sleep(1)", RESULT_FAILED,
         "x.lua: box:exec: truncate prints over 64 MiB"},
        {"box:exec({ 'true' }) box:exec({ 'truncate', '-s', '67108865', '/dev/stdout' })\n"
         "box:sleep(1)",
         RESULT_FAILED, "x.lua: box:exec: truncate prints over 64 MiB"},
        {"box:exec({ 'truncate', '-s', '67108864', '/dev/stdout', '/dev/stderr' }) box:sleep(1)",
         RESULT_PASSED, ""},
    };
    (void)state;
    if (skipped())
        return;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        result_t result = run(rows[i].body);
        if (result.status != rows[i].status || strstr(result.report, rows[i].report) == NULL)
            fail_msg("%s\n%d %s", rows[i].body, (int)result.status, result.report);
        result_fini(&result);
    }
}

/* The trace has a command's first line, and each program's end. */
static void a_report_has_the_command_and_its_end(void **state)
{
    static const char *const lines[] = {
        "main            exec /bin/sh -c echo a...\n",
        "sh ended with 7\n",
        "main            exec /bin/echo x y\n",
        "echo ended with 0\n",
    };
    script_options_t options = allowed;
    (void)state;
    if (skipped())
        return;
    options.keep_events = true;
    result_t result = run_in("x.lua", &options,
                             "box:exec(sh('echo a\\nexit 7')):wait()\n"
                             "box:exec({ '/bin/echo', 'x', 'y' }):wait() expect.fail()");
    assert_int_equal(result.status, RESULT_FAILED);
    const char *at = result.report;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        at = strstr(at, lines[i]);
        if (at == NULL)
            fail_msg("no '%s' in order in: %s", lines[i], result.report);
    }
    result_fini(&result);
}

static void without_leave_no_program_is_started(void **state)
{
    script_options_t options = allowed;
    (void)state;
    options.allow_exec = false;
    result_t result = run_in("x.lua", &options, "box:exec({ 'touch', 'below/made' })");
    assert_int_equal(result.status, RESULT_MISTAKE);
    assert_non_null(strstr(result.report, "`lo0sim run --allow-exec` allows it"));
    assert_int_not_equal(access("below/made", F_OK), 0);
    result_fini(&result);
}

static void a_deadlock_tells_where_programs_wait(void **state)
{
    (void)state;
    if (skipped())
        return;
    result_t result = run("box:exec({ 'sleep', 'infinity' }):wait()");
    assert_int_equal(result.status, RESULT_FAILED);
    if (strstr(result.report, ": deadlock: ") == NULL ||
        strstr(result.report, "\n  main waits in program:wait at x.lua:7\n  sleep waits in ") ==
            NULL)
        fail_msg("%s", result.report);
    result_fini(&result);
}

/* Ends our process: with 0 if it has no child any more. */
static void tell_children(void *arg, const result_t *result)
{
    (void)arg;
    (void)result;
    _exit(waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD ? 0 : 1);
}

static void a_test_that_is_abandoned_leaves_no_program(void **state)
{
    script_options_t options = allowed;
    int status;
    (void)state;
    if (skipped())
        return;
    options.instructions = 100000;
    options.abandon = tell_children;
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0) {
        run_in("x.lua", &options, "box:exec({ 'sleep', '100' }) box:sleep(1) while true do end");
        _exit(2); /* it was not abandoned */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_gets_what_its_command_says),
        cmocka_unit_test(a_scripts_folder_is_where_its_path_says),
        cmocka_unit_test(who_waits_for_a_program_learns_its_end),
        cmocka_unit_test(a_signal_has_its_name_and_its_number),
        cmocka_unit_test(what_no_program_can_be_started_with_is_refused),
        cmocka_unit_test(a_report_has_the_command_and_its_end),
        cmocka_unit_test(without_leave_no_program_is_started),
        cmocka_unit_test(a_deadlock_tells_where_programs_wait),
        cmocka_unit_test(a_test_that_is_abandoned_leaves_no_program),
    };
    return cmocka_run_group_tests_name("sim/program", tests, enter_folder, NULL);
}
