/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A scenario file: loaded, it is a list of tests; each is run in a fresh box.
 */
#ifndef LO0SIM_SIM_SCRIPT_SCRIPT_H
#define LO0SIM_SIM_SCRIPT_SCRIPT_H

#include "sim/core/arena.h"
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
    arena_t
        *arena; /* for Lua and the boxes: a test that is run again begins from a copy of it as the
                 * chunk left it; NULL: the process' memory is used, and the file is loaded again */
    /* Called with each test's box before the test begins. Can be NULL. */
    void (*begin)(void *arg, box_t *box);
    void *begin_arg;
    /* Called before each event, when nothing of the test is in the middle of a call: its processes
     * wait. Can be NULL. */
    void (*between)(void *arg);
    void *between_arg;
    bool isolate;       /* a worker runs each test in a process of its own */
    bool no_invariants; /* does not check whether they hold */
    bool keep_events;   /* keeps the last events for a failure's report */
    const char *only;   /* the name of the one wanted test; NULL: all */
    /* Whether to run a test, given its script's path, its name and its tags (separated by one
     * blank). NULL: run all. */
    bool (*wanted)(const void *arg, const char *path, const char *test, const char *tags);
    const void *wanted_arg;
    bool allow_exec; /* box:exec runs programs of this machine */
    bool dry;        /* a worker loads the file, and runs nothing */
    /* The user's choice, which replaces the script's: a test is then run once, whatever its `eras`
     * and `modes` are. NULL: the script chooses. */
    const era_t *forced_era;
    const ipf_reply_mode_t *forced_mode;
    bool notes_failures;                /* a failed expectation is only noted in the report */
    const observer_t *const *observers; /* watch each test; OBSERVERS_MAX at most */
    size_t observer_count;
    /* Called with each file that a script reads, named from its folder. NULL: nothing. */
    void (*reads)(const void *arg, const char *name);
    const void *reads_arg;
    /* Called when a test is ended from deep inside: it must end the process, or leave with
     * longjmp(). NULL: exit(). */
    void (*abandon)(void *arg, const result_t *result);
    void *abandon_arg;
    /* For tests of the simulator: adds to the scripts' globals. Can be NULL. */
    void (*extend)(struct lua_State *L);
} script_options_t;

typedef struct script script_t;

/* Loads a file and runs its chunk, which registers its tests. `options` must outlive the script.
 * => Returns NULL with a located message in error[size]. The caller ends the script with
 *    script_close(). */
script_t *script_load(const char *path, const script_options_t *options, char *error, size_t size);
void script_close(script_t *script);

size_t script_test_count(const script_t *script);

/* A test's name, its line, its tags (separated by one blank), and why it is skipped, or NULL. The
 * script owns the strings. */
const char *script_test_name(const script_t *script, size_t test);
int script_test_line(const script_t *script, size_t test);

/* The reply mode and the era of a test that is run in several; NULL: the script's choice. */
const char *script_test_mode(const script_t *script, size_t test);
const char *script_test_era(const script_t *script, size_t test);
const char *script_test_tags(const script_t *script, size_t test);
const char *script_test_skip(const script_t *script, size_t test);

/* Runs one test and fills in *result except for the name and the line; the caller ends it with
 * result_fini(). A second run gives the same result: the first test to run finds the script as its
 * chunk left it, and for each later test the file is loaded again. */
void script_run_test(script_t *script, size_t test, result_t *result);

/* How many bytes of the arena were ever used. */
size_t script_memory(const script_t *script);

/* Call it after longjmp() out of script_options_t.abandon: forgets the running test. If the script
 * has no arena, the memory of the test is not freed. */
void script_abandoned(script_t *script);

/* What a running test changes outside of the arena, *size bytes: with the arena and the stack of
 * the code that runs it, it can be copied and put back, to go on from there once more.
 * => Returns NULL if the test cannot go on from a copy: it has ended, or programs run in it. */
void *script_running(script_t *script, size_t *size);

/* Tells what of the running test is bookkeeping, in its Lua and its box, between two events.
 * => Returns roughly how much of its limits is spent, which is the only thing that what is told can
 *    still change. */
uint64_t script_bookkeeping(script_t *script, memory_bookkeeping_t tell, void *arg);

/* The test was put back, and goes on. */
void script_goes_on(script_t *script);

/* When the process is about to crash: puts the running test's report into *result, and what
 * observers have written into their files. Not safe in general; a last attempt.
 */
void script_post_mortem(script_t *script, const char *what, result_status_t status,
                        result_t *result);

/* Asks the running test to end at the next opportunity, as if its wall time were over. Can be
 * called from a signal handler. */
void script_interrupt(script_t *script);

#endif
