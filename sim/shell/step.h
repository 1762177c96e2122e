/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Walking a recorded run in the terminal, event by event, forward and back.
 */
#ifndef LO0SIM_SIM_SHELL_STEP_H
#define LO0SIM_SIM_SHELL_STEP_H

#include "sim/shell/step_way.h"

/* Carries out the lines of standard input, on the way `first` and on others, which `another` makes.
 * A run's result is shown after its last event, and at the end if the test did not pass.
 * => Returns the exit code: that of the test's result, as `lo0sim run` does; but at least
 *    EXIT_MISTAKE if a line was a mistake and standard input is not a terminal. */
int step_walk(const step_way_t *first, step_another_t another, void *arg);

#endif
