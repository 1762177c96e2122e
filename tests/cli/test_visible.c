/* SPDX-License-Identifier: BSD-3-Clause
 *
 * No view sends the raw contents of a script, of rules or of a file's name to a terminal.
 */
#include "sim/base/visible.h"
#include "tests/cli/command.h"

/* As Lua writes it, and as it is shown: the title of a window, C1's CSI, an override of direction,
 * and a byte that is no UTF-8. */
#define EVIL  "\\27]0;x\\7\\u{9b}2J\\u{202e}\\xff"
#define SHOWN "\\x1b]0;x\\a\\u{9b}2J\\u{202e}\\xff"
#define BYTES                                                                                      \
    "\x1b]0;x\a\xc2\x9b"                                                                           \
    "2J\xe2\x80\xae\xff"
#define TWICE  "\\\\x1b]0;x\\\\a\\\\u{9b}2J\\\\u{202e}\\\\xff" /* where a backslash is doubled */
#define QUOTED "\\u005cx1b]0;x\\u005ca\\u005cu{9b}2J\\u005cu{202e}\\u005cxff"
/* box:note takes no control characters. */
#define NOTE       "\\u{9b}2J\\u{202e}\\xff"
#define NOTE_SHOWN "\\u{9b}2J\\u{202e}\\xff"

/* Places that a name can come from, in a test that passes. */
#define NAMES                                                                                      \
    "test('name" EVIL "', { tags = { 'tag" EVIL "' } }, function(box)\n"                           \
    "  box:filter('log in quick on lo0 all')\n"                                                    \
    "  box:hook('LOOPBACK_OUT', function() end, { name = 'hook" EVIL "' })\n"                      \
    "  box:note('note" NOTE "')\n"                                                                 \
    "  box:spawn('process" EVIL "', function() box:connect('127.0.0.1', 22) end):join()\n"         \
    "end)\n"

static void assert_visible(const char *what, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t length = *at == '\n' ? 1 : visible_length(at);
        if (length == 0)
            fail_msg("%s: there is a byte 0x%02x in\n%s", what, (unsigned char)*at, text);
        at += length;
    }
}

/* Runs a command, whose output must be visible and have each text in it. */
static command_t assert_shown(const char *arguments, int code, const char *in_out,
                              const char *in_err)
{
    command_t command = run_command("", arguments);
    assert_command(command, code, in_out, in_err);
    assert_visible(arguments, command.out);
    assert_visible(arguments, command.err);
    return command;
}

static void each_view_shows_names_escaped(void **state)
{
    static const struct {
        const char *arguments;
        const char *shown[4];
    } rows[] = {
        {"run x.lua", {"ok    name" SHOWN " "}},
        {"run -v x.lua", {"process" SHOWN, "hook" SHOWN ": pass", "note" NOTE_SHOWN}},
        {"run --ladder x.lua", {"process" SHOWN, "note" NOTE_SHOWN}},
        {"run --list x.lua", {"x.lua:name" SHOWN "\n"}},
        {"run --dry-run x.lua", {"run   name" SHOWN}},
        {"run -v --format tap x.lua",
         {"ok 1 - x.lua:name" TWICE, "process" SHOWN, "hook" SHOWN, "note" NOTE_SHOWN}},
        {"run -v --format junit x.lua",
         {"<testcase name=\"name" SHOWN "\"", "process" SHOWN, "hook" SHOWN, "note" NOTE_SHOWN}},
        {"run -v --format json x.lua",
         {"\"test\": \"name" TWICE "\"", "\"tag" TWICE "\"", "process" TWICE, "hook" TWICE}},
        {"compare x.lua", {"name" SHOWN "\n"}},
        {"compare --eras post --modes inject --format json x.lua", {NULL}},
        {"ipmon x.lua", {NULL}},
        {"ipfstat -io x.lua", {NULL}},
        {"run 'x.lua:name" SHOWN "'", {"1 passed"}},
        {"run 'x.lua:name" BYTES "'", {"1 passed"}},
    };
    (void)state;
    write_file("x.lua", NAMES);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        command_t command = run_command("", rows[i].arguments);
        assert_visible(rows[i].arguments, command.out);
        assert_visible(rows[i].arguments, command.err);
        for (size_t k = 0; k < 4 && rows[i].shown[k] != NULL; k++)
            assert_command(command, 0, rows[i].shown[k], "");
    }
}

static void each_file_that_is_written_has_names_escaped(void **state)
{
    static const struct {
        const char *arguments, *file;
        const char *shown[4];
    } rows[] = {
        {"run --jsonl x.jsonl x.lua",
         "x.jsonl",
         {"name" TWICE, "process" TWICE "\"", "hook" TWICE "\"", "note\\\\u{9b}"}},
        {"run --html x.html x.lua",
         "x.html",
         {"<title>name" SHOWN, "process" QUOTED, "hook" QUOTED, "note\\u005cu{9b}"}},
        {"run --update x.lua",
         "x.trace",
         {"name" SHOWN "\n", "process" SHOWN, "hook" SHOWN ": pass", "note" NOTE_SHOWN}},
    };
    (void)state;
    write_file("x.lua", NAMES);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_shown(rows[i].arguments, 0, "1 passed", "");
        const char *text = read_file(rows[i].file);
        assert_visible(rows[i].file, text);
        for (size_t k = 0; k < 4; k++) {
            if (strstr(text, rows[i].shown[k]) == NULL)
                fail_msg("there is no '%s' in\n%s", rows[i].shown[k], text);
        }
    }
    assert_shown("run x.lua", 0, "1 passed", ""); /* the golden is found, and is the same */
}

/* Each is what a failure, a mistake or a skip quotes. */
static const struct {
    const char *script, *shown;
} failures[] = {
    {"test('t', { skip = 'why" EVIL "' }, function() end)", "why" SHOWN},
    {"test('t', function() expect.eq(1, 2, 'message" EVIL "') end)", "message" SHOWN},
    {"test('t', function() expect.ok(false, 'fail" EVIL "') end)", "fail" SHOWN},
    {"test('t', function() expect.eq('" EVIL "', 2) end)", "expected  "},
    {"test('t', function() error('error" EVIL "') end)", "error" SHOWN},
    {"error('chunk" EVIL "')", "chunk" SHOWN},
    {"test('t', function(box) box:spawn('p" EVIL "', function()\n"
     "  box:listen(22):accept() end):join() end)",
     "p" SHOWN " waits"},
    {"test('t', function(box) box:filter('block in quick on lo0 from \"h" EVIL "\" to any') end)",
     SHOWN},
    {"test('t', function(box) box:filter('blo" EVIL "ck in all') end)", SHOWN},
    {"test('t', function(box) box:filter('block in all head g" NOTE "x') box:filter('x') end)", ""},
    {"test('t', function(box) box:filter{ file = 'f" EVIL ".conf' } end)", SHOWN},
    {"include('f" EVIL ".lua')", SHOWN},
    {"test('t', function(box) box['verb" EVIL "'](box) end)", SHOWN},
    {"test('t', function(box) box:expect_packets('tap" EVIL "', {}) end)", SHOWN},
    {"test('t', function(box) box:expect_packets('lo0', { 'p" EVIL "' }) end)", ""},
    {"test('t', function(box) box:hook('E" EVIL "', function() end) end)", SHOWN},
    {"test('a" EVIL "', function() end) test('a" EVIL "', function() end)", "'a" SHOWN "'"},
    {"test('t', { eras = { 'e" EVIL "' } }, function() end)", SHOWN},
    {"test('t', { ['o" EVIL "'] = 1 }, function() end)", SHOWN},
};

static void failures_quote_what_is_wrong_escaped_in_each_format(void **state)
{
    static const char *const formats[] = {"pretty", "tap", "junit", "json"};
    (void)state;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        write_file("x.lua", failures[i].script);
        for (size_t k = 0; k < sizeof(formats) / sizeof(formats[0]); k++) {
            char arguments[100];
            snprintf(arguments, sizeof(arguments), "run --format %s x.lua", formats[k]);
            command_t command = run_command("", arguments);
            assert_visible(failures[i].script, command.out);
            assert_visible(failures[i].script, command.err);
            if (k == 0 && strstr(command.out, failures[i].shown) == NULL)
                assert_command(command, command.code, "", failures[i].shown);
        }
        command_t command = run_command("", "ipmon x.lua");
        assert_visible(failures[i].script, command.out);
        assert_visible(failures[i].script, command.err);
    }
}

static void the_name_of_a_file_is_shown_escaped(void **state)
{
    (void)state;
    write_file("x" BYTES ".lua", "test('t', function() end) test('f', function() "
                                 "expect.ok(false, 'm') end)");
    assert_shown("run 'x" BYTES ".lua'", 1, "x" SHOWN ".lua\n", "");
    assert_shown("run --list 'x" BYTES ".lua'", 0, "x" SHOWN ".lua:t\n", "");
    assert_shown("run --format tap 'x" BYTES ".lua'", 1, "x" TWICE ".lua:t\n", "");
    assert_shown("run --format junit 'x" BYTES ".lua'", 1, "classname=\"x" SHOWN "\"", "");
    assert_shown("run --format json 'x" BYTES ".lua'", 1, "x" TWICE ".lua", "");
    assert_shown("run 'y" BYTES ".lua'", 2, "", "y" SHOWN ".lua: No such file");
    assert_shown("run 'x" BYTES ".lua:nosuch" BYTES "'", 2, "", "'nosuch" SHOWN "'");
    assert_shown("ipmon 'x" BYTES ".lua'", 1, "", "x" SHOWN ".lua:1: the test 'f' failed");
    assert_shown("check 'y" BYTES ".conf'", 2, "", "y" SHOWN ".conf: No such file");
    assert_shown("run '--no" BYTES "' x.lua", 2, "", "no" SHOWN);
    assert_shown("'no" BYTES "'", 2, "", "no" SHOWN);
}

/* What a golden says of a test that is no more, and what it says otherwise. */
static void a_golden_is_quoted_escaped(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function() end)");
    write_file("x.trace", "# t\n  0.000000  note" BYTES "\n");
    command_t command = run_command("", "run x.lua");
    assert_int_not_equal(command.code, 0);
    assert_visible("a golden", command.out);
    assert_visible("a golden", command.err);
}

/* What a peer answers; a line with control characters is not taken. */
static void the_shell_shows_what_comes_escaped(void **state)
{
    (void)state;
    write_file("typed", "listen 7\ntelnet localhost 7\nsend 1 hi\xc2\x9b\xe2\x80\xae\xff\n"
                        "nc -u localhost 9 x\xc2\x9b\nno\xe2\x80\xae\n");
    command_t command = run_command("", "shell <typed");
    assert_visible("shell", command.out);
    assert_visible("shell", command.err);
    assert_command(command, command.code, "answer: hi\\u{9b}\\u{202e}\\xff\n", "");
    write_file("typed", "send 1 hi" BYTES "\n");
    assert_command(run_command("", "shell <typed"), 2, "", "it has a control character");
}

#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLI_TEST(each_view_shows_names_escaped),
        CLI_TEST(each_file_that_is_written_has_names_escaped),
        CLI_TEST(failures_quote_what_is_wrong_escaped_in_each_format),
        CLI_TEST(the_name_of_a_file_is_shown_escaped),
        CLI_TEST(a_golden_is_quoted_escaped),
        CLI_TEST(the_shell_shows_what_comes_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
