/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A set of rules: the in list and the out list. Solaris: ipfilter[] and frrequest() (fil.c).
 */
#ifndef LO0SIM_FILTER_FRREQUEST_H
#define LO0SIM_FILTER_FRREQUEST_H

#include "filter/ipf_rule.h"

#include <stddef.h>

typedef struct fr_index fr_index_t; /* finds a rule that is there already */

/* Rules for IPv4. Zeroed, it is empty. */
typedef struct fr_ruleset {
    frentry_t *frs_head[2]; /* [0] in, [1] out */
    frentry_t *frs_tail[2];
    size_t frs_count;
    size_t frs_duplicates;
    fr_index_t *frs_index; /* only while rules are being added */
} fr_ruleset_t;

/* Appends a copy of `fr` to the list of its direction.
 * => Returns 0; EEXIST if there is such a rule already: it is counted and not added, and *same is
 *    the one that is there; ENOMEM. */
int frrequest(fr_ruleset_t *set, const frentry_t *fr, const frentry_t **same);

/* Says that no more rules will be added: frees what only frrequest() needs. */
void fr_ruleset_seal(fr_ruleset_t *set);

/* Frees the rules; the set is empty afterwards. */
void fr_ruleset_fini(fr_ruleset_t *set);

#endif
