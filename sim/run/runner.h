/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `lo0sim run`: files and folders of scenarios, their results in order, and the goldens.
 */
#ifndef LO0SIM_SIM_RUN_RUNNER_H
#define LO0SIM_SIM_RUN_RUNNER_H

#include "sim/run/report.h"
#include "sim/run/rule_coverage.h"
#include "sim/run/selection.h"
#include "sim/script/script.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct run_options {
    const char *const *paths; /* files, and folders of *.lua */
    size_t path_count;
    script_options_t script;
    const selection_t *selection;  /* which tests; script.wanted uses it. NULL: all */
    unsigned jobs;                 /* how many tests run at once; at least 1 */
    unsigned wall_seconds;         /* for each test */
    const report_format_t *format; /* NULL: pretty */
    bool verbose;                  /* print the timelines */
    bool quiet;                    /* print only failures; only for pretty */
    bool update;                   /* rewrite the goldens */
    bool golden;                   /* compare with the goldens, if there are any */
    bool color;
    bool exit_first;           /* end at the first failure */
    last_failed_t *failed;     /* remembers what failed; NULL: not remembered */
    rule_coverage_t *coverage; /* adds up which rules were reached; NULL: not wanted */
    const char *bundle;        /* the folder for failed tests' bundles (bundle.h), or NULL */
} run_options_t;

/* Runs the tests and prints their results to `out`, and mistakes outside of tests to `err`. With
 * script.dry nothing is run, written or noted.
 * => Returns the exit code: 0 all passed, 1 a test failed, 2 a mistake of the user's, such as a
 *    fault that nothing met in any test, 3 one of ours, 4 nothing to run; the first of 3, 2, 1 that
 *    occurred, but for such a fault, which is told last; 128 + N if the signal N (SIGINT,
 *    SIGTERM, SIGHUP) ended the run, whose documents and summary are then complete, too. */
int run_files(const run_options_t *options, FILE *out, FILE *err);

#endif
