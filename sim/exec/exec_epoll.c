/* SPDX-License-Identifier: BSD-3-Clause
 *
 * epoll(7), over descriptors of the box and of the kernel, mixed.
 */
#include "sim/base/must.h"
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

answer_t call_epoll_create(exec_t *exec, task_t *task)
{
    int flags = task->call.data.nr == SYS_epoll_create1 ? (int)task->call.data.args[0] : 0;
    file_t *file;
    if (task->call.data.nr == SYS_epoll_create && (int)task->call.data.args[0] <= 0)
        return answer_errno(task, EINVAL);
    return answer(task, file_install(exec, task, FILE_EPOLL,
                                     (flags & EPOLL_CLOEXEC) != 0 ? O_CLOEXEC : 0, &file));
}

static interest_t **find(file_t *epoll, int fd, const file_t *file)
{
    interest_t **link = &epoll->interests;
    while (*link != NULL && ((*link)->fd != fd || (*link)->file != file))
        link = &(*link)->next;
    return link;
}

static void drop(interest_t **link)
{
    interest_t *interest = *link;
    *link = interest->next;
    if (interest->kernel_fd >= 0)
        close(interest->kernel_fd);
    free(interest);
}

void epoll_free(file_t *file)
{
    while (file->interests != NULL)
        drop(&file->interests);
}

/* Takes a file that is over out of all epolls. */
void epoll_forget(exec_t *exec, file_t *file)
{
    for (file_t *epoll = exec->files; epoll != NULL; epoll = epoll->hh.next) {
        for (interest_t **link = &epoll->interests; *link != NULL;) {
            if ((*link)->file == file)
                drop(link);
            else
                link = &(*link)->next;
        }
    }
}

static answer_t add(exec_t *exec, task_t *task, file_t *epoll, file_t *file,
                    const struct epoll_event *event)
{
    int fd = (int)task->call.data.args[2], copy = -1;
    (void)exec;
    if (*find(epoll, fd, file) != NULL)
        return answer_errno(task, EEXIST);
    if (file == NULL) {
        copy = file_copy_kernel(task, fd);
        if (copy < 0)
            return answer_errno(task, EBADF);
        int probe = epoll_create1(EPOLL_CLOEXEC);
        struct epoll_event none = {0};
        int error = epoll_ctl(probe, EPOLL_CTL_ADD, copy, &none) != 0 ? errno : 0;
        close(probe);
        if (error != 0) { /* EPERM: a plain file */
            close(copy);
            return answer_errno(task, error);
        }
    }
    interest_t *interest = must_calloc(1, sizeof(*interest)), **last = &epoll->interests;
    while (*last != NULL)
        last = &(*last)->next;
    *interest = (interest_t){.pid = task->pid,
                             .fd = fd,
                             .file = file,
                             .kernel_fd = copy,
                             .events = event->events,
                             .data = event->data.u64,
                             .armed = true};
    *last = interest;
    return answer(task, 0);
}

answer_t call_epoll_ctl(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    file_t *epoll = file_find(exec, task, (int)args[0]);
    struct epoll_event event = {0};
    if (epoll == NULL)
        return ANSWER_PASS;
    if (epoll->kind != FILE_EPOLL)
        return answer_errno(task, EINVAL);
    file_t *file = file_find(exec, task, (int)args[2]);
    if (file == NULL && !file_is_open(task, (int)args[2]))
        return answer_errno(task, EBADF);
    if (file == epoll)
        return answer_errno(task, EINVAL);
    if (args[1] != EPOLL_CTL_DEL && !task_read(task, args[3], &event, sizeof(event)))
        return answer_errno(task, EFAULT);
    if (args[1] == EPOLL_CTL_ADD)
        return add(exec, task, epoll, file, &event);
    interest_t **link = find(epoll, (int)args[2], file);
    if (*link == NULL)
        return answer_errno(task, ENOENT);
    if (args[1] == EPOLL_CTL_DEL) {
        drop(link);
    } else {
        (*link)->events = event.events;
        (*link)->data = event.data.u64;
        (*link)->armed = true;
        (*link)->told = 0;
    }
    return answer(task, 0);
}

/* Which of all events of an interest are ready now. */
static uint32_t ready_of(const interest_t *interest)
{
    if (interest->file != NULL)
        return (uint16_t)file_ready(interest->file);
    return (uint16_t)file_kernel_ready(interest->pid, interest->kernel_fd,
                                       (short)(interest->events & 0xffff));
}

static uint64_t changes_of(const file_t *file)
{
    if (file == NULL)
        return 0;
    return file->so != NULL ? so_change_count(file->so) : file->changes;
}

/* Which events to report: an edge only if something has become ready, or has changed, since. */
static uint32_t to_tell(const interest_t *interest)
{
    if (!interest->armed)
        return 0;
    uint32_t ready = ready_of(interest) & ((interest->events & 0xffff) | EPOLLERR | EPOLLHUP |
                                           (interest->events & EPOLLRDHUP));
    if ((interest->events & EPOLLET) == 0)
        return ready;
    uint64_t changes = changes_of(interest->file);
    bool changed = changes != interest->seen || (ready & ~interest->told) != 0;
    return changed ? ready : 0;
}

short epoll_ready(file_t *epoll)
{
    for (interest_t *i = epoll->interests; i != NULL; i = i->next) {
        if (to_tell(i) != 0)
            return POLLIN | POLLRDNORM;
    }
    return 0;
}

/* What is no longer ready may become ready again: a new edge. */
static void forget_told(file_t *epoll)
{
    for (interest_t *i = epoll->interests; i != NULL; i = i->next) {
        if ((i->events & EPOLLET) != 0)
            i->told &= ready_of(i);
    }
}

static int take(file_t *epoll, struct epoll_event *events, int max)
{
    int count = 0;
    forget_told(epoll);
    for (interest_t *i = epoll->interests; i != NULL && count < max; i = i->next) {
        uint32_t ready = to_tell(i);
        if (ready == 0)
            continue;
        events[count].events = ready;
        events[count++].data.u64 = i->data;
        i->told = ready;
        i->seen = changes_of(i->file);
        if ((i->events & EPOLLONESHOT) != 0)
            i->armed = false;
    }
    return count;
}

static bool read_wait(task_t *task, uint64_t *us, int *error)
{
    const __u64 *args = task->call.data.args;
    *us = UINT64_MAX;
    if (task->call.data.nr == SYS_epoll_pwait2)
        return args[3] == 0 || read_timespec_us(task, args[3], us, error);
    if ((int)args[3] >= 0)
        *us = (uint64_t)(int)args[3] * 1000;
    return true;
}

/* => Returns how many entries it has. */
static int interest_count(const file_t *epoll)
{
    int count = 0;
    for (const interest_t *i = epoll->interests; i != NULL; i = i->next)
        count++;
    return count;
}

/* Writes the events that are ready to the task, `max` at most.
 * => Returns how many, or a negative errno. */
static int hand_over(const task_t *task, file_t *epoll, int max)
{
    int room = interest_count(epoll);
    room = room < max ? room : max;
    struct epoll_event *events = must_calloc((size_t)room + 1, sizeof(*events));
    int count = take(epoll, events, room);
    if (!task_write(task, task->call.data.args[1], events, (size_t)count * sizeof(*events)))
        count = -EFAULT;
    free(events);
    return count;
}

answer_t call_epoll_wait(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    file_t *epoll = file_find(exec, task, (int)args[0]);
    int max = (int)args[2], error;
    uint64_t us = 0;
    if (epoll == NULL)
        return ANSWER_PASS;
    if (epoll->kind != FILE_EPOLL || max <= 0)
        return answer_errno(task, EINVAL);
    int count = hand_over(task, epoll, max);
    if (count != 0)
        return answer(task, count);
    task->world = false;
    for (interest_t *i = epoll->interests; i != NULL; i = i->next)
        task->world = task->world || i->file == NULL || i->file->kind == FILE_EPOLL;
    if (task_timed_out(exec, task))
        return answer(task, 0);
    if (task->first && !read_wait(task, &us, &error))
        return answer_errno(task, error);
    if (task->first && us == 0)
        return must_pay(task) ? pay(exec, task) : answer(task, 0);
    return answer_wait(exec, task, us);
}
