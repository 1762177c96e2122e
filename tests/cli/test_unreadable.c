/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What cannot be read is not taken for what is not there, nor for an empty file: it is told, and
 * the exit code is 2. Nobody can read these, root neither: a link to itself, a file whose reading
 * fails in the middle (/proc/self/mem), a folder, a standard stream that is closed.
 */
#include "tests/cli/command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOP      "Too many levels of symbolic links\n"
#define NO_MEMORY "/proc/self/mem: Input/output error\n"

static void write_script(const char *name)
{
    write_file(name, "test('t', function(box) box:connect('127.0.0.1', 22) end)\n");
}

/* Runs a line of the shell. */
static void assert_line(const char *line, int code, const char *said)
{
    char whole[700];
    snprintf(whole, sizeof(whole), "{ %s; } >.out 2>.err", line);
    int status = system(whole);
    if (WIFEXITED(status) && WEXITSTATUS(status) == code && strstr(read_file(".err"), said) != NULL)
        return;
    fail_msg("%s: expected code %d and '%s'\ngot status %d\n%s", line, code, said, status,
             read_file(".err"));
}

static void a_file_that_cannot_be_read_is_no_empty_file(void **state)
{
    static const char *const commands[] = {
        "check $FILE",
        "ipf -nvf $FILE",
        "ippool -nvf $FILE",
        "outcomes -f $FILE",
        "run --hosts $FILE x.lua",
        "ipfstat $FILE",
        "compare $FILE",
        "ipftest -r $FILE -i x",
        "ipftest -r r -i $FILE",
        "connect -f $FILE localhost 22",
        "step $FILE",
        "shell -f $FILE",
        "exec -f $FILE true",
        "why -f $FILE in tcp 1,1 2,2",
    };
    static const struct {
        const char *file, *said;
    } files[] = {
        {"loop", ": " LOOP},
        {"/proc/self/mem", NO_MEMORY},
        {"folder", "folder: is a directory\n"},
    };
    (void)state;
    write_script("x.lua");
    write_file("r", "pass in all\n");
    assert_int_equal(system("ln -s loop loop; mkdir folder"), 0);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        for (size_t k = 0; k < sizeof(files) / sizeof(files[0]); k++) {
            char before[100];
            snprintf(before, sizeof(before), "FILE=%s;", files[k].file);
            assert_command(run_command(before, commands[i]), 2, "", files[k].said);
        }
    }
}

static void standard_input_that_cannot_be_read_is_no_empty_file(void **state)
{
    static const char *const commands[] = {"check -", "ipf -nvf -", "run -", "shell", "step x.lua"};
    (void)state;
    write_script("x.lua");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        char line[100];
        snprintf(line, sizeof(line), PROGRAM " %s <.", commands[i]);
        assert_line(line, 2, "standard input: Is a directory\n");
        snprintf(line, sizeof(line), PROGRAM " %s <&-", commands[i]);
        assert_line(line, 2, "standard input: Bad file descriptor\n");
    }
}

/* All commands that read rules take the same files. */
static void rules_come_from_standard_input_where_nobody_else_reads_it(void **state)
{
    (void)state;
    assert_line("echo nonsense | " PROGRAM " check - >&2", 2,
                "-:1:1: error: unknown action 'nonsense'");
    assert_line("echo nonsense | " PROGRAM " outcomes -f -", 2, "-:1:1: unknown action");
    assert_line("echo nonsense | " PROGRAM " connect -f - localhost 22", 2,
                "-:1:1: unknown action");
    assert_line("echo nonsense | " PROGRAM " ipf -nvf -", 2, "-:1:1: unknown action");
    assert_line(PROGRAM " exec -f - true", 2,
                "standard input is the program's: rules need a file\n");
    assert_line("echo ipf -f - | " PROGRAM " shell", 2,
                "line 1: standard input has the commands: rules need a file\n");
    assert_line(PROGRAM " connect -f /dev/null localhost 22", 0, "");
    assert_line(PROGRAM " shell -f /dev/null </dev/null", 0, "");
}

/* The next file that is opened would have its number. */
static void a_closed_stream_is_no_other_file(void **state)
{
    (void)state;
    write_script("x.lua");
    assert_line(PROGRAM " run --jsonl j -w w x.lua >&-", 3, "standard output could not be written");
    assert_line(PROGRAM " run --jsonl j2 -w w2 x.lua 2>&- >&- <&-", 3, "");
    assert_int_equal(system("cmp j j2 && cmp w w2"), 0);
    assert_null(strstr(read_file("j"), "passed, 0 failed"));
}

static void a_golden_that_cannot_be_read_is_not_taken_for_none(void **state)
{
    static const struct {
        const char *before, *said;
    } rows[] = {
        {"mkdir x.trace;", "lo0sim run: x.trace: is a directory\n"},
        {"ln -s x.trace x.trace;", "lo0sim run: x.trace: " LOOP},
        {"ln -s nowhere x.trace;", "lo0sim run: x.trace: No such file or directory\n"},
        {"ln -s /proc/self/mem x.trace;", "lo0sim run: x.trace: Input/output error\n"},
        {"mkfifo x.trace;", "lo0sim run: x.trace: is not a regular file\n"},
    };
    (void)state;
    write_script("x.lua");
    assert_command(run_command("", "run x.lua"), 0, "1 passed, 0 failed", "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_command(run_command(rows[i].before, "run x.lua"), 2, "1 passed, 1 failed",
                       rows[i].said);
        assert_command(run_command("", "run --seed 2 x.lua"), 0, "1 passed, 0 failed", "");
        assert_int_equal(system("rm -r x.trace"), 0);
    }
}

/* Makes folders below `folder` until no path leads to the last ones. */
static void make_deep_folders(const char *folder)
{
    char name[201];
    memset(name, 'd', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    int at = open(folder, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 25; i++) {
        assert_int_equal(mkdirat(at, name, 0777), 0);
        int next = openat(at, name, O_RDONLY | O_DIRECTORY);
        close(at);
        at = next;
    }
    close(at);
}

static void a_folder_that_cannot_be_searched_is_told_and_the_others_run(void **state)
{
    (void)state;
    assert_int_equal(system("mkdir folder"), 0);
    write_script("folder/a.lua");
    assert_int_equal(mkdir("folder/b", 0777), 0);
    assert_int_equal(mkdir("folder/c", 0777), 0);
    make_deep_folders("folder/b");
    make_deep_folders("folder/c");
    write_script("folder/z.lua");
    assert_command(run_command("", "run folder"), 2, "2 passed, 1 failed",
                   ": File name too long\n");
    assert_command(run_command("", "run --check-determinism folder"), 2, "",
                   ": File name too long\n");
    assert_command(run_command("", "explore folder"), 2, "", ": File name too long\n");
}

static void a_folder_without_rights_is_told_and_the_others_run(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip(); /* who may read all */
    assert_int_equal(system("mkdir -p folder/closed && chmod 0 folder/closed"), 0);
    write_script("folder/a.lua");
    assert_command(run_command("", "run folder"), 2, "1 passed, 1 failed",
                   "folder/closed: Permission denied\n");
    assert_command(run_command("", "run folder/closed/x.lua:t"), 2, "",
                   "folder/closed/x.lua:t: Permission denied\n");
    assert_int_equal(system("chmod 700 folder/closed"), 0);
}

static void a_test_of_a_file_that_cannot_be_read_is_told_by_the_file(void **state)
{
    (void)state;
    assert_int_equal(system("ln -s x.lua x.lua"), 0);
    assert_command(run_command("", "run x.lua:t"), 2, "", "x.lua: " LOOP);
}

static void what_failed_last_is_not_nothing_where_nobody_knows(void **state)
{
    (void)state;
    write_script("x.lua");
    assert_command(run_command("XDG_STATE_HOME= HOME=", "run --last-failed"), 2, "",
                   "lo0sim run: --last-failed: neither XDG_STATE_HOME nor HOME names a folder");
    assert_command(run_command("mkdir -p s/lo0sim/last-failed; XDG_STATE_HOME=$PWD/s",
                               "run --last-failed x.lua"),
                   2, "", "s/lo0sim/last-failed: is a directory\n");
    assert_command(run_command("XDG_STATE_HOME=/dev/null", "run --last-failed"), 2, "",
                   "/dev/null/lo0sim/last-failed: Not a directory\n");
    /* And it is not forgotten: what stands there is not written over. */
    assert_int_equal(
        system("rmdir s/lo0sim/last-failed; ln -s /proc/self/mem s/lo0sim/last-failed"), 0);
    write_file("y.lua", "test('t', function() error('x') end)\n");
    assert_command(run_command("XDG_STATE_HOME=$PWD/s", "run y.lua"), 2, "1 failed", "");
    assert_int_equal(system("test -L s/lo0sim/last-failed"), 0);
}

static void a_link_that_leads_nowhere_gets_its_file_and_stays(void **state)
{
    (void)state;
    write_script("x.lua");
    assert_int_equal(system("ln -s there w; ln -s loop loop"), 0);
    assert_command(run_command("", "run -w w x.lua"), 0, "1 passed", "");
    assert_int_equal(system("test -L w && test -s there"), 0);
    assert_command(run_command("", "run -w loop x.lua"), 2, "-w: loop: " LOOP, "");
    assert_int_equal(system("test -L loop"), 0);
}

#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLI_TEST(a_file_that_cannot_be_read_is_no_empty_file),
        CLI_TEST(standard_input_that_cannot_be_read_is_no_empty_file),
        CLI_TEST(rules_come_from_standard_input_where_nobody_else_reads_it),
        CLI_TEST(a_closed_stream_is_no_other_file),
        CLI_TEST(a_golden_that_cannot_be_read_is_not_taken_for_none),
        CLI_TEST(a_folder_that_cannot_be_searched_is_told_and_the_others_run),
        CLI_TEST(a_folder_without_rights_is_told_and_the_others_run),
        CLI_TEST(a_test_of_a_file_that_cannot_be_read_is_told_by_the_file),
        CLI_TEST(what_failed_last_is_not_nothing_where_nobody_knows),
        CLI_TEST(a_link_that_leads_nowhere_gets_its_file_and_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
