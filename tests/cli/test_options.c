/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How options are given, and the messages about wrong ones: the same for each command.
 */
#include "tests/cli/command.h"

#define TEST "test(\"one\", function(box) box:connect(\"127.0.0.1\", 22) end)\n"

static void what_is_misspelt_is_told_with_what_is_near(void **state)
{
    static const struct {
        const char *arguments, *message;
    } rows[] = {
        {"run --vebrose x.lua", "lo0sim run: there is no option '--vebrose'; did you mean "
                                "'--verbose'?"},
        {"run --xyzzy x.lua", "there is no option '--xyzzy'; `lo0sim run --help` lists them"},
        {"run -z x.lua", "there is no option '-z'; `lo0sim run --help` lists them"},
        {"run -vz x.lua", "there is no option '-z'"},
        {"run --era linx x.lua", "there is no era 'linx'; did you mean 'linux'?"},
        {"step --mode rewrit x.lua", "there is no reply mode 'rewrit'; did you mean 'rewrite'?"},
        {"shell --era linx", "lo0sim shell: there is no era 'linx'; did you mean 'linux'?"},
        {"compare --eras linx x.lua", "there is no era 'linx'; did you mean 'linux'?"},
        {"check --era linx x.conf", "there is no era 'linx'; did you mean 'linux'?"},
        {"check --ignore flag x.conf", "there is no warning 'flag'; did you mean 'flags'?"},
        {"connect --era linx ::1 1", "there is no era 'linx'; did you mean 'linux'?"},
        {"connect -w c --tap snop ::1 1", "there is no tap 'snop'; did you mean 'snoop'?"},
        {"connect -w c --tap PHYS ::1 1", "did you mean 'PHYSICAL_OUT:before'?"},
        {"connect -w c --linktype rwa ::1 1", "there is no link type 'rwa'; did you mean 'raw'?"},
        {"run --format jsn x.lua", "there is no format 'jsn'; did you mean 'json'?"},
        {"run --color alway x.lua", "there is no --color 'alway'; did you mean 'always'?"},
        {"help run connect", "lo0sim: help takes one command: lo0sim help run"},
        {"--version run", "lo0sim: version takes no arguments"},
        {"help nosuch", "there is no command 'nosuch'; `lo0sim --help` lists them"},
        {"help rnu", "there is no command 'rnu'; did you mean 'run'?"},
        {"run --seed", "lo0sim run: --seed needs an argument: --seed N"},
        {"run x.lua -j", "-j needs an argument: -j N"},
        {"run --list=yes x.lua", "--list takes no argument"},
        {"run --max x.lua", "'--max' can be: --max-instant, --max-time, --max-wall"},
        {"run --=x x.lua", "there is no option '--'; `lo0sim run --help` lists them"},
        {"run --bundle a --bundle b x.lua", "--bundle is given twice"},
        {"connect --rules a --rules b ::1 1", "--rules is given twice"},
        {"run -j 0 x.lua", "-j takes a whole number from 1 to 1000, not '0'"},
        {"run --jobs=0 x.lua", "--jobs takes a whole number from 1 to 1000, not '0'"},
    };
    (void)state;
    write_file("x.lua", TEST);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_command(run_command("", rows[i].arguments), 2, "", rows[i].message);
}

static void options_may_stand_anywhere_and_be_shortened(void **state)
{
    static const char *const rows[] = {
        "run -j2 --seed=2 x.lua", "run x.lua --seed 2 -j 2", "run --see 2 x.lua -xj1",
        "run --seed 2 -- x.lua",  "run -vj 2 x.lua",
    };
    (void)state;
    write_file("x.lua", TEST);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_command(run_command("", rows[i]), 0, "1 passed, 0 failed", "");
    write_file("-v.lua", TEST);
    assert_command(run_command("", "run x.lua -- -v.lua"), 0, "2 passed, 0 failed", "");
}

static void every_command_has_a_help_within_80_columns(void **state)
{
    static const char *const names[] = {"run",     "connect", "compare", "shell", "step",
                                        "demo",    "ipf",     "why",     "check", "ipftest",
                                        "ipfstat", "ipmon",   "new",     "help",  "help run"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char arguments[100];
        snprintf(arguments, sizeof(arguments), "%s%s", names[i],
                 strncmp(names[i], "help", 4) == 0 ? "" : " --help");
        command_t command = run_command("", arguments);
        assert_command(command, 0, "usage: lo0sim ", "");
        for (const char *line = command.out; *line != '\0'; line += *line == '\n') {
            size_t length = strcspn(line, "\n");
            if (length > 80)
                fail_msg("%s: a line has %zu columns:\n%.*s", arguments, length, (int)length, line);
            line += length;
        }
    }
}

static void help_is_as_wide_as_the_terminal_but_not_wider_than_80(void **state)
{
    (void)state;
    assert_command(run_command("COLUMNS=50", "new --help"), 0, "passes, to start\nfrom.", "");
    char *plain = strdup(run_command("", "new --help").out);
    assert_string_equal(run_command("COLUMNS=200", "new --help").out, plain);
    free(plain);
}

/* The longest line of a text, in columns, but for one word alone: a path is not broken. */
static size_t widest_line(const char *text)
{
    size_t widest = 0;
    for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        size_t columns = 0, blanks = strspn(text, " ");
        for (const char *at = text; at < end; at++)
            columns += ((unsigned char)*at & 0xc0) != 0x80;
        if (memchr(text + blanks, ' ', (size_t)(end - text) - blanks) != NULL && columns > widest)
            widest = columns;
    }
    return widest;
}

static void no_line_is_wider_than_the_terminal(void **state)
{
    static const char *const commands[] = {
        "run x.lua",
        "run -v x.lua",
        "run --rule-coverage x.lua",
        "run --ladder x.lua",
        "compare x.lua",
        "connect -f new.conf 127.0.0.1 22",
        "connect -f new.conf --ladder 127.0.0.1 22",
        "outcomes -f new.conf",
        "outcomes --era all -f new.conf",
        "outcomes old.conf new.conf",
        "why -f new.conf 'in on lo0 tcp 127.0.0.1,1025 127.0.0.1,22 S'",
        "demo",
        "help",
    };
    (void)state;
    write_file("old.conf", "set intercept_loopback true;\n"
                           "block in on lo0 proto tcp from any to any port = 22\n");
    write_file("new.conf", "set intercept_loopback true;\n"
                           "block return-rst in on lo0 proto tcp from any to any port = 22\n"
                           "block return-icmp-as-dest (port-unr) in on lo0 proto tcp from any to "
                           "any port = 23\n");
    write_file("x.lua", "test('a name that is much too long for a narrow terminal, which breaks it "
                        "at its words: ECONNREFUSED', function(box)\n"
                        "  box:filter{ file = 'new.conf' }\n"
                        "  local _, err = box:connect('127.0.0.1', 22)\n"
                        "  expect.eq(err, 'ETIMEDOUT', 'what is expected here is a sentence, too, "
                        "and it is as long as it is wrong')\nend)\n");
    for (unsigned width = 80; width <= 100; width += 10) {
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
            char before[40];
            snprintf(before, sizeof(before), "COLUMNS=%u", width);
            command_t command = run_command(before, commands[i]);
            size_t widest = widest_line(command.out);
            if (widest > width || strlen(command.out) < 100)
                fail_msg("%s: %zu columns of %u\n%s", commands[i], widest, width, command.out);
        }
    }
}

static void the_version_has_a_letter(void **state)
{
    (void)state;
    char *version = strdup(run_command("", "--version").out);
    assert_string_equal(run_command("", "-V").out, version);
    assert_int_equal(strncmp(version, "lo0sim ", 7), 0);
    free(version);
}

static void colour_is_as_color_says(void **state)
{
    (void)state;
    write_file("x.lua", TEST);
    assert_command(run_command("", "run --color always x.lua"), 0, "\033[32mok", "");
    assert_command(run_command("", "run --color=auto x.lua"), 0, "  ok ", "");
    assert_command(run_command("", "run --color never x.lua"), 0, "  ok ", "");
    assert_command(run_command("NO_COLOR=1", "run --color always x.lua"), 0, "\033[32mok", "");
    assert_command(run_command("", "demo --color always"), 0, "\033[1mtelnet localhost 22", "");
    assert_command(run_command("", "connect --ladder --color always ::1 1"), 0, "\033[", "");
}

static void run_reads_a_script_from_standard_input(void **state)
{
    (void)state;
    write_file("x.lua", TEST);
    assert_command(run_command("", "run - < x.lua"), 0, "-\n  ok    one ", "");
    assert_command(run_command("", "run -:one < x.lua"), 0, "1 passed", "");
    write_file("bad.lua", "test(");
    assert_command(run_command("", "run - < bad.lua"), 2, "", "-:1:");
    assert_command(run_command("", "run --list - < x.lua"), 0, "-:one\n", "");
    assert_command(run_command("", "ipfstat - < x.lua"), 0, "", "");
    static const char *const rows[] = {"run - -",          "run --update -",
                                       "run --bundle b -", "run --check-determinism -",
                                       "compare -",        "step -"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_command(run_command("", rows[i]), 2, "", "standard input");
    assert_command(run_command("", "run -q nosuch.lua < x.lua"), 2, "", "nosuch.lua: No such file");
}

static void quiet_prints_what_failed_and_nothing_else(void **state)
{
    (void)state;
    write_file("x.lua", TEST);
    write_file("y.lua", TEST "test(\"two\", function() expect.eq(1, 2) end)\n");
    command_t command = run_command("", "run -q x.lua");
    assert_int_equal(command.code, 0);
    assert_string_equal(command.out, "");
    command = run_command("", "run -q x.lua y.lua");
    assert_int_equal(command.code, 1);
    assert_int_equal(strncmp(command.out, "y.lua\n  FAIL  two ", 17), 0);
    assert_null(strstr(command.out, "one"));
    assert_null(strstr(command.out, "passed"));
    assert_command(run_command("", "run -q --format tap x.lua"), 2, "", "--quiet is for people");
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(what_is_misspelt_is_told_with_what_is_near),
        CLI_TEST(options_may_stand_anywhere_and_be_shortened),
        CLI_TEST(every_command_has_a_help_within_80_columns),
        CLI_TEST(help_is_as_wide_as_the_terminal_but_not_wider_than_80),
        CLI_TEST(no_line_is_wider_than_the_terminal),
        CLI_TEST(the_version_has_a_letter),
        CLI_TEST(colour_is_as_color_says),
        CLI_TEST(run_reads_a_script_from_standard_input),
        CLI_TEST(quiet_prints_what_failed_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
