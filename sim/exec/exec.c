/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The loop: calls come in; when nobody runs, one that can be answered is; when none can, time
 * moves.
 */
#include "sim/exec/exec.h"

#include "sim/base/must.h"
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <linux/audit.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/* A line that was written. */
struct exec_said {
    struct exec_said *next;
    char text[];
};

void exec_not_modelled(exec_t *exec, const task_t *task, const char *format, ...)
{
    va_list args;
    char line[512];
    int used = snprintf(line, sizeof(line), "lo0sim exec: %s: ", task->name);
    va_start(args, format);
    vsnprintf(line + used, sizeof(line) - (size_t)used, format, args);
    va_end(args);
    for (const struct exec_said *said = exec->said; said != NULL; said = said->next) {
        if (strcmp(said->text, line) == 0)
            return;
    }
    struct exec_said *said = must_calloc(1, sizeof(*said) + strlen(line) + 1);
    said->next = exec->said;
    exec->said = said;
    memcpy(said->text, line, strlen(line) + 1);
    fprintf(stderr, "%s\n", line);
}

void exec_said_free(exec_t *exec)
{
    while (exec->said != NULL) {
        struct exec_said *said = exec->said;
        exec->said = said->next;
        free(said);
    }
}

/* ---- answers ---- */

answer_t answer(task_t *task, int64_t value)
{
    task->value = value;
    return ANSWER_DONE;
}

answer_t answer_errno(task_t *task, int error)
{
    return answer(task, -error);
}

static void nothing(void *arg)
{
    (void)arg;
}

answer_t answer_wait(exec_t *exec, task_t *task, uint64_t us)
{
    if (task->first) {
        task->timed = us != UINT64_MAX;
        uint64_t now = box_now(exec->box);
        if (task->timed)
            vclock_set(exec->box->clock, &task->timer, us < UINT64_MAX - now ? now + us : us - 1,
                       nothing, NULL);
    }
    return ANSWER_WAIT;
}

bool task_timed_out(const exec_t *exec, const task_t *task)
{
    (void)exec;
    return !task->first && task->timed && !vtimer_is_set(&task->timer);
}

/* ---- the listener ---- */

static void take_name(task_t *task)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)task->tid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fgets(task->name, sizeof(task->name), file) != NULL)
        task->name[strcspn(task->name, "\n")] = '\0';
    fclose(file);
}

/* A call of a 32-bit program, or of x32: there the numbers mean other calls. */
static bool is_foreign(const struct seccomp_notif *call)
{
    return call->data.arch != AUDIT_ARCH_X86_64 || (call->data.nr & 0x40000000) != 0;
}

static void hold(exec_t *exec, const exec_program_t *program, const struct seccomp_notif *call)
{
    task_t *task = task_find(exec, (pid_t)call->pid);
    if (task == NULL)
        task = task_add(exec, (pid_t)call->pid);
    task->listener = program->start.listener;
    if (task->fresh || task->name[0] == '\0')
        take_name(task);
    if (task->fresh && !is_foreign(call) && call->data.nr != SYS_execve &&
        call->data.nr != SYS_execveat) {
        vdso_replace(task->pid);
        exec_seed_program(exec, task);
        task->fresh = false;
        task->process = NULL;
    }
    task->call = *call;
    signal_restore(task);
    task->held = task->met = true;
    task->first = true;
    task->world = task->spins = false;
    task->busy_ticks = 0;
    task->futex_turn = 0;
    task->woken = false;
    task->began_us = box_now(exec->box);
    task->timed = task->pays = task->waits = task->rushed = false;
    task->scratch = 0;
    task->vfork = false;
}

/* Whether a call is the kernel's, and it would not sleep in it. */
static bool is_kernels(exec_t *exec, const task_t *task)
{
    const __u64 *args = task->call.data.args;
    if (task->call.data.nr == SYS_ioctl && interface_is_asked(args[1]))
        return false;
    return seccomp_is_by_descriptor(task->call.data.nr) &&
           file_find(exec, task, (int)args[0]) == NULL && kernel_answers_at_once(task);
}

/* Whether the box' answer neither waits nor gives another task its turn. */
static bool is_quick(const task_t *task)
{
    switch (task->call.data.nr) {
    case SYS_brk: /* these are notified only because of a task's first call */
    case SYS_gettid:
    case SYS_set_robust_list:
    case SYS_rseq:
        return true;
    case SYS_futex:
        return futex_only_wakes(task);
    case SYS_open:
    case SYS_openat:
        return !open_is_ours(task);
    case SYS_clock_gettime:
    case SYS_gettimeofday:
    case SYS_time:
        return !clock_must_pay_next(task);
    default:
        return false;
    }
}

/* Answers such calls at once: the task that makes one is the one that runs.
 * => Returns false if it is none of these. */
static bool answer_quickly(exec_t *exec, const exec_program_t *program,
                           const struct seccomp_notif *call)
{
    task_t *task = task_find(exec, (pid_t)call->pid);
    /* The first call of a new task is held, so that it and its parent do not both go on. */
    if (task == NULL || !task->met || task->fresh || is_foreign(call) || task->patch != NULL ||
        task->epoll_end >= 0)
        return false;
    task->call = *call;
    task->first = true;
    answer_t what = ANSWER_PASS;
    if (is_quick(task))
        what = call_find(call->data.nr)(exec, task);
    else if (!is_kernels(exec, task))
        return false;
    struct seccomp_notif_resp response = {.id = call->id};
    if (what == ANSWER_PASS)
        response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else if (task->value < 0)
        response.error = (int)task->value;
    else
        response.val = task->value;
    ioctl(program->start.listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    return true;
}

/* => Returns whether there were any. */
static bool take_from(exec_t *exec, exec_program_t *program)
{
    bool any = false;
    struct pollfd ready = {.fd = program->start.listener, .events = POLLIN};
    while (poll(&ready, 1, 0) > 0) {
        struct seccomp_notif call;
        memset(&call, 0, sizeof(call));
        program->quiet = (ready.revents & POLLIN) == 0; /* POLLHUP: the last one has ended */
        if (program->quiet || ioctl(ready.fd, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
            break; /* ENOENT: it was killed meanwhile */
        if (!answer_quickly(exec, program, &call))
            hold(exec, program, &call);
        any = true;
    }
    return any;
}

bool exec_take_calls(exec_t *exec)
{
    bool any = false;
    for (exec_program_t *program = exec->programs; program != NULL; program = program->next)
        any = (!program->quiet && take_from(exec, program)) || any;
    return any;
}

#define POLLED_MAX 64

void exec_poll(exec_t *exec, long ns)
{
    struct pollfd fds[POLLED_MAX];
    nfds_t count = 0;
    for (exec_program_t *program = exec->programs; program != NULL && count < POLLED_MAX;
         program = program->next) {
        if (!program->quiet)
            fds[count++] = (struct pollfd){.fd = program->start.listener, .events = POLLIN};
    }
    ppoll(fds, count, &(struct timespec){.tv_nsec = ns}, NULL);
}

/* The call is over. */
static void release(exec_t *exec, task_t *task)
{
    vclock_cancel(exec->box->clock, &task->timer);
    kernel_forget(task);
    task->held = task->slept = false;
    task->futex_turn = 0;
    task->woken = false;
    exec->restless = 0;
    exec->waits = 0;
}

static void let_go(exec_t *exec, task_t *task, answer_t what)
{
    struct seccomp_notif_resp response = {.id = task->call.id};
    if (what == ANSWER_PASS) {
        response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    } else if (task->value < 0) {
        response.error = (int)task->value;
    } else {
        response.val = task->value;
    }
    if (what != ANSWER_PASS)
        exec_trace(exec, task);
    release(exec, task);
    if (task->waits)
        task->idle = 0;
    task->served = ++exec->answers;
    box_note_progress(exec->box);
    if (ioctl(task->listener, SECCOMP_IOCTL_NOTIF_SEND, &response) != 0 && errno == ENOENT)
        exec->tree_changed = true; /* it has been killed */
}

/* ---- signals ---- */

void exec_give_up(exec_t *exec, task_t *task)
{
    exec_trace_end(exec, task);
    release(exec, task);
    exec->tree_changed = true;
}

/* => Returns whether any was. */
static bool give_up_killed(exec_t *exec)
{
    bool any = false;
    for (task_t *task = exec->tasks; exec->signals && task != NULL; task = task->next) {
        if (!task->held || !signal_kills(task))
            continue;
        exec_give_up(exec, task);
        any = true;
    }
    return any;
}

/* Ends the waiting calls for which a signal has come.
 * => Returns whether there was one. */
static bool interrupt_waiting(exec_t *exec)
{
    if (!exec->signals)
        return false;
    exec->signals = false;
    for (task_t *task = exec->tasks; task != NULL; task = task->next) {
        if (!task->held || task->first || !signal_ends_call(task))
            continue;
        if (task->pays) /* such a call does not wait: it cannot be interrupted */
            vclock_cancel(exec->box->clock, &task->timer);
        if (!exec_answer(exec, task)) /* as in the kernel, an answer comes before a signal */
            let_go(exec, task, signal_answer(exec, task));
        exec->signals = true; /* perhaps others, too */
        return true;
    }
    return false;
}

/* ---- answering ---- */

static answer_t look(exec_t *exec, task_t *task)
{
    call_t call = call_find(task->call.data.nr);
    if (is_foreign(&task->call)) {
        exec_not_modelled(exec, task, "its 32-bit calls are not in the box: ENOSYS");
        return answer_errno(task, ENOSYS);
    }
    if (call != NULL)
        return call(exec, task);
    exec_not_modelled(exec, task, "%s() is not modelled: ENOSYS", call_name(task->call.data.nr));
    return answer_errno(task, ENOSYS);
}

bool exec_answer(exec_t *exec, task_t *task)
{
    if (clock_rushes(exec, task))
        return false;
    answer_t what = look(exec, task);
    task->waits = task->waits || (what == ANSWER_WAIT && !task->pays);
    if (what == ANSWER_WAIT && task->first && signal_has_mask(task))
        exec->signals = true; /* a signal that was pending until now may end it */
    if (what == ANSWER_WAIT && task->first)
        exec_trace_wait(exec, task);
    task->first = false;
    if (what != ANSWER_WAIT)
        let_go(exec, task, what);
    return what != ANSWER_WAIT;
}

static task_t *longest_unserved(exec_t *exec, uint64_t after)
{
    task_t *best = NULL;
    for (task_t *task = exec->tasks; task != NULL; task = task->next) {
        if (task->held && task->served >= after && (best == NULL || task->served < best->served))
            best = task;
    }
    return best;
}

/* Answers one call that can be answered: that of the task that was served the longest ago. Of
 * several tasks that were never served, the oldest comes first.
 * => Returns false if all must wait. */
static bool answer_one(exec_t *exec)
{
    /* Tasks that were never served come first, in their order: their `served` is 0. */
    for (task_t *task = exec->tasks; task != NULL; task = task->next) {
        if (task->held && task->served == 0 && exec_answer(exec, task))
            return true;
    }
    for (task_t *task = longest_unserved(exec, 1); task != NULL;
         task = longest_unserved(exec, task->served + 1)) {
        if (exec_answer(exec, task))
            return true;
    }
    return false;
}

/* ---- the loop ---- */

/* => Returns whether any has ended. */
static bool reap(exec_t *exec)
{
    int status;
    pid_t pid;
    bool any = false;
    while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
        for (exec_program_t *program = exec->programs; program != NULL; program = program->next) {
            if (program->start.pid != pid || program->ended)
                continue;
            program->ended = true;
            program->status = status;
        }
        exec->signals = true;
        exec->tree_changed = true;
        any = true;
    }
    return any;
}

/* Waits until a call comes, or for a moment: a task runs, and may fall asleep in the kernel. */
static void wait_for_call(exec_t *exec)
{
    unsigned n = exec->patience++;
    exec_poll(exec, n < 20 ? 20000L : n < 100 ? 100000L : 1000000L);
}

static bool is_due(const exec_t *exec)
{
    uint64_t at;
    return vclock_next(exec->box->clock, &at) && at <= box_now(exec->box);
}

#define RESTLESS 64 /* looks, before the processor time is asked for */

exec_state_t exec_look(exec_t *exec)
{
    if (exec_take_calls(exec))
        exec->patience = 0;
    if (reap(exec))
        return EXEC_BUSY;
    if (!tasks_settled(exec)) {
        if (++exec->restless % RESTLESS == 0)
            tasks_find_spinning(exec);
        wait_for_call(exec);
        return EXEC_BUSY;
    }
    if (exec_take_calls(exec))
        return EXEC_BUSY; /* a call came while we looked */
    exec->patience = 0;
    if (give_up_killed(exec))
        return EXEC_BUSY;
    file_reap(exec);
    if (is_due(exec)) /* due timers run before any task goes on */
        return EXEC_DUE;
    if (interrupt_waiting(exec) || answer_one(exec))
        return EXEC_BUSY;
    if (exec->signals) /* a call has begun to wait that lets in a signal */
        return EXEC_BUSY;
    if (exec->spinning && !is_due(exec)) {
        wait_for_call(exec);
        return EXEC_BUSY;
    }
    return is_due(exec) ? EXEC_DUE : EXEC_WAITS;
}
