/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim run with many tests: which of them run, and what is remembered.
 */
#include "tests/cli/command.h"

#include <sys/wait.h>

#define SCRIPTS                                                                                    \
    "test('SYN is refused', { tags = { 'tcp', 'quick' } }, function(box) end)\n"                   \
    "test('a datagram is lost', { tags = { 'udp' } }, function(box) end)\n"                        \
    "test('a ping', { skip = 'no ICMP' }, function(box) end)\n"                                    \
    "test('a mode', { modes = { 'inject', 'rewrite' }, tags = { 'tcp' } }, function(box) end)\n"

#define ALL                                                                                        \
    "x.lua:SYN is refused\nx.lua:a datagram is lost\nx.lua:a ping\nx.lua:a mode [inject]\n"        \
    "x.lua:a mode [rewrite]\n"

static void each_selection_leaves_the_tests_that_it_names(void **state)
{
    static const struct {
        const char *what, *options;
        int code;
        const char *out, *in_err;
    } rows[] = {
        {"all", "x.lua", 0, ALL, ""},
        {"a part of the name", "-k datagram x.lua", 0, "x.lua:a datagram is lost\n", ""},
        {"capitals do not matter", "-k 'syn IS' x.lua", 0, "x.lua:SYN is refused\n", ""},
        {"a star is any text", "-k 's*fused' x.lua", 0, "x.lua:SYN is refused\n", ""},
        {"a star is no text, too", "-k 'a* mode' -k ping x.lua", 0,
         "x.lua:a ping\nx.lua:a mode [inject]\nx.lua:a mode [rewrite]\n", ""},
        {"pieces in their order", "-k 'lost*datagram' x.lua", 4, "",
         "no test is left by -k lost*datagram"},
        {"brackets are letters", "-k '[inject]' x.lua", 0, "x.lua:a mode [inject]\n", ""},
        {"a tag", "--tag udp x.lua", 0, "x.lua:a datagram is lost\n", ""},
        {"a tag is a whole word", "--tag ud x.lua", 4, "", "no test is left by --tag ud"},
        {"one of several tags", "--tag udp --tag quick x.lua", 0,
         "x.lua:SYN is refused\nx.lua:a datagram is lost\n", ""},
        {"a name and a tag", "-k a --tag tcp -k SYN x.lua", 0,
         "x.lua:SYN is refused\nx.lua:a mode [inject]\nx.lua:a mode [rewrite]\n", ""},
        {"FILE:TEST and a tag", "--tag tcp 'x.lua:a mode [inject]'", 0, "x.lua:a mode [inject]\n",
         ""},
        {"FILE:TEST without that tag", "--tag udp 'x.lua:a mode [inject]'", 4, "",
         "no test is left by --tag udp"},
        {"one share of one", "--shard 1/1 x.lua", 0, ALL, ""},
        {"a share without tests", "--shard 17/97 x.lua", 4, "",
         "no test is left by --shard 17/97\n"},
        {"a tag and a share without tests", "--tag tcp --shard 17/97 x.lua", 4, "",
         "no test is left by --tag tcp --shard 17/97\n"},
        {"programs may be run, and none is", "--allow-exec x.lua", 0, ALL, ""},
        {"a share that is none", "--shard 2/1 x.lua", 2, "", "--shard takes I/N"},
        {"a share that is 0", "--shard 0/2 x.lua", 2, "", "--shard takes I/N"},
        {"a share of nothing", "--shard 1 x.lua", 2, "", "such as 1/4, not '1'"},
        {"an empty pattern", "-k '' x.lua", 2, "", "-k is empty"},
        {"another form", "--format json x.lua", 2, "", "--list prints names"},
    };
    (void)state;
    write_file("x.lua", SCRIPTS);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[200];
        snprintf(line, sizeof(line), "run --list %s", rows[i].options);
        command_t command = run_command("", line);
        if (strcmp(command.out, rows[i].out) != 0)
            print_error("%s:\n", rows[i].what);
        assert_command(command, rows[i].code, "", rows[i].in_err);
        assert_string_equal(command.out, rows[i].out);
    }
}

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static void each_test_is_in_one_share_whatever_the_folder(void **state)
{
    (void)state;
    size_t total = 0;
    char first[4096];
    assert_int_equal(system("mkdir d"), 0);
    write_file("make.sh",
               "for i in $(seq 40); do echo \"test('number $i', function() end)\"; done\n");
    assert_int_equal(system("sh make.sh >d/x.lua"), 0);
    for (int i = 1; i <= 4; i++) {
        char line[100];
        snprintf(line, sizeof(line), "run --list --shard %d/4 d/x.lua", i);
        size_t count = count_lines(run_command("", line).out);
        assert_in_range(count, 4, 18); /* not all in one */
        total += count;
    }
    assert_int_equal(total, 40);
    snprintf(first, sizeof(first), "%s", run_command("", "run --list --shard 1/4 d/x.lua").out);
    const char *again = run_command("cd d &&", "run --list --shard 1/4 x.lua").out;
    assert_int_equal(count_lines(again), count_lines(first));
    assert_non_null(strstr(first, strchr(again, ':')));
}

static void a_dry_run_says_what_would_be_run_and_runs_nothing(void **state)
{
    (void)state;
    write_file("x.lua", SCRIPTS "test('never', function(box) error('run') end)\n");
    command_t command = run_command("", "run --dry-run --jsonl %t.jsonl x.lua");
    assert_command(command, 0, "x.lua\n  run   SYN is refused\n", "");
    assert_non_null(strstr(command.out, "  skip  a ping: no ICMP\n"));
    assert_non_null(strstr(command.out, "\n5 would run, 1 skipped\n"));
    assert_int_not_equal(system("ls *.jsonl >.ls 2>&1"), 0);
    assert_command(run_command("", "run --dry-run --format tap x.lua"), 0,
                   "ok 6 - x.lua:never # SKIP would be run\n1..6\n", "");
    write_file("x.lua", "test('t', function(box)\n");
    assert_command(run_command("", "run --dry-run x.lua"), 2, "", "x.lua:");
}

static void the_first_failure_can_end_the_run(void **state)
{
    (void)state;
    write_file("a.lua", "test('one', function() end)\ntest('two', function() error('x') end)\n"
                        "test('three', function() while true do end end)\n");
    write_file("b.lua", "test('four', function() while true do end end)\n");
    static const char *const commands[] = {"run -x -j 1 a.lua b.lua", "run -x -j 4 a.lua b.lua",
                                           "run --exitfirst missing.lua ."};
    for (size_t i = 0; i < 2; i++) {
        command_t command = run_command("", commands[i]);
        assert_command(command, 2, "1 passed, 1 failed; ended at the first failure\n", "");
        assert_null(strstr(command.out, "three"));
        assert_null(strstr(command.out, "four"));
    }
    /* The workers are stopped while they start. */
    for (int i = 0; i < 10; i++)
        assert_command(run_command("", commands[2]), 2, "", "missing.lua: No such file");
}

static void what_failed_last_is_remembered_until_it_passes(void **state)
{
    (void)state;
    write_file("a.lua", "test('one', function() end)\ntest('two', function() error('x') end)\n");
    write_file("b.lua", "test('three', function() expect.ok(false) end)\n");
    write_file("c.lua", "error('does not load')\n");
    assert_command(run_command("", "run --last-failed"), 4, "", "no test is left by --last-failed");
    run_command("", "run .");
    assert_command(run_command("", "run --last-failed --dry-run"), 2,
                   "a.lua\n  run   two\nb.lua\n  run   three\n", "c.lua:1: does not load");

    write_file("c.lua", "test('four', function() end)\n");
    write_file("b.lua", "test('three', function() end)\n");
    command_t command = run_command("", "run --last-failed a.lua c.lua");
    assert_command(command, 2, "  ERROR two", "");
    assert_non_null(strstr(command.out, "  ok    four"));
    assert_null(strstr(command.out, "one"));
    assert_string_equal(run_command("", "run --last-failed --list").out,
                        "a.lua:two\nb.lua:three\n");

    /* A test that is not there any more is forgotten when its file is run. */
    write_file("a.lua", "test('one', function() end)\n");
    run_command("", "run a.lua");
    assert_string_equal(run_command("", "run --last-failed --list").out, "b.lua:three\n");
    assert_command(run_command("", "run --last-failed"), 0, "1 passed", "");
    assert_command(run_command("", "run --last-failed"), 4, "", "no test is left");
}

static void what_failed_is_remembered_in_the_users_own_folder(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function() error('x') end)\n");
    run_command("", "run x.lua");
    assert_non_null(strstr(read_file("lo0sim/last-failed"), "/x.lua\tt\n"));
    run_command("XDG_STATE_HOME= HOME=$PWD/home", "run x.lua");
    assert_non_null(strstr(read_file("home/.local/state/lo0sim/last-failed"), "/x.lua\tt\n"));
    /* Where nothing can be written, nothing is remembered, and nothing is said. */
    command_t command = run_command("XDG_STATE_HOME=/proc/nowhere", "run x.lua");
    assert_command(command, 2, "1 failed", "");
    assert_string_equal(command.err, "");
    write_file("lo0sim/last-failed", "no such line\n\t\n/a\n\xff\n");
    assert_command(run_command("", "run --last-failed"), 4, "", "no test is left");
    /* A run that passes writes nothing. */
    write_file("y.lua", "test('t', function() end)\n");
    run_command("XDG_STATE_HOME=$PWD/fresh", "run y.lua");
    assert_int_not_equal(system("ls fresh >.ls 2>&1"), 0);
}

static void a_line_that_names_no_file_is_no_failed_test(void **state)
{
    static const char *const lines[] = {"$PWD\tt", "$PWD/\ty", "$PWD//x.lua\tt", "$PWD/d\tt",
                                        "$PWD/d/../x.lua\tt"};
    (void)state;
    write_file("x.lua", "test('t', function() end)\n");
    assert_int_equal(system("mkdir -p d lo0sim && cp x.lua d"), 0);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char line[200];
        snprintf(line, sizeof(line), "printf \"%s\\n\" > lo0sim/last-failed", lines[i]);
        assert_int_equal(system(line), 0);
        assert_command(run_command("", "run --last-failed"), 4, "", "no test is left");
    }
}

/* Cut to the room that there is, it would be the folder's name, and all of its tests would run. */
static void a_name_that_is_too_long_is_no_other_files_name(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function() end)\n");
    assert_command(run_command("", "run $(printf './%.0s' $(seq 2100))y.lua"), 2, "",
                   "...: File name too long");
    assert_command(run_command("", "run $(printf './%.0s' $(seq 2100))y.lua:t"), 2, "",
                   "...: File name too long");
}

static void a_part_of_a_file_leaves_its_golden_alone(void **state)
{
    (void)state;
    write_file("x.lua", "test('a', function(box) box:connect('127.0.0.1', 22) end)\n"
                        "test('b', function(box) end)\n");
    assert_command(run_command("CI=", "run --update x.lua"), 0, "2 passed", "");
    assert_command(run_command("", "run -k a x.lua"), 0, "1 passed, 0 failed", "");
    assert_command(run_command("", "run x.lua:b"), 0, "1 passed, 0 failed", "");
    static const char *const refused[] = {"run --update -k a x.lua", "run --update x.lua:a",
                                          "run --update --last-failed"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_command(run_command("CI=", refused[i]), 2, "",
                       "--update writes all timelines of a file: name whole files");
}

/* Its name begins alike. */
static void what_failed_in_the_folder_beside_is_not_this_folders(void **state)
{
    (void)state;
    assert_int_equal(system("mkdir a ab"), 0);
    write_file("ab/x.lua", "test('t', function() error('x') end)\n"
                           "test('u', function() error('x') end)\n");
    assert_command(run_command("", "run ab"), 2, "2 failed", "");
    assert_int_equal(system("cd a && " PROGRAM " run --last-failed 2>../.err; test $? = 4"), 0);
    assert_non_null(strstr(read_file(".err"), "no test is left by --last-failed\n"));
    assert_string_equal(run_command("", "run --last-failed --list").out,
                        "ab/x.lua:t\nab/x.lua:u\n");
}

/* Where nobody has a home, or a folder has a name that lines cannot have, nothing is remembered. */
static void where_nothing_can_be_remembered_tests_run_all_the_same(void **state)
{
    static const struct {
        const char *before, *arguments;
        int code;
        const char *out, *err;
    } rows[] = {
        {"XDG_STATE_HOME= HOME=", "run x.lua", 2, "1 failed", ""},
        {"XDG_STATE_HOME= HOME=", "run --last-failed", 2, "", "nothing is remembered"},
        {"XDG_STATE_HOME= HOME=home", "run x.lua", 2, "1 failed", ""},
        {"XDG_STATE_HOME=/$(printf 'd/%.0s' $(seq 2050))", "run x.lua", 2, "1 failed", ""},
        {"XDG_STATE_HOME=/dev/null", "run x.lua", 2, "1 failed", ""},
        {"mkdir -p s/lo0sim/last-failed; XDG_STATE_HOME=$PWD/s", "run x.lua", 2, "1 failed", ""},
        {"mkdir \"a\tb\" && cp x.lua a*b && cd a*b &&", "run x.lua", 2, "1 failed", ""},
        {"cd a*b &&", "run --last-failed", 4, "", "no test is left"},
        {"mkdir gone && cd gone && rmdir ../gone &&", "run --last-failed", 4, "",
         "no test is left"},
        {"cd / &&", "run --last-failed --list", 0, "/x.lua:t\n", ""},
        {"rm -f x.lua;", "run --last-failed", 4, "", "no test is left"},
    };
    (void)state;
    write_file("x.lua", "test('t', function() error('x') end)\ntest('u', function() end)\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[500];
        if (i == 9)
            run_command("", "run x.lua");
        snprintf(line, sizeof(line), "top=$PWD; { %s %s %s; } >$top/.out 2>$top/.err; exit $?",
                 rows[i].before, PROGRAM, rows[i].arguments);
        int code = WEXITSTATUS(system(line));
        char out[1000];
        snprintf(out, sizeof(out), "%.999s", read_file(".out"));
        if (code != rows[i].code || strstr(out, rows[i].out) == NULL ||
            strstr(read_file(".err"), rows[i].err) == NULL)
            fail_msg("%s: %d\n%s%s", rows[i].before, code, out, read_file(".err"));
    }
}

static void a_tag_is_a_word(void **state)
{
    static const char *const tags[] = {"'two words'", "''", "'a\\0b'", "'line\\n'"};
    (void)state;
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        char script[100];
        snprintf(script, sizeof(script), "test('t', { tags = { 'x', %s } }, function() end)\n",
                 tags[i]);
        write_file("x.lua", script);
        assert_command(run_command("", "run x.lua"), 2, "",
                       "x.lua:1: test: a tag is one word, without blanks");
    }
}

#define LONG_RUN "test('long', function() for i = 1, 4e8 do end end)\n"

static void a_long_run_shows_on_a_terminal_how_far_it_is(void **state)
{
    (void)state;
    write_file("x.lua", "test('short', function() end)\n" LONG_RUN);
    command_t command = run_command("", "run --max-wall 2 --max-instructions 100000000000 x.lua");
    assert_string_equal(command.err, "");
    skip_without_terminals();
    write_file("run.sh",
               PROGRAM " run --max-wall 3 --max-instructions 100000000000 x.lua >.stdout\n");
    assert_int_not_equal(system("TERM=xterm script -qec 'sh run.sh' /dev/null </dev/null >.tty"),
                         -1);
    assert_non_null(strstr(read_file(".tty"), "\r\033[K1 tests, 0 failed; file 1 of 1: x.lua"));
    assert_null(strchr(read_file(".stdout"), '\033'));
}

static void a_terminal_that_cannot_erase_is_shown_no_progress(void **state)
{
    (void)state;
    skip_without_terminals();
    write_file("x.lua", "test('short', function() end)\n" LONG_RUN);
    write_file("run.sh", "for term in TERM=dumb -uTERM; do env $term " PROGRAM
                         " run --max-wall 2 --max-instructions 100000000000 x.lua >.stdout & done\n"
                         "wait\n");
    assert_int_not_equal(system("TERM=xterm script -qec 'sh run.sh' /dev/null </dev/null >.tty"),
                         -1);
    assert_null(strchr(read_file(".tty"), '\033'));
}

static void a_folder_is_searched_below_itself(void **state)
{
    (void)state;
    assert_int_equal(system("mkdir -p d/b/c d/.hidden && ln -s .. d/b/up"), 0);
    write_file("d/a.lua", "test('a', function() end)\n");
    write_file("d/b/c/c.lua", "test('c', function() end)\n");
    write_file("d/.hidden/h.lua", "test('h', function() end)\n");
    write_file("d/z.lua", "test('z', function() end)\n");
    command_t command = run_command("", "run --list d");
    assert_string_equal(command.out, "d/a.lua:a\nd/b/c/c.lua:c\nd/z.lua:z\n");
    assert_string_equal(run_command("", "run --list d/b//").out, "d/b/c/c.lua:c\n");
    assert_command(run_command("", "run d:a"), 2, "",
                   "d:a: a test is named with its file, not with a folder");
    assert_int_equal(system("rm -r d"), 0);
}

/* Whole documents, the results so far, and a code that says it. */
static void a_signal_ends_a_run_in_good_order(void **state)
{
    static const struct {
        const char *format, *end;
    } rows[] = {{"pretty", "1 passed, 0 failed; ended by a signal\n"},
                {"tap", "Bail out! ended by a signal\n1..1\n"},
                {"junit", "</testsuites>\n"},
                {"json", "}\n"}};
    (void)state;
    write_file("x.lua", "test('short', function() end)\n" LONG_RUN);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[1200];
        snprintf(
            line, sizeof(line),
            "%s run --max-instructions 100000000000 --format %s x.lua >.stdout 2>.stderr & p=$!;"
            " sleep 1; kill -TERM $p; wait $p; test $? = 143",
            PROGRAM, rows[i].format);
        assert_int_equal(system(line), 0);
        const char *printed = read_file(".stdout");
        size_t length = strlen(printed), end = strlen(rows[i].end);
        assert_true(length > end);
        assert_string_equal(printed + length - end, rows[i].end);
        assert_non_null(strstr(read_file(".stderr"), "ended by a signal"));
    }
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(each_selection_leaves_the_tests_that_it_names),
        CLI_TEST(each_test_is_in_one_share_whatever_the_folder),
        CLI_TEST(a_dry_run_says_what_would_be_run_and_runs_nothing),
        CLI_TEST(the_first_failure_can_end_the_run),
        CLI_TEST(what_failed_last_is_remembered_until_it_passes),
        CLI_TEST(what_failed_is_remembered_in_the_users_own_folder),
        CLI_TEST(a_line_that_names_no_file_is_no_failed_test),
        CLI_TEST(a_name_that_is_too_long_is_no_other_files_name),
        CLI_TEST(what_failed_in_the_folder_beside_is_not_this_folders),
        CLI_TEST(a_part_of_a_file_leaves_its_golden_alone),
        CLI_TEST(where_nothing_can_be_remembered_tests_run_all_the_same),
        CLI_TEST(a_tag_is_a_word),
        CLI_TEST(a_long_run_shows_on_a_terminal_how_far_it_is),
        CLI_TEST(a_terminal_that_cannot_erase_is_shown_no_progress),
        CLI_TEST(a_folder_is_searched_below_itself),
        CLI_TEST(a_signal_ends_a_run_in_good_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
