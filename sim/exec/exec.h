/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Real programs, and all that they start, as processes of a box: they use its sockets, its clock
 * and its random numbers.
 *
 * The kernel hands each call that concerns sockets or time to this process (seccomp_listener.h),
 * which owns the box and answers: at once, or later for a call that waits. One program runs at a
 * time. When all wait, the box' next timer runs; so virtual time stands still while a program
 * works.
 *
 * `lo0sim exec` runs one program to its end, exec_run(). A scenario starts several next to its own
 * processes, and drives them from its loop with exec_look().
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
    const char *const *argv;        /* the command, searched in PATH; ends with NULL */
    const char *const *environment; /* "NAME=VALUE", ends with NULL; NULL: ours */
    const char *folder;             /* where it runs; NULL: in ours */
    const int *standard;            /* three descriptors: its 0, 1, 2; NULL: ours, and all our
                                     * others that are not close-on-exec */
} exec_options_t;

/* ---- one program ---- */

/* The exit code if nothing can happen any more: all wait for each other, none for the world. */
#define EXEC_STUCK 124

typedef struct exec_result {
    int code;       /* the program's exit code; or 128 + the signal that ended it; or EXEC_STUCK */
    uint64_t calls; /* how many calls were answered */
} exec_result_t;

/* Runs a command in a box until it ends, then ends the processes that it leaves behind. Writes what
 * is not modelled to standard error.
 * => Returns true; false if nothing could be run: error[size] then says why. */
bool exec_run(box_t *box, const exec_options_t *options, exec_result_t *result, char *error,
              size_t size);

/* ---- several ---- */

/* Starts without programs. The caller calls exec_destroy() before it destroys the box: that ends
 * all programs and what they started, and closes their sockets. It accepts NULL.
 * => Never returns NULL. */
exec_t *exec_create(box_t *box);
void exec_destroy(exec_t *exec);

/* Starts a program, which runs until its first call.
 * => Returns the program, which belongs to `exec`; NULL on failure: error[size] says why. */
exec_program_t *exec_start(exec_t *exec, const exec_options_t *options, char *error, size_t size);

/* => Returns false while the program runs; else true, with its exit code, or 128 + the signal that
 *    ended it, in *code. */
bool exec_has_ended(const exec_program_t *program, int *code);

typedef enum exec_state {
    EXEC_BUSY, /* a program runs, or was answered: look again before a timer runs */
    EXEC_DUE,  /* all wait, and a timer of the box is due at this instant */
    EXEC_WAITS /* all wait, and nothing is left at this instant: time may move */
} exec_state_t;

/* Takes the calls that have come, and answers one at most. If a program still runs, waits for a
 * moment of real time, or until a signal comes. */
exec_state_t exec_look(exec_t *exec);

/* For when no timer is set either. If a program waits for the world (a pipe, a terminal, a lock),
 * waits for a moment of real time.
 * => Returns false if no program does: nothing can happen any more. */
bool exec_wait_for_world(exec_t *exec);

/* Writes which program waits in which call, separated by `between`: "python3 waits in accept4()".
 * Names only a few. */
void exec_list_waiting(const exec_t *exec, FILE *out, const char *between);

/* Whether any of the processes still exists. */
bool exec_is_alive(const exec_t *exec);

/* Sends a signal to a program that has not ended. */
void exec_kill(exec_t *exec, const exec_program_t *program, int number);

/* Ends all processes, as exec_destroy() does, but frees nothing. */
void exec_kill_all(exec_t *exec);

#endif
