/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A session of `lo0sim shell`: a box that lives while lines are typed.
 *
 * Each line becomes calls of the verbs that scripts have (shell_lua.h), made by one process of one
 * test, so that what was typed can be saved and run.
 */
#ifndef LO0SIM_SIM_SHELL_SHELL_H
#define LO0SIM_SIM_SHELL_SHELL_H

#include <stddef.h>
#include <stdint.h>

typedef struct shell_options {
    uint64_t seed;
    const char *const *first; /* carried out first; a mistake in them ends the session */
    size_t first_count;
} shell_options_t;

/* Carries out the lines of standard input.
 * => Returns the exit code: 0; 2 if a line was a mistake and standard input is not a terminal (3 if
 * the disk was full); or, if the session ended early, the code that `lo0sim run` would return. */
int shell_run(const shell_options_t *options);

#endif
