/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/run/job_slots.h"

#include "sim/base/spool.h"

#include <assert.h>
#include <fcntl.h>
#include <unistd.h>

bool job_slots_init(job_slots_t *slots, unsigned jobs)
{
    int fds[2];
    slots->workers = NULL;
    slots->jobs = jobs;
    slots->spool_fd = spool_file();
    if (slots->spool_fd < 0)
        return false;
    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0) {
        close(slots->spool_fd);
        return false;
    }
    slots->read_fd = fds[0];
    slots->write_fd = fds[1];
    for (unsigned i = 0; i < jobs; i++)
        job_slots_give_back(slots);
    return true;
}

void job_slots_fini(job_slots_t *slots)
{
    close(slots->read_fd);
    close(slots->write_fd);
    close(slots->spool_fd);
}

bool job_slots_try_take(const job_slots_t *slots)
{
    char byte;
    return read(slots->read_fd, &byte, 1) == 1;
}

void job_slots_give_back(const job_slots_t *slots)
{
    ssize_t given = write(slots->write_fd, "+", 1);
    assert(given == 1); /* a pipe has room for all slots (1000 at most) */
    (void)given;
}
