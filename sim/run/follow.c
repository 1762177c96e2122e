/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/run/follow.h"

#include <poll.h>
#include <unistd.h>

/* => Returns false if the follower wants to stop. */
static bool hand_on(const worker_t *worker, uint64_t *offset, const follower_t *follower)
{
    result_t result;
    bool more = true;
    while (more && result_read(worker->results_fd, worker->spool_fd, offset, &result)) {
        more = follower->result(follower->arg, &result);
        result_fini(&result);
    }
    return more;
}

follow_end_t follow(worker_t *worker, const follower_t *follower)
{
    uint64_t offset = 0;
    bool open = true;
    while (open) {
        char bytes[256];
        struct pollfd fd = {.fd = worker->wake_fd, .events = POLLIN};
        if (poll(&fd, 1, follower->every_ms) > 0)
            open = read(worker->wake_fd, bytes, sizeof(bytes)) != 0;
        if (!hand_on(worker, &offset, follower) ||
            (follower->wake != NULL && !follower->wake(follower->arg))) {
            worker_stop(worker);
            return FOLLOW_STOPPED;
        }
    }
    return worker_fini(worker) ? FOLLOW_DONE : FOLLOW_CRASHED;
}
