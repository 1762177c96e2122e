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

/* The lowest number that a socket of the box gets. As long as no program has put one below it, the
 * number alone shows that a call is on a file. Less than FD_SETSIZE, for select(). */
#define EXEC_FD_LOWEST 500

/* Whether a call's first argument is a descriptor, of a file or of the box. */
bool seccomp_is_by_descriptor(int number);

/* How far a start came, as the child reports it. */
typedef enum seccomp_step {
    SECCOMP_STARTED,
    SECCOMP_NO_PROCESS, /* the parent could not fork */
    SECCOMP_NO_FILTER,  /* the kernel has no such notification, or forbids it */
    SECCOMP_NO_FOLDER,  /* the folder cannot be entered */
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
    int words;    /* from the child, for seccomp_failed() */
} seccomp_start_t;

typedef struct seccomp_launch {
    const char *const *argv;        /* searched in PATH; ends with NULL */
    const char *const *environment; /* ends with NULL; NULL: ours */
    const char *folder;             /* NULL: ours */
    const int *standard;            /* three descriptors, its 0, 1, 2, and no others; NULL: ours */
    int processor;                  /* the only one it runs on; -1: any */
} seccomp_launch_t;

/* Starts a program without the privileges of set-uid bits, with a fixed address layout. The first
 * call that the listener gets is its execve(), one for each folder of PATH that is tried.
 * => Returns true; the caller closes the two descriptors and waits for the process. Returns false
 *    on failure: *word says how far it came, and why. */
bool seccomp_start(const seccomp_launch_t *launch, seccomp_start_t *start, seccomp_word_t *word);

/* Call it when `words` is readable. => Returns whether the program could not be run; *word says
 * why. */
bool seccomp_failed(const seccomp_start_t *start, seccomp_word_t *word);

#endif
