/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Golden traces: the timelines of a scenario's tests, in a file beside it.
 */
#ifndef LO0SIM_SIM_RUN_GOLDEN_H
#define LO0SIM_SIM_RUN_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct golden golden_t;

/* The golden file that belongs to a script: x.lua has x.trace. Into path[size].
 * => Returns false if the path is too long. */
bool golden_path(const char *script, char *path, size_t size);

/* Reads a golden file.
 * => Returns NULL if there is none or it cannot be read. The caller ends it with golden_close(). */
golden_t *golden_open(const char *path);
void golden_close(golden_t *golden);

/* The timeline of a test, and that it has been asked for.
 * => Returns NULL if the file has none of that name. The golden owns the string. */
const char *golden_find(golden_t *golden, const char *test);

/* The name of a test in the file that was never asked for, or NULL. */
const char *golden_unused(const golden_t *golden);

/* Writes one test's timeline in the form that golden_open() reads. */
void golden_write(FILE *out, const char *test, const char *trace);

/* Writes to `out` where two timelines first differ: the lines of each until they agree again, and
 * in words which event that is, and which of the packet's fields (golden_diff.c). */
void golden_diff(FILE *out, const char *expected, const char *actual);

#endif
