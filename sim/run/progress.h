/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How far a long run is: one line on a terminal, on standard error, and nothing elsewhere.
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
    bool shown;        /* there is a line, which the next output must not stand behind */
    uint64_t start_ms; /* of wall time */
    uint64_t last_ms;
} progress_t;

/* How often a line is looked at anew, and how long a run may take before there is one. */
#define PROGRESS_EVERY_MS 200
#define PROGRESS_AFTER_MS 1000

/* Nothing is shown where `out` is no terminal, or one that is dumb, nor where standard output is a
 * pipe: a pager may have the terminal. */
void progress_init(progress_t *progress, FILE *out);

/* Shows `text`, no longer than a line; too early, and too often, nothing happens. */
void progress_show(progress_t *progress, const char *text);

/* Takes the line away, before anything else is written. */
void progress_clear(progress_t *progress);

#endif
