/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A small world of packets, which has one of each kind that rules of some words can tell apart:
 * addresses 10.0.0.0 to 10.0.0.2, ports 1 to 4, interfaces lo0 and bge0, TCP, UDP, ICMP, AH and
 * other protocols, flags S, S/SA and A/A, fragments. What fr_reach says of a rule is held against
 * what all of them do.
 */
#ifndef LO0SIM_TESTS_FILTER_REACH_WORLD_H
#define LO0SIM_TESTS_FILTER_REACH_WORLD_H

#include <stdbool.h>
#include <stddef.h>

/* The rules of which an answer says so. */
typedef struct reach_counts {
    size_t never, stateless, undecided;
} reach_counts_t;

/* Asks about each rule of a text of at most 39 lines, and fails if the packets show that an answer
 * is wrong. With `ports` their ports differ, too. Where it is not `exact`, a rule may be said to be
 * reached that is not. Adds to *counts. */
void reach_held_against_world(const char *rules, bool ports, bool exact, reach_counts_t *counts);

#endif
