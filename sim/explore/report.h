/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What an exploration found, for people to read.
 */
#ifndef LO0SIM_SIM_EXPLORE_REPORT_H
#define LO0SIM_SIM_EXPLORE_REPORT_H

#include "sim/explore/explore.h"

/* The table of outcomes. */
void explore_put_table(const explore_options_t *options, const explore_state_t *state, FILE *out);

/* The last line: what was established, or how much is left. */
void explore_put_last_line(const explore_options_t *options, const explore_state_t *state,
                           FILE *out);

/* How many schedules were run, and what was left out by which rule. The states that are found to be
 * equal hang on how the program was built: they are compared by their bytes. */
void explore_put_pruned(const explore_state_t *state, FILE *out);

/* Writes a number with commas into text[32].
 * => Returns text. */
const char *explore_number(uint64_t number, char *text);

/* Of how many schedules the outcomes are known. */
uint64_t explore_ran(const explore_state_t *state);

#endif
