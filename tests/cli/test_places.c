/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Files that cannot be written: told before the work, and nothing that is there is lost.
 */
#include "tests/cli/command.h"

/* Its exploration takes some seconds; a comparison of it prints a table. */
#define SCRIPT                                                                                     \
    "test('t', function(box)\n"                                                                    \
    "  box:spawn('sshd', function() box:listen(22):accept() end)\n"                                \
    "  box:connect('127.0.0.1', 22)\n"                                                             \
    "end)\n"

static void explore_and_compare_ask_for_the_place_before_they_search(void **state)
{
    static const struct {
        const char *arguments, *why;
    } rows[] = {
        {"explore --out .", "explore: --out: .: Is a directory"},
        {"explore --out no/x", "explore: --out: no/x: No such file or directory"},
        {"explore --out t.lua/x", "explore: --out: t.lua/x: Not a directory"},
        {"explore --html .", "explore: --html: .: Is a directory"},
        {"explore --checkpoint no/x", "explore: --checkpoint: no/x: No such file or directory"},
        {"explore --save no/x.lua", "explore: --save: no/x.lua: No such file or directory"},
        {"explore --save t.lua",
         "explore: --save: t.lua: is there, and --save has not written it: it is not overwritten"},
        {"explore --out t.lua",
         "explore: --out: t.lua: is there, and is a script, rules or a golden: it is not "
         "overwritten"},
        {"explore --out x --html x", "explore: --html: x: another option names it, too"},
        {"explore --merge --out x", "explore: --merge prints one table, and writes no file"},
        {"compare --html .", "compare: --html: .: Is a directory"},
        {"compare --html no/x.html", "compare: --html: no/x.html: No such file or directory"},
        {"compare --html no/%t.html", "compare: --html: no/test.html: No such file or directory"},
        {"compare --html t.lua", "compare: --html: t.lua is there, and is a script"},
    };
    (void)state;
    write_file("t.lua", SCRIPT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[200];
        snprintf(arguments, sizeof(arguments), "%s t.lua", rows[i].arguments);
        command_t command = run_command("", arguments);
        assert_command(command, 2, "", rows[i].why);
        assert_string_equal(command.out, "");
        assert_string_equal(read_file("t.lua"), SCRIPT);
    }
    assert_int_not_equal(system("ls -A | grep -v -e '^t[.]lua$' -e '^[.]out$' -e '^[.]err$'"), 0);
}

/* Whose name only the test's makes: the table is not lost. */
static void a_page_that_one_test_cannot_have_is_told_after_the_table(void **state)
{
    (void)state;
    write_file("t.lua", SCRIPT);
    write_file("t.conf", "by hand\n");
    assert_int_equal(system("mkdir t.html"), 0);
    assert_command(run_command("", "compare --html %t.html t.lua"), 2, "result",
                   "compare: --html: t.html: Is a directory");
    assert_command(run_command("", "compare --html %t.conf t.lua"), 2, "result",
                   "compare: --html: t.conf is there, and is a script");
    assert_string_equal(read_file("t.conf"), "by hand\n");
}

static void explore_may_write_over_what_it_has_written(void **state)
{
    (void)state;
    write_file("t.lua", "test('t \"1\"', function(box)\n"
                        "  local _, err = box:connect('127.0.0.1', 22)\n"
                        "  expect.eq(box:now(), 0)\nend)\n");
    for (int i = 0; i < 2; i++) {
        assert_command(run_command("", "explore --save s.lua --out s.out t.lua"), 1,
                       "lo0sim run s.lua", "");
        assert_command(run_command("", "run s.lua"), 1, "0 passed, 1 failed", "");
    }
    write_file("empty", "");
    assert_command(run_command("", "explore --save empty t.lua"), 1, "", "");
    assert_command(run_command("", "explore --out /dev/null t.lua"), 1, "", "");
    assert_int_equal(system("ln -s later link"), 0);
    assert_command(run_command("", "explore --out link t.lua"), 1, "", "");
    assert_int_equal(system("test -s later && test -L link"), 0);
}

static void a_disk_that_is_full_in_the_end_is_not_the_users_mistake(void **state)
{
    static const struct {
        const char *arguments, *why;
    } rows[] = {
        {"explore --out /dev/full t.lua", "explore: --out: /dev/full: No space left on device\n"},
        {"explore --html /dev/full t.lua", "explore: --html: /dev/full: No space left on device\n"},
        {"explore --save /dev/full f.lua", "explore: --save: /dev/full: No space left on device\n"},
        {"compare --html /dev/full t.lua", "compare: --html: /dev/full: No space left on device\n"},
        {"demo --svg /dev/full", "demo: --svg: /dev/full: No space left on device\n"},
        {"connect --svg /dev/full localhost 22", "No space left on device\n"},
    };
    (void)state;
    write_file("t.lua", SCRIPT);
    write_file("f.lua", "test('f', function(box)\n  box:connect('127.0.0.1', 22)\n"
                        "  expect.eq(box:now(), 0)\nend)\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_command(run_command("", rows[i].arguments), 3, "", rows[i].why);
}

/* A limit of a file's size is a disk that is full: the first saving has room, the second has not.
 */
static void a_session_that_finds_the_disk_full_keeps_what_it_saved_before(void **state)
{
    (void)state;
    assert_int_equal(system("echo telnet localhost 22 >one; echo save s.lua >save; "
                            "for i in 1 2 3 4 5 6 7 8 9 10; do cat one one one one; done >many; "
                            "cat one save >short; cat one save many save >long; "
                            "(cat one; echo save no/s.lua) >nowhere"),
                     0);
    assert_command(run_command("", "shell <short"), 0, "saved; to run it: lo0sim run s.lua", "");
    assert_int_equal(system("mv s.lua before"), 0);
    assert_command(run_command("ulimit -S -f 4;", "shell <long"), 3, "saved; to run it",
                   "s.lua: could not be written: File too large\n");
    assert_int_equal(system("cmp s.lua before"), 0);
    /* What is a place of nobody's is the user's mistake. */
    assert_command(run_command("", "shell <nowhere"), 2, "",
                   "no/s.lua: No such file or directory\n");
    assert_command(run_command("", "shell <short"), 2, "",
                   "s.lua is there already: take another name\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
        TEST(explore_and_compare_ask_for_the_place_before_they_search),
        TEST(a_page_that_one_test_cannot_have_is_told_after_the_table),
        TEST(explore_may_write_over_what_it_has_written),
        TEST(a_disk_that_is_full_in_the_end_is_not_the_users_mistake),
        TEST(a_session_that_finds_the_disk_full_keeps_what_it_saved_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
