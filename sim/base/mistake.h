/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How a command ends: its exit codes, and how it reports a wrong command line.
 */
#ifndef LO0SIM_SIM_BASE_MISTAKE_H
#define LO0SIM_SIM_BASE_MISTAKE_H

/* Exit codes; 0 is success. sim/run/runner.h explains run's. */
#define EXIT_FAILED  1
#define EXIT_MISTAKE 2
#define EXIT_CRASHED 3
#define EXIT_NOTHING 4

/* Reports a wrong command line on standard error: "lo0sim COMMAND: ...".
 * => Returns EXIT_MISTAKE. */
int command_mistake(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
