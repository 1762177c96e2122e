/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whoever looks at a test from its beginning to its end and writes what there was to see to a
 * stream: a timeline, a ladder, what ipfstat prints, a capture, a page, JSON lines. Each is fed
 * from the trace, in the test's own process. The stream is a file, or memory that becomes a part of
 * the result.
 */
#ifndef LO0SIM_SIM_CORE_OBSERVER_H
#define LO0SIM_SIM_CORE_OBSERVER_H

#include "sim/base/output.h"
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

/* Where an observer's stream goes. */
typedef enum observer_place {
    OBSERVER_FILE,     /* a file: observer_path() */
    OBSERVER_TIMELINE, /* result_t.trace */
    OBSERVER_OUTPUT,   /* result_t.output */
    OBSERVER_NOWHERE,  /* there is none: it keeps what it sees itself, in the same process */
} observer_place_t;

/* A line of result_t.output that belongs on standard error begins with it. */
#define OBSERVER_ASIDE "\001"

typedef struct observer {
    const char *option; /* that asks for it: "-w" */
    const char *file;   /* of OBSERVER_FILE: its name, observer_path(); else NULL */
    observer_place_t place;
    /* Adds its sink to the box' trace.
     * => Returns what end() gets; NULL if there is no memory. `out` stays open until end() has
     *    returned, and is the caller's; with OBSERVER_NOWHERE it is NULL. */
    void *(*begin)(const struct observer *self, box_t *box, const test_info_t *test, FILE *out);
    /* The test's function has ended, and the box is as it left it; may be NULL. */
    void (*look)(void *seen);
    /* Writes what is left and frees `seen`; the box is still there. */
    void (*end)(void *seen, const result_t *result);
    /* Asked before end(); may be NULL.
     * => Returns NULL, or in words why the file is of no use: it is removed then. */
    const char *(*fault)(const void *seen);
    const void *arg; /* its own options */
    void *to;        /* of OBSERVER_NOWHERE: what keeps it */
} observer_t;

#define OBSERVERS_MAX 7

/* One at work, in the process of its test. */
typedef struct observing {
    const observer_t *observer;
    output_t *output;
    void *seen;
    bool looked;
    char path[4096]; /* of its file */
} observing_t;

/* How many bytes each may write, unless an option says otherwise. */
#define OBSERVER_BYTES_MAX (UINT64_C(256) << 20)

#define OBSERVER_ERROR_MAX 4400

/* Opens its stream, of `limit` bytes at most (0: the default), and begins.
 * => Returns false and writes to error[OBSERVER_ERROR_MAX] what is wrong: the file cannot be
 *    written. Then it did not begin. */
bool observing_begin(observing_t *o, const observer_t *observer, box_t *box,
                     const test_info_t *test, uint64_t limit, char *error);

/* The test's function has ended. Does nothing if it has not begun, or has been told. */
void observing_look(observing_t *o);

/* Whether it has written more than it may. */
bool observing_is_over(const observing_t *o);

/* Ends what began, else does nothing: `box` is still there. What is in memory goes to *result,
 * whose strings are freed with result_fini(). A file that is of no use is not left.
 * => Returns RESULT_PASSED; else RESULT_MISTAKE if what was asked for does not fit the test,
 *    RESULT_CRASHED if the file cannot be written (a full disk), and writes to
 *    error[OBSERVER_ERROR_MAX] what is wrong. */
result_status_t observing_end(observing_t *o, result_t *result, char *error);

/* Ends what began, and nothing is left of it. */
void observing_drop(observing_t *o);

/* The process crashes: what has been written to a file so far is kept, if nothing is in the way. */
void observing_rescue(observing_t *o);

/* What is said where there are several tests for one file: its option and its name. */
#define OBSERVER_ONE_FILE                                                                          \
    "%s %s is one file: name one test, FILE:TEST, or put %%t where the test's name is to be"

/* The same where there are several scripts. */
#define OBSERVER_ONE_SCRIPT                                                                        \
    "%s %s is one file for tests of one name in several scripts: put %%f where the script's name " \
    "is to be"

/* Whether it needs no file, or the name of its file has a place for the test's; and the same for
 * the script's. */
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
