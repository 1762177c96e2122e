/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A program under a seccomp filter: the kernel hands each of its calls of interest to a listener,
 * seccomp_unotify(2), and lets all others pass. Whatever the program starts inherits the filter.
 *
 * Linux only, 5.19 or later (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV).
 */
#ifndef LO0SIM_SIM_EXEC_SECCOMP_LISTENER_H
#define LO0SIM_SIM_EXEC_SECCOMP_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

/* The lowest number of a descriptor of the box: the filter tells these from files by the number.
 * Below FD_SETSIZE, for select(). */
#define EXEC_FD_LOWEST 500

/* How far a start came, told by the child. */
typedef enum seccomp_step {
    SECCOMP_STARTED,
    SECCOMP_NO_PROCESS, /* the parent could not fork */
    SECCOMP_NO_FILTER,  /* the kernel has no such notification, or forbids it */
    SECCOMP_NO_EXEC     /* the program cannot be run */
} seccomp_step_t;

typedef struct seccomp_word {
    seccomp_step_t step;
    int error;    /* an errno */
    int listener; /* SECCOMP_STARTED: its number in the child */
} seccomp_word_t;

typedef struct seccomp_start {
    pid_t pid;
    int listener; /* of the calls */
    int words;    /* from the child: seccomp_failed() */
} seccomp_start_t;

/* Starts argv[0] (searched in PATH; NULL after the last) in this folder and environment, without
 * the privileges of set-uid bits and with a fixed address layout. Its execve() is its first call
 * that is told.
 * => Returns 0; the caller closes the two descriptors and waits for the process. Else an errno, and
 *    *word says how far it came. */
int seccomp_start(const char *const *argv, seccomp_start_t *start, seccomp_word_t *word);

/* To be asked once the process has ended with status 127: whether that was since the program could
 * not be run; *word says why. */
bool seccomp_failed(const seccomp_start_t *start, seccomp_word_t *word);

#endif
