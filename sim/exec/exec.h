/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Real programs, with all that they start, as processes of a box: its sockets, its clock, its
 * chance.
 *
 * The kernel hands each call that concerns sockets or time to this process (seccomp_listener.h),
 * which owns the box and answers: at once, or later for a call that waits. One program runs at a
 * time. When all wait, the box' next timer runs; so virtual time stands still while anybody works.
 *
 * `lo0sim exec` runs one program to its end, exec_run(). A scenario starts several beside its own
 * processes, and looks after them in its loop: exec_look().
 */
#ifndef LO0SIM_SIM_EXEC_EXEC_H
#define LO0SIM_SIM_EXEC_EXEC_H

#include "sim/core/box.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct exec exec_t;
typedef struct exec_program exec_program_t;

typedef struct exec_options {
    const char *const *argv;        /* the command, searched in PATH; NULL after the last */
    const char *const *environment; /* "NAME=VALUE", NULL after the last; NULL: ours */
    const char *folder;             /* to run it in; NULL: ours */
    const int *standard;            /* three descriptors: its 0, 1, 2; NULL: ours, and all others
                                     * that are not closed on exec */
} exec_options_t;

/* ---- one program ---- */

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

/* ---- several ---- */

/* No program runs yet. The caller ends it with exec_destroy(), before the box: that ends all
 * programs and what they started, and closes their sockets. It takes NULL.
 * => Never returns NULL. */
exec_t *exec_create(box_t *box);
void exec_destroy(exec_t *exec);

/* Starts a program, which runs until its first call.
 * => Returns the program, which belongs to `exec`; NULL, with why not in error[size]. */
exec_program_t *exec_start(exec_t *exec, const exec_options_t *options, char *error, size_t size);

/* => Returns false while the program runs; else its exit code, or 128 and the signal that ended it,
 *    in *code. */
bool exec_has_ended(const exec_program_t *program, int *code);

typedef enum exec_state {
    EXEC_BUSY, /* a program runs, or went on: look again before a timer runs */
    EXEC_DUE,  /* all wait, and a timer of the box is due at this instant */
    EXEC_WAITS /* all wait, and nothing is left at this instant: time may move */
} exec_state_t;

/* Takes what has come, and answers one call at the most. Where somebody still runs it waits for a
 * moment of real time, or until a signal comes. */
exec_state_t exec_look(exec_t *exec);

/* No timer is set either. Somebody may wait for the world: a pipe, a terminal, a lock. Then it
 * waits for a moment of real time.
 * => Returns false if nobody does: nothing can happen any more. */
bool exec_wait_for_world(exec_t *exec);

/* Writes who waits in which call, with `between` between them: "python3 waits in accept4()". No
 * more than a few are named. */
void exec_list_waiting(const exec_t *exec, FILE *out, const char *between);

/* Whether there is still a process of them. */
bool exec_is_alive(const exec_t *exec);

/* Sends a signal to a program that has not ended. */
void exec_kill(exec_t *exec, const exec_program_t *program, int number);

/* Ends all processes, as exec_destroy() does, and frees nothing. */
void exec_kill_all(exec_t *exec);

#endif
