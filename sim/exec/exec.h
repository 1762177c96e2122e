/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A real program, with all that it starts, as processes of a box: its sockets, its clock, its
 * chance.
 *
 * The kernel hands each call that concerns sockets or time to this process (seccomp_listener.h),
 * which owns the box and answers: at once, or later for a call that waits. One program runs at a
 * time. When all wait, the box' next timer runs; so virtual time stands still while anybody works.
 */
#ifndef LO0SIM_SIM_EXEC_EXEC_H
#define LO0SIM_SIM_EXEC_EXEC_H

#include "sim/core/box.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct exec_options {
    const char *const *argv; /* the command; NULL after the last */
} exec_options_t;

/* Where nothing can happen any more: all wait for each other, and nobody for the world. */
#define EXEC_STUCK 124

typedef struct exec_result {
    int code;       /* the program's exit code; 128 and the signal that ended it; EXEC_STUCK */
    uint64_t calls; /* how many calls were answered */
} exec_result_t;

/* Runs a command in a box until it has ended; what it leaves behind is then ended, too. Lines about
 * what is not modelled go to standard error.
 * => Returns true; else false, with why nothing was run in error[size]. */
bool exec_run(box_t *box, const exec_options_t *options, exec_result_t *result, char *error,
              size_t size);

#endif
