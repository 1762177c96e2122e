/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The progress of a long run: one line on standard error if that is a terminal, otherwise nothing.
 */
#ifndef LO0SIM_SIM_RUN_PROGRESS_H
#define LO0SIM_SIM_RUN_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct progress {
    FILE *out;
    bool on;
    bool shown;        /* a line is shown, which the next output must erase first */
    uint64_t start_ms; /* of wall time */
    uint64_t last_ms;
} progress_t;

/* How often the line is updated, and how long a run can take before it appears. */
#define PROGRESS_EVERY_MS 200
#define PROGRESS_AFTER_MS 1000

/* Nothing is shown if `out` is not a terminal or is a dumb one, or if standard output is a pipe,
 * since a pager can be using the terminal. */
void progress_init(progress_t *progress, FILE *out);

/* Shows `text`, cut to one line; does nothing if it is too early. */
void progress_show(progress_t *progress, const char *text);

/* Erases the line; call it before anything else is written. */
void progress_clear(progress_t *progress);

#endif
