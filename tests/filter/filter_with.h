/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A filter with rules, for tests.
 */
#ifndef LO0SIM_TESTS_FILTER_FILTER_WITH_H
#define LO0SIM_TESTS_FILTER_FILTER_WITH_H

#include "filter/ipf.h"

/* Loads all rules of a text, also those that a host refuses. The test fails if it has a mistake.
 * => Returns the filter, which the caller ends with ipf_destroy(). */
ipf_stack_t *filter_with(const char *rules);

#endif
