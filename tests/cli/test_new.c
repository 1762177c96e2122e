/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim new, seen from outside.
 */
#include "tests/cli/command.h"

#include <unistd.h>

static void the_written_scenario_passes(void **state)
{
    (void)state;
    assert_command(run_command("", "new first"), 0, "first.lua is written. Next:\n", "");
    assert_command(run_command("", "run first.lua"), 0, "2 passed, 0 failed", "");
    assert_non_null(strstr(read_file("first.lua"), "lo0sim run -v first.lua\n"));
}

/* Each line of "Next" is a command that works. */
static void what_it_says_to_do_next_can_be_done(void **state)
{
    (void)state;
    char text[1000];
    unsigned done = 0;
    snprintf(text, sizeof(text), "%s", run_command("", "new first").out);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char *command = strstr(line, "  lo0sim ");
        if (command != line)
            continue;
        command += strlen("  lo0sim ");
        *strstr(command, "   ") = '\0';
        assert_command(run_command("CI=false ", command), 0, "", "");
        done++;
    }
    assert_int_equal(done, 4);
    assert_command(run_command("", "run first.lua"), 0, "2 passed, 0 failed", "");
    assert_true(access("first.trace", F_OK) == 0);
}

static void a_name_may_end_in_lua(void **state)
{
    (void)state;
    assert_command(run_command("", "new second.lua"), 0, "second.lua is written", "");
    assert_command(run_command("", "run second.lua"), 0, "2 passed, 0 failed", "");
}

static void a_file_that_is_there_stays_as_it_is(void **state)
{
    (void)state;
    write_file("mine.lua", "-- mine\n");
    assert_command(run_command("", "new mine"), 2, "", "mine.lua is there already");
    assert_string_equal(read_file("mine.lua"), "-- mine\n");
    assert_int_equal(symlink("nowhere", "link.lua"), 0);
    assert_command(run_command("", "new link"), 2, "", "link.lua is there already");
    assert_true(access("nowhere", F_OK) != 0);
}

static void what_is_no_name_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *message;
    } rows[] = {
        {"new", "one name is needed: lo0sim new NAME"},
        {"new one two", "one name is needed"},
        {"new ''", "'' is no name for a scenario"},
        {"new .lua", "'.lua' is no name for a scenario"},
        {"new ..", "'..' is no name"},
        {"new .hidden", "'.hidden' is no name"},
        {"new -- -v", "'-v' is no name"},
        {"new 'two words'", "'two words' is no name"},
        {"new folder/name", "'folder/name' is a path; a name is needed"},
        {"new ../name", "'../name' is a path"},
        {"new $(printf '%0201d' 0)", "a name has at most 200 characters"},
        {"new --force name", "there is no option '--force'"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_command(run_command("", rows[i].arguments), 2, "", rows[i].message);
    assert_command(run_command("", "run ."), 4, "", "");
}

static void a_full_disk_is_not_the_users_mistake(void **state)
{
    (void)state;
    assert_int_equal(system("(ulimit -S -f 0; " PROGRAM " new first 2>&1; echo $?) | cat >.out"),
                     0);
    assert_non_null(strstr(read_file(".out"), "lo0sim new: first.lua: File too large\n"));
    assert_non_null(strstr(read_file(".out"), "\n3\n"));
    assert_int_not_equal(system("test -e first.lua"), 0);
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(the_written_scenario_passes), CLI_TEST(what_it_says_to_do_next_can_be_done),
        CLI_TEST(a_name_may_end_in_lua),       CLI_TEST(a_file_that_is_there_stays_as_it_is),
        CLI_TEST(what_is_no_name_is_refused),  CLI_TEST(a_full_disk_is_not_the_users_mistake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
