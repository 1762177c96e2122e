/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim run when something runs out or ends early: memory, descriptors, the length of a name, a
 * disk, a pipe, a signal.
 */
#include "tests/cli/command.h"

#include <dirent.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* 200 letters. */
#define TEN(x) x x x x x x x x x x
#define LONG   TEN("abcdefghij") TEN("klmnopqrst")

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

static size_t count_files(const char *ending)
{
    size_t count = 0, length = strlen(ending);
    DIR *folder = opendir(".");
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        size_t have = strlen(entry->d_name);
        count += have >= length && strcmp(entry->d_name + have - length, ending) == 0;
    }
    closedir(folder);
    return count;
}

/* ---- memory ---- */

static void what_a_test_prints_is_not_held_in_memory(void **state)
{
    static const char *const forms[] = {"-v", "-v --format tap", "-v --format junit",
                                        "-v --format json", "--jsonl x.jsonl"};
    (void)state;
    if (SANITIZED)
        skip(); /* what is freed they keep */
    write_file("n.lua", "local text = ('x'):rep(900)\n"
                        "test('t', function(box)\n"
                        "  for i = 1, 90000 do box:note(text) end\nend)\n");
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char arguments[100];
        struct rusage usage;
        snprintf(arguments, sizeof(arguments), "run %s n.lua | wc -c", forms[i]);
        command_t command = run_command("", arguments);
        if (strstr(forms[i], "-v") != NULL)
            assert_true(atol(command.out) > 80000000);
        assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
        if (usage.ru_maxrss > 64 * 1024)
            fail_msg("run %s of 80 MB takes %ld KiB of memory", forms[i], usage.ru_maxrss);
    }
}

/* A golden of 28 MB is written, compared and told apart, with only a part of it in memory. */
static void a_golden_is_not_held_in_memory(void **state)
{
    static const struct {
        const char *before, *arguments, *said;
        int code;
    } rows[] = {
        {"true", "run --update n.lua", "1 passed, 0 failed", 0},
        {"true", "run n.lua", "1 passed, 0 failed", 0},
        {"sed -i '1500s/x/y/' n.trace", "run n.lua",
         "n.trace: the timeline differs from line 1499 on", 1},
        {"true", "run n.lua", "the first difference: at 0.000000 s, note", 1},
        {"sed -i '1500s/y/x/; 2000,$d' n.trace", "run n.lua",
         "n.trace: the timeline differs from line 1999 on", 1},
        {"true", "run n.lua", SANITIZED ? "  + ... and 996 more\n" : "  + ... and 27996 more\n", 1},
    };
    (void)state;
    write_file("n.lua", SANITIZED ? "local notes = 3000\n" : "local notes = 30000\n");
    assert_int_equal(system("cat >>n.lua <<'EOF'\n"
                            "local text = ('x'):rep(900)\n"
                            "test('t', function(box)\n"
                            "  for i = 1, notes do box:note(text) end\nend)\nEOF"),
                     0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rusage usage;
        assert_int_equal(system(rows[i].before), 0);
        assert_command(run_command("CI=", rows[i].arguments), rows[i].code, rows[i].said, "");
        assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
        if (!SANITIZED && usage.ru_maxrss > 24 * 1024)
            fail_msg("row %zu takes %ld KiB of memory", i, usage.ru_maxrss);
    }
}

static void a_picture_ends_after_20000_events_and_says_so(void **state)
{
    (void)state;
    write_file("n.lua", "test('t', function(box)\n"
                        "  for i = 1, 20001 do box:note('n') end\nend)\n"
                        "test('all', function(box)\n"
                        "  for i = 1, 20000 do box:note('n') end\nend)\n");
    assert_command(run_command("", "run --ladder --svg %t.svg n.lua | grep 'picture ends'"), 0,
                   "The picture ends after 20000 of 20001 events; -v has them all.\n", "");
    assert_int_equal(system("grep -q '>the picture ends after 20000 of 20001 events<' t.svg && "
                            "! grep -q 'picture ends' all.svg"),
                     0);
}

/* Packets of 80 MB: a page takes the first 64 MiB of them, and the result is as without it. */
static void a_page_takes_64_mib_of_a_test_and_says_what_it_leaves_out(void **state)
{
    struct rusage usage;
    (void)state;
    write_file("b.lua", "test('t', function(box)\n"
                        "  local from, to, text = box:udp(2000), box:udp(3000), ('x'):rep(60000)\n"
                        "  for i = 1, 1300 do from:sendto(text, '127.0.0.1', 3000) to:recv() end\n"
                        "  expect.eq(box:now(), 1)\nend)\n");
    assert_command(run_command("", "run --max-memory 1 --html x.html b.lua"), 1,
                   "b.lua:4: expect.eq failed", "");
    assert_int_equal(system("grep -qE '\"left_out\":[1-9][0-9]{3},' x.html"), 0);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    if (!SANITIZED && usage.ru_maxrss > 100 * 1024)
        fail_msg("a page takes %ld KiB of memory", usage.ru_maxrss);
}

static void a_bundle_says_where_its_files_end_early(void **state)
{
    (void)state;
    write_file("b.lua", "test('t', function(box)\n"
                        "  for i = 1, 3000 do box:note(('x'):rep(900)) end\n"
                        "  expect.eq(1, 2)\nend)\n");
    assert_command(run_command("", "run --max-output 1 --bundle b b.lua"), 1,
                   "b.lua:3: expect.eq failed", "");
    assert_int_equal(system("grep -q '^b.lua:3: expect.eq failed' b/b.t/report.txt"), 0);
    assert_command(run_command("", "run --max-output 1 --bundle b b.lua"), 1,
                   "its files end early: b.lua:2: over 1 MiB for --bundle (--max-output)\n", "");
}

/* ---- names ---- */

static void names_that_are_too_long_for_a_file_are_shortened_and_stay_two(void **state)
{
    (void)state;
    write_file("l.lua", "test('" LONG LONG "1', function(box) box:connect('127.0.0.1', 22) end)\n"
                        "test('" LONG LONG "2', function(box)\n"
                        "  box:connect('127.0.0.1', 22) expect.eq(1, 2)\nend)\n");
    assert_command(run_command("", "run -w '%t.pcapng' --html '%f%t.html' --bundle b l.lua"), 1,
                   "1 passed, 1 failed", "");
    assert_int_equal(count_files(".pcapng"), 2);
    assert_int_equal(count_files(".html"), 2);
    assert_int_equal(system("sh b/*/repeat >/dev/null 2>&1; test $? != 2 && "
                            "test $(ls b | wc -l) = 1 && test -s b/*/timeline.txt"),
                     0);
}

static void a_script_with_the_longest_name_has_a_golden(void **state)
{
    char name[256], arguments[400];
    (void)state;
    snprintf(name, sizeof(name), "%.251s.lua", LONG LONG);
    write_file(name, "test('t', function(box) box:note('one') end)\n");
    snprintf(arguments, sizeof(arguments), "run --update %s", name);
    assert_command(run_command("CI=", arguments), 0, "1 passed", "");
    assert_int_equal(count_files(".trace"), 1);
    write_file(name, "test('t', function(box) box:note('two') end)\n");
    snprintf(arguments, sizeof(arguments), "run %s", name);
    assert_command(run_command("", arguments), 1, "the timeline differs from line 1 on", "");
}

/* Its golden's path would be longer still: it has none, and runs. */
static void a_script_by_the_longest_path_has_no_golden(void **state)
{
    (void)state;
    write_file("s.lua", "test('t', function(box) box:note('one') end)\n");
    assert_int_equal(system("p=$(printf './%.0s' $(seq 2045))s.lua; CI= " PROGRAM " run -q $p && "
                            "CI= " PROGRAM " run -q --update $p; test $? = 0 && ! test -e s.trace"),
                     0);
}

/* ---- descriptors ---- */

/* Runs lo0sim with so many descriptors, of which the shell needs more for itself.
 * => Returns its exit code; .o and .e are what it printed. */
static int run_with(int descriptors, const char *arguments)
{
    char line[1000];
    snprintf(line, sizeof(line), "(ulimit -S -n %d; exec " PROGRAM " %s) </dev/null >.o 2>.e",
             descriptors, arguments);
    return WEXITSTATUS(system(line));
}

static void descriptors_are_waited_for(void **state)
{
    char script[4000] = "", name[20];
    (void)state;
    for (int i = 1; i <= 20; i++)
        snprintf(script + strlen(script), sizeof(script) - strlen(script),
                 "test('t%d', function(box) box:connect('127.0.0.1', 22) end)\n", i);
    for (int i = 1; i <= 6; i++) {
        snprintf(name, sizeof(name), "d%d.lua", i);
        write_file(name, script);
    }
    assert_int_equal(run_with(12, "run -v -j8 d*.lua"), 0);
    assert_int_equal(run_with(12, "run -j8 -w '%f%t.pcapng' --jsonl '%f%t.jsonl' "
                                  "--html '%f%t.html' d*.lua"),
                     0);
    assert_non_null(strstr(read_file(".o"), "120 passed, 0 failed"));
}

static void without_descriptors_a_command_says_so(void **state)
{
    static const char *const commands[] = {"run x.lua", "ipmon x.lua", "ipfstat -io x.lua",
                                           "compare x.lua"};
    (void)state;
    write_file("x.lua", "test('t', function(box) box:connect('127.0.0.1', 22) end)\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (run_with(6, commands[i]) != 3 ||
            strstr(read_file(".e"), "Too many open files\n") == NULL ||
            strchr(strchr(read_file(".e"), '\n') + 1, '\n') != NULL)
            fail_msg("%s with 6 descriptors says:\n%s", commands[i], read_file(".e"));
    }
}

/* ---- other programs ---- */

static void prove_reads_passing_and_failing_runs(void **state)
{
    (void)state;
    if (system("prove --version >.out 2>&1") != 0)
        skip();
    write_file("p.lua", "test('one # two \\\\ three', function(box) box:note('- a: \"b\"') end)\n"
                        "test('skipped', { skip = 'why: not' }, function() end)\n");
    write_file("f.lua", "test('passes', function() end)\n"
                        "test('fails', function(box) expect.eq('a: [', '- b') end)\n");
    write_file("broken.lua", "x x\n");
    static const struct {
        const char *files, *said;
        int code;
    } rows[] = {{"p.lua", "Result: PASS", 0},
                {"p.lua f.lua", "Failed test:  4", 1},
                {"f.lua broken.lua", "Failed tests:  2-3", 1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[500];
        snprintf(line, sizeof(line), "%s run -v --format tap %s >.tap 2>.err; prove -v -e cat .tap",
                 PROGRAM, rows[i].files);
        snprintf(line + strlen(line), sizeof(line) - strlen(line), " >.out 2>&1; test $? = %d",
                 rows[i].code);
        assert_int_equal(system(line), 0);
        if (strstr(read_file(".out"), rows[i].said) == NULL ||
            strstr(read_file(".out"), "Parse errors") != NULL)
            fail_msg("prove reads the run of %s so:\n%s", rows[i].files, read_file(".out"));
    }
}

/* => Returns what a shell's command writes to its terminal. */
static const char *at_terminal(const char *line)
{
    static char text[20000];
    size_t used = 0;
    ssize_t count;
    int fd;
    skip_without_terminals();
    pid_t pid = forkpty(&fd, NULL, NULL, NULL);
    assert_true(pid >= 0);
    if (pid == 0) {
        setenv("TERM", "vt100", 1);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    while ((count = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
        used += (size_t)count;
    text[used] = '\0';
    close(fd);
    waitpid(pid, NULL, 0);
    return text;
}

static void progress_is_not_drawn_into_a_pager(void **state)
{
    (void)state;
    write_file("s.lua", "test('slow', function() while true do end end)\n");
#define SLOW PROGRAM " run --max-instructions 100000000000 --max-wall 2 s.lua"
    assert_non_null(strstr(at_terminal(SLOW), "file 1 of 1"));
    assert_null(strstr(at_terminal(SLOW " | cat"), "file 1 of 1"));
}

/* ---- what ends a run ---- */

#define SLOW_SCRIPT                                                                                \
    "test('quick', function(box) box:connect('127.0.0.1', 22) end)\n"                              \
    "test('slow', function(box)\n"                                                                 \
    "  box:connect('127.0.0.1', 22)\n  while true do end\nend)\n"

/* Starts a line of a shell in a group of processes of its own. => Returns the group. */
static pid_t start_group(const char *line)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        setpgid(0, 0);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    setpgid(pid, pid);
    return pid;
}

/* => Returns the exit code of the group's first process, as a shell has it. */
static int end_group(pid_t group)
{
    int status;
    assert_int_equal(waitpid(group, &status, 0), group);
    for (int i = 0; i < 100 && kill(-group, 0) == 0; i++)
        usleep(100000);
    assert_int_not_equal(kill(-group, 0), 0); /* nobody is left */
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void await_file(const char *name)
{
    for (int i = 0; i < 300 && access(name, F_OK) != 0; i++)
        usleep(100000);
    assert_int_equal(access(name, F_OK), 0);
}

static void a_signal_leaves_no_process_and_no_half_file(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    (void)state;
    write_file("s.lua", SLOW_SCRIPT);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        pid_t group =
            start_group("exec " PROGRAM " run --max-instructions 100000000000 "
                        "-w '%t.pcapng' --jsonl '%t.jsonl' s.lua >.doc 2>.said </dev/null");
        await_file("quick.jsonl");
        usleep(200000); /* the slow one writes now, if it writes at all */
        kill(group, signals[i]);
        assert_int_equal(end_group(group), 128 + signals[i]);
        assert_int_equal(count_files(".pcapng"), 1);
        assert_int_equal(count_files(".jsonl"), 1);
        assert_non_null(strstr(read_file(".doc"), "ended by a signal"));
        assert_int_equal(system("rm -f *.pcapng *.jsonl; ls -A | grep -q lo0sim-"), 256);
    }
}

static void a_closed_pipe_ends_the_run_and_leaves_no_process(void **state)
{
    (void)state;
    write_file("s.lua", "test('talks', function(box)\n"
                        "  for i = 1, 20000 do box:note('a note ' .. i) end\nend)\n" SLOW_SCRIPT);
    pid_t group = start_group("{ " PROGRAM " run -v --max-instructions 100000000000 s.lua; "
                              "echo $? >.code; } </dev/null 2>.said | head -n 1 >.doc; sleep 1");
    assert_int_equal(end_group(group), 0);
    assert_string_equal(read_file(".doc"), "s.lua\n");
    int code = atoi(read_file(".code"));
    assert_true(code == 128 + SIGPIPE || code == 3);
}

static void a_full_disk_is_told_and_is_not_the_scripts_mistake(void **state)
{
    static const char *const options[] = {"-w x.pcapng", "--jsonl x.jsonl", "--html x.html"};
    (void)state;
    write_file("f.lua", "test('t', function(box)\n"
                        "  for i = 1, 3000 do box:connect('127.0.0.1', 22) end\nend)\n");
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        char arguments[100];
        snprintf(arguments, sizeof(arguments), "run %s f.lua", options[i]);
        assert_command(run_command("ulimit -S -f 8;", arguments), 3,
                       "could not be written: File too large", "");
        assert_int_equal(system("ls -A | grep -E 'x[.]|lo0sim-'"), 256);
    }
}

int main(void)
{
#define BOUND(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        BOUND(what_a_test_prints_is_not_held_in_memory),
        BOUND(names_that_are_too_long_for_a_file_are_shortened_and_stay_two),
        BOUND(a_golden_is_not_held_in_memory),
        BOUND(a_picture_ends_after_20000_events_and_says_so),
        BOUND(a_bundle_says_where_its_files_end_early),
        BOUND(a_page_takes_64_mib_of_a_test_and_says_what_it_leaves_out),
        BOUND(a_script_with_the_longest_name_has_a_golden),
        BOUND(a_script_by_the_longest_path_has_no_golden),
        BOUND(descriptors_are_waited_for),
        BOUND(without_descriptors_a_command_says_so),
        BOUND(prove_reads_passing_and_failing_runs),
        BOUND(progress_is_not_drawn_into_a_pager),
        BOUND(a_signal_leaves_no_process_and_no_half_file),
        BOUND(a_closed_pipe_ends_the_run_and_leaves_no_process),
        BOUND(a_full_disk_is_told_and_is_not_the_scripts_mistake),
    };
    return cmocka_run_group_tests_name("cli/bounds", tests, NULL, NULL);
}
