/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim run, seen from outside: files and folders, the order of results, goldens, and what is
 * shown on a terminal. Messages are in test_run_messages.c, limits in test_run_limits.c.
 */
#include "tests/cli/command.h"
#include "tests/cli/run.h"

#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void the_other_tests_run_all_the_same(void **state)
{
    (void)state;
    write_file("x.lua", "test('a', function(box) error('x') end)\n"
                        "test('b', function(box) while true do end end)\n" BOUNCE);
    write_file("y.lua", "test('c', function(box) end)\n");
    command_t command =
        run_command("", "run " FEW_INSTRUCTIONS " --max-instant 5000 x.lua missing.lua y.lua");
    assert_command(command, 2, "2 passed, 4 failed", "missing.lua: No such file or directory");
    assert_non_null(strstr(command.out, "  ok    after"));
    assert_non_null(strstr(command.out, "  ok    c"));
}

static void files_that_are_no_scripts_are_told_apart(void **state)
{
    (void)state;
    assert_command(run_command("", "run missing.lua"), 2, "", "missing.lua: No such file");
    assert_int_equal(system("mkdir empty"), 0);
    assert_command(run_command("", "run empty"), 4, "", "there is no test");
    write_bytes("binary.lua", "\x1bLua\x54\0\x19\x93", 8);
    assert_command(run_command("", "run binary.lua"), 2, "", "binary.lua: is not a text file");
    write_bytes("zero.lua", "local x\0 = 1", 12);
    assert_command(run_command("", "run zero.lua"), 2, "", "zero.lua: is not a text file");
    assert_int_equal(system("truncate -s 100M large.lua"), 0);
    assert_command(run_command("", "run large.lua"), 2, "", "large.lua: is 100 MiB; the limit is");
    assert_int_equal(system("mkfifo pipe.lua"), 0);
    assert_command(run_command("", "run pipe.lua"), 2, "", "pipe.lua: is not a regular file");
    assert_command(run_command("", "run /dev/zero"), 2, "", "/dev/zero: is not a regular file");
}

static void a_folder_stands_for_its_scripts_in_the_order_of_their_names(void **state)
{
    (void)state;
    write_file("b.lua", "test('second', function(box) end)\n");
    write_file("a.lua", "test('first', function(box) end)\n");
    write_file("c.txt", "not a script");
    command_t command = run_command("", "run .");
    assert_command(command, 0, "2 passed, 0 failed", "");
    assert_true(strstr(command.out, "first") < strstr(command.out, "second"));
}

static void results_stand_in_script_order_whichever_ends_first(void **state)
{
    (void)state;
    write_file("x.lua", "test('slow', function(box)\n"
                        "  for i = 1, 3e6 do local x = i * 2 end\nend)\n"
                        "test('quick', function(box) end)\n");
    command_t command = run_command("", "run -j 4 x.lua");
    assert_command(command, 0, "2 passed", "");
    assert_true(strstr(command.out, "slow") < strstr(command.out, "quick"));
}

/* Tests that find what another one left, and every way in which one ends. */
#define MIXED                                                                                      \
    "seen, list = 0, {}\n"                                                                         \
    "for i = 1, 40 do test('alone ' .. i, function(box)\n"                                         \
    "  seen = seen + 1; list[#list + 1] = i; string.mine = (string.mine or 0) + 1\n"               \
    "  expect.eq(seen, 1); expect.eq(#list, 1); expect.eq(string.mine, 1)\n"                       \
    "  box:filter('block return-rst in on lo0 all')\n"                                             \
    "  box:connect('127.0.0.1', 22); box:note(box:now())\n"                                        \
    "  if i % 7 == 0 then expect.eq(i, 'seven') end\n"                                             \
    "  if i == 12 then error('twelve') end\n"                                                      \
    "  if i == 13 then box:listen(1):accept() end\n"                                               \
    "  if i == 16 then while true do end end\n"                                                    \
    "  if i == 18 then local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end end\n"     \
    "  if i == 20 then box:expect_packets('lo0', {}) end\n"                                        \
    "end) end\n"                                                                                   \
    "test('not this one', { skip = 'no reason' }, function(box) end)\n"                            \
    "test('in modes', { modes = { 'inject', 'rewrite' } }, function(box)\n"                        \
    "  box:spawn('waits', function() box:sleep(5) end); box:sleep(1) end)\n"

static void a_shared_process_prints_what_processes_of_their_own_print(void **state)
{
    static const char *const options[] = {
        "-v", "-v -j1", "-x", "--format json", "--format tap", "-v --seed 7 --era linux"};
    (void)state;
    write_file("x.lua", MIXED);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        char line[200], first[1 << 18], text[sizeof(first)];
        snprintf(line, sizeof(line), "run %s --max-memory 4 " FEW_INSTRUCTIONS " x.lua",
                 options[i]);
        command_t command = run_command("", line);
        int code = command.code;
        snprintf(first, sizeof(first), "%s%s", command.out, command.err);
        snprintf(line, sizeof(line), "run --isolate %s --max-memory 4 " FEW_INSTRUCTIONS " x.lua",
                 options[i]);
        command = run_command("", line);
        snprintf(text, sizeof(text), "%s%s", command.out, command.err);
        assert_int_equal(command.code, code);
        assert_true(strlen(text) > 500);
        assert_string_equal(text, first);
    }
}

static void a_golden_is_written_compared_and_never_written_in_ci(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) box:connect('127.0.0.1', 22) end)\n");
    assert_command(run_command("CI=true", "run --update x.lua"), 2, "", "refused where CI=true");
    assert_command(run_command("CI=", "run --update x.lua"), 0, "1 passed", "");
    assert_non_null(strstr(read_file("x.trace"), "== t\n"));
    assert_command(run_command("", "run x.lua"), 0, "1 passed", "");

    write_file("x.lua", "test('t', function(box) box:connect('127.0.0.1', 23) end)\n");
    command_t command = run_command("", "run x.lua");
    assert_command(command, 1, "x.trace: the timeline differs from line 1 on", "");
    assert_non_null(strstr(command.out, "- "));
    write_file("x.lua", "test('other', function(box) end)\n");
    assert_command(run_command("", "run x.lua"), 1, "no golden timeline of this test", "");
    assert_command(run_command("", "run --seed 2 x.lua"), 0, "1 passed", "");
}

static void a_golden_of_a_test_that_is_gone_fails_the_file(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function() end)\ntest('u', function() end)\n");
    run_command("CI=", "run --update x.lua");
    write_file("x.lua", "test('t', function() end)\n");
    assert_command(run_command("", "run x.lua"), 1, "1 passed, 1 failed",
                   "lo0sim run: x.trace: there is no test 'u' any more; --update drops it\n");
    assert_command(run_command("", "run x.lua:t"), 0, "1 passed, 0 failed", "");
    run_command("CI=", "run --update x.lua");
    assert_command(run_command("", "run x.lua"), 0, "1 passed, 0 failed", "");
}

static void a_golden_that_cannot_be_written_is_told(void **state)
{
    static const struct {
        const char *before, *why;
        int code;
    } rows[] = {
        {"ln -s /dev/full x.trace; CI=", "lo0sim run: x.trace: No space left on device\n", 3},
        {"mkdir x.trace; CI=", "lo0sim run: x.trace: Is a directory\n", 2},
    };
    (void)state;
    write_file("x.lua", "test('t', function(box) box:ping('::1') end)\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_command(run_command(rows[i].before, "run --update x.lua"), rows[i].code, "",
                       rows[i].why);
        assert_int_equal(system("rm -r x.trace"), 0);
    }
}

/* There is nothing to keep. */
static void tests_that_are_skipped_write_no_golden(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', { skip = 'not today' }, function(box) end)\n");
    assert_command(run_command("CI=", "run --update x.lua"), 0, "1 skipped", "");
    assert_int_not_equal(system("test -e x.trace"), 0);
}

/* The first failure ends the run before what is missing. */
static void what_is_missing_after_the_last_test_of_a_run_is_not_told(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) expect.fail() end)\n");
    command_t command = run_command("", "run -x x.lua missing.lua");
    assert_command(command, 1, "0 passed, 1 failed", "");
    assert_null(strstr(command.err, "missing.lua"));
}

/* More than are made room for at first; a report has empty lines. */
static void a_tool_prints_what_each_of_many_tests_leaves(void **state)
{
    (void)state;
    write_file("x.lua", "for i = 1, 40 do test('t' .. i, function(box) end) end\n"
                        "test('wrong', function() error('one\\n\\ntwo', 0) end)\n"
                        "test('skipped', { skip = 'not today' }, function() end)\n");
    command_t command = run_command("", "ipfstat x.lua");
    assert_command(command, 2, "# t40\n", "x.lua:2: the test 'wrong' ended with a mistake:\n");
    assert_command(command, 2, "# wrong\n", "    two\n");
    assert_null(strstr(command.out, "# skipped"));
}

static void a_golden_is_not_rewritten_by_a_test_that_fails(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) end)\n");
    write_file("x.trace", "== t\nold\n");
    write_file("x.lua", "test('t', function(box) expect.ok(false) end)\n");
    assert_command(run_command("CI=", "run --update x.lua"), 1, "", "not rewritten");
    assert_string_equal(read_file("x.trace"), "== t\nold\n");
}

static void the_seed_changes_the_numbers_and_nothing_else(void **state)
{
    (void)state;
    char first[4096];
    write_file("x.lua", "test('t', function(box)\n"
                        "  box:connect('127.0.0.1', 22)\n"
                        "  error(box:rand(1, 1000000) .. ' ' .. math.random(1000000))\nend)\n");
    snprintf(first, sizeof(first), "%s", run_command("", "run --seed 5 x.lua").out);
    assert_string_equal(run_command("", "run --seed 5 x.lua").out, first);
    assert_string_not_equal(run_command("", "run --seed 6 x.lua").out, first);
}

static void a_long_run_ends_with_the_commands_that_repeat_its_failures(void **state)
{
    (void)state;
    write_file("l.lua", "for i = 1, 30 do\n  test('it is ' .. i, function(box)\n"
                        "    expect.ok(i ~= 7 and i ~= 9)\n  end)\nend\n");
    assert_command(run_command("", "run --seed 2 l.lua"), 1,
                   "\nTo repeat what failed:\n  lo0sim run --seed 2 'l.lua:it is 7'\n"
                   "  lo0sim run --seed 2 'l.lua:it is 9'\n\n28 passed, 2 failed\n",
                   "");
    assert_command(run_command("", "run --seed 2 'l.lua:it is 7'"), 1, "0 passed, 1 failed\n", "");
    assert_null(strstr(run_command("", "run 'l.lua:it is 7'").out, "To repeat"));
    assert_command(run_command("", "run -q --seed 2 l.lua"), 1,
                   "\nTo repeat what failed:\n  lo0sim run --seed 2 'l.lua:it is 7'\n", "");
    assert_null(strstr(run_command("", "run -q l.lua").out, "passed"));
}

/* What ends a run from outside, in a shell of its own. */
static void documents_are_whole_after_a_signal(void **state)
{
    static const struct {
        const char *format, *end;
    } forms[] = {
        {"pretty", "; ended by a signal\n"},
        {"tap", "Bail out! ended by a signal\n1..1\n"},
        {"junit", "</testsuites>\n"},
        {"json", "\"exit\": 143\n}\n"},
    };
    (void)state;
    write_file("s.lua", "test('quick', function() end)\n"
                        "test('slow', function() while true do end end)\n");
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char arguments[300];
        snprintf(arguments, sizeof(arguments),
                 "run --format %s --jsonl %%t.jsonl --max-instructions 100000000000 s.lua >.doc "
                 "2>.said & p=$!; until [ -e quick.jsonl ]; do sleep 0.1; done; sleep 1; "
                 "kill -TERM $p; { wait $p; echo code $?; cat .doc; rm quick.jsonl; }",
                 forms[i].format);
        command_t command = run_command("", arguments);
        assert_command(command, 0, "code 143\n", "");
        assert_command(command, 0, forms[i].end, "");
    }
}

static void command_lines_that_are_wrong_say_so(void **state)
{
    (void)state;
    assert_command(run_command("", "run"), 2, "", "no file was given");
    assert_command(run_command("", "run --seed x y.lua"), 2, "",
                   "--seed takes a whole number from 0");
    assert_command(run_command("", "run -j 0 y.lua"), 2, "", "-j takes a whole number from 1");
    assert_command(run_command("", "run --what y.lua"), 2, "",
                   "lo0sim run: there is no option '--what'");
    assert_command(run_command("", "run --help"), 0, "usage: lo0sim run", "");
}

static void colour_is_for_terminals_only(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) end)\n");
    assert_null(strchr(run_command("", "run x.lua").out, '\033'));
}

static void names_are_padded_by_characters_and_shown_without_control_characters(void **state)
{
    (void)state;
    write_file("x.lua", "test('h\xc3\xa9\xe2\x82\xac', function() end)\n"
                        "test('hee', function() end)\n"
                        "test('a\\27[2J\\200', function() end)\n"
                        "test('b\\27', { skip = 'c\\27' }, function() end)\n");
    command_t command = run_command("", "run x.lua");
    assert_command(command, 0, "  ok    h\xc3\xa9\xe2\x82\xac", "");
    assert_command(command, 0, "  ok    a\\x1b[2J\\xc8 ", "");
    assert_command(command, 0, "  skip  b\\x1b: c\\x1b\n", "");
    assert_null(strchr(command.out, '\033'));
    const char *wide = strstr(command.out, "  ok    h\xc3"),
               *plain = strstr(command.out, "  ok    hee");
    assert_int_equal(strcspn(wide, "\n"), strcspn(plain, "\n") + 3); /* three bytes more */
    assert_null(strchr(run_command("", "run --dry-run x.lua").out, '\033'));
}

/* => Returns what `run` writes to a terminal of so many columns, until `awaited` is there. */
static const char *run_at_terminal(unsigned short columns, const char *file, const char *awaited)
{
    static char text[20000];
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    size_t used = 0;
    ssize_t count;
    int fd;
    skip_without_terminals();
    pid_t pid = forkpty(&fd, NULL, NULL, &size);
    assert_true(pid >= 0);
    if (pid == 0) {
        setenv("TERM", "vt100", 1);
        execl(LO0SIM_PROGRAM, "lo0sim", "run", "--max-wall", "50", "--max-instructions",
              "100000000000", file, (char *)NULL);
        _exit(127);
    }
    text[0] = '\0';
    while (strstr(text, awaited) == NULL &&
           (count = read(fd, text + used, sizeof(text) - 1 - used)) > 0) {
        used += (size_t)count;
        text[used] = '\0';
    }
    kill(pid, SIGTERM);
    close(fd);
    waitpid(pid, NULL, 0);
    return text;
}

static void the_progress_is_no_wider_than_the_terminal(void **state)
{
    (void)state;
    static char file[] =
        "h\xc3\xa9_a_file_whose_name_is_longer_than_what_is_left_of_a_line_of_80.lua";
    write_file(file, "test('t', function(box) while true do end end)\n");
    static const char *const narrow = "\r\033[K0 tests, 0 failed; file 1 of 1: h\xc3\xa9_a_\r";
    static const char *const wide = "1: h\xc3\xa9_a_file_whose_name_is_longer_than_what_is_lef\r";
    assert_non_null(strstr(run_at_terminal(38, file, narrow), narrow));
    assert_non_null(strstr(run_at_terminal(200, file, wide), wide));
}

static void rules_files_and_scripts_beside_are_read(void **state)
{
    (void)state;
    write_file("r.conf", "set intercept_loopback true;\nblock in all\nblok in all\n");
    write_file("x.lua", "test('t', function(box)\n  box:filter { file = 'r.conf' }\nend)\n");
    assert_command(run_command("", "run x.lua"), 2, "r.conf:3:1: ", "");
    write_file("lib.lua", "return { port = 22 }\n");
    write_file("y.lua", "local lib = include('lib.lua')\n"
                        "test('t', function(box) expect.eq(lib.port, 22) end)\n");
    assert_command(run_command("", "run y.lua"), 0, "1 passed", "");
    write_file("lib.lua", "return {\n");
    assert_command(run_command("", "run y.lua"), 2, "", "lib.lua:2: ");
}

static void a_long_path_is_shown_whole(void **state)
{
    (void)state;
#define LONG "a_folder_whose_name_is_long/and_one_below_that_is_long_too/and_a_third_one"
    assert_int_equal(system("mkdir -p " LONG), 0);
    write_file(LONG "/x.lua", "test('t', function(box)\n  box:conect()\nend)\n");
    assert_command(run_command("", "run " LONG), 2, LONG "/x.lua:2: box has no verb", "");
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(the_other_tests_run_all_the_same),
        CLI_TEST(files_that_are_no_scripts_are_told_apart),
        CLI_TEST(a_folder_stands_for_its_scripts_in_the_order_of_their_names),
        CLI_TEST(results_stand_in_script_order_whichever_ends_first),
        CLI_TEST(a_shared_process_prints_what_processes_of_their_own_print),
        CLI_TEST(a_golden_is_written_compared_and_never_written_in_ci),
        CLI_TEST(a_golden_of_a_test_that_is_gone_fails_the_file),
        CLI_TEST(a_golden_that_cannot_be_written_is_told),
        CLI_TEST(tests_that_are_skipped_write_no_golden),
        CLI_TEST(what_is_missing_after_the_last_test_of_a_run_is_not_told),
        CLI_TEST(a_tool_prints_what_each_of_many_tests_leaves),
        CLI_TEST(a_golden_is_not_rewritten_by_a_test_that_fails),
        CLI_TEST(the_seed_changes_the_numbers_and_nothing_else),
        CLI_TEST(a_long_run_ends_with_the_commands_that_repeat_its_failures),
        CLI_TEST(documents_are_whole_after_a_signal),
        CLI_TEST(command_lines_that_are_wrong_say_so),
        CLI_TEST(colour_is_for_terminals_only),
        CLI_TEST(names_are_padded_by_characters_and_shown_without_control_characters),
        CLI_TEST(the_progress_is_no_wider_than_the_terminal),
        CLI_TEST(rules_files_and_scripts_beside_are_read),
        CLI_TEST(a_long_path_is_shown_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
