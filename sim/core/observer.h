/* SPDX-License-Identifier: BSD-3-Clause
 *
 * An observer watches a test from its beginning to its end and writes what it saw to a stream: a
 * timeline, a ladder, ipfstat's output, a capture, a page, JSON lines. It is fed from the trace, in
 * the test's own process. The stream is a file, or memory that becomes a part of the result.
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

/* A test. The strings belong to the script. */
typedef struct test_info {
    const char *path; /* of the script */
    const char *name;
    int line; /* 0: no script; `path` is then a description */
    uint64_t seed;
    const char *source; /* the script's file, or NULL */
} test_info_t;

/* Where an observer's stream goes. */
typedef enum observer_place {
    OBSERVER_FILE,     /* a file: observer_path() */
    OBSERVER_TIMELINE, /* result_t.trace */
    OBSERVER_OUTPUT,   /* result_t.output */
    OBSERVER_COVERAGE, /* result_t.coverage */
    OBSERVER_NOWHERE,  /* no stream: it keeps its results in memory of the same process */
} observer_place_t;

/* Begins a line of result_t.output that belongs on standard error. */
#define OBSERVER_ASIDE "\001"

typedef struct observer {
    const char *option; /* that asks for it: "-w" */
    const char *file;   /* of OBSERVER_FILE: its name, observer_path(); or NULL */
    observer_place_t place;
    /* Adds its sink to the box' trace.
     * => Returns `seen` for the other functions; NULL if there is no memory. `out` stays open until
     *    end() has returned, and is the caller's; with OBSERVER_NOWHERE it is NULL. */
    void *(*begin)(const struct observer *self, box_t *box, const test_info_t *test, FILE *out);
    /* Called when the test's function has ended, with the box as it left it; can be NULL. */
    void (*look)(void *seen);
    /* Writes what is left and frees `seen`; the box is still there. */
    void (*end)(void *seen, const result_t *result);
    /* Called before end(); can be NULL.
     * => Returns NULL, or in words why the file is useless; it is then removed. */
    const char *(*fault)(const void *seen);
    const void *arg; /* its own options */
    void *to;        /* of OBSERVER_NOWHERE: where results are kept */
} observer_t;

#define OBSERVERS_MAX 9

/* One at work, in the process of its test. */
typedef struct observing {
    const observer_t *observer;
    output_t *output;
    void *seen;
    bool looked;
    char path[4096]; /* of its file */
} observing_t;

/* How many bytes each can write, unless an option changes it. */
#define OBSERVER_BYTES_MAX (UINT64_C(256) << 20)

#define OBSERVER_ERROR_MAX 4400

/* Opens its stream, of `limit` bytes at most (0: the default), and begins.
 * => Returns false, with a message in error[OBSERVER_ERROR_MAX], if the file cannot be written.
 * Then it did not begin. */
bool observing_begin(observing_t *o, const observer_t *observer, box_t *box,
                     const test_info_t *test, uint64_t limit, char *error);

/* Calls look(), when the test's function has ended. Does nothing before the observer has begun, and
 * at a second call. */
void observing_look(observing_t *o);

/* Whether it has written more than its limit. */
bool observing_is_over(const observing_t *o);

/* Ends an observer that began, while `box` still exists. Text in memory is moved to *result, and
 * freed with result_fini(). A useless file is removed.
 * => Returns RESULT_PASSED; or, with a message in error[OBSERVER_ERROR_MAX], RESULT_MISTAKE if the
 *    option does not fit the test, RESULT_CRASHED if the file cannot be written (a full disk). */
result_status_t observing_end(observing_t *o, result_t *result, char *error);

/* Ends an observer that began, and leaves no file. */
void observing_drop(observing_t *o);

/* Keeps what has been written to a file so far, if possible. Call it when the process crashes. */
void observing_rescue(observing_t *o);

/* The message for several tests and one file: its option and its name. */
#define OBSERVER_ONE_FILE                                                                          \
    "%s %s is one file: name one test, FILE:TEST, or put %%t where the test's name is to be"

/* The same for several scripts. */
#define OBSERVER_ONE_SCRIPT                                                                        \
    "%s %s is one file for tests of one name in several scripts: put %%f where the script's name " \
    "is to be"

/* Whether it needs no file, or the file's name has a place for the test's name; and the same for
 * the script's. */
bool observer_takes_many(const observer_t *observer);
bool observer_takes_scripts(const observer_t *observer);

/* The name of its file for a test: %t in it is the test's name, %f the script's path without .lua.
 * Letters, digits, `-` and `.` stay; each run of other characters becomes `_`. A name that
 * is too long for a file is shortened (file_name.h).
 * => Returns false if it does not fit into path[size]. */
bool observer_path(const observer_t *observer, const char *script, const char *test, char *path,
                   size_t size);

/* Whether writing to `path` would destroy what somebody wrote by hand: `source` (can be NULL), or
 * an existing script, rules file or golden, judged by its name. */
bool observer_spoils(const char *path, const char *source);
#define OBSERVER_SPOILS "is there, and is a script, rules or a golden: it is not overwritten"

#endif
