/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What `check` says about a rules text, as one string.
 */
#ifndef LO0SIM_TESTS_FILTER_FINDINGS_H
#define LO0SIM_TESTS_FILTER_FINDINGS_H

#include "filter/ipf_check.h"

#include <stdbool.h>

/* => Returns a line for each finding, `LINE:COLUMN: MESSAGE`, with `error: ` before the message if
 *    it is none of the warnings. Those of what a host refuses are left out unless `refusals`. The
 *    string is valid until the next call of either function. */
const char *findings_in(const char *rules, bool refusals);

/* The same without those of a host, said and looked for as `how` says. */
const char *findings_how(const char *rules, const ipf_check_how_t *how);

#endif
