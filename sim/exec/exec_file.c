/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Descriptors of the box in programs, and the files behind them.
 */
#include "sim/base/must.h"
#include "sim/exec/exec_impl.h"
#include "sim/exec/seccomp_listener.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FD_HIGHEST 65535

file_t *file_of_inode(exec_t *exec, ino_t inode)
{
    file_t *file = NULL;
    HASH_FIND(hh, exec->files, &inode, sizeof(inode), file);
    return file;
}

file_t *file_find(exec_t *exec, const task_t *task, int fd)
{
    char path[64], target[64];
    unsigned long number;
    if (fd < 0 || (fd < EXEC_FD_LOWEST && !exec->low))
        return NULL;
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)task->tid, fd);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length <= 0)
        return NULL;
    target[length] = '\0';
    if (sscanf(target, "socket:[%lu]", &number) != 1)
        return NULL;
    return file_of_inode(exec, number);
}

bool file_is_open(const task_t *task, int fd)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)task->tid, fd);
    return lstat(path, &st) == 0;
}

bool file_is_socket(const task_t *task, int fd)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)task->tid, fd);
    return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* Gives the task a copy of a descriptor of ours. `flags`: O_CLOEXEC. */
static int put(exec_t *exec, task_t *task, int fd, int lowest, bool exact, bool cloexec)
{
    int number = lowest;
    if (!exact) {
        number = lowest > task->next_fd ? lowest : task->next_fd;
        number = number > EXEC_FD_LOWEST ? number : EXEC_FD_LOWEST;
        while (number <= FD_HIGHEST && file_is_open(task, number))
            number++;
        task->next_fd = number + 1;
        if (number > FD_HIGHEST)
            return -EMFILE;
    }
    struct seccomp_notif_addfd add = {.id = task->call.id,
                                      .flags = SECCOMP_ADDFD_FLAG_SETFD,
                                      .srcfd = (uint32_t)fd,
                                      .newfd = (uint32_t)number,
                                      .newfd_flags = cloexec ? O_CLOEXEC : 0};
    int added = ioctl(task->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
    if (added >= 0 && added < EXEC_FD_LOWEST)
        exec->low = true;
    return added >= 0 ? added : -errno;
}

int file_install(exec_t *exec, task_t *task, file_kind_t kind, int flags, file_t **made)
{
    int ends[2];
    struct stat st;
    int type = SOCK_STREAM | SOCK_CLOEXEC | ((flags & O_NONBLOCK) != 0 ? SOCK_NONBLOCK : 0);
    if (socketpair(AF_UNIX, type, 0, ends) != 0)
        return -errno;
    fstat(ends[1], &st);
    int number = put(exec, task, ends[1], 0, false, (flags & O_CLOEXEC) != 0);
    close(ends[1]);
    if (number < 0) {
        close(ends[0]);
        return number;
    }
    file_t *file = must_calloc(1, sizeof(*file));
    file->inode = st.st_ino;
    file->end = ends[0];
    file->kind = kind;
    file->nonblock = (flags & O_NONBLOCK) != 0;
    file->exec = exec;
    HASH_ADD(hh, exec->files, inode, sizeof(file->inode), file);
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLHUP, .data.ptr = file};
    epoll_ctl(exec->hangups, EPOLL_CTL_ADD, file->end, &event);
    *made = file;
    return number;
}

int file_copy_kernel(const task_t *task, int fd)
{
    int pidfd = (int)syscall(SYS_pidfd_open, task->pid, 0);
    if (pidfd < 0)
        return -1;
    int copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
    close(pidfd);
    return copy;
}

/* ---- descriptors of the kernel's ---- */

/* Puts our `fd` at a number of the task, which keeps its close-on-exec flag. */
static void replace(const task_t *task, int number, int fd)
{
    char path[64], line[128];
    unsigned flags = 0;
    snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)task->tid, number);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "flags: %o", &flags) == 1)
            break;
    }
    if (file != NULL)
        fclose(file);
    struct seccomp_notif_addfd add = {.id = task->call.id,
                                      .flags = SECCOMP_ADDFD_FLAG_SETFD,
                                      .srcfd = (uint32_t)fd,
                                      .newfd = (uint32_t)number,
                                      .newfd_flags = flags & O_CLOEXEC};
    ioctl(task->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
}

int file_swap_epoll(const task_t *task, int fd)
{
    int end = file_copy_kernel(task, fd), empty = epoll_create1(EPOLL_CLOEXEC);
    if (end >= 0 && empty >= 0)
        replace(task, fd, empty);
    if (empty >= 0)
        close(empty);
    return end;
}

void file_put_back(const task_t *task, int fd, int end)
{
    replace(task, fd, end);
}

/* A signalfd shows the signals of its reader, and the reader is not us: so its set of signals is
 * read from /proc/self/fdinfo. */
static bool is_signalfd(int copy, uint64_t *set)
{
    char path[64], line[128];
    unsigned long long mask;
    struct stat st;
    bool found = false;
    if (fstat(copy, &st) != 0 || (st.st_mode & S_IFMT) != 0)
        return false; /* of a file without a kind */
    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", copy);
    FILE *file = fopen(path, "re");
    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
        found = sscanf(line, "sigmask: %llx", &mask) == 1;
    if (file != NULL)
        fclose(file);
    *set = found ? mask : 0;
    return found;
}

short file_kernel_ready(pid_t pid, int copy, short events)
{
    uint64_t set;
    struct pollfd fd = {.fd = copy, .events = events};
    if (is_signalfd(copy, &set))
        return (signal_pending_of(pid) & set) != 0 ? events & POLLIN : 0;
    return poll(&fd, 1, 0) > 0 ? fd.revents : 0;
}

int file_duplicate(exec_t *exec, task_t *task, int fd, int lowest, bool exact, bool cloexec)
{
    int copy = file_copy_kernel(task, fd);
    if (copy < 0)
        return -EBADF;
    int number = put(exec, task, copy, lowest, exact, cloexec);
    close(copy);
    return number;
}

static void end(exec_t *exec, file_t *file)
{
    HASH_DEL(exec->files, file);
    epoll_forget(exec, file);
    if (file->kind == FILE_EPOLL)
        epoll_free(file);
    vclock_cancel(exec->box->clock, &file->timer);
    exec_trace_close(exec, file);
    so_close(file->so);
    netlink_free(file);
    close(file->end);
    free(file);
}

void file_reap(exec_t *exec)
{
    struct epoll_event events[64];
    int count = epoll_wait(exec->hangups, events, 64, 0);
    /* In the order in which they were made, not in the kernel's. */
    for (int i = 0; i < count; i++)
        ((file_t *)events[i].data.ptr)->gone = true;
    if (count <= 0)
        return;
    for (task_t *task = exec->tasks; task != NULL; task = task->next)
        task->next_fd = 0;
    for (file_t *file = exec->files, *next; file != NULL; file = next) {
        next = file->hh.next;
        if (file->gone)
            end(exec, file);
    }
}

void file_free_all(exec_t *exec)
{
    for (file_t *file = exec->files, *next; file != NULL; file = next) {
        next = file->hh.next;
        end(exec, file);
    }
}
