/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What --check-determinism says of the files of two runs.
 */
#include "sim/run/determinism_impl.h"
#include "tests/temporary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A file's name and its text in both runs; NULL: that run has no such file. */
typedef struct pair {
    const char *name, *one, *two;
} pair_t;

static void write_run(const check_t *check, int run, const char *name, const char *text)
{
    char path[200];
    if (text == NULL)
        return;
    snprintf(path, sizeof(path), "%s/%d/%s", check->folder, run, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Compares, and checks what is said and counted. */
static void assert_compared(const pair_t *pairs, size_t count, const char *said, size_t files,
                            uint64_t bytes)
{
    check_t check = {.folder = "compare"};
    char path[200], *text = NULL;
    size_t size, found_files = 0;
    uint64_t found_bytes = 0;
    assert_int_equal(chdir(temporary_folder()), 0);
    assert_int_equal(mkdir(check.folder, 0700), 0);
    for (int run = 1; run <= 2; run++) {
        snprintf(path, sizeof(path), "%s/%d", check.folder, run);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    for (size_t i = 0; i < count; i++) {
        write_run(&check, 1, pairs[i].name, pairs[i].one);
        write_run(&check, 2, pairs[i].name, pairs[i].two);
    }
    check.out = open_memstream(&text, &size);
    bool same = check_compare_runs(&check, "x.lua", &found_files, &found_bytes);
    fclose(check.out);
    check_remove_runs(&check);
    assert_int_equal(rmdir(check.folder), 0);
    assert_string_equal(text, said);
    assert_int_equal(same, said[0] == '\0');
    assert_int_equal(found_files, files);
    assert_int_equal(found_bytes, bytes);
    free(text);
}

static void equal_files_are_counted_and_nothing_is_said(void **state)
{
    static const pair_t pairs[] = {
        {"a", "one\ntwo\n", "one\ntwo\n"}, {".hidden", "x", "x"}, {"empty", "", ""}};
    (void)state;
    assert_compared(pairs, 3, "", 3, 9);
    assert_compared(NULL, 0, "", 0, 0);
}

static void the_first_difference_is_shown_with_what_is_around_it(void **state)
{
#define EURO     "\xe2\x82\xac" /* three bytes, so that 80 bytes end inside of one */
#define TEN(x)   x x x x x x x x x x
#define DOTS     TEN(TEN("."))
#define EUROS    TEN(TEN(EURO))
#define EUROS_27 TEN(EURO EURO) EURO EURO EURO EURO EURO EURO EURO
    static const struct {
        pair_t pair;
        const char *said;
        uint64_t bytes; /* of run 1, up to the line that differs */
    } rows[] = {
        {{"a", "one\ntwo\n", "one\ntwx\n"},
         "  DIFFER x.lua: a, line 2, column 3:\n         1: two\n         2: twx\n",
         8},
        {{"a", "one\n", "one\ntwo\n"},
         "  DIFFER x.lua: a, line 2, column 1:\n         1: (it has ended)\n         2: two\n",
         4},
        {{"a", "one\ntwo\n", "one\n"},
         "  DIFFER x.lua: a, line 2, column 1:\n         1: two\n         2: (it has ended)\n",
         8},
        {{"a", "one\n", "one"},
         "  DIFFER x.lua: a, line 1, column 4:\n         1: one\n         2: one\n",
         4},
        {{"a", "\n", "x\n"},
         "  DIFFER x.lua: a, line 1, column 1:\n         1: \n         2: x\n",
         1},
        {{"a", "a\001\x7f\tz\n", "a\001\x7f\tZ\n"},
         "  DIFFER x.lua: a, line 1, column 5:\n         1: a\\x01\\x7f\\x09z\n"
         "         2: a\\x01\\x7f\\x09Z\n",
         6},
        {{"a", DOTS "one" DOTS "\n", DOTS "two" DOTS "\n"},
         "  DIFFER x.lua: a, line 1, column 101:\n         1: ...",
         204},
        {{"a", EUROS "1" EUROS "\n", EUROS "2" EUROS "\n"},
         "  DIFFER x.lua: a, line 1, column 301:\n         1: ..." EUROS_27 "1" EUROS_27
         "...\n         2: ..." EUROS_27 "2" EUROS_27 "...\n",
         602},
        {{"a", "one\n", NULL},
         "  DIFFER x.lua: a, line 1, column 1:\n         1: one\n         2: (it has ended)\n",
         4},
        {{"a", NULL, "one\n"},
         "  DIFFER x.lua: a, line 1, column 1:\n         1: (it has ended)\n         2: one\n",
         0},
        {{"a", NULL, ""},
         "  DIFFER x.lua: a, line 1, column 1:\n         1: (it has ended)\n"
         "         2: (it has ended)\n",
         0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char whole[500];
        bool long_line =
            strlen(rows[i].said) > 0 && strcmp(rows[i].said + strlen(rows[i].said) - 3, "...") == 0;
        if (long_line) /* 80 bytes before the difference, and 80 from it on */
            snprintf(whole, sizeof(whole), "%s%.80sone%.77s...\n         2: ...%.80stwo%.77s...\n",
                     rows[i].said, DOTS, DOTS, DOTS, DOTS);
        assert_compared(&rows[i].pair, 1, long_line ? whole : rows[i].said, 1, rows[i].bytes);
    }
}

/* The files are compared in the order of their names, whichever run has them; one difference is
 * shown. */
static void a_file_that_one_run_lacks_is_a_difference(void **state)
{
    static const pair_t second_lacks[] = {
        {"a", "1\n", "1\n"}, {"b", "1\n", NULL}, {"c", "1\n", "2\n"}};
    static const pair_t first_lacks[] = {
        {"c", "1\n", "1\n"}, {"b", NULL, "1\n"}, {"a", "1\n", "1\n"}};
    static const pair_t last[] = {{"a", "1\n", "1\n"}, {"z", NULL, "1\n"}};
    (void)state;
    assert_compared(second_lacks, 3,
                    "  DIFFER x.lua: b, line 1, column 1:\n         1: 1\n"
                    "         2: (it has ended)\n",
                    3, 4);
    assert_compared(first_lacks, 3,
                    "  DIFFER x.lua: b, line 1, column 1:\n         1: (it has ended)\n"
                    "         2: 1\n",
                    3, 2);
    assert_compared(last, 2,
                    "  DIFFER x.lua: z, line 1, column 1:\n         1: (it has ended)\n"
                    "         2: 1\n",
                    2, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_files_are_counted_and_nothing_is_said),
        cmocka_unit_test(the_first_difference_is_shown_with_what_is_around_it),
        cmocka_unit_test(a_file_that_one_run_lacks_is_a_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
