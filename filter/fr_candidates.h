/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rules of a list that can match a packet, in the order of the list, so that a long list is as
 * quick as a short one. No counterpart in Solaris, where a list is walked.
 *
 * Rules are sorted by IP version, protocol and, if they name just one, destination port. What is
 * left out cannot match, so hits, numbers, `skip` and groups are the same as in a walk.
 */
#ifndef LO0SIM_FILTER_FR_CANDIDATES_H
#define LO0SIM_FILTER_FR_CANDIDATES_H

#include "filter/frrequest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fr_info;

/* A rule, and its number in the list from 0. */
typedef struct fr_numbered {
    frentry_t *fr;
    int rulen;
} fr_numbered_t;

/* The position of a search: at a rule, or at the end (fr is NULL). */
typedef struct fr_candidate {
    frentry_t *fr;
    int rulen;
    const fr_numbered_t *next[2], *end[2]; /* for any port, and for the packet's */
} fr_candidate_t;

/* Prepares a list whose rules no longer change. If it is short, or there is no memory, nothing is
 * prepared and the list is walked. */
void fr_candidates_build(fr_list_t *list, memory_t *memory);

void fr_candidates_free(fr_list_t *list);

/* The first rule that can match a packet. `portcmp`: it has ports to compare. */
fr_candidate_t fr_candidates_first(const fr_candidates_t *c, const struct fr_info *fin,
                                   bool portcmp);

void fr_candidates_next(fr_candidate_t *at);

/* How many bytes of memory a list uses for this. */
size_t fr_candidates_size(const fr_list_t *list);

#endif
