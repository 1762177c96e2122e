/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Processes: one loads a scenario file, and forks others for its tests.
 */
#ifndef LO0SIM_SIM_RUN_WORKER_H
#define LO0SIM_SIM_RUN_WORKER_H

#include "sim/run/job_slots.h"
#include "sim/script/script.h"

#include <sys/types.h>

/* The default wall time for each test. */
#define RUN_WALL_SECONDS 60

/* A file that is run by a process of its own. */
typedef struct worker {
    pid_t pid;
    int results_fd; /* results in script order (result.h) */
    int spool_fd;   /* of the slots: result_read() */
    int wake_fd;    /* a byte for each new result; it ends when the process does */
    job_slots_t *slots;
    struct worker *next; /* of the slots' */
} worker_t;

/* Starts to run a file. The worker stays where it is until worker_fini().
 * => Returns false if no process can be started.
 * => The caller ends the worker with worker_fini(), which waits for the process. A file that
 *    cannot be loaded gives one result without a name, whose report is the message. */
bool worker_start(worker_t *worker, const char *path, const script_options_t *options,
                  job_slots_t *slots, unsigned wall_seconds);

/* Ends a worker at once, with its running tests: their results are lost. */
void worker_stop(worker_t *worker);

/* => Returns false if the process itself crashed. */
bool worker_fini(worker_t *worker);

#endif
