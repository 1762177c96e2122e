/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Walking a recorded run in the terminal, event by event, forward and back.
 */
#ifndef LO0SIM_SIM_SHELL_STEP_H
#define LO0SIM_SIM_SHELL_STEP_H

#include "sim/core/result.h"
#include "sim/shell/recording.h"

/* Does what standard input says, to its end. `result` is what became of the run; it is shown after
 * the last event, and on leaving where the test did not pass.
 * => Returns the exit code: that of the test's result, as of `lo0sim run`; EXIT_MISTAKE, too, if a
 *    line was a mistake and nobody typed it at a terminal. */
int step_walk(const recording_t *recording, const result_t *result);

#endif
