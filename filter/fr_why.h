/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which rules are asked about a packet, and why a rule does not match. */
#ifndef LO0SIM_FILTER_FR_WHY_H
#define LO0SIM_FILTER_FR_WHY_H

#include "filter/ipf.h"

/* The first thing that a rule asks for and a packet does not have. */
typedef enum fr_miss {
    FR_MISS_NOTHING, /* it matches */
    FR_MISS_SKIPPED, /* an earlier rule skips it: it is not asked */
    FR_MISS_INTERFACE,
    FR_MISS_FAMILY,
    FR_MISS_PROTOCOL,
    FR_MISS_SOURCE,
    FR_MISS_DESTINATION,
    FR_MISS_PORTS, /* it asks for ports or flags, which the packet does not show */
    FR_MISS_SOURCE_PORT,
    FR_MISS_DESTINATION_PORT,
    FR_MISS_FLAGS,
    FR_MISS_ICMP,
    FR_MISS_WITH, /* `with`, options, security */
    FR_MISS_TOS,
    FR_MISS_TTL,
    FR_MISS_TAG,
    FR_MISS_WINDOW /* it keeps state, and the segment is outside of a window */
} fr_miss_t;

typedef struct fr_asked {
    const frentry_t *rule;
    int number;     /* in its list, from 1 */
    unsigned depth; /* of groups in groups, from 1 */
    fr_miss_t miss;
} fr_asked_t;

typedef void (*fr_asked_fn_t)(void *arg, const fr_asked_t *asked);

/* Sets the function that is told of each rule that is asked from now on, in order; NULL removes it.
 * While it is set, rules are found by the plain walk. */
void fr_why(ipf_stack_t *ifs, fr_asked_fn_t asked, void *arg);

#endif
