/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whoever looks at a test from its beginning to its end and writes a file of what there was to see:
 * a capture, a page, JSON lines. Each is fed from the trace, in the test's own process.
 */
#ifndef LO0SIM_SIM_CORE_OBSERVER_H
#define LO0SIM_SIM_CORE_OBSERVER_H

#include "sim/core/box.h"
#include "sim/core/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Which test it is. The strings are the script's. */
typedef struct test_info {
    const char *path; /* of the script */
    const char *name;
    int line; /* 0: there is no script; `path` says in words what there is */
    uint64_t seed;
    const char *source; /* the file that it comes from; NULL: none */
} test_info_t;

typedef struct observer {
    const char *option; /* that asks for it: "-w" */
    const char *file;   /* where it writes: observer_path() */
    /* Adds its sink to the box' trace.
     * => Returns what end() gets; NULL if there is no memory. `out` stays open until end() has
     *    returned, and is the caller's. */
    void *(*begin)(const struct observer *self, box_t *box, const test_info_t *test, FILE *out);
    /* Writes what is left and frees `seen`; the box is still there. */
    void (*end)(void *seen, const result_t *result);
    /* Asked before end(); may be NULL.
     * => Returns NULL, or in words why the file is of no use: it is removed then. */
    const char *(*fault)(const void *seen);
    const void *arg; /* its own options */
} observer_t;

#define OBSERVERS_MAX 4

/* One at work, in the process of its test. */
typedef struct observing {
    const observer_t *observer;
    FILE *out;
    void *seen;
    char path[4096]; /* of its file */
} observing_t;

#define OBSERVER_ERROR_MAX 4400

/* Opens its file and begins.
 * => Returns false and writes to error[OBSERVER_ERROR_MAX] what is wrong: the file cannot be
 *    written. Then it did not begin. */
bool observing_begin(observing_t *o, const observer_t *observer, box_t *box,
                     const test_info_t *test, char *error);

/* Ends what began, else does nothing: `box` is still there. A file that is of no use is removed.
 * => Returns false and writes to error[OBSERVER_ERROR_MAX] what is wrong with the file. */
bool observing_end(observing_t *o, const result_t *result, char *error);

/* What is said where there are several tests for one file: its option and its name. */
#define OBSERVER_ONE_FILE                                                                          \
    "%s %s is one file: name one test, FILE:TEST, or put %%t where the test's name is to be"

/* The same where there are several scripts. */
#define OBSERVER_ONE_SCRIPT                                                                        \
    "%s %s is one file for tests of one name in several scripts: put %%f where the script's name " \
    "is to be"

/* Whether the name of its file has a place for the test's, and for the script's. */
bool observer_takes_many(const observer_t *observer);
bool observer_takes_scripts(const observer_t *observer);

/* The name of its file for a test: %t in it is the test's name, %f the script's path without .lua.
 * Letters, digits, `-` and `.` of those stay, and each run of anything else is a `_`.
 * => Returns false if it does not fit into path[size]. */
bool observer_path(const observer_t *observer, const char *script, const char *test, char *path,
                   size_t size);

/* Whether writing to `path` would destroy what somebody wrote by hand: `source` (NULL: none), or
 * another script, rules or golden that is there, by its name. */
bool observer_spoils(const char *path, const char *source);
#define OBSERVER_SPOILS "is there, and is a script, rules or a golden: it is not overwritten"

#endif
