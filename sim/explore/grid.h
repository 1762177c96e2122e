/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The picture of an exploration, as one HTML file: every single fault of the packets as a grid,
 * packets by places by faults, coloured by outcome. Each cell, and each outcome's example, opens
 * the ladder of its schedule.
 */
#ifndef LO0SIM_SIM_EXPLORE_GRID_H
#define LO0SIM_SIM_EXPLORE_GRID_H

#include "sim/explore/explore.h"

#include <stdio.h>

/* Writes the ladder of a run with these faults, as text in HTML. */
typedef void (*grid_ladder_t)(void *arg, const fault_list_t *faults, FILE *out);

/* Runs the test of `trial` with each single fault, and writes the page.
 * => Returns false if it cannot be written, or no process can be made. */
bool grid_write(trial_t *trial, const explore_options_t *options, const explore_state_t *state,
                grid_ladder_t ladder, void *arg, FILE *out);

#endif
