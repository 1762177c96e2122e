/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Walking a recorded run in the terminal, event by event, forward and back.
 */
#ifndef LO0SIM_SIM_SHELL_STEP_H
#define LO0SIM_SIM_SHELL_STEP_H

#include "sim/core/result.h"
#include "sim/shell/recording.h"

/* Carries out the lines of standard input. `result` is the run's result; it is shown after the last
 * event, and at the end if the test did not pass.
 * => Returns the exit code: that of the test's result, as `lo0sim run` does; but at least
 *    EXIT_MISTAKE if a line was a mistake and standard input is not a terminal. */
int step_walk(const recording_t *recording, const result_t *result);

#endif
