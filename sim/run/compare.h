/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `lo0sim compare`: one scenario under several eras and reply modes, and a row for each call that
 * waited.
 */
#ifndef LO0SIM_SIM_RUN_COMPARE_H
#define LO0SIM_SIM_RUN_COMPARE_H

#include "sim/core/era.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct compare_options {
    const era_t *const *eras; /* NULL: the scenario's choice */
    size_t era_count;
    const ipf_reply_mode_t *modes; /* NULL: the same */
    size_t mode_count;
    uint64_t seed;
    unsigned wall_seconds;
    const char *html; /* a page with all runs side by side; NULL: no page */
} compare_options_t;

/* The most runs on a page. */
#define COMPARE_PAGE_RUNS_MAX 4

/* Runs FILE[:TEST] once for each era and mode, which replace the script's own, and prints the table
 * to `out`. Failed expectations are noted below it.
 * => Returns the exit code: 0, even if expectations failed; 2 a mistake, 3 a crash, 4 there was no
 *    test. Mistakes are reported on standard error. */
int compare(const char *file_and_test, const compare_options_t *options, FILE *out);

#endif
