/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which rules of a set a packet can reach. No counterpart in Solaris.
 *
 * A packet of a rule is made up, and the rules before it are asked whether one of them keeps it
 * away: a `quick` rule, a `skip`, or the `quick` rules of a group. That rule takes more packets
 * than this one: all of them are taken away, and a packet is made up of those that are left. So it
 * goes on until one comes through, or none is left. Classifiers find the rules that a packet
 * matches, so a rule that is reached is found so after a few packets, however long the list is.
 */
#ifndef LO0SIM_FILTER_FR_REACH_H
#define LO0SIM_FILTER_FR_REACH_H

#include "filter/frrequest.h"
#include "filter/ipf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fr_reach fr_reach_t;

typedef enum fr_reached {
    FR_REACHED,   /* a packet matches the rule; if it was asked, one is decided by it */
    FR_NEVER,     /* no packet does */
    FR_STATELESS, /* only packets of which no state can be made: malformed ones, those outside of
                   * a connection's window, and all of them while the table is full */
    FR_REACH_UNKNOWN, /* not known: there are too many kinds of packets */
    FR_REACH_NO_MEMORY
} fr_reached_t;

/* The rules of an answer that are named at most. */
#define FR_REACH_BY 64

typedef struct fr_reach_answer {
    fr_reached_t result;
    bool is_empty; /* FR_NEVER: no packet has all that the rule asks for */
    /* FR_NEVER and FR_STATELESS: the rules before it that take its packets, and those after it that
     * decide instead. Without any: no packet matches a rule that heads its group as well. */
    const frentry_t *takers[FR_REACH_BY], *deciders[FR_REACH_BY];
    size_t taker_count, decider_count;
} fr_reach_answer_t;

/* The rules that are compared with packets at most, for all rules of a set and for one: some second
 * for all. */
#define FR_REACH_WORK     20000000u
#define FR_REACH_WORK_ONE 400000u

/* Begins to ask about a set, which is sealed, and does not change until the end. `build`: what the
 * kernel does. `work`: FR_REACH_WORK.
 * => Returns NULL if there is no memory. The caller ends it with fr_reach_destroy(). */
fr_reach_t *fr_reach_create(const fr_ruleset_t *set, const ipf_build_t *build, uint64_t work);
void fr_reach_destroy(fr_reach_t *reach);

/* Whether any packet reaches the rule with a number in a list of the set, and matches it; with
 * `decides`, whether it also decides about any. For that it must be a `block` or `pass` rule
 * without `quick` that heads no group.
 *
 * Assumed are all packets that can be: on any interface, with any header, and that no state and no
 * fragment before is known of. What is not modelled counts as reached, so FR_NEVER is always true:
 * of addresses of pools and interfaces, tags, `in-via`, limits, and masks that are no prefix it is
 * assumed that they take no packet away; a group that `call` or `icmp-head` can enter is reached.
 * Nor is it found out that a `quick` head ends the walk where a rule of its group skips or only
 * logs, or heads a group and cannot keep the state that it must. */
void fr_reach_ask(fr_reach_t *reach, const fr_list_t *list, size_t number, bool decides,
                  fr_reach_answer_t *answer);

/* Whether a `quick` rule heads a list of the set. */
bool fr_reach_is_headed_by_quick(const fr_reach_t *reach, const fr_list_t *list);

#endif
