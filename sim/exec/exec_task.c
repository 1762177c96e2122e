/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which tasks there are, and whether any of them runs: the kernel's own word, from /proc.
 */
#include "sim/base/must.h"
#include "sim/exec/exec_impl.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

task_t *task_find(exec_t *exec, pid_t tid)
{
    task_t *task = exec->tasks;
    while (task != NULL && task->tid != tid)
        task = task->next;
    return task;
}

size_t task_read_proc(pid_t tid, const char *name, char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, text, size - 1) : 0;
    if (fd >= 0)
        close(fd);
    text[length > 0 ? length : 0] = '\0';
    return length > 0 ? (size_t)length : 0;
}

static pid_t process_of(pid_t tid)
{
    char text[2048];
    int pid = (int)tid;
    task_read_proc(tid, "status", text, sizeof(text));
    const char *at = strstr(text, "\nTgid:");
    if (at != NULL)
        sscanf(at, "\nTgid: %d", &pid);
    return pid;
}

task_t *task_add(exec_t *exec, pid_t tid)
{
    task_t *task = must_calloc(1, sizeof(*task)), **last = &exec->tasks;
    task->tid = tid;
    task->pid = process_of(tid);
    task->epoll_end = task->copies[0] = task->copies[1] = -1;
    while (*last != NULL)
        last = &(*last)->next;
    *last = task;
    return task;
}

/* => Returns the process' oldest thread; NULL: the process is gone. */
static task_t *first_of(const exec_t *exec, pid_t pid)
{
    task_t *task = exec->tasks;
    while (task != NULL && task->pid != pid)
        task = task->next;
    return task;
}

void task_remove(exec_t *exec, task_t *task)
{
    task_t **link = &exec->tasks;
    while (*link != task)
        link = &(*link)->next;
    *link = task->next;
    vclock_cancel(exec->box->clock, &task->timer);
    free(task->patch);
    if (task->epoll_end >= 0)
        close(task->epoll_end);
    kernel_forget(task);
    if (first_of(exec, task->pid) == NULL)
        itimers_free(exec, task->pid);
    free(task);
}

/* A task's state: its letter, 0 if the task is gone; and how often it has been switched away, which
 * shows whether it ran in between. */
typedef struct standing {
    char state;
    unsigned long long switches;
} standing_t;

static standing_t standing_of(pid_t tid)
{
    char text[4096];
    unsigned long long count = 0;
    standing_t standing = {0};
    if (task_read_proc(tid, "status", text, sizeof(text)) == 0)
        return standing;
    const char *at = strstr(text, "\nState:\t");
    if (at != NULL)
        standing.state = at[8];
    at = strstr(text, "\nvoluntary_ctxt_switches:");
    if (at != NULL && sscanf(at, "\nvoluntary_ctxt_switches: %llu", &count) == 1)
        standing.switches = count;
    at = strstr(text, "\nnonvoluntary_ctxt_switches:");
    if (at != NULL && sscanf(at, "\nnonvoluntary_ctxt_switches: %llu", &count) == 1)
        standing.switches += count;
    return standing;
}

/* A task is gone only when its parent can know of it: a thread in state X is still ending, and its
 * process cannot be waited for yet. (The kernel reports a state Z to the parent under a lock that
 * our own waitpid() takes before the next look.) */
static bool is_gone(char state)
{
    return state == 0 || state == 'Z';
}

/* The letter alone is not enough: a task that is about to sleep has it, too, and may still not
 * sleep. /proc/TID/syscall says "running" for a task that is not yet switched away. */
static bool is_switched_away(pid_t tid)
{
    char text[256];
    return task_read_proc(tid, "syscall", text, sizeof(text)) > 0 &&
           strncmp(text, "running", 7) != 0;
}

static bool is_asleep(const task_t *task, char state)
{
    bool sleeps = state == 'S' || state == 'T' || state == 't' || (state == 'D' && task->vfork);
    return sleeps && is_switched_away(task->tid);
}

/* ---- the tree ---- */

static bool add_missing(exec_t *exec, pid_t tid)
{
    if (task_find(exec, tid) != NULL)
        return false;
    if (is_gone(standing_of(tid).state))
        return false;
    task_add(exec, tid);
    return true;
}

static bool add_threads(exec_t *exec, pid_t pid)
{
    char path[64];
    bool added = false;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return false;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        pid_t tid = (pid_t)atoi(entry->d_name);
        if (tid > 0)
            added = add_missing(exec, tid) || added;
    }
    closedir(folder);
    return added;
}

static bool add_children(exec_t *exec, pid_t pid, pid_t tid)
{
    char text[8192], name[64];
    bool added = false;
    snprintf(name, sizeof(name), "task/%d/children", (int)tid);
    task_read_proc(pid, name, text, sizeof(text));
    for (char *at = text, *end;; at = end) {
        pid_t child = (pid_t)strtol(at, &end, 10);
        if (end == at)
            break;
        added = add_missing(exec, child) || added;
    }
    return added;
}

/* Children whose parent has ended become ours: we are their subreaper. */
static bool add_new(exec_t *exec)
{
    bool added = add_children(exec, getpid(), getpid());
    for (task_t *task = exec->tasks; task != NULL; task = task->next) {
        if (first_of(exec, task->pid) == task) /* the first thread of all may have ended */
            added = add_threads(exec, task->pid) || added;
        added = add_children(exec, task->pid, task->tid) || added;
    }
    return added;
}

/* Looks at the tasks that are not held. */
static bool all_asleep(exec_t *exec)
{
    bool asleep = true;
    exec->spinning = false;
    for (task_t *task = exec->tasks, *next; task != NULL; task = next) {
        next = task->next;
        if (task->held)
            continue;
        standing_t now = standing_of(task->tid);
        if (is_gone(now.state)) {
            task_remove(exec, task);
            exec->gone = true;
            exec->deaths++;
            exec->signals = true;      /* its parent learns of it */
            exec->tree_changed = true; /* its children have another parent */
            asleep = false;
            continue;
        }
        /* The same as at the last look: it has slept since. */
        bool slept = is_asleep(task, now.state);
        if (task->spins && !slept) {
            exec->spinning = true;
            continue;
        }
        if (!slept || !task->slept || task->switches != now.switches)
            asleep = false;
        task->slept = slept;
        task->switches = now.switches;
    }
    return asleep;
}

/* One look is not enough: a task that was seen asleep may be woken by one that is looked at later
 * and sleeps by then. Tasks that two looks find asleep, and not switched in between, all slept at
 * one instant: then none can wake another. */
bool tasks_settled(exec_t *exec)
{
    exec->gone = false;
    if (!all_asleep(exec) && (exec->gone || !all_asleep(exec)))
        return false;
    if (exec->gone)
        return false;
    if (!exec->tree_changed)
        return true;
    exec->deaths++; /* of those that came and went, and were never seen */
    exec->tree_changed = add_new(exec);
    return !exec->tree_changed;
}

/* ---- who never waits ---- */

#define SPIN_TICKS 300 /* of 10 ms */

static uint64_t ticks_of(pid_t tid)
{
    char text[1024];
    unsigned long long user = 0, system = 0;
    task_read_proc(tid, "stat", text, sizeof(text));
    const char *at = strrchr(text, ')');
    if (at != NULL)
        sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system);
    return user + system + 1;
}

void tasks_find_spinning(exec_t *exec)
{
    for (task_t *task = exec->tasks; task != NULL; task = task->next) {
        if (task->held || task->spins)
            continue;
        uint64_t now = ticks_of(task->tid);
        if (task->busy_ticks == 0)
            task->busy_ticks = now;
        task->spins = now - task->busy_ticks >= SPIN_TICKS;
    }
}
