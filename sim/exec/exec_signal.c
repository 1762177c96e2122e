/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Signals that come while a call waits, and what the call returns then.
 */
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- what the kernel knows ---- */

typedef struct standing {
    uint64_t pending; /* for the thread, or its process */
    uint64_t blocked, ignored;
} standing_t;

/* => Returns false if the thread is gone. */
static bool ask(pid_t tid, standing_t *standing)
{
    char path[64], line[128];
    unsigned long long set;
    *standing = (standing_t){0};
    snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "SigPnd: %llx", &set) == 1 || sscanf(line, "ShdPnd: %llx", &set) == 1)
            standing->pending |= set;
        else if (sscanf(line, "SigBlk: %llx", &set) == 1)
            standing->blocked = set;
        else if (sscanf(line, "SigIgn: %llx", &set) == 1)
            standing->ignored = set;
    }
    fclose(file);
    return true;
}

uint64_t signal_pending_of(pid_t tid)
{
    standing_t standing;
    ask(tid, &standing);
    return standing.pending;
}

/* ---- a mask for the duration of the call ---- */

/* Where a call has its mask.
 * => Returns 0 if it has none. */
static uint64_t mask_at(const task_t *task)
{
    const __u64 *args = task->call.data.args;
    uint64_t pair = 0;
    switch (task->call.data.nr) {
    case SYS_ppoll:
        return args[3];
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
        return args[4];
    case SYS_rt_sigsuspend:
        return args[0];
    case SYS_pselect6:
        return args[5] != 0 && task_read(task, args[5], &pair, sizeof(pair)) ? pair : 0;
    default:
        return 0;
    }
}

bool signal_has_mask(const task_t *task)
{
    return mask_at(task) != 0;
}

/* The signals that the call blocks: its own mask, or that of its thread. */
static uint64_t blocked_in(const task_t *task, const standing_t *standing)
{
    uint64_t at = mask_at(task), mask;
    return at != 0 && task_read(task, at, &mask, sizeof(mask)) ? mask : standing->blocked;
}

bool signal_ends_call(const task_t *task)
{
    standing_t standing;
    return !ask(task->tid, &standing) ||
           (standing.pending & ~blocked_in(task, &standing) & ~standing.ignored) != 0;
}

bool signal_kills(const task_t *task)
{
    standing_t standing;
    if (!ask(task->tid, &standing) || (standing.pending & (UINT64_C(1) << (SIGKILL - 1))) != 0)
        return true;
    /* A task that is being killed has taken its signal already: it is no longer pending. */
    return ioctl(task->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &task->call.id) != 0;
}

/* ---- the kernel delivers it ---- */

/* Only the kernel can deliver a signal that the thread blocks and the call's mask does not. So the
 * kernel makes the call on the box' descriptors, and finds the signal. None of them is readable;
 * all are writable, so the call does not ask for that. The program's memory is restored at its next
 * call. */

#define WRITABLE (POLLOUT | POLLWRNORM)

/* poll()'s list, without POLLOUT for the box' descriptors. */
static void ask_no_poll(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    size_t size = args[1] * sizeof(struct pollfd);
    struct pollfd *fds = args[1] <= 4096 ? malloc(size + 1) : NULL;
    if (fds == NULL || !task_read(task, args[0], fds, size)) {
        free(fds);
        return;
    }
    task->patch = malloc(size + 1);
    if (task->patch != NULL) {
        memcpy(task->patch, fds, size);
        task->patch_at = args[0];
        task->patch_size = size;
        for (size_t i = 0; i < args[1]; i++) {
            if (file_find(exec, task, fds[i].fd) != NULL)
                fds[i].events = (short)(fds[i].events & ~WRITABLE);
        }
        task_write(task, args[0], fds, size);
    }
    free(fds);
}

/* select()'s set: after an error its contents are undefined. */
static void ask_no_select(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    int count = (int)args[0] < FD_SETSIZE ? (int)args[0] : FD_SETSIZE;
    size_t size = (size_t)(count + 7) / 8;
    fd_set set;
    FD_ZERO(&set);
    if (args[2] == 0 || !task_read(task, args[2], &set, size))
        return;
    for (int fd = 0; fd < count; fd++) {
        if (FD_ISSET(fd, &set) && file_find(exec, task, fd) != NULL)
            FD_CLR(fd, &set);
    }
    task_write(task, args[2], &set, size);
}

void signal_restore(task_t *task)
{
    if (task->patch != NULL)
        task_write(task, task->patch_at, task->patch, task->patch_size);
    free(task->patch);
    task->patch = NULL;
    if (task->epoll_end < 0)
        return;
    file_put_back(task, task->epoll_fd, task->epoll_end);
    close(task->epoll_end);
    task->epoll_end = -1;
}

static answer_t let_kernel_deliver(exec_t *exec, task_t *task)
{
    switch (task->call.data.nr) {
    case SYS_ppoll:
        ask_no_poll(exec, task);
        break;
    case SYS_pselect6:
        ask_no_select(exec, task);
        break;
    default: /* replaces the box' epoll by an empty one of the kernel */
        task->epoll_fd = (int)task->call.data.args[0];
        task->epoll_end = file_swap_epoll(task, task->epoll_fd);
        break;
    }
    return ANSWER_PASS;
}

/* ---- what the call returns ---- */

/* The kernel's own value for "call again, or EINTR, as the handler wants it". */
#define ERESTARTSYS    512
#define ERESTARTNOHAND 514

/* signal(7) has the list. */
static int interrupted(const task_t *task)
{
    switch (task->call.data.nr) {
    case SYS_connect:
    case SYS_accept:
    case SYS_accept4:
    case SYS_read:
    case SYS_readv:
    case SYS_write:
    case SYS_writev:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendfile:
    case SYS_splice:
    case SYS_tee:
    case SYS_wait4:
    case SYS_waitid:
    case SYS_flock:
        return task->timed ? EINTR : ERESTARTSYS; /* SO_RCVTIMEO, SO_SNDTIMEO */
    case SYS_futex:
        return task->timed ? ERESTARTNOHAND : ERESTARTSYS;
    case SYS_poll:
    case SYS_ppoll:
    case SYS_select:
    case SYS_pselect6:
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
        return ERESTARTNOHAND;
    default:
        return EINTR;
    }
}

/* A sleep reports how much time is left. */
static void tell_rest(const exec_t *exec, const task_t *task)
{
    const __u64 *args = task->call.data.args;
    bool on_clock = task->call.data.nr == SYS_clock_nanosleep;
    uint64_t at = on_clock ? args[3] : args[1];
    if ((task->call.data.nr != SYS_nanosleep && !on_clock) || at == 0 ||
        (on_clock && (args[1] & TIMER_ABSTIME) != 0) || !vtimer_is_set(&task->timer))
        return;
    write_timespec(task, at, task->timer.vt_at_us - box_now(exec->box));
}

static bool moves_bytes(const task_t *task)
{
    switch (task->call.data.nr) {
    case SYS_write:
    case SYS_writev:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_recvfrom:
    case SYS_recvmsg:
        return true;
    default:
        return false;
    }
}

answer_t signal_answer(exec_t *exec, task_t *task)
{
    standing_t standing;
    if (task->call.data.nr == SYS_pause || task->call.data.nr == SYS_rt_sigsuspend)
        return ANSWER_PASS; /* the kernel finds the signal */
    if (ask(task->tid, &standing) && mask_at(task) != 0 &&
        (standing.pending & ~standing.blocked & ~standing.ignored) == 0)
        return let_kernel_deliver(exec, task);
    tell_rest(exec, task);
    if (moves_bytes(task) && task->scratch > 0)
        return answer(task, (int64_t)task->scratch); /* as far as it came */
    return answer_errno(task, interrupted(task));
}
