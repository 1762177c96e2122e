/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which rules the tests of a run reached: an observer counts in each test's process, the run adds
 * the counts up and lists each rule of each file with the tests that reached it.
 */
#ifndef LO0SIM_SIM_RUN_RULE_COVERAGE_H
#define LO0SIM_SIM_RUN_RULE_COVERAGE_H

#include "sim/core/observer.h"

#include <stddef.h>
#include <stdio.h>

/* The counts of a run's tests. */
typedef struct rule_coverage rule_coverage_t;

/* => The caller frees it with rule_coverage_destroy(), which takes NULL. */
rule_coverage_t *rule_coverage_create(void);
void rule_coverage_destroy(rule_coverage_t *coverage);

/* The observer that counts the hits of each rule that a test loads. Its text is result_t.coverage.
 */
observer_t rule_coverage_observer(void);

/* Adds what a test's observer wrote; `text` is result_t.coverage. */
void rule_coverage_add(rule_coverage_t *coverage, const char *path, const char *test,
                       const char *text);

/* Writes a section for each file of rules, in the order in which the tests loaded them, and for
 * each script with rules of its own: each rule, how often it matched, and in which tests. Lines are
 * at most `width` columns wide. */
void rule_coverage_write(const rule_coverage_t *coverage, FILE *out, size_t width);

#endif
