/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A scenario file: loaded, it is a list of tests; each is run in a fresh box.
 */
#ifndef LO0SIM_SIM_SCRIPT_SCRIPT_H
#define LO0SIM_SIM_SCRIPT_SCRIPT_H

#include "sim/core/box.h"
#include "sim/core/observer.h"
#include "sim/core/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct lua_State;

typedef struct script_options {
    uint64_t seed;
    box_limits_t limits;
    uint64_t instructions; /* of Lua, for loading and for each test; 0: the default */
    size_t memory_bytes;   /* of Lua; 0: the default */
    hook_objects_t hooks;  /* of shared objects: registered in each test's box */
    fault_list_t faults;   /* in each test's box */
    uint64_t output_bytes; /* of each stream that observers write; 0: the default */
    bool keep_events;      /* the report of a failure has the last events: they are kept */
    const char *only;      /* the name of the one test that is wanted; NULL: all of them */
    /* Whether a test is to be run, by its script's path, its name and its tags (one blank between
     * two). NULL: all are. */
    bool (*wanted)(const void *arg, const char *path, const char *test, const char *tags);
    const void *wanted_arg;
    bool dry; /* a worker loads the file, and runs nothing */
    /* Whoever runs the tests chose these, and a script's choice is ignored; NULL: it is not. Then a
     * test is run once, whatever its `eras` and `modes` are. */
    const era_t *forced_era;
    const ipf_reply_mode_t *forced_mode;
    bool notes_failures; /* an expectation that is not met is noted in the report, and no more */
    const observer_t *const *observers; /* whoever looks at each test; OBSERVERS_MAX at most */
    size_t observer_count;
    /* Called with each file that a script reads, named from its folder. NULL: nothing. */
    void (*reads)(const void *arg, const char *name);
    const void *reads_arg;
    /* Called where a test is ended from deep inside: it must end the process, or leave with
     * longjmp(). NULL: exit(). */
    void (*abandon)(void *arg, const result_t *result);
    void *abandon_arg;
    /* For tests of the simulator: adds to the scripts' globals. May be NULL. */
    void (*extend)(struct lua_State *L);
} script_options_t;

typedef struct script script_t;

/* Loads a file and runs its chunk, which registers its tests. `options` must outlive the script.
 * => Returns NULL with a located message in error[size]. The caller ends the script with
 *    script_close(). */
script_t *script_load(const char *path, const script_options_t *options, char *error, size_t size);
void script_close(script_t *script);

size_t script_test_count(const script_t *script);

/* A test's name, its line, its tags (one blank between two), and why it is skipped (NULL: it is
 * not). The script owns the strings. */
const char *script_test_name(const script_t *script, size_t test);
int script_test_line(const script_t *script, size_t test);
const char *script_test_tags(const script_t *script, size_t test);
const char *script_test_skip(const script_t *script, size_t test);

/* Runs one test and fills in *result but for the name and the line; the caller ends it with
 * result_fini(). Run again it gives the same: the first time the test finds the script as its chunk
 * left it, and each later time, whichever test it is, the file is loaded anew. */
void script_run_test(script_t *script, size_t test, result_t *result);

/* Where the process is about to end by a crash: the report of the test that is running into
 * *result, and what observers have written into their files. Not safe in general; a last attempt.
 */
void script_post_mortem(script_t *script, const char *what, result_status_t status,
                        result_t *result);

/* Asks the running test to end at the next opportunity, as over its limit of wall time. May be
 * called from a signal handler. */
void script_interrupt(script_t *script);

#endif
