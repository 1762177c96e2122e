/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Calls that wait for another task, and not for the box: for a child, for a signal, for a turn. The
 * kernel makes them once they would not sleep.
 */
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* ---- children ---- */

typedef struct wanted {
    idtype_t kind;
    pid_t id;
    int options;
} wanted_t;

static wanted_t wanted_by(const task_t *task)
{
    const __u64 *args = task->call.data.args;
    if (task->call.data.nr == SYS_waitid)
        return (wanted_t){(idtype_t)args[0], (pid_t)args[1], (int)args[3]};
    pid_t pid = (pid_t)args[0];
    wanted_t wanted = {.options = (int)args[2]};
    wanted.kind = pid == -1 ? P_ALL : pid > 0 ? P_PID : P_PGID;
    wanted.id = pid >= 0 ? pid : -pid;
    return wanted;
}

typedef struct relative {
    char state;
    int parent, group;
} relative_t;

static bool read_relative(pid_t pid, relative_t *relative)
{
    char text[1024];
    if (task_read_proc(pid, "stat", text, sizeof(text)) == 0)
        return false;
    const char *at = strrchr(text, ')'); /* a program's name may have any letter */
    return at != NULL &&
           sscanf(at, ") %c %d %d", &relative->state, &relative->parent, &relative->group) == 3;
}

/* Whether a child is one of those. A P_PIDFD is not looked into: it may be any. */
static bool is_wanted(const wanted_t *wanted, pid_t child, const relative_t *relative, int group)
{
    switch (wanted->kind) {
    case P_PID:
        return child == wanted->id;
    case P_PGID:
        return relative->group == (wanted->id != 0 ? wanted->id : group);
    default:
        return true;
    }
}

/* How many of a thread's children are wanted. Sets *ended if one of them has. */
static size_t look_at_children(const task_t *thread, const wanted_t *wanted, int group, bool *ended)
{
    char text[8192], name[64];
    size_t count = 0;
    snprintf(name, sizeof(name), "task/%d/children", (int)thread->tid);
    task_read_proc(thread->pid, name, text, sizeof(text));
    for (char *at = text, *end;; at = end) {
        relative_t relative;
        pid_t child = (pid_t)strtol(at, &end, 10);
        if (end == at)
            return count;
        if (!read_relative(child, &relative) || !is_wanted(wanted, child, &relative, group))
            continue;
        count++;
        *ended = *ended || relative.state == 'Z' || relative.state == 'X';
    }
}

/* Whether the kernel answers at once: one of the children has ended, or there is none. */
static bool answers_at_once(const exec_t *exec, const task_t *task, const wanted_t *wanted)
{
    relative_t own = {0};
    size_t count = 0;
    bool ended = false;
    if (wanted->kind == P_PGID && wanted->id == 0)
        read_relative(task->pid, &own);
    for (const task_t *thread = exec->tasks; thread != NULL; thread = thread->next) {
        if (thread->pid == task->pid)
            count += look_at_children(thread, wanted, own.group, &ended);
    }
    return count == 0 || ended;
}

/* Whether a child has stopped or goes on again is not seen from outside: for who waits for that,
 * the kernel waits. */
#define NOT_SEEN (WUNTRACED | WCONTINUED)

answer_t call_wait(exec_t *exec, task_t *task)
{
    const wanted_t wanted = wanted_by(task);
    if ((wanted.options & NOT_SEEN & ~WNOHANG) != 0)
        return ANSWER_PASS;
    if (!task->first && !task->pays && task->deaths == exec->deaths)
        return answer_wait(exec, task, UINT64_MAX);
    task->deaths = exec->deaths;
    if (answers_at_once(exec, task, &wanted))
        return ANSWER_PASS;
    if ((wanted.options & WNOHANG) != 0)
        return must_pay(task) ? pay(exec, task) : ANSWER_PASS;
    return answer_wait(exec, task, UINT64_MAX);
}

/* ---- signals ---- */

/* pause() and sigsuspend(): until a signal ends them (exec_signal.c). */
answer_t call_await_signal(exec_t *exec, task_t *task)
{
    return answer_wait(exec, task, UINT64_MAX);
}

/* The kernel hands over the signal: it makes the call once one is pending. Once the time is over,
 * the answer is EAGAIN. */
answer_t call_sigtimedwait(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    uint64_t us = UINT64_MAX, set = 0;
    int error;
    if (args[2] != 0 && !read_timespec_us(task, args[2], &us, &error))
        return answer_errno(task, error);
    task_read(task, args[0], &set, sizeof(set));
    if ((signal_pending_of(task->tid) & set) != 0)
        return ANSWER_PASS; /* at once */
    if (us == 0 || task_timed_out(exec, task))
        return answer_errno(task, EAGAIN);
    return answer_wait(exec, task, us);
}

/* ---- a turn ---- */

/* All others that can go on come first: they have waited longer. */
answer_t call_yield(exec_t *exec, task_t *task)
{
    return must_pay(task) ? pay(exec, task) : answer(task, 0);
}
