/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Random rules of the whole language, except `rule-ttl`, which is printed as a comment. Some of
 * them are refused, such as `head` and `group` with the wrong action.
 */
#ifndef LO0SIM_TESTS_FILTER_ANY_RULE_H
#define LO0SIM_TESTS_FILTER_ANY_RULE_H

#include "tests/filter/random_rules.h"

#define ANY_RULE_MAX 1200

/* Writes a rule, without a newline, into text[ANY_RULE_MAX]. */
void any_rule(chance_t *c, char *text);

#endif
