/* SPDX-License-Identifier: BSD-3-Clause
 *
 * poll(2) and select(2) over descriptors of the box and of the kernel, mixed.
 *
 * The kernel's are asked on copies. Where none of them is the box', the wait is still the box', for
 * its time is.
 */
#include "sim/base/must.h"
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#define POLL_MAX 1048576 /* the most descriptors that there can be */

short file_ready(file_t *file)
{
    if (file->kind == FILE_TIMER)
        return file->expirations > 0 ? POLLIN | POLLRDNORM : 0;
    if (file->kind == FILE_RANDOM)
        return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
    if (file->kind == FILE_EPOLL)
        return epoll_ready(file);
    if (file->kind == FILE_NETLINK)
        return file->netlink != NULL ? POLLIN | POLLRDNORM | POLLOUT : POLLOUT;
    unsigned ready = so_ready(file->so);
    short events = 0;
    if ((ready & SO_READY_IN) != 0)
        events |= POLLIN | POLLRDNORM;
    if ((ready & SO_READY_OUT) != 0)
        events |= POLLOUT | POLLWRNORM;
    if ((ready & SO_READY_ERR) != 0)
        events |= POLLERR;
    if ((ready & SO_READY_HUP) != 0)
        events |= POLLHUP;
    if ((ready & SO_READY_RDHUP) != 0)
        events |= POLLRDHUP;
    return events;
}

/* Which events of one descriptor are ready; sets *world if it is the kernel's. */
static short look_at(exec_t *exec, task_t *task, const struct pollfd *fd, bool *world)
{
    file_t *file = file_find(exec, task, fd->fd);
    if (file != NULL)
        return (short)(file_ready(file) & (fd->events | POLLERR | POLLHUP | POLLNVAL));
    int copy = file_copy_kernel(task, fd->fd);
    if (copy < 0)
        return POLLNVAL;
    short ready = file_kernel_ready(task->tid, copy, fd->events);
    *world = true;
    close(copy);
    return ready;
}

/* Fills in `revents`.
 * => Returns how many are ready. */
static int look(exec_t *exec, task_t *task, struct pollfd *fds, size_t count)
{
    int ready = 0;
    task->world = false;
    for (size_t i = 0; i < count; i++) {
        fds[i].revents = fds[i].fd >= 0 ? look_at(exec, task, &fds[i], &task->world) : 0;
        ready += fds[i].revents != 0;
    }
    return ready;
}

/* The time-out is read at the first look only. */
static bool read_wait(task_t *task, uint64_t *us, int *error)
{
    const __u64 *args = task->call.data.args;
    *us = UINT64_MAX;
    switch (task->call.data.nr) {
    case SYS_poll:
        if ((int)args[2] >= 0)
            *us = (uint64_t)(int)args[2] * 1000;
        return true;
    case SYS_ppoll:
        return args[2] == 0 || read_timespec_us(task, args[2], us, error);
    case SYS_pselect6:
        return args[4] == 0 || read_timespec_us(task, args[4], us, error);
    default: { /* select */
        struct timeval tv;
        if (args[4] == 0)
            return true;
        *error = EFAULT;
        if (!task_read(task, args[4], &tv, sizeof(tv)))
            return false;
        *error = EINVAL;
        if (tv.tv_sec < 0 || tv.tv_usec < 0)
            return false;
        *us = (uint64_t)tv.tv_sec * 1000000 + (uint64_t)tv.tv_usec;
        return true;
    }
    }
}

/* Nothing is ready: waits, or has timed out. */
static answer_t none_ready(exec_t *exec, task_t *task, bool *over)
{
    uint64_t us = 0;
    int error = 0;
    *over = task_timed_out(exec, task);
    if (*over)
        return ANSWER_DONE;
    if (task->first && !read_wait(task, &us, &error)) {
        *over = false;
        return answer_errno(task, error);
    }
    if (us == 0 && task->first) {
        if (must_pay(task))
            return pay(exec, task);
        *over = true;
        return ANSWER_DONE;
    }
    return answer_wait(exec, task, us);
}

answer_t call_poll(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    size_t count = args[1];
    bool over;
    if (count > POLL_MAX)
        return answer_errno(task, EINVAL);
    struct pollfd *fds = must_calloc(count, sizeof(*fds));
    if (!task_read(task, args[0], fds, count * sizeof(*fds))) {
        free(fds);
        return answer_errno(task, EFAULT);
    }
    int ready = look(exec, task, fds, count);
    answer_t what = ANSWER_DONE;
    if (ready > 0 && must_pay(task))
        return pay(exec, task);
    if (ready == 0)
        what = none_ready(exec, task, &over);
    if (ready > 0 || (what == ANSWER_DONE && over)) {
        answer(task, ready);
        if (!task_write(task, args[0], fds, count * sizeof(*fds)))
            answer_errno(task, EFAULT);
    }
    free(fds);
    return what;
}

/* ---- select ---- */

typedef struct sets {
    uint64_t at[3];
    fd_set in[3];
} sets_t;

/* Which events each set asks for, as select() itself defines them. */
static const short asks[3] = {POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI};
static const short wants[3] = {POLLIN, POLLOUT, POLLPRI};

static bool read_sets(const task_t *task, size_t count, sets_t *sets)
{
    for (int i = 0; i < 3; i++) {
        FD_ZERO(&sets->in[i]);
        sets->at[i] = task->call.data.args[1 + i];
        if (sets->at[i] != 0 && !task_read(task, sets->at[i], &sets->in[i], (count + 7) / 8))
            return false;
    }
    return true;
}

static size_t collect(const sets_t *sets, int count, struct pollfd *fds)
{
    size_t n = 0;
    for (int fd = 0; fd < count; fd++) {
        short events = 0;
        for (int i = 0; i < 3; i++) {
            if (FD_ISSET(fd, &sets->in[i]))
                events |= wants[i];
        }
        if (events != 0)
            fds[n++] = (struct pollfd){.fd = fd, .events = events};
    }
    return n;
}

static int write_sets(const task_t *task, sets_t *sets, int count, const struct pollfd *fds,
                      size_t n)
{
    fd_set out[3];
    int ready = 0;
    memset(out, 0, sizeof(out));
    for (size_t k = 0; k < n; k++) {
        for (int i = 0; i < 3; i++) {
            if (FD_ISSET(fds[k].fd, &sets->in[i]) && (fds[k].revents & asks[i]) != 0) {
                FD_SET(fds[k].fd, &out[i]);
                ready++;
            }
        }
    }
    size_t size = ((size_t)count + 63) / 64 * 8;
    for (int i = 0; i < 3; i++) {
        if (sets->at[i] != 0 && !task_write(task, sets->at[i], &out[i], size))
            return -EFAULT;
    }
    return ready;
}

answer_t call_select(exec_t *exec, task_t *task)
{
    int count = (int)task->call.data.args[0];
    struct pollfd fds[FD_SETSIZE];
    sets_t sets;
    bool over;
    if (count < 0)
        return answer_errno(task, EINVAL);
    if (count > FD_SETSIZE)
        count = FD_SETSIZE;
    if (!read_sets(task, (size_t)count, &sets))
        return answer_errno(task, EFAULT);
    size_t n = collect(&sets, count, fds);
    int ready = look(exec, task, fds, n);
    for (size_t i = 0; i < n; i++) {
        if ((fds[i].revents & POLLNVAL) != 0)
            return answer_errno(task, EBADF);
    }
    answer_t what = ANSWER_DONE;
    if (ready > 0 && must_pay(task))
        return pay(exec, task);
    if (ready == 0)
        what = none_ready(exec, task, &over);
    if (ready > 0 || (what == ANSWER_DONE && over))
        answer(task, write_sets(task, &sets, count, fds, n));
    return what;
}
