/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Faults of the command line, over all tests of a run: one that struck in none of them is told.
 */
#ifndef LO0SIM_SIM_RUN_UNMET_FAULTS_H
#define LO0SIM_SIM_RUN_UNMET_FAULTS_H

#include "sim/core/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct unmet_faults {
    const fault_list_t *faults;
    fault_tally_t *sums; /* for each of them, over the tests */
    size_t tests;        /* that have said what came of them */
    bool unknown;        /* a test that has run has not said it */
} unmet_faults_t;

/* => The caller ends it with unmet_faults_fini(). `faults` must outlive it. */
void unmet_faults_init(unmet_faults_t *unmet, const fault_list_t *faults);
void unmet_faults_fini(unmet_faults_t *unmet);

/* Adds what a test that was run says. */
void unmet_faults_add(unmet_faults_t *unmet, const result_t *result);

/* Whether one was asked for and has not happened, and not by chance. As long as a test has not told
 * what came of them, none has. */
bool unmet_faults_any(const unmet_faults_t *unmet);

/* Writes a line for each that struck nothing: those by chance, too. */
void unmet_faults_write(const unmet_faults_t *unmet, FILE *err);

#endif
