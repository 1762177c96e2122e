/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Golden traces: the timelines of a scenario's tests, in a file beside it.
 */
#ifndef LO0SIM_SIM_RUN_GOLDEN_H
#define LO0SIM_SIM_RUN_GOLDEN_H

#include "sim/base/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct golden golden_t;

/* The golden file of a script, into path[size]: x.trace for x.lua.
 * => Returns false if the path is too long. */
bool golden_path(const char *script, char *path, size_t size);

/* Opens a golden file, and finds its tests; the timelines stay in it.
 * => Returns false, with a message in error[size] that begins with the path, if there is something
 *    of that name that cannot be read: a folder, a link to nothing. *golden is NULL if there is
 *    nothing; else the caller ends it with golden_close(). */
bool golden_open(const char *path, golden_t **golden, char *error, size_t size);
void golden_close(golden_t *golden);

/* The timeline of a test, which is marked as used.
 * => Returns NULL if the file has no such test. The golden owns the text. */
const spool_t *golden_find(golden_t *golden, const char *test);

/* The name of an unused test in the file, or NULL. */
const char *golden_unused(const golden_t *golden);

/* Adds one test's timeline in the form that golden_open() reads.
 * => Returns false with errno if `out` cannot take it. */
bool golden_write(spool_t *out, const char *test, const spool_t *trace);

#define GOLDEN_TIME 12 /* bytes of a line, in which its time stands */

/* A part of a timeline, of whole lines. */
typedef struct golden_part {
    const char *text;
    size_t lines_before, lines_after;     /* which are not in it */
    char line_with_time[GOLDEN_TIME + 1]; /* how the last one before it begins that has a time */
} golden_part_t;

/* Whether a line, which may be cut after GOLDEN_TIME bytes, begins with a time. */
bool golden_has_time(const char *line);

/* Writes the first difference of two timelines to `out`: the lines of each until they agree again,
 * and in words which event differs, and in which of the packet's fields (golden_diff.c). Both parts
 * have the same lines before them, which are the same. */
void golden_diff(FILE *out, const golden_part_t *expected, const golden_part_t *actual);

/* The same, for timelines of any length that differ: of each only what lies around the difference
 * is held in memory (golden_part.c). */
void golden_differ(FILE *out, const spool_t *expected, const spool_t *actual);

#endif
