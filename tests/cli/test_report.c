/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim run for other programs and for colleagues: formats, JSON lines, bundles, determinism, and
 * the report on a golden that differs. check_formats.py reads the formats with their own readers.
 */
#include "tests/cli/command.h"

#include <sys/stat.h>

#define RULE "block return-rst in on lo0 proto tcp from any to any port = 22"

/* A test whose timeline has the fix in it; `more` is run before the connect. */
#define STORY(rule, more)                                                                          \
    "test('t', function(box)\n  box:filter('" rule "')\n  " more                                   \
    "\n  box:connect('127.0.0.1', 22)\nend)\n"

static void each_format_tells_how_a_test_ended(void **state)
{
    static const struct {
        const char *format, *script;
        int code;
        const char *in_out;
    } rows[] = {
        {"tap", "test('t', function() end)", 0, "TAP version 13\nok 1 - x.lua:t\n1..1\n"},
        {"tap", "test('t', { skip = 'a #1' }, function() end)", 0,
         "ok 1 - x.lua:t # SKIP a \\#1\n1..1\n"},
        {"tap", "test('a # b\\\\', function() end)", 0, "ok 1 - x.lua:a \\# b\\\\\n"},
        {"tap", "test('t', function() error('no') end)", 2,
         "not ok 1 - x.lua:t\n  ---\n  status: mistake\n  line: 1\n  time_us: 0\n"
         "  message: |\n    x.lua:1: no\n    at 0.000000 s\n  ...\n1..1\n"},
        {"tap", "error('no')", 2, "not ok 1 - x.lua\n  ---\n  status: mistake\n"},
        {"tap", "", 4, "TAP version 13\n1..0\n"},
        {"junit", "test('t', function(box) box:sleep(2.5) end)", 0,
         "<testcase name=\"t\" classname=\"x\" time=\"2.500000\"/>"},
        {"junit", "test('<&>\"', function() end)", 0, "name=\"&lt;&amp;&gt;&quot;\""},
        {"junit", "test('t', function() expect.ok(false) end)", 1,
         "tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\""},
        {"junit", "test('t', function() error(']]>') end)", 2,
         "<error type=\"mistake\" message=\"x.lua:1: ]]&gt;\">"},
        {"junit", "error('no')", 2, "<testcase name=\"(the file)\" classname=\"x\""},
        {"junit", "", 4, "<testsuites>\n</testsuites>\n"},
        {"json", "test('t', { tags = { 'a', 'b' } }, function() end)", 0,
         "\"tags\": [\n        \"a\",\n        \"b\"\n      ],\n      \"status\": \"passed\""},
        {"json", "test('\\xff', function() end)", 0, "\"test\": \"\\\\xff\""},
        {"json", "error('no')", 2, "\"test\": null,\n      \"status\": \"mistake\""},
        {"json", "", 4, "\"results\": [],"},
        {"tap --dry-run", "test('t', function() end)", 0,
         "ok 1 - x.lua:t # SKIP would be run\n1..1\n"},
        {"tap -x", "test('t', function() expect.fail() end)", 1,
         "# ended at the first failure\n1..1\n"},
        {"tap", "test('t', function() error('\\n\\n  two') end)", 2,
         "  message: |\n    x.lua:1: \n\n      two\n"},
        {"junit --dry-run", "test('t', function() end)", 0,
         "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\" time=\"0.000000\">"},
        {"junit --dry-run", "test('t', { skip = true }, function() end)", 0, "      <skipped/>\n"},
        {"junit --dry-run", "error('no')", 2, "<error type=\"mistake\" message=\"x.lua:1: no\">"},
        {"junit -v", "test('t', function() error('a & b') end)", 2,
         ">x.lua:1\nx.lua:1: a &amp; b\n"},
        {"junit -v", "error('no')", 2, "    <system-out/>\n"},
        {"json --dry-run",
         "test('t', { skip = 'no' }, function() end)\ntest('u', function() end)\n", 0,
         "\"status\": \"would run\""},
        {"json --dry-run", "test('t', function() end)", 0, "\"would run\": 1,\n    \"failed\": 0"},
        {"json -v", "test('t', function(box) box:note('\\\\ and \"') end)", 0, "\\\\ and \\\"\\n"},
        {"json -x", "test('t', function() expect.fail() end)", 1, "\"stopped\": true"},
        {"pretty", "test('t', function() end)", 0, "1 passed, 0 failed"},
        {"xml", "test('t', function() end)", 2, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[100];
        snprintf(line, sizeof(line), "run --format %s x.lua", rows[i].format);
        write_file("x.lua", rows[i].script);
        command_t command = run_command("", line);
        if (command.code != rows[i].code)
            print_error("%s: %s\n", rows[i].format, rows[i].script);
        assert_command(command, rows[i].code, rows[i].in_out, "");
    }
    assert_command(run_command("", "run --format xml x.lua"), 2, "",
                   "there is no format 'xml'; there are: pretty, tap, junit, json");
}

static void a_class_in_junit_is_a_file_without_the_ending_of_a_script(void **state)
{
    static const char *const rows[][2] = {
        {"x.lua", "classname=\"x\""},
        {"y", "classname=\"y\""},
        {"of.tests", "classname=\"of.tests\""},
        {".lua", "classname=\".lua\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        write_file(rows[i][0], "test('t', function() end)\n");
    command_t command = run_command("", "run --format junit x.lua y of.tests .lua");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_command(command, 0, rows[i][1], "");
    assert_command(command, 0, "<testsuite name=\".lua\" package=\"lo0sim\" id=\"3\"", "");
}

static void junit_has_each_timeline_with_its_test(void **state)
{
    (void)state;
    write_file("x.lua", STORY(RULE, "") "test('a <b>', function(box) box:sleep(1) end)\n");
    command_t command = run_command("", "run -v --format junit x.lua");
    assert_command(command, 0, "    <system-out>t\n  0.000000 ", "");
    assert_non_null(strstr(command.out, "fr_make_rst"));
    const char *second = strstr(command.out, "\n\na &lt;b&gt;\n  0.000000 ");
    assert_non_null(second);
    assert_non_null(strstr(second, "\n</system-out>\n    <system-err/>\n"));
    assert_int_equal(
        system("xmllint --noout --schema " SOURCE "/tests/cli/junit.xsd .out 2>/dev/null"), 0);
    assert_command(run_command("", "run --format junit x.lua"), 0, "    <system-out/>\n", "");
}

static void json_lines_have_the_rewrite_with_its_bytes(void **state)
{
    (void)state;
    write_file("x.lua", STORY(RULE, ""));
    assert_command(run_command("", "run --jsonl x.jsonl x.lua"), 0, "1 passed", "");
    const char *text = read_file("x.jsonl");
    assert_non_null(strstr(text, "{\"type\":\"test\",\"version\":2,\"file\":\"x.lua\",\"test\":"
                                 "\"t\",\"line\":1,\"seed\":\"1\"}\n"));
    assert_non_null(strstr(text, "\"verdict\":\"block\",\"rule\":{\"group\":\"0\",\"number\":1,"
                                 "\"text\":\"" RULE "\"}"));
    const char *rst = strstr(text, "\"station\":\"fr_make_rst\"");
    assert_non_null(rst);
    assert_non_null(strstr(rst, "\"text\":\"127.0.0.1.22 > 127.0.0.1.34448 R. 0:0(0) ack 1 win"));
    assert_non_null(strstr(rst, "\"before\":{\"length\":64,\"text\":\"127.0.0.1.34448 > "
                                "127.0.0.1.22 S 0:0(0)"));
    assert_non_null(strstr(text, "\"errno\":\"ECONNREFUSED\"}\n"));
    assert_non_null(strstr(text, "{\"type\":\"result\",\"status\":\"passed\",\"time_us\":0,"));
}

static void a_file_is_for_one_test(void **state)
{
    (void)state;
    write_file("x.lua", "test('a b', function() end)\ntest('a  b', function() end)\n");
    assert_command(run_command("", "run --jsonl x.jsonl x.lua"), 2, "", "--jsonl x.jsonl is one");
    assert_command(run_command("", "run --jsonl %t.jsonl x.lua"), 2, "",
                   "x.lua: the tests 'a  b' and 'a b' would both be written to a_b.jsonl");
    assert_command(run_command("", "run --jsonl %t.jsonl -k 'a b' x.lua"), 0, "1 passed", "");
    assert_command(run_command("", "run --jsonl a --jsonl b x.lua"), 2, "",
                   "--jsonl is given twice");
    assert_command(run_command("", "run --jsonl no/x.jsonl 'x.lua:a b'"), 2,
                   "--jsonl: no/x.jsonl: No such file or directory", "");
}

static void a_bundle_repeats_the_failure(void **state)
{
    (void)state;
    assert_int_equal(system("mkdir -p s/lib s/rules"), 0);
    write_file("s/lib/l.lua", "return { port = 22 }\n");
    write_file("s/rules/r.conf", "set intercept_loopback true;\n" RULE "\n");
    write_file("s/x.lua", "local lib = include('lib/l.lua')\n"
                          "test('it\\'s < wrong', function(box)\n"
                          "  box:filter { file = 'rules/r.conf' }\n"
                          "  local _, err = box:connect('127.0.0.1', lib.port)\n"
                          "  expect.eq(err, box:rand(1, 1000000))\nend)\n"
                          "test('fine', function() end)\n");
    command_t command = run_command("", "run --seed 7 --bundle out/b s/x.lua");
    assert_command(command, 1, "        bundle: sh out/b/s_x.it_s_wrong/repeat\n", "");
    char *actual = strdup(strstr(command.out, "expected"));
    *strstr(actual, "at 0.0") = '\0';
    assert_int_equal(system("rm -r s && ls out/b >.ls"), 0);
    assert_string_equal(read_file(".ls"), "s_x.it_s_wrong\n");
    assert_int_equal(system("PATH=$(dirname " PROGRAM "):$PATH "
                            "sh out/b/s_x.it_s_wrong/repeat >.again; test $? = 1"),
                     0);
    assert_int_equal(
        system("LO0SIM=" PROGRAM " sh out/b/s_x.it_s_wrong/repeat >.again; test $? = 1"), 0);
    assert_non_null(strstr(read_file(".again"), actual));
    free(actual);
    assert_non_null(strstr(read_file("out/b/s_x.it_s_wrong/timeline.txt"), "fr_make_rst"));
    assert_non_null(strstr(read_file("out/b/s_x.it_s_wrong/trace.jsonl"), "\"status\":\"failed\""));
    assert_non_null(strstr(read_file("out/b/s_x.it_s_wrong/report.txt"), "expect.eq failed"));
    assert_non_null(
        strstr(read_file("out/b/s_x.it_s_wrong/repeat"), "--seed 7 \"$@\" 'x.lua:it'\\''s"));
}

static void what_is_missing_stands_where_it_was_named(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function() end)\n");
    command_t command = run_command("", "run --format tap x.lua no.lua x.lua no2.lua");
    assert_command(command, 2, "ok 1 - x.lua:t", "");
    assert_command(command, 2, "not ok 2 - no.lua", "");
    assert_command(command, 2, "ok 3 - x.lua:t", "");
    assert_command(command, 2, "not ok 4 - no2.lua", "");
}

static void bundles_of_two_scripts_stand_side_by_side_and_a_shell_takes_their_names(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function() expect.ok(false) end)\n");
    assert_int_equal(system("mkdir d && cp x.lua d"), 0);
    command_t command = run_command("", "run --bundle 'a b' x.lua d/x.lua");
    assert_command(command, 1, "bundle: sh 'a b/x.t/repeat'\n", "");
    assert_command(command, 1, "bundle: sh 'a b/d_x.t/repeat'\n", "");
}

static void a_bundle_repeats_a_crash_and_a_golden_too(void **state)
{
    (void)state;
    write_file("x.lua", STORY(RULE, ""));
    run_command("CI=", "run --update x.lua");
    write_file("x.lua", STORY(RULE, "box:sleep(1)"));
    assert_command(run_command("", "run --bundle b x.lua"), 1, "bundle: sh b/x.t/repeat", "");
    assert_int_equal(system("PATH=$(dirname " PROGRAM "):$PATH sh b/x.t/repeat >.again;"
                            "test $? = 1"),
                     0);
    assert_non_null(strstr(read_file(".again"), "the timeline differs from line 2 on"));
    write_file("y.lua", STORY(RULE, ""));
    assert_command(
        run_command("", "run --bundle b --hook \"" LO0SIM_ODD_HOOK "\":crash-later y.lua"), 3,
        "bundle: sh b/y.t/repeat", "");
    assert_int_equal(system("PATH=$(dirname " PROGRAM "):$PATH sh b/y.t/repeat >.again;"
                            "test $? = 3"),
                     0);
    assert_non_null(strstr(read_file("b/y.t/repeat"), "--hook './odd_hook.so:crash-later'"));
    assert_non_null(strstr(read_file("b/y.t/trace.jsonl"), "\"station\":\"ip_wput_local\""));
    write_file("file", "");
    assert_command(run_command("", "run --bundle file x.lua"), 1,
                   "no bundle: file/x.t/report.txt: Not a directory", "");
}

static void a_bundle_repeats_with_the_options_of_its_run(void **state)
{
    static const char *const words[] = {" run --seed 5 ",
                                        " --max-instant 5000 ",
                                        " --max-time 999 ",
                                        " --max-wall 77 ",
                                        " --max-instructions 2000000 ",
                                        " --max-memory 9 ",
                                        " --max-output 8 ",
                                        " --allow-exec ",
                                        " --fault 'drop SYN' ",
                                        " --hosts hosts ",
                                        " --hook './odd_hook.so:keep-nothing' "};
    (void)state;
    write_file("x.lua", "test('t', function(box) expect.eq(1, 2) end)\n");
    write_file("names", "10.0.0.1 server\n::1 six\n");
    assert_command(
        run_command("", "run --bundle b --seed 5 --max-instant 5000 --max-time 999 --max-wall 77 "
                        "--max-instructions 2000000 --max-memory 9 --max-output 8 --allow-exec "
                        "--fault 'drop SYN' --hosts names --hook \"" LO0SIM_ODD_HOOK
                        "\":keep-nothing x.lua"),
        1, "bundle: sh b/x.t/repeat\n", "");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *repeat = read_file("b/x.t/repeat");
        if (strstr(repeat, words[i]) == NULL)
            fail_msg("'%s' is not in:\n%s", words[i], repeat);
    }
    assert_string_equal(read_file("b/x.t/hosts"), "10.0.0.1 server\n::1 six\n");
    assert_int_equal(system("PATH=$(dirname " PROGRAM "):$PATH sh b/x.t/repeat >.again;"
                            "test $? = 1"),
                     0);
}

static void a_bundle_that_cannot_be_written_says_so(void **state)
{
    static const struct {
        const char *before, *said;
    } rows[] = {
        {"mkdir -p b/x.t/report.txt;", "no bundle: b/x.t/report.txt: Is a directory\n"},
        {"mkdir -p b/x.t/repeat;", "no bundle: b/x.t/repeat: Is a directory\n"},
        {"mkdir -p b/x.t/x.lua;", "no bundle: b/x.t/x.lua: Is a directory\n"},
        {"mkdir -p b/x.t/timeline.txt;", "no bundle: b/x.t/timeline.txt: Is a directory\n"},
        {"mkdir -p b; ln -s /dev/full b/x.t;", "no bundle: b/x.t/report.txt: Not a directory\n"},
        {"mkdir -p b/x.t; ln -s /dev/full b/x.t/report.txt;",
         "no bundle: b/x.t: No space left on device\n"},
        {"mkdir -p b/x.t; ln -s /dev/full b/x.t/timeline.txt;",
         "no bundle: b/x.t: No space left on device\n"},
        {"mkdir -p b/x.t/trace.jsonl;",
         "bundle: sh b/x.t/repeat; its files end early: --bundle: b/x.t/trace.jsonl: Is a "
         "directory\n"},
        /* What the script reads is copied in the test's own process. */
        {"mkdir -p b/x.t/r.conf;", "no bundle: b/x.t: Is a directory\n"},
    };
    (void)state;
    write_file("r.conf", "pass in all\n");
    write_file("x.lua", "test('t', function(box)\n"
                        "  box:filter{ file = 'r.conf' } box:ping('::1') expect.eq(1, 2)\n"
                        "end)\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_command(run_command(rows[i].before, "run --bundle b x.lua"), 1, rows[i].said, "");
        assert_int_equal(system("rm -r b"), 0);
    }
}

static void a_bundle_whose_golden_cannot_be_read_is_none(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) expect.fail() end)\n");
    assert_command(run_command("ln -s /proc/self/mem x.trace;", "run --bundle b x.lua"), 2,
                   "no bundle: x.trace: Input/output error\n", "");
}

static void what_a_script_does_not_find_is_not_missing_in_its_bundle(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box)\n"
                        "  pcall(box.filter, box, { file = 'not-there.conf' }) expect.fail()\n"
                        "end)\n");
    assert_command(run_command("", "run --bundle b x.lua"), 1, "bundle: sh b/x.t/repeat\n", "");
}

static void a_bundle_is_of_the_test_that_failed_and_of_no_other(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function() expect.fail('plain') end)\n"
                        "test('t', { modes = { 'inject' } }, function() end)\n");
    assert_command(run_command("", "run --bundle b x.lua"), 1, "bundle: sh b/x.t/repeat\n", "");
    assert_non_null(strstr(read_file("b/x.t/trace.jsonl"), "plain"));
    assert_int_equal(system("LO0SIM=" PROGRAM " sh b/x.t/repeat >.again"), 256);
    assert_non_null(strstr(read_file(".again"), "0 passed, 1 failed\n"));
    assert_command(run_command("", "run --bundle $(printf 'd/%.0s' $(seq 1950)) x.lua"), 1,
                   ": File name too long\n", "");
}

static void two_runs_are_the_same_to_the_byte(void **state)
{
    (void)state;
    write_file("x.lua", STORY(RULE, "") "test('u', function(box) box:rand(1, 6) end)\n");
    write_file("y.lua", "test('t', function(box) expect.eq(box:rand(1, 100), tostring({})) end)\n");
    assert_command(run_command("", "run --check-determinism x.lua"), 0,
                   "  same   x.lua: 10 files, ", "");
    assert_command(run_command("", "run --check-determinism --seed 5 x.lua y.lua"), 1,
                   "its tests do not all pass\n\n2 the same in two runs, 0 differ\n", "");
    assert_command(run_command("", "run --check-d -k t 'x.lua:t'"), 0, "  same   x.lua:t: 6 files",
                   "");
    assert_command(run_command("", "run --check-determinism missing.lua"), 2, "",
                   "missing.lua: No such file");
    assert_command(run_command("", "run --check-determinism -k zz x.lua"), 4, "", "no test");
    static const char *const refused[] = {"--update",  "--jsonl x",    "--bundle b",   "--list",
                                          "--dry-run", "--format tap", "--last-failed"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        char line[100];
        snprintf(line, sizeof(line), "run --check-determinism %s x.lua", refused[i]);
        assert_command(run_command("CI=", line), 2, "", "--check-determinism ");
    }
}

/* Longer than the name of a temporary folder may be. */
#define TOO_LONG                                                                                   \
    "/tmp/lo0sim-0123456789012345678901234567890123456789012345678901234567890123456789"

static void two_runs_need_a_folder(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function() end)\n");
    write_file("y.lua", "oops\n");
    assert_command(run_command("TMPDIR=/nonexistent", "run --check-determinism x.lua"), 2, "",
                   "lo0sim run: /nonexistent/lo0sim.");
    assert_command(run_command("TMPDIR=", "run --check-determinism x.lua"), 0,
                   "1 the same in two runs, 0 differ\n", "");
    assert_int_equal(system("mkdir -p " TOO_LONG), 0);
    assert_command(run_command("TMPDIR=" TOO_LONG, "run --check-determinism x.lua"), 0,
                   "1 the same in two runs, 0 differ\n", "");
    assert_int_equal(system("rmdir " TOO_LONG), 0);
    assert_command(run_command("", "run --check-determinism y.lua"), 2, "  same   y.lua: 2 files, ",
                   "");
    assert_command(run_command("", "run --check-determinism y.lua"), 2,
                   "its tests do not all pass\n         y.lua:2: syntax error near <eof>\n", "");
}

static void tests_with_one_file_name_are_the_same_too(void **state)
{
    (void)state;
    write_file("x.lua", "for _, name in ipairs { 'a b', 'a/b', '..', ('n'):rep(300) } do\n"
                        "  test(name, function(box) box:rand(1, 6) end)\nend\n");
    command_t command = run_command("", "run --check-determinism x.lua");
    assert_command(command, 0, "\n4 the same in two runs, 0 differ\n", "");
    assert_non_null(strstr(command.out, "  same   x.lua:a/b: 6 files, "));
    assert_null(strstr(command.out, "do not all pass"));
    assert_command(run_command("", "run --check-determinism x.lua:.."), 0,
                   "  same   x.lua:..: 6 files, ", "");
}

static void a_run_that_differs_is_found(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) box:connect('127.0.0.1', 22) end)\n");
    command_t command =
        run_command("", "run --check-determinism --hook \"" LO0SIM_ODD_HOOK "\":address x.lua");
    assert_command(command, 3, "  DIFFER x.lua: t.jsonl, line ", "");
    const char *column = strstr(command.out, ", column ");
    const char *one = strstr(command.out, "         1: ..."),
               *two = strstr(command.out, "\n         2: ...");
    assert_non_null(column);
    assert_non_null(one);
    assert_non_null(two);
    /* It is far after the line's beginning, and with what is before it, 3 + 80 bytes in. */
    assert_true(strtoul(column + strlen(", column "), NULL, 10) > 200);
    one += strlen("         1: ");
    two += strlen("\n         2: ");
    assert_memory_equal(one, two, 83);
    assert_true(one[83] != two[83]);
    assert_non_null(strstr(command.out, "\n0 the same in two runs, 1 differ\n"));
}

/* A test that runs for minutes, and what a shell says of whoever is left
 * of a run in this folder. */
#define SLOW "test('slow', function() while true do end end)\n"
#define LEFT                                                                                       \
    "left=1; for i in 1 2 3 4 5 6 7 8 9 10; do left=0; for p in /proc/[0-9]*; do "                 \
    "[ \"$(readlink $p/cwd)\" = \"$PWD\" ] && [ \"$(cat $p/comm)\" = lo0sim ] && left=1; done; "   \
    "[ $left = 0 ] && break; sleep 0.1; done; "

static void no_test_outlives_its_run(void **state)
{
    (void)state;
    write_file("x.lua", SLOW);
    assert_int_equal(
        system(PROGRAM
               " run -j1 --max-instructions 100000000000 --max-wall 20 x.lua >/dev/null & pid=$!; "
               "sleep 0.5; kill -TERM $pid; wait $pid; code=$?; " LEFT
               "test $code = 143 -a $left = 0"),
        0);
}

static void a_check_that_is_ended_leaves_nothing(void **state)
{
    static const struct {
        const char *name;
        int code;
    } rows[] = {{"INT", 130}, {"TERM", 143}, {"HUP", 129}};
    (void)state;
    write_file("x.lua", SLOW);
    assert_int_equal(mkdir("tmp", 0700), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[1000];
        /* A shell's background job ignores INT, so `env` takes it back. */
        snprintf(line, sizeof(line),
                 "TMPDIR=$PWD/tmp env --default-signal=INT " PROGRAM
                 " run --check-determinism --max-instructions 100000000000 --max-wall 20 x.lua & "
                 "pid=$!; "
                 "until ls tmp | grep -q lo0sim; do sleep 0.1; done; sleep 0.3; "
                 "kill -%s $pid; wait $pid; code=$?; " LEFT
                 "test $code = %d -a $left = 0 -a -z \"$(ls tmp)\"",
                 rows[i].name, rows[i].code);
        if (system(line) != 0)
            fail_msg("%s", rows[i].name);
    }
    write_file("x.lua", "test('t', function() end)\n");
    assert_int_equal(system("(TMPDIR=$PWD/tmp " PROGRAM
                            " run --check-determinism x.lua x.lua; echo $? >code) | true; "
                            "test $(cat code) = 141 -a -z \"$(ls tmp)\""),
                     0);
}

static void below_nohup_a_check_goes_on(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) box:ping('::1') end)\n");
    assert_int_equal(system("(trap '' HUP; exec " PROGRAM " run --check-determinism x.lua) >.out"),
                     0);
    assert_non_null(strstr(read_file(".out"), "0 differ"));
}

/* Of a connection that ends with FIN: flags that no block shows. */
static void a_golden_of_a_connection_that_differs_is_explained(void **state)
{
    static const struct {
        const char *golden_sed, *said;
    } rows[] = {
        {"s/\\(ip_wput_ire.*\\) F\\. /\\1 R. /",
         "flags        R. -> F.: it is no reset any more\n"},
        {"s/\\(ip_wput_ire.*\\) F\\. /\\1 S. /", "flags        S. -> F.\n"},
        {"s/\\(\\.\\.\\. \\)3.375 s/\\12.375 s/",
         "... (a SYN again, the same way as before) is another"},
    };
    (void)state;
    write_file("x.lua", "test('t', function(box)\n"
                        "  box:spawn('s', function() box:listen(80):accept():close() end)\n"
                        "  box:connect('127.0.0.1', 80):close()\n"
                        "  box:sleep(1) box:filter('block in quick proto tcp all')\n"
                        "  box:connect('127.0.0.1', 22)\nend)\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[200];
        run_command("CI=", "run --update x.lua");
        snprintf(line, sizeof(line), "sed -i '%s' x.trace", rows[i].golden_sed);
        assert_int_equal(system(line), 0);
        assert_command(run_command("", "run x.lua"), 1, rows[i].said, "");
    }
}

/* It is longer than what is read of a golden at once. */
static void a_golden_with_a_line_without_end_is_told_apart(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) box:connect('127.0.0.1', 22) end)\n");
    assert_command(run_command("CI=", "run --update x.lua"), 0, "1 passed", "");
    assert_int_equal(system("{ echo == t; printf %0700000d 1; } >x.trace"), 0);
    command_t command = run_command("", "run x.lua");
    assert_command(command, 1, "x.trace: ", "");
    assert_command(command, 1, "0 passed, 1 failed", "");
}

static void a_golden_that_differs_is_explained(void **state)
{
    static const struct {
        const char *what, *script, *golden_sed;
        const char *in_out[2];
    } rows[] = {
        {"an event more",
         STORY(RULE, "box:reply_mode('inject')"),
         "",
         {"  + ", "main (a call of the process, and what came of it) is new: reply mode inject"}},
        {"an event less",
         STORY(RULE, ""),
         "s/^.*LOOPBACK_OUT$/&\\n            more/",
         {"  -             more\n",
          "more (a call of the process, and what came of it) is missing"}},
        {"another rule",
         STORY("block return-rst in quick proto tcp from any to any port = 22", ""),
         "",
         {"fr_firewall (what the rules decided) is another:",
          "rule is      @0:1 block return-rst in quick proto tcp"}},
        {"another window",
         STORY(RULE, ""),
         "s/\\(ip_wput_ire.*\\)win .*/\\1win 5/",
         {"ip_wput_ire (a packet as it leaves TCP or UDP) is another:\n",
          "            win          5 -> 49152\n"}},
        {"other flags",
         STORY(RULE, ""),
         "s/\\(snoop.*\\) R. .*/\\1 S 0:0(0)/",
         {"flags        S -> R.: it is a reset now, where a SYN went on\n",
          "ack          none -> 1\n"}},
        {"a SYN that goes on",
         STORY(RULE, ""),
         "s/\\(LOOPBACK_IN.*\\|ip_wput_ire.*\\) S 0:0.*/\\1 R. 0:0(0) ack 1/",
         {"flags        R. -> S: it is a SYN still, where a reset came\n",
          "ack          1 -> none\n"}},
        {"a reset more",
         STORY(RULE, ""),
         "s/\\(snoop.*\\) R. /\\1 . /",
         {"flags        . -> R.: it is a reset now\n", "snoop"}},
        {"a reset less",
         STORY(RULE, ""),
         "s/\\(ip_wput_ire.*\\) S /\\1 R /",
         {"flags        R -> S: it is a SYN still, where a reset came\n", "ip_wput_ire"}},
        {"no reset any more",
         STORY(RULE, ""),
         "s/\\(ip_wput_ire.*\\) S /\\1 R. /; s/ > 127.0.0.1.22 S / > 127.0.0.1.22 F /",
         {"flags        ", "ip_wput_ire"}},
        {"other flags of data",
         STORY(RULE, ""),
         "s/\\(ip_wput_ire.*\\) S /\\1 P. /",
         {"flags        P. -> S\n", "ip_wput_ire"}},
        {"no packet where there was one",
         STORY(RULE, ""),
         "s/\\(ip_wput_ire *\\).*/\\1 a > b/",
         {"ip_wput_ire (a packet as it leaves TCP or UDP) is another:\n", "a > b"}},
        {"a row of the rewrite",
         STORY(RULE, ""),
         "s/34448 -> 22/34448 -> 21/",
         {"fr_make_rst (the packet becomes the RST) is another:\n",
          "golden       source port       34448 -> 21\n"}},
        {"another time",
         STORY(RULE, ""),
         "s/^  0.000000/  1.500000/",
         {"main (a call of the process", "time         1.500000 s -> 0.000000 s\n"}},
        {"another station",
         STORY(RULE, ""),
         "s/^.*LOOPBACK_OUT$/            PHYSICAL_OUT/",
         {"PHYSICAL_OUT (the hooks before the wire)\n",
          "and now, at 0.000000 s, LOOPBACK_OUT (the hooks on the way out)\n"}},
        {"an end that is missing",
         STORY(RULE, ""),
         "$d",
         {"  + ", "is new: connect 127.0.0.1.22: ECONNREFUSED"}},
        {"the first line of the rewrite",
         STORY(RULE, ""),
         "s/the packet becomes the RST/the packet is the RST/",
         {"fr_make_rst (the packet becomes the RST) is another:\n", "the packet is the RST"}},
        {"a short line", STORY(RULE, ""), "s/^.*LOOPBACK_OUT$/&\\nx/", {"  - x\n", "LOOPBACK_OUT"}},
        {"words before the packet",
         STORY(RULE, ""),
         "s/\\(ip_wput_ire *\\)\\(.*\\) S /\\1a copy: \\2 P /",
         {"flags        P -> S\n", "ip_wput_ire"}},
        {"no time where a time stands",
         STORY(RULE, ""),
         "s/^  0.000000/  0.00000x/",
         {"  -   0.00000x", "ip_wput_ire"}},
        {"a time that is too long",
         STORY(RULE, ""),
         "s/^  0.000000 /  0.0000000/",
         {"  -   0.0000000", "ip_wput_ire"}},
        {"more fields than a packet has",
         STORY(RULE, ""),
         "s/\\(ip_wput_ire.*\\) win .*/\\1 ack 1 ack 2 ack 3 ack 4 ack 5 ack 6 ack 7 ack 8 ack 9 "
         "ack 10 "
         "ack 11 ack 12 ack 13 ack 14/",
         {"ip_wput_ire (a packet as it leaves TCP or UDP) is another:\n", "ack"}},
        {"nothing is left", STORY(RULE, ""), "2,$d", {"from line 1 on", "is new"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[400];
        write_file("x.lua", STORY(RULE, ""));
        run_command("CI=", "run --update x.lua");
        snprintf(line, sizeof(line), "sed -i '%s' x.trace", rows[i].golden_sed);
        assert_int_equal(system(line), 0);
        write_file("x.lua", rows[i].script);
        command_t command = run_command("", "run x.lua");
        if (command.code != 1 || strstr(command.out, rows[i].in_out[0]) == NULL)
            print_error("%s:\n", rows[i].what);
        assert_command(command, 1, rows[i].in_out[0], "");
        assert_command(command, 1, rows[i].in_out[1], "");
    }
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(each_format_tells_how_a_test_ended),
        CLI_TEST(a_class_in_junit_is_a_file_without_the_ending_of_a_script),
        CLI_TEST(junit_has_each_timeline_with_its_test),
        CLI_TEST(json_lines_have_the_rewrite_with_its_bytes),
        CLI_TEST(a_file_is_for_one_test),
        CLI_TEST(a_bundle_repeats_the_failure),
        CLI_TEST(what_is_missing_stands_where_it_was_named),
        CLI_TEST(bundles_of_two_scripts_stand_side_by_side_and_a_shell_takes_their_names),
        CLI_TEST(a_bundle_repeats_a_crash_and_a_golden_too),
        CLI_TEST(a_bundle_repeats_with_the_options_of_its_run),
        CLI_TEST(a_bundle_that_cannot_be_written_says_so),
        CLI_TEST(a_bundle_is_of_the_test_that_failed_and_of_no_other),
        CLI_TEST(two_runs_are_the_same_to_the_byte),
        CLI_TEST(two_runs_need_a_folder),
        CLI_TEST(tests_with_one_file_name_are_the_same_too),
        CLI_TEST(a_run_that_differs_is_found),
        CLI_TEST(no_test_outlives_its_run),
        CLI_TEST(a_check_that_is_ended_leaves_nothing),
        CLI_TEST(a_golden_that_differs_is_explained),
        CLI_TEST(below_nohup_a_check_goes_on),
        CLI_TEST(a_golden_of_a_connection_that_differs_is_explained),
        CLI_TEST(a_golden_with_a_line_without_end_is_told_apart),
        CLI_TEST(a_bundle_whose_golden_cannot_be_read_is_none),
        CLI_TEST(what_a_script_does_not_find_is_not_missing_in_its_bundle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
