/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim exec --check-determinism: the same command twice, and what differs.
 */
#ifndef LO0SIM_SIM_COMMAND_EXEC_TWICE_H
#define LO0SIM_SIM_COMMAND_EXEC_TWICE_H

#include <stdbool.h>

/* Runs a command in a box: with the descriptors `standard` as its 0, 1, 2. What the box has to say,
 * with the timeline, goes to standard error. Sets *ran if the program was started.
 * => Returns the exit code. */
typedef int (*exec_once_t)(const void *arg, const int standard[3], bool *ran);

/* Calls `once` twice, each time in a process of its own, and prints whether the two did the same.
 * Standard input is read from its beginning by both, if it is a file, and is else empty.
 * => Returns the exit code: EXIT_CRASHED if they differ, the runs' own if it is a mistake. */
int exec_twice(exec_once_t once, const void *arg);

#endif
