/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by worker.c, the process that has loaded a file, and strand.c, the processes of its tests.
 */
#ifndef LO0SIM_SIM_RUN_WORKER_IMPL_H
#define LO0SIM_SIM_RUN_WORKER_IMPL_H

#include "sim/core/result.h"
#include "sim/run/job_slots.h"
#include "sim/script/script.h"

#include <sys/types.h>

/* A test of the file. */
typedef struct running {
    bool ended;      /* the result is here */
    bool again;      /* it failed, and is run again for its last events */
    result_t result; /* until it is handed on */
} running_t;

/* Tests from `at` up to `end`, which a process runs now. */
typedef struct strand {
    pid_t pid; /* 0: the strand has ended */
    int fd;    /* where the process writes results */
    size_t at, end;
    bool alone; /* the process is for the first of them only */
} strand_t;

typedef struct loader {
    const char *path;
    script_t *script;
    script_options_t *options; /* the script's */
    const job_slots_t *slots;
    unsigned wall_seconds;
    bool dry;
    int results_fd, wake_fd;
    running_t *running; /* for each test */
    strand_t *strands;  /* those that have begun */
    size_t strand_count;
    size_t count; /* of tests */
    size_t started, written, alive;
} loader_t;

/* fork(), with a child that ends when its parent does, so that no test outlives a run that a signal
 * ends. */
pid_t fork_bound(void);

static inline bool is_skipped(const loader_t *loader, size_t test)
{
    return script_test_skip(loader->script, test) != NULL;
}

/* The memory in which tests run one after another.
 * => Returns NULL if each is to have a process of its own: by the user's wish; since what they call
 *    is not put back, objects with hooks and programs; since a sanitizer or a limit of the address
 *    space looks at the process' memory. */
arena_t *strand_arena(const script_options_t *options);

/* With a slot: starts the next strand.
 * => Returns false if no process can be started yet: try again. */
bool strand_start_next(loader_t *loader);

/* Waits for the end of one strand's process. */
void strand_reap_one(loader_t *loader);

#endif
