/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Crashes: a test that takes its process down is reported, and the others run all the same.
 */
#include "sim/run/runner.h"
#include "stack/ip_stack.h"

#include <lauxlib.h>
#include <lua.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/lo0sim.XXXXXX";

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

static void extend(lua_State *L)
{
    static const luaL_Reg functions[] = {{"crash", crash},
                                         {"fail_assertion", fail_assertion},
                                         {"fail_assertion_here", fail_assertion_here},
                                         {"end_process", end_process},
                                         {"kill_process", kill_process},
                                         {"end_by_alarm", end_by_alarm},
                                         {"leak", leak},
                                         {NULL, NULL}};
    lua_pushglobaltable(L);
    for (const luaL_Reg *f = functions; f->name != NULL; f++) {
        lua_pushstring(L, f->name);
        lua_pushcfunction(L, f->func);
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
}

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
        {"leak()", "leaked: 1 packets, 0 bytes of lwIP's heap, pool none"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char script[500], *printed;
        snprintf(script, sizeof(script),
                 "test('before', function(box) end)\n"
                 "test('broken', function(box) box:listen(22) %s end)\n"
                 "test('after', function(box) end)\n",
                 rows[i].call);
        assert_int_equal(run(script, 1 + (unsigned)i % 3, &printed), 3);
        assert_printed(printed, rows[i].message);
        assert_printed(printed, "2 passed, 1 failed");
        free(printed);
    }
}

static void a_file_whose_loading_breaks_is_reported(void **state)
{
    static const struct {
        const char *call, *message;
    } rows[] = {
        {"kill_process()", "x.lua: the process that loads it crashed\n"},
        {"end_process()", "x.lua: the process that loads it crashed\n"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_to_break_is_reported_and_the_others_run),
        cmocka_unit_test(a_file_whose_loading_breaks_is_reported),
        cmocka_unit_test(three_hundred_tests_keep_their_order),
    };
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink("x.lua");
    return chdir("/") != 0 || rmdir(folder) != 0 || failed;
}
