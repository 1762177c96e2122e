/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rules text, looked at without loading it: all of its mistakes, and what is right and yet will
 * not do what it seems to say. No counterpart in Solaris.
 */
#ifndef LO0SIM_FILTER_IPF_CHECK_H
#define LO0SIM_FILTER_IPF_CHECK_H

#include "filter/ipf.h"

#include <stdbool.h>
#include <stddef.h>

/* Takes a finding: an error, or a warning. It is good during the call only. */
typedef void (*ipf_finding_func_t)(void *arg, const ipf_error_t *finding, bool warning);

/* Looks at text[length]; `family` is that of rules that do not say it: 0, 4 or 6. The findings are
 * handed over in the order of their places.
 * => Returns 0, with the number of errors in *errors; ENOMEM. */
int ipf_check(const char *text, size_t length, int family, ipf_finding_func_t func, void *arg,
              size_t *errors);

#endif
