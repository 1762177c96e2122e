/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The `quick` rules of a list so far, to find one that takes all packets of another rule. No
 * counterpart in Solaris. */
#ifndef LO0SIM_FILTER_FR_QUICK_H
#define LO0SIM_FILTER_FR_QUICK_H

#include "filter/ipf_rule.h"

#include <stdbool.h>

typedef struct fr_quick fr_quick_t;

/* => Returns NULL if there is no memory. The caller ends it with fr_quick_destroy(). */
fr_quick_t *fr_quick_create(void);
void fr_quick_destroy(fr_quick_t *quick);

/* Adds a rule, which must stay until the end.
 * => Returns false if there is no memory. */
bool fr_quick_add(fr_quick_t *quick, const frentry_t *fr);

/* At most so many rules are compared with one: many that differ in what is no part of the key would
 * cost the square. */
#define FR_QUICK_MOST 100u

/* The first added rule that covers `fr` (fr_covers()), or NULL if there is none among those that
 * are compared. */
const frentry_t *fr_quick_find(const fr_quick_t *quick, const frentry_t *fr);

#endif
