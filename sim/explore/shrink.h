/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fewest faults that lead to a violation.
 */
#ifndef LO0SIM_SIM_EXPLORE_SHRINK_H
#define LO0SIM_SIM_EXPLORE_SHRINK_H

#include "sim/explore/trial.h"

/* Reads the faults of an outcome's example, "drop packet 1 at wire; ...", into a list. Changes
 * `text`, which must outlive the list.
 * => Returns false if it is no such text. */
bool shrink_read(char *text, fault_list_t *faults);

/* Leaves out the faults without which the test still ends with `status` (delta debugging: Zeller,
 * Hildebrandt 2002). */
void shrink(trial_t *trial, fault_list_t *faults, result_status_t status);

/* Writes the scenario of a violation: the script of `options`, with the faults in the one test.
 * `why` is one line.
 * => Returns false with errno if it cannot be written: then an older file is as it was. */
bool replay_write(const char *path, const script_t *script, size_t test,
                  const trial_options_t *options, const fault_list_t *faults, const char *why);

/* Whether writing to `path` would destroy a file that replay_write() has not written. */
bool replay_spoils(const char *path);

#endif
