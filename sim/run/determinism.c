/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/run/determinism.h"

#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/core/observer.h"
#include "sim/run/determinism_impl.h"
#include "sim/run/file_list.h"
#include "sim/script/script_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- one path ---- */

/* Shows why the tests did not pass, if the run wrote that to standard error. */
static void put_error(const check_t *check)
{
    lines_t lines;
    lines_open(check, 1, "standard error", &lines);
    lines_next(&lines);
    if (lines.length > 0)
        fprintf(check->out, "         %.*s\n", (int)strcspn(lines.line, "\n"), lines.line);
    lines_close(&lines);
}

static void judge(check_t *check, const char *path, int first, int second)
{
    uint64_t bytes = 0;
    size_t files = 0;
    bool same = check_compare_runs(check, path, &files, &bytes);
    if (same && first != second)
        fprintf(check->out, "  DIFFER %s: exit %d, then %d\n", path, first, second);
    if (!same || first != second) {
        check->differing++;
        check->occurred[EXIT_CRASHED] = true;
        return;
    }
    if (first == EXIT_NOTHING)
        return;
    check->same++;
    check->occurred[first <= EXIT_NOTHING ? first : EXIT_CRASHED] = true;
    fprintf(check->out, "  same   %s: %zu files, %llu bytes%s\n", path, files,
            (unsigned long long)bytes, first == 0 ? "" : "; its tests do not all pass");
    if (first != 0)
        put_error(check);
}

static void check_tests(check_t *check, char *path)
{
    int first = check_run_once(check, 1, path);
    int second = check_run_once(check, 2, path);
    if (check_ended_by() == 0)
        judge(check, path, first, second);
    fflush(check->out);
    check_remove_runs(check);
}

static char *test_path(const char *file, const char *test)
{
    char *path = must_asprintf("%s%s%s", file, test != NULL ? ":" : "", test != NULL ? test : "");
    return path;
}

/* ---- tests whose names cannot be files' names ---- */

typedef struct names {
    char **tests;
    char **files; /* the %t of each, sorted */
    size_t count;
} names_t;

static void add_test(names_t *names, const char *test)
{
    static const observer_t observer = {.file = "%t"};
    char file[PATH_MAX_TEXT];
    observer_path(&observer, "", test, file, sizeof(file));
    names->tests = must_realloc(names->tests, (names->count + 1) * sizeof(*names->tests));
    names->files = must_realloc(names->files, (names->count + 1) * sizeof(*names->files));
    names->tests[names->count] = text_copy(test);
    names->files[names->count] = text_copy(file);
    names->count++;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lists the file's tests; none if it cannot be loaded, which its two runs report. */
static void list_tests(check_t *check, const char *file, char *path, names_t *names)
{
    lines_t lines;
    size_t length = strlen(file);
    *names = (names_t){0};
    check_run_once(check, LISTING, path);
    lines_open(check, LISTING, "standard output", &lines);
    for (lines_next(&lines); lines.length > 0; lines_next(&lines)) {
        lines.line[strcspn(lines.line, "\n")] = '\0';
        if (strncmp(lines.line, file, length) == 0 && lines.line[length] == ':')
            add_test(names, lines.line + length + 1);
    }
    lines_close(&lines);
    check_remove_runs(check);
    if (names->count > 0)
        qsort(names->files, names->count, sizeof(*names->files), by_text);
}

static bool is_too_long(const char *name)
{
    return strlen(name) + strlen(".ladder.svg") > NAME_MAX;
}

/* Whether each test can have files of its own, named after it. */
static bool fit_files(const names_t *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (is_too_long(names->files[i]) ||
            (i > 0 && strcmp(names->files[i - 1], names->files[i]) == 0))
            return false;
    }
    return true;
}

static void names_fini(names_t *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->tests[i]);
        free(names->files[i]);
    }
    free(names->tests);
    free(names->files);
}

/* Checks a whole file at once, so that its tests run in parallel; but one by one if tests' files
 * would have equal or empty names. */
static void check_path(check_t *check, const char *file, const char *test)
{
    names_t names;
    char *path = test_path(file, test);
    list_tests(check, file, path, &names);
    bool fit = fit_files(&names);
    check->name = fit ? "%t" : "test";
    if (fit && check_ended_by() == 0)
        check_tests(check, path);
    for (size_t i = 0; !fit && i < names.count && check_ended_by() == 0; i++) {
        char *one = test_path(file, names.tests[i]);
        check_tests(check, one);
        free(one);
    }
    names_fini(&names);
    free(path);
}

/* ---- all of it ---- */

static int finish(check_t *check)
{
    rmdir(check->folder);
    if (check_ended_by() == 0 && check->same + check->differing > 0)
        fprintf(check->out, "\n%zu the same in two runs, %zu differ\n", check->same,
                check->differing);
    if (check_ended_by() == 0 && check->differing > 0 && check->options->programs)
        fprintf(check->out,
                "Programs take from the machine: process numbers, files and their times, their "
                "environment (language, time\nzone, HOME: others in each run), what other programs "
                "of it do, and the processor's RDRAND and time-stamp counter.\n");
    fflush(check->out);
    if (check_ended_by() != 0)
        check_die_as_told();
    for (int code = EXIT_CRASHED; code >= EXIT_FAILED; code--) {
        if (check->occurred[code])
            return code;
    }
    if (check->same > 0)
        return 0;
    fprintf(check->err, "lo0sim run: there is no test in what was given\n");
    return EXIT_NOTHING;
}

int determinism_check(const determinism_options_t *options, FILE *out, FILE *err)
{
    check_t check = {.options = options, .out = out, .err = err};
    file_list_t list = {0};
    char message[PATH_MAX_TEXT + 200];
    check_catch_endings();
    if (!check_make_folder(&check))
        return EXIT_MISTAKE;
    for (size_t i = 0; i < options->path_count; i++) {
        if (file_list_add(&list, options->paths[i], message, sizeof(message)))
            continue;
        fprintf(err, "%s\n", message);
        check.occurred[EXIT_MISTAKE] = true;
    }
    for (size_t i = 0; i < list.count && check_ended_by() == 0; i++)
        check_path(&check, list.files[i], list.tests[i]);
    file_list_fini(&list);
    return finish(&check);
}
