/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Files beside a scenario: which paths they have, and where in the scenario a line of rules stands.
 */
#include "sim/script/script_file.h"
#include "tests/temporary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void a_file_lies_beside_its_script(void **state)
{
    static const struct {
        const char *script, *name, *path; /* NULL: it is refused */
    } rows[] = {
        {"x.lua", "y.conf", "y.conf"},
        {"a/x.lua", "y.conf", "a/y.conf"},
        {"a/b/x.lua", "c/y.conf", "a/b/c/y.conf"},
        {"/x.lua", "y.conf", "/y.conf"},
        {"./x.lua", "./y.conf", "././y.conf"},
        {"x.lua", "..y", "..y"},
        {"x.lua", ".y", ".y"},
        {"x.lua", ".y/z", ".y/z"},
        {"x.lua", "a/.y/z", "a/.y/z"},
        {"x.lua", "y./z", "y./z"},
        {"x.lua", ".", NULL},
        {"x.lua", "a/..y", "a/..y"},
        {"x.lua", "y..", "y.."},
        {"x.lua", "a/y../z", "a/y../z"},
        {"x.lua", "...", "..."},
        {"x.lua", "", NULL},
        {"x.lua", "/y", NULL},
        {"x.lua", "..", NULL},
        {"x.lua", "../y", NULL},
        {"x.lua", "a/..", NULL},
        {"x.lua", "a/../y", NULL},
        {"x.lua", "a//../y", NULL},
        {"a/x.lua", "b/c/../../y", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[100], error[300];
        bool found = script_file_beside(rows[i].script, rows[i].name, path, sizeof(path), error,
                                        sizeof(error));
        if (found != (rows[i].path != NULL) || (found && strcmp(path, rows[i].path) != 0))
            fail_msg("%s beside %s: %s", rows[i].name, rows[i].script, found ? path : error);
        if (!found)
            assert_non_null(strstr(error, "does not lie in the script's folder or below it"));
    }
}

static void touch(const char *path)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fclose(out), 0);
}

/* Rows: where a link beside the script leads. */
static void a_link_does_not_lead_out_of_the_scripts_folder(void **state)
{
    static const struct {
        const char *script, *name;
        bool is_read;
    } rows[] = {
        {"x.lua", "own", true},        {"./x.lua", "own", true},       {"in/x.lua", "y", true},
        {"x.lua", "in", true},         {"x.lua", "in/y", true},        {"x.lua", "to_own", true},
        {"x.lua", "to_in/y", true},    {"x.lua", "none", true},        {"x.lua", "out", false},
        {"./x.lua", "out", false},     {"x.lua", "to_sibling", false}, {"x.lua", "up/own", true},
        {"x.lua", "up_up/out", false}, {"in/x.lua", "to_own", false},  {"/x.lua", "dev/null", true},
    };
    (void)state;
    assert_int_equal(chdir(temporary_folder()), 0);
    assert_int_equal(mkdir("a", 0700) | mkdir("ab", 0700) | mkdir("a/in", 0700), 0);
    touch("out");
    touch("ab/y");
    assert_int_equal(chdir("a"), 0);
    touch("own");
    touch("in/y");
    assert_int_equal(symlink("../out", "out") | symlink("../ab/y", "to_sibling") |
                         symlink("own", "to_own") | symlink("in", "to_in") | symlink(".", "up") |
                         symlink("..", "up_up") | symlink("../own", "in/to_own"),
                     0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[100], error[300];
        if (script_file_beside(rows[i].script, rows[i].name, path, sizeof(path), error,
                               sizeof(error)) != rows[i].is_read)
            fail_msg("%s beside %s", rows[i].name, rows[i].script);
    }
}

/* A path has room for its end, and one byte more. */
static void a_path_that_has_no_room_is_refused(void **state)
{
    char path[20], error[100];
    (void)state;
    assert_true(script_file_beside("ab/x.lua", "0123456789", path, 15, error, sizeof(error)));
    assert_string_equal(path, "ab/0123456789");
    assert_false(script_file_beside("ab/x.lua", "0123456789", path, 14, error, sizeof(error)));
    assert_string_equal(error, "a file's path is too long");
    char script[PATH_MAX_TEXT + 10], whole[3 * PATH_MAX_TEXT];
    memset(script, 'a', sizeof(script));
    memcpy(script + PATH_MAX_TEXT - 2, "/x.lua", 7);
    assert_false(script_file_beside(script, "y", whole, sizeof(whole), error, sizeof(error)));
    assert_string_equal(error, "a file's path is too long");
}

/* Rows: a script, the rules of a call in it, the mistake's line and column in the rules, and where
 * that is in the script; line 0: it cannot be said. */
static void a_line_of_rules_is_found_where_it_stands_once(void **state)
{
    static const struct {
        const char *script, *rules;
        int line, column, script_line, script_column;
    } rows[] = {
        {"box:filter('pas in all')", "pas in all", 1, 1, 1, 13},
        {"box:filter('pas in all')", "pas in all", 1, 5, 1, 17},
        {"\n\n  box:filter('pas in all')", "pas in all", 1, 1, 3, 15},
        {"box:filter([[\npass in all\n pas out all\n]])", "pass in all\n pas out all\n", 2, 2, 3,
         2},
        {"box:filter([[\npass in all\npas out all]])", "pass in all\npas out all", 2, 1, 3, 1},
        {"x('pas in all') y('pas in all')", "pas in all", 1, 1, 0, 0},
        {"x('pas in all')\ny('pas in all')", "pas in all", 1, 1, 0, 0},
        {"x('pas in al' .. 'l')", "pas in all", 1, 1, 0, 0},
        {"x('papas in all')", "pas in all", 1, 1, 1, 6},
        {"x('a')", "", 1, 1, 0, 0},
        {"x('a')", "a\n\nb", 2, 1, 0, 0},
        {"x('a')", "a", 2, 1, 0, 0},
        {"", "a", 1, 1, 0, 0},
    };
    (void)state;
    const char *path = temporary_path("x.lua");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int line = 0, column = 0;
        ipf_error_t error = {.line = rows[i].line, .column = rows[i].column};
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs(rows[i].script, out);
        fclose(out);
        bool found = script_file_locate(path, rows[i].rules, &error, &line, &column);
        if (found != (rows[i].script_line != 0) || line != rows[i].script_line ||
            column != rows[i].script_column)
            fail_msg("row %zu: %d:%d", i, line, column);
    }
    int line, column;
    unlink(path);
    assert_false(script_file_locate(path, "a", &(ipf_error_t){.line = 1}, &line, &column));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_lies_beside_its_script),
        cmocka_unit_test(a_link_does_not_lead_out_of_the_scripts_folder),
        cmocka_unit_test(a_path_that_has_no_room_is_refused),
        cmocka_unit_test(a_line_of_rules_is_found_where_it_stands_once),
    };
    return cmocka_run_group_tests_name("sim/script_file", tests, NULL, NULL);
}
