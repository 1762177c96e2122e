/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What lies around the first difference of two timelines, however long they are.
 */
#include "sim/base/must.h"
#include "sim/run/golden.h"

#include <stdlib.h>
#include <string.h>

#define BEFORE ((size_t)64 << 10)  /* bytes at most before the difference */
#define AFTER  ((size_t)256 << 10) /* and after it */

/* Counts the lines that begin between two bytes of a text, and keeps in line_with_time[GOLDEN_TIME
 * + 1] how the last of them begins that has a time. */
static size_t scan_lines(const spool_t *text, uint64_t from, uint64_t to, char *line_with_time)
{
    char *bytes = must_malloc(AFTER), line[GOLDEN_TIME + 1] = "";
    size_t lines = 0, column = 0, n;
    for (; from < to; from += n) {
        n = spool_read(text, from, bytes, to - from < AFTER ? (size_t)(to - from) : AFTER);
        if (n == 0)
            break;
        for (size_t i = 0; i < n; i++) {
            lines += column == 0;
            if (column < GOLDEN_TIME)
                line[column] = bytes[i];
            column = bytes[i] == '\n' ? 0 : column + 1;
            if (column == GOLDEN_TIME && golden_has_time(line))
                memcpy(line_with_time, line, sizeof(line));
        }
    }
    free(bytes);
    return lines;
}

/* The first byte of a line, BEFORE bytes at most before `at`; if there is no such line, 0 or the
 * middle of one. */
static uint64_t line_before(const spool_t *text, uint64_t at)
{
    uint64_t from = at > BEFORE ? at - BEFORE : 0;
    char *bytes = must_malloc(BEFORE);
    size_t n = spool_read(text, from, bytes, (size_t)(at - from));
    const char *end = from > 0 ? memchr(bytes, '\n', n) : NULL;
    if (end != NULL)
        from += (uint64_t)(end + 1 - bytes);
    free(bytes);
    return from;
}

/* => Returns the part's text, which the caller frees. */
static char *take_part(const spool_t *text, uint64_t from, uint64_t differs, golden_part_t *part)
{
    size_t size = (size_t)(differs - from) + AFTER;
    char *bytes = must_malloc(size + 1);
    size_t n = spool_read(text, from, bytes, size);
    if (from + n < spool_size(text)) { /* the last line may not be whole */
        size_t whole = n;
        while (whole > 0 && bytes[whole - 1] != '\n')
            whole--;
        n = whole > 0 ? whole : n;
    }
    bytes[n] = '\0';
    part->text = bytes;
    char after[GOLDEN_TIME + 1];
    part->line_with_time[0] = '\0';
    part->lines_before = scan_lines(text, 0, from, part->line_with_time);
    part->lines_after = scan_lines(text, from + n, spool_size(text), after);
    return bytes;
}

void golden_differ(FILE *out, const spool_t *expected, const spool_t *actual)
{
    golden_part_t one, other;
    uint64_t differs = spool_difference(expected, actual);
    uint64_t from = line_before(expected, differs);
    char *golden = take_part(expected, from, differs, &one);
    char *now = take_part(actual, from, differs, &other);
    golden_diff(out, &one, &other);
    free(golden);
    free(now);
}
