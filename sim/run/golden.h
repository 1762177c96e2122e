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

/* Reads a golden file.
 * => Returns NULL if it is missing or cannot be read. The caller ends it with golden_close(). */
golden_t *golden_open(const char *path);
void golden_close(golden_t *golden);

/* The timeline of a test, which is marked as used.
 * => Returns NULL if the file has no such test. The golden owns the string. */
const char *golden_find(golden_t *golden, const char *test);

/* The name of an unused test in the file, or NULL. */
const char *golden_unused(const golden_t *golden);

/* Writes one test's timeline in the form that golden_open() reads. */
void golden_write(FILE *out, const char *test, const spool_t *trace);

/* Writes the first difference of two timelines to `out`: the lines of each until they agree again,
 * and in words which event differs, and in which of the packet's fields (golden_diff.c). */
void golden_diff(FILE *out, const char *expected, const char *actual);

#endif
