/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What `lo0sim outcomes OLD NEW` says about packets that are not those of local clients.
 */
#ifndef LO0SIM_SIM_COMMAND_OUTCOMES_PROOF_H
#define LO0SIM_SIM_COMMAND_OUTCOMES_PROOF_H

#include "sim/command/outcomes_run.h"

#include <stdio.h>

/* Compares two files for any packet, and says to `out`, unless that is NULL, what is known.
 * => Returns whether they are known to differ. */
bool outcomes_compare_any(outcomes_t *old, outcomes_t *new, const char *old_path,
                          const char *new_path, FILE *out);

#endif
