/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Calls that the kernel makes: on pipes, terminals, UNIX sockets and locks of files.
 *
 * A call that would sleep in the kernel is held until it would not. So no task is ever woken by
 * another one behind our back, and of all tasks one runs at most.
 */
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* What a call waits for: its descriptors, by the number of the argument, and the events. */
static const struct {
    int number;
    struct {
        int argument;
        short events; /* 0: none */
    } on[2];
} waits[] = {
    {SYS_read, {{0, POLLIN}}},
    {SYS_readv, {{0, POLLIN}}},
    {SYS_write, {{0, POLLOUT}}},
    {SYS_writev, {{0, POLLOUT}}},
    {SYS_recvfrom, {{0, POLLIN}}},
    {SYS_recvmsg, {{0, POLLIN}}},
    {SYS_recvmmsg, {{0, POLLIN}}},
    {SYS_sendto, {{0, POLLOUT}}},
    {SYS_sendmsg, {{0, POLLOUT}}},
    {SYS_sendmmsg, {{0, POLLOUT}}},
    {SYS_accept, {{0, POLLIN}}},
    {SYS_accept4, {{0, POLLIN}}},
    {SYS_sendfile, {{0, POLLOUT}, {1, POLLIN}}},
    {SYS_splice, {{0, POLLIN}, {2, POLLOUT}}},
    {SYS_tee, {{0, POLLIN}, {1, POLLOUT}}},
};

#define WAIT_COUNT (sizeof(waits) / sizeof(waits[0]))

/* => Returns WAIT_COUNT if the call waits for no descriptor. */
static size_t find_row(const task_t *task)
{
    size_t i = 0;
    while (i < WAIT_COUNT && waits[i].number != task->call.data.nr)
        i++;
    return i;
}

/* A terminal that is told to return at once with nothing; other devices never wait. */
static bool device_waits(int fd)
{
    struct termios how;
    if (tcgetattr(fd, &how) != 0)
        return false;
    return (how.c_lflag & ICANON) != 0 || how.c_cc[VMIN] > 0;
}

/* Nobody can be accepted, and nothing received, where poll() speaks of the other. */
static bool listens_only(const task_t *task, int fd)
{
    int listens = 0;
    socklen_t size = sizeof(listens);
    bool accepts = task->call.data.nr == SYS_accept || task->call.data.nr == SYS_accept4;
    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
    return (listens != 0) != accepts;
}

/* Whether a call on `fd`, a copy of the task's, finds nothing there, or no room. */
static bool finds_nothing(const task_t *task, int fd, short events)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode))
        return false;
    if (S_ISCHR(st.st_mode) && !device_waits(fd))
        return false;
    if (S_ISSOCK(st.st_mode) && (events & POLLIN) != 0 && listens_only(task, fd))
        return false;
    return file_kernel_ready(task->tid, fd, events) == 0;
}

/* Whether such a call returns EAGAIN, and does not wait. */
static bool never_waits(const task_t *task, int fd)
{
    const __u64 *args = task->call.data.args;
    switch (task->call.data.nr) {
    case SYS_recvfrom:
    case SYS_sendto:
    case SYS_recvmmsg:
    case SYS_sendmmsg:
        if ((args[3] & MSG_DONTWAIT) != 0)
            return true;
        break;
    case SYS_recvmsg:
    case SYS_sendmsg:
        if ((args[2] & MSG_DONTWAIT) != 0)
            return true;
        break;
    case SYS_splice:
        if ((args[5] & SPLICE_F_NONBLOCK) != 0)
            return true;
        break;
    case SYS_tee:
        if ((args[3] & SPLICE_F_NONBLOCK) != 0)
            return true;
        break;
    default:
        break;
    }
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

/* ---- at once ---- */

/* Whether a descriptor is of a kind that no call ever waits for. This is asked of each write to a
 * file, so it does without a copy. */
static bool is_plain(const task_t *task, int fd)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)task->tid, fd);
    if (stat(path, &st) != 0)
        return true; /* EBADF */
    return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode) ||
           (S_ISCHR(st.st_mode) && major(st.st_rdev) == 1); /* /dev/null and its like */
}

/* More than this may not fit into a pipe, though there is some room. */
static bool may_not_fit(const task_t *task, int fd, short events)
{
    int unread = 0;
    struct stat st;
    if (events != POLLOUT || fstat(fd, &st) != 0 || !S_ISFIFO(st.st_mode))
        return false;
    if (task->call.data.nr == SYS_write && task->call.data.args[2] <= PIPE_BUF)
        return false;
    return ioctl(fd, FIONREAD, &unread) != 0 || unread > 0 || task->call.data.nr != SYS_write ||
           task->call.data.args[2] > (uint64_t)fcntl(fd, F_GETPIPE_SZ);
}

bool kernel_answers_at_once(const task_t *task)
{
    size_t row = find_row(task);
    for (int i = 0; row < WAIT_COUNT && i < 2 && waits[row].on[i].events != 0; i++) {
        int fd = (int)task->call.data.args[waits[row].on[i].argument];
        if (is_plain(task, fd))
            continue;
        int copy = file_copy_kernel(task, fd);
        if (copy < 0)
            continue;
        short events = waits[row].on[i].events;
        bool waits_here = finds_nothing(task, copy, events) || may_not_fit(task, copy, events);
        close(copy);
        if (waits_here)
            return false;
    }
    return true;
}

/* ---- a pipe that gets more than fits ---- */

/* Moves what fits of bytes[length] into a pipe. It goes by a pipe of ours, since only splice() can
 * be told not to wait.
 * => Returns how much was moved, or a negative errno: EAGAIN if the pipe is full. */
static ssize_t put_into_pipe(int pipe_fd, const uint8_t *bytes, size_t length)
{
    int own[2];
    sigset_t broken, before;
    if (pipe2(own, O_CLOEXEC | O_NONBLOCK) != 0)
        return -errno;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE); /* it would come to us */
    sigprocmask(SIG_BLOCK, &broken, &before);
    ssize_t moved = write(own[1], bytes, length);
    if (moved > 0)
        moved = splice(own[0], NULL, pipe_fd, NULL, (size_t)moved, SPLICE_F_NONBLOCK);
    if (moved < 0)
        moved = -errno;
    if (moved == -EPIPE)
        sigtimedwait(&broken, NULL, &(struct timespec){0});
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(own[0]);
    close(own[1]);
    return moved;
}

/* => Returns ANSWER_PASS where the kernel says it better: EPIPE, with its signal. */
static answer_t fill_pipe(exec_t *exec, task_t *task, int pipe_fd)
{
    int error = call_find_bytes(exec, task);
    if (error != 0)
        return answer_errno(task, error);
    while (task->scratch < exec->vector.length) {
        size_t part = exec->vector.length - task->scratch;
        part = part < EXEC_BUFFER ? part : EXEC_BUFFER;
        if (!call_copy_bytes(exec, task, task->scratch, part))
            return task->scratch > 0 ? answer(task, (int64_t)task->scratch)
                                     : answer_errno(task, EFAULT);
        ssize_t moved = put_into_pipe(pipe_fd, exec->buffer, part);
        if (moved == -EAGAIN) {
            task->world = true;
            return answer_wait(exec, task, UINT64_MAX);
        }
        if (moved <= 0)
            return task->scratch > 0 ? answer(task, (int64_t)task->scratch) : ANSWER_PASS;
        task->scratch += (uint64_t)moved;
    }
    return answer(task, (int64_t)task->scratch);
}

/* ---- when nothing is there ---- */

static uint64_t timeout_us(const task_t *task, int fd, short events)
{
    struct timeval tv = {0};
    socklen_t size = sizeof(tv);
    (void)task;
    if (getsockopt(fd, SOL_SOCKET, events == POLLIN ? SO_RCVTIMEO : SO_SNDTIMEO, &tv, &size) != 0)
        return UINT64_MAX;
    uint64_t us = (uint64_t)tv.tv_sec * 1000000 + (uint64_t)tv.tv_usec;
    return us > 0 ? us : UINT64_MAX;
}

/* `fd` is a copy of the task's. */
static answer_t pass_on(exec_t *exec, task_t *task, int fd, short events)
{
    if (!finds_nothing(task, fd, events)) {
        bool fills = may_not_fit(task, fd, events) && !never_waits(task, fd);
        bool writes = task->call.data.nr == SYS_write || task->call.data.nr == SYS_writev;
        return fills && writes ? fill_pipe(exec, task, fd) : ANSWER_PASS;
    }
    if (never_waits(task, fd))
        return must_pay(task) ? pay(exec, task) : ANSWER_PASS;
    if (task->scratch > 0 && file_kernel_ready(task->tid, fd, POLLERR) != 0)
        return answer(task, (int64_t)task->scratch);
    if (task_timed_out(exec, task))
        return answer_errno(task, EAGAIN);
    task->world = true;
    return answer_wait(exec, task, timeout_us(task, fd, events));
}

/* The task's descriptor is copied once for each call. */
static int copy_of(task_t *task, int i, int fd)
{
    if (task->copies[i] < 0)
        task->copies[i] = file_copy_kernel(task, fd);
    return task->copies[i];
}

answer_t kernel_pass(exec_t *exec, task_t *task)
{
    size_t row = find_row(task);
    answer_t what = ANSWER_PASS;
    task->world = false;
    for (int i = 0; row < WAIT_COUNT && what == ANSWER_PASS && i < 2; i++) {
        if (waits[row].on[i].events == 0)
            break;
        int fd = copy_of(task, i, (int)task->call.data.args[waits[row].on[i].argument]);
        if (fd >= 0)
            what = pass_on(exec, task, fd, waits[row].on[i].events);
    }
    return what;
}

void kernel_forget(task_t *task)
{
    for (int i = 0; i < 2; i++) {
        if (task->copies[i] >= 0)
            close(task->copies[i]);
        task->copies[i] = -1;
    }
}

/* ---- flock ---- */

/* A copy of a descriptor shares its lock. So the box takes it for the task. */
answer_t call_flock(exec_t *exec, task_t *task)
{
    int how = (int)task->call.data.args[1];
    int fd = copy_of(task, 0, (int)task->call.data.args[0]);
    if (fd < 0 || flock(fd, how | LOCK_NB) == 0)
        return fd < 0 ? ANSWER_PASS : answer(task, 0);
    if (errno != EWOULDBLOCK)
        return answer_errno(task, errno);
    if ((how & LOCK_NB) != 0)
        return must_pay(task) ? pay(exec, task) : answer_errno(task, EWOULDBLOCK);
    task->world = true;
    return answer_wait(exec, task, UINT64_MAX);
}
