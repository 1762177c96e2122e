/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether two rules are the same. Solaris: frrequest() (fil.c) compares their bytes.
 *
 * Two rules are the same if they have the same canonical text. The text is made only if a hash of
 * its contents is the same. */
#ifndef LO0SIM_FILTER_FR_SAME_H
#define LO0SIM_FILTER_FR_SAME_H

#include "filter/ipf_rule.h"

#include <stdbool.h>
#include <stdint.h>

/* Rules with the same text have the same hash. */
uint64_t fr_rule_hash(const frentry_t *fr);

/* Whether they have the same text. */
bool fr_same_rule(const frentry_t *a, const frentry_t *b);

#endif
