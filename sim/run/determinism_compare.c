/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What two runs printed and wrote, compared byte by byte, and the first difference shown.
 */
#include "sim/base/must.h"
#include "sim/run/determinism_impl.h"

#include <stdlib.h>
#include <string.h>

/* How much of a line is shown around a difference. */
#define SHOWN_BEFORE 80
#define SHOWN_AFTER  80

/* ---- lines ---- */

void lines_open(const check_t *check, int run, const char *name, lines_t *lines)
{
    char *path = NULL;
    *lines = (lines_t){.length = -1};
    path = must_asprintf("%s/%d/%s", check->folder, run, name);
    lines->file = fopen(path, "r");
    free(path);
}

void lines_next(lines_t *lines)
{
    lines->length = lines->file != NULL ? getline(&lines->line, &lines->room, lines->file) : -1;
}

void lines_close(lines_t *lines)
{
    if (lines->file != NULL)
        fclose(lines->file);
    free(lines->line);
}

/* ---- comparing ---- */

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool same_line(const lines_t *a, const lines_t *b)
{
    return a->length == b->length &&
           (a->length < 0 || memcmp(a->line, b->line, (size_t)a->length) == 0);
}

/* The first place where two lines differ, from 0. */
static size_t first_difference(const lines_t *a, const lines_t *b)
{
    size_t at = 0;
    while (a->length > (ssize_t)at && b->length > (ssize_t)at && a->line[at] == b->line[at])
        at++;
    return at;
}

static bool is_inside_character(const lines_t *lines, size_t at)
{
    return ((unsigned char)lines->line[at] & 0xc0) == 0x80;
}

/* Writes the text around a byte of a line; the bytes can have any value. */
static void put_around(FILE *out, int run, const lines_t *lines, size_t at)
{
    size_t length = lines->length > 0 ? (size_t)lines->length : 0;
    if (length > 0 && lines->line[length - 1] == '\n')
        length--;
    size_t from = at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;
    size_t to = length < at + SHOWN_AFTER ? length : at + SHOWN_AFTER;
    from = from < length ? from : length;
    while (from > 0 && from < length && is_inside_character(lines, from))
        from--;
    while (to < length && is_inside_character(lines, to))
        to++;
    fprintf(out, "         %d: %s%s", run, lines->length < 0 ? "(it has ended)" : "",
            from > 0 ? "..." : "");
    for (size_t i = from; i < to; i++) {
        if ((unsigned char)lines->line[i] >= 0x20 && lines->line[i] != 0x7f)
            fputc(lines->line[i], out);
        else
            fprintf(out, "\\x%02x", (unsigned char)lines->line[i]);
    }
    fprintf(out, "%s\n", to < length ? "..." : "");
}

/* Compares one file of both runs; reports the first difference. */
static bool compare_file(check_t *check, const char *path, const char *name, uint64_t *bytes)
{
    lines_t one, two;
    size_t number = 0;
    bool same;
    lines_open(check, 1, name, &one);
    lines_open(check, 2, name, &two);
    same = one.file != NULL && two.file != NULL;
    do {
        lines_next(&one);
        lines_next(&two);
        number++;
        same = same && same_line(&one, &two);
        *bytes += one.length > 0 ? (uint64_t)one.length : 0;
    } while (same && one.length >= 0);
    if (!same) {
        size_t at = first_difference(&one, &two);
        fprintf(check->out, "  DIFFER %s: %s, line %zu, column %zu:\n", path, name, number, at + 1);
        put_around(check->out, 1, &one, at);
        put_around(check->out, 2, &two, at);
    }
    lines_close(&one);
    lines_close(&two);
    return same;
}

/* The names of both runs' files, sorted, each once. */
static size_t list_files(const check_t *check, struct dirent ***names)
{
    struct dirent **lists[2] = {NULL, NULL};
    size_t counts[2], count = 0;
    for (int run = 1; run <= 2; run++) {
        char folder[100];
        snprintf(folder, sizeof(folder), "%s/%d", check->folder, run);
        int found = scandir(folder, &lists[run - 1], check_is_file, by_bytes);
        counts[run - 1] = found > 0 ? (size_t)found : 0;
    }
    *names = must_calloc(counts[0] + counts[1] + 1, sizeof(**names));
    for (size_t a = 0, b = 0; a < counts[0] || b < counts[1];) {
        int order = a == counts[0]   ? 1
                    : b == counts[1] ? -1
                                     : strcmp(lists[0][a]->d_name, lists[1][b]->d_name);
        (*names)[count++] = order <= 0 ? lists[0][a] : lists[1][b];
        if (order == 0)
            free(lists[1][b]);
        a += order <= 0;
        b += order >= 0;
    }
    free(lists[0]);
    free(lists[1]);
    return count;
}

bool check_compare_runs(check_t *check, const char *path, size_t *files, uint64_t *bytes)
{
    struct dirent **names;
    bool same = true;
    *files = list_files(check, &names);
    for (size_t i = 0; i < *files; i++) {
        if (same)
            same = compare_file(check, path, names[i]->d_name, bytes);
        free(names[i]);
    }
    free(names);
    return same;
}
