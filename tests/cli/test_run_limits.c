/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim run, where something ends: time, memory, instructions, what may be written, and what the
 * machine has.
 */
#include "tests/cli/command.h"
#include "tests/cli/run.h"

#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_test_that_takes_too_long_is_ended(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box)\n"
                        "  while true do end\nend)\n"
                        "test('u', function(box) end)\n");
    command_t command = run_command("", "run --max-instructions 100000000000 --max-wall 1 x.lua");
    assert_command(command, 3, "1 passed, 1 failed", "");
    assert_non_null(strstr(command.out, "x.lua:2: over the limit of wall time (--max-wall)"));
}

static void limits_are_options(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) box:sleep(100) end)\n");
    assert_command(run_command("", "run --max-time 99 x.lua"), 1,
                   "over the limit of 99.000 s of virtual time", "");
    assert_command(run_command("", "run --max-time 100 x.lua"), 0, "100.000 s", "");
    write_file("y.lua", BOUNCE);
    assert_command(run_command("", "run --max-instant 50 y.lua"), 1, "over 50 events", "");
    write_file("z.lua", "test('t', function(box) for i = 1, 1e5 do end end)\n");
    assert_command(run_command("", "run --max-instructions 2000 z.lua"), 1,
                   "over the budget of Lua instructions", "");
    write_file("slow.lua", "while true do end\n");
    assert_command(run_command("", "run --max-instructions 100000000000 --max-wall 1 slow.lua"), 3,
                   "", "slow.lua: took more than 1 s of wall time to load (--max-wall)");
    write_file("m.lua", "test('t', function(box)\n  local t = {}\n"
                        "  for i = 1, 30000 do t[i] = { i } end\nend)\n");
    assert_command(run_command("", "run --max-memory 1 m.lua"), 1,
                   "m.lua:3: out of memory: a script may use 1 MiB (--max-memory)", "");
    assert_command(run_command("", "run --max-memory 8 m.lua"), 0, "1 passed", "");
}

/* What is done once, what is done again and again in line 4, and what grows by it. */
static const struct {
    const char *before, *again, *mostly;
} growing[] = {
    {"",
     "box:ipf_add(('pass in from 10.%d.%d.1 to "
     "any\\n'):format(i // 250, i % 250))",
     "rules"},
    {"local sent, got = box:udp(2000), {} for n = 3000, 3059 do got[n] = box:udp(n) end",
     "sent:sendto(('x'):rep(4000), '127.0.0.1', 3000 + i % 60) box:sleep(1e-5)",
     "data that nobody has received"},
    {"box:listen(80, nil, { backlog = 1000 })",
     "box:connect('127.0.0.1', 80):send(('x'):rep(20000))", "data that nobody has received"},
    {"box:fault { 'delay', packet = 'UDP', by = 1000 } local sent = box:udp(2000)",
     "sent:sendto(('x'):rep(4000), '127.0.0.1', 3000)", "packets on their way"},
    {"box:filter('pass out proto udp all keep state') local sent = box:udp(2000)",
     "sent:sendto('x', '127.0.0.1', 3000 + i) box:sleep(1e-5)", "states"},
    {"", "box:udp(3000 + i)", "sockets"},
};

static void what_a_test_makes_its_box_hold_counts_as_its_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(growing) / sizeof(growing[0]); i++) {
        char script[1000], message[200];
        snprintf(script, sizeof(script),
                 "test('t', function(box)\n  %s\n  for i = 1, 5000 do\n    %s\n  end\nend)\n",
                 growing[i].before, growing[i].again);
        write_file("g.lua", script);
        command_t command = run_command("", "run --max-memory 1 g.lua");
        snprintf(message, sizeof(message), ", mostly %s", growing[i].mostly);
        assert_command(command, 1,
                       "g.lua:4: out of memory: a script may use 1 MiB (--max-memory); its box "
                       "holds ",
                       "");
        if (strstr(command.out, message) == NULL)
            fail_msg("%s", command.out);
    }
}

static void what_is_written_of_a_test_has_a_limit(void **state)
{
    static const char *const written[] = {"-v", "--jsonl x.jsonl", "--update"};
    (void)state;
    write_file("w.lua", "test('t', function(box)\n  while true do\n"
                        "    box:note(('x'):rep(800))\n  end\nend)\n");
    for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
        char arguments[100], message[100];
        snprintf(arguments, sizeof(arguments), "run --max-output 1 -q %s w.lua", written[i]);
        snprintf(message, sizeof(message), "w.lua:3: over 1 MiB for %s (--max-output)",
                 strcmp(written[i], "--update") == 0 ? "-v" : strtok(strdupa(written[i]), " "));
        command_t command = run_command("", arguments);
        assert_int_equal(command.code, 1);
        if (strstr(command.out, message) == NULL)
            fail_msg("%s: no '%s'", written[i], message);
    }
    write_file("s.lua", "test('t', function(box)\n  for i = 1, 3000 do\n"
                        "    box:note(('x'):rep(800))\n  end\nend)\n");
    assert_command(run_command("", "run -q --max-output 1 --jsonl x s.lua"), 1, "--jsonl", "");
    assert_command(run_command("", "run --max-output 4 --jsonl x s.lua"), 0, "1 passed", "");
}

static void a_ladder_of_many_events_ends_and_says_so(void **state)
{
    (void)state;
    write_file("w.lua", "test('t', function(box)\n  for i = 1, 30000 do box:note('x') end\nend)\n");
    assert_command(run_command("", "run --ladder w.lua | tail -n 5"), 0,
                   "The picture ends after 20000 of 30000 events; -v has them all.", "");
}

/* A limit of a file's size is a disk that is full: SIGXFSZ, where a write does not fail at once. */
static void a_golden_survives_a_full_disk(void **state)
{
    (void)state;
    write_file("g.lua", "test('t', function(box)\n  for i = 1, 1000 do box:note('n') end\nend)\n");
    write_file("g.trace", "== t\nby hand\n");
    assert_int_equal(run_command("ulimit -S -f 8;", "run --update g.lua").code, 3);
    assert_string_equal(read_file("g.trace"), "== t\nby hand\n");
    assert_int_not_equal(system("ls -A | grep -q 'lo0sim-'"), 0);
}

static void without_room_for_a_process_a_run_says_so(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function() end)\n");
    assert_int_equal(system("(ulimit -S -n 6 && exec " PROGRAM
                            " run -j8 x.lua x.lua) >.out 2>.err; test $? = 3"),
                     0);
    assert_non_null(strstr(read_file(".err"), "Too many open files"));
}

/* So many files as a command may open: it works, or it says what it lacks, and nothing in between.
 */
static void with_few_descriptors_a_command_works_or_says_so(void **state)
{
    static const struct {
        const char *command;
        int code;
    } rows[] = {
        {"run -j2 --isolate x.lua y.lua", 0},
        {"run --format junit -v big.lua", 0},
        {"run d", 0},
        {"run --update x.lua", 0},
        {"run --bundle b fails.lua", 1},
        {"compare --eras post --html c.html x.lua:a", 0},
        {"run -w w.pcapng x.lua:a", 0},
        {"run golden.lua", 0},
    };
    (void)state;
    write_file("x.lua",
               "test('a', function(box) box:ping('::1') end)\ntest('b', function() end)\n");
    write_file("fails.lua", "test('t', function() expect.fail() end)\n");
    write_file("big.lua", "for n = 1, 4 do test('t' .. n, function(box)\n"
                          "  for i = 1, 600 do box:note(('x'):rep(800)) end\nend) end\n");
    assert_int_equal(
        system("mkdir -p d/e && cp x.lua d/e && cp x.lua y.lua && cp x.lua golden.lua"), 0);
    run_command("CI=", "run --update golden.lua");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int files = 4; files <= 9; files++) {
            char line[200];
            snprintf(line, sizeof(line),
                     "(export CI=; ulimit -S -n %d; exec %s %s) </dev/null >.out 2>.err; exit $?",
                     files, PROGRAM, rows[i].command);
            int code = WEXITSTATUS(system(line));
            bool told = strstr(read_file(".err"), "Too many open files") != NULL ||
                        strstr(read_file(".out"), "Too many open files") != NULL;
            if (code == 127) /* not even its libraries could be opened */
                continue;
            if (told ? code == 0 : code != rows[i].code)
                fail_msg("%s with %d: %d\n%s", rows[i].command, files, code, read_file(".err"));
        }
    }
}

static void without_room_for_addresses_tests_run_in_processes_of_their_own(void **state)
{
    (void)state;
#ifndef __SANITIZE_ADDRESS__
    write_file("x.lua", "test('t', function() end)\ntest('u', function() end)\n");
    assert_command(run_command("ulimit -S -v 1000000;", "run x.lua"), 0, "2 passed, 0 failed", "");
#endif
}

static void a_full_standard_output_is_no_success(void **state)
{
    static const char *const commands[] = {"run x.lua",
                                           "run fails.lua",
                                           "run --format tap broken.lua",
                                           "run --list x.lua",
                                           "run --format junit x.lua",
                                           "connect localhost 22",
                                           "demo --help",
                                           "--help",
                                           "--version"};
    (void)state;
    write_file("x.lua", "test('t', function() end)\n");
    write_file("fails.lua", "test('t', function() expect.fail() end)\n");
    write_file("broken.lua", "x x\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        char line[1200];
        snprintf(line, sizeof(line), "%s %s >/dev/full 2>.err; test $? = 3", PROGRAM, commands[i]);
        assert_int_equal(system(line), 0);
        assert_non_null(strstr(read_file(".err"), "standard output could not be written"));
    }
}

/* A limit of 4 KiB: for what is remembered of three files' failures, and for a capture. */
static void a_file_that_may_not_grow_is_told_and_ends_nothing(void **state)
{
    (void)state;
    write_file("a.lua", "for i = 1, 8 do test(('n'):rep(200) .. i, function() expect.fail() end) "
                        "end\n");
    write_file("w.lua", "test('w', function(box)\n"
                        "  for i = 1, 100 do box:connect('127.0.0.1', 22) end\nend)\n");
    assert_int_equal(system("cp a.lua b.lua && cp a.lua c.lua && (ulimit -S -f 8; " PROGRAM
                            " run -q a.lua b.lua c.lua >/dev/null 2>&1); test $? = 1"),
                     0);
    assert_int_equal(
        system("(ulimit -S -f 8; " PROGRAM " run -w w.pcapng w.lua >.out); test $? = 3"), 0);
    assert_non_null(strstr(read_file(".out"), "w.pcapng: could not be written: File too large"));
    assert_int_equal(access("w.pcapng", F_OK), -1);
}

/* A disk that is full after so many bytes: of what a test prints, too, which is kept in a file.
 * What is printed goes through a pipe. */
static void whatever_room_there_is_a_run_is_whole_or_says_that_there_is_none(void **state)
{
    static const struct {
        const char *command, *whole;
        int code;
    } rows[] = {
        {"run --update x.lua", "2 passed, 0 failed", 0},
        {"run -v x.lua", "2 passed, 0 failed", 0},
        {"run --format junit -v x.lua", "</testsuites>", 0},
        {"run --format tap -v x.lua", "1..2", 0},
        {"run --format json -v x.lua", "\"passed\": 2", 0},
        {"run --ladder --isolate x.lua", "2 passed, 0 failed", 0},
        {"run --bundle b fails.lua", "repeat\n", 1},
        {"ipfstat x.lua", "TCP RSTs sent", 0},
        {"compare --eras post x.lua", "ECONNREFUSED", 0},
    };
    static const int blocks[] = {0, 2, 16, 1024};
    (void)state;
    write_file("x.lua", "test('a', function(box)\n"
                        "  for i = 1, 40 do box:connect('127.0.0.1', 22) end\nend)\n"
                        "test('b', function(box) box:connect('127.0.0.1', 22) end)\n");
    write_file("fails.lua", "test('t', function(box) box:ping('::1') expect.fail() end)\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t k = 0; k < sizeof(blocks) / sizeof(blocks[0]); k++) {
            char line[600];
            snprintf(
                line, sizeof(line),
                "rm -rf b x.trace; ((ulimit -S -f %d; exec %s %s) 2>&1; echo code $?) | cat >.out",
                blocks[k], PROGRAM, rows[i].command);
            assert_int_equal(system(line), 0);
            const char *text = read_file(".out");
            snprintf(line, sizeof(line), "code %d\n", rows[i].code);
            bool whole = strstr(text, rows[i].whole) != NULL && strstr(text, line) != NULL;
            bool told = strstr(text, "File too large") != NULL || strstr(text, "code 3\n") != NULL;
            if (!whole && !told)
                fail_msg("%s in %d blocks:\n%s", rows[i].command, blocks[k], text);
            if (k + 1 == sizeof(blocks) / sizeof(blocks[0]) && !whole)
                fail_msg("%s has room:\n%s", rows[i].command, text);
        }
    }
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(a_test_that_takes_too_long_is_ended),
        CLI_TEST(limits_are_options),
        CLI_TEST(what_a_test_makes_its_box_hold_counts_as_its_memory),
        CLI_TEST(what_is_written_of_a_test_has_a_limit),
        CLI_TEST(a_ladder_of_many_events_ends_and_says_so),
        CLI_TEST(a_golden_survives_a_full_disk),
        CLI_TEST(whatever_room_there_is_a_run_is_whole_or_says_that_there_is_none),
        CLI_TEST(without_room_for_a_process_a_run_says_so),
        CLI_TEST(with_few_descriptors_a_command_works_or_says_so),
        CLI_TEST(without_room_for_addresses_tests_run_in_processes_of_their_own),
        CLI_TEST(a_full_standard_output_is_no_success),
        CLI_TEST(a_file_that_may_not_grow_is_told_and_ends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
