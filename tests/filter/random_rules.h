/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Random rule sets and packets, the same for the same seed: groups, lists, skip, log, count,
 * keep state and keep frags, both families; packets that such rules are likely to hit.
 */
#ifndef LO0SIM_TESTS_FILTER_RANDOM_RULES_H
#define LO0SIM_TESTS_FILTER_RANDOM_RULES_H

#include "stack/hook.h"

#include <stddef.h>
#include <stdint.h>

typedef struct chance {
    uint32_t seed;
} chance_t;

/* A number from 0 to below - 1. */
uint32_t chance(chance_t *c, uint32_t below);

/* Writes `count` lines of rules into text[size]. */
void random_rules(chance_t *c, uint32_t count, char *text, size_t size);

/* => Returns a packet, which the caller owns. */
mblk_t *random_packet(chance_t *c);

/* The same with rules that mix all conditions: prefixes of all lengths, negation, pools; ports with
 * each comparison, lists of them; flags, ICMP types, TOS, TTL, options. */
void mixed_rules(chance_t *c, uint32_t count, char *text, size_t size);

/* A packet that these rules are likely to match, sometimes with IP options. */
mblk_t *mixed_packet(chance_t *c);

#endif
