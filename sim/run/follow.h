/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Following a file that a worker runs: the one loop for all commands that run tests.
 */
#ifndef LO0SIM_SIM_RUN_FOLLOW_H
#define LO0SIM_SIM_RUN_FOLLOW_H

#include "sim/run/worker.h"

typedef struct follower {
    /* Called for each result, in script order; it can change the result. A result without a name
     * stands for a file that could not be loaded.
     * => Returns false to stop. */
    bool (*result)(void *arg, result_t *result);
    /* Called now and then, after results, and after a signal. Can be NULL.
     * => Returns false to end the worker at once. */
    bool (*wake)(void *arg);
    int every_ms; /* how often at least; -1: only after results */
    void *arg;
} follower_t;

typedef enum follow_end {
    FOLLOW_DONE,    /* all results are there */
    FOLLOW_STOPPED, /* by the follower: the worker was ended */
    FOLLOW_CRASHED, /* the process that loads the file ended early */
} follow_end_t;

/* Hands on all results of a worker, and ends it. */
follow_end_t follow(worker_t *worker, const follower_t *follower);

#endif
