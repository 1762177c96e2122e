/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the processes of all files share: a pipe that holds a byte for each process of tests that
 * can run at once, and the file for long output of tests.
 */
#ifndef LO0SIM_SIM_RUN_JOB_SLOTS_H
#define LO0SIM_SIM_RUN_JOB_SLOTS_H

#include <stdbool.h>

typedef struct job_slots {
    unsigned jobs; /* how many bytes there are in all */
    int read_fd, write_fd;
    int spool_fd;
    struct worker *workers; /* those that run */
} job_slots_t;

/* => Returns false with errno if they cannot be made. */
bool job_slots_init(job_slots_t *slots, unsigned jobs);
void job_slots_fini(job_slots_t *slots);

/* Takes a slot, if one is free; gives it back. */
bool job_slots_try_take(const job_slots_t *slots);
void job_slots_give_back(const job_slots_t *slots);

#endif
