/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `lo0sim compare`: one scenario under several eras and reply modes, and a row for each call that
 * waited.
 */
#ifndef LO0SIM_SIM_RUN_COMPARE_H
#define LO0SIM_SIM_RUN_COMPARE_H

#include "sim/core/era.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One of the runs. */
typedef struct compare_run {
    const era_t *era;
    bool mode_chosen; /* false: the mode of the scenario, or of the era */
    ipf_reply_mode_t mode;
} compare_run_t;

#define COMPARE_RUNS_MAX 32

typedef struct compare_options {
    compare_run_t runs[COMPARE_RUNS_MAX];
    size_t run_count; /* at least one */
    uint64_t seed;
    unsigned wall_seconds;
    bool counters;    /* with columns of what was counted */
    const char *html; /* a page with all runs side by side; NULL: no page */
} compare_options_t;

/* The most runs on a page. */
#define COMPARE_PAGE_RUNS_MAX 4

/* Runs FILE[:TEST] once for each of the runs, whatever eras and modes the file chooses, and prints
 * the table to `out`. Failed expectations are noted below it.
 * => Returns the exit code: 0, also where expectations are not met; 2 a mistake, 3 a crash, 4 there
 *    was no test. What is wrong is reported on standard error. */
int compare(const char *file_and_test, const compare_options_t *options, FILE *out);

#endif
