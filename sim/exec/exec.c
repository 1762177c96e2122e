/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The loop: calls come in; when nobody runs, one that can be answered is; when none can, time
 * moves.
 */
#include "sim/exec/exec.h"

#include "sim/base/must.h"
#include "sim/exec/exec_impl.h"
#include "sim/exec/seccomp_listener.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void exec_not_modelled(const task_t *task, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "lo0sim exec: %s: ", task->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
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

static void hold(exec_t *exec, const struct seccomp_notif *call)
{
    task_t *task = task_find(exec, (pid_t)call->pid);
    if (task == NULL)
        task = task_add(exec, (pid_t)call->pid);
    if (task->fresh || task->name[0] == '\0')
        take_name(task);
    if (task->fresh && call->data.nr != SYS_execve && call->data.nr != SYS_execveat) {
        vdso_replace(task->pid);
        exec_seed_program(exec, task);
        task->fresh = false;
        task->process = NULL;
    }
    task->call = *call;
    task->held = true;
    task->first = true;
    task->world = false;
    task->began_us = box_now(exec->box);
    task->timed = false;
    task->scratch = 0;
    task->vfork = false;
}

/* Takes the calls that have come.
 * => Returns whether there were any. */
static bool take_calls(exec_t *exec)
{
    bool any = false;
    struct pollfd ready = {.fd = exec->listener, .events = POLLIN};
    while (poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0) {
        struct seccomp_notif call;
        memset(&call, 0, sizeof(call));
        if (ioctl(exec->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
            break; /* ENOENT: it was killed meanwhile */
        hold(exec, &call);
        any = true;
    }
    return any;
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
    vclock_cancel(exec->box->clock, &task->timer);
    task->held = false;
    task->slept = false;
    task->served = ++exec->answers;
    if (ioctl(exec->listener, SECCOMP_IOCTL_NOTIF_SEND, &response) != 0 && errno == ENOENT)
        exec->tree_changed = true; /* it has been killed */
}

/* ---- signals ---- */

/* Whether a signal waits for a task that it does not block, or the task is about to end. */
static bool has_signal(const exec_t *exec, const task_t *task)
{
    char path[64], line[128];
    unsigned long long own = 0, shared = 0, blocked = 0, ignored = 0, set;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)task->tid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return true;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "SigPnd: %llx", &set) == 1)
            own = set;
        else if (sscanf(line, "ShdPnd: %llx", &set) == 1)
            shared = set;
        else if (sscanf(line, "SigBlk: %llx", &set) == 1)
            blocked = set;
        else if (sscanf(line, "SigIgn: %llx", &set) == 1)
            ignored = set;
    }
    fclose(file);
    if (((own | shared) & ~blocked & ~ignored) != 0)
        return true;
    /* One that is being killed has taken its signal already; then it waits no more. */
    return ioctl(exec->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &task->call.id) != 0;
}

/* The kernel's own words for "call again, or EINTR, as the handler wants it". */
#define ERESTARTSYS    512
#define ERESTARTNOHAND 514

/* What a call that waits returns when a signal comes. */
static int interrupted(int number)
{
    switch (number) {
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
    case SYS_futex:
    case SYS_sendfile:
        return ERESTARTSYS;
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

/* Lets calls that wait go where a signal has come.
 * => Returns whether there was one. */
static bool interrupt_waiting(exec_t *exec)
{
    if (!exec->signals)
        return false;
    exec->signals = false;
    for (task_t *task = exec->tasks; task != NULL; task = task->next) {
        if (!task->held || task->first || !has_signal(exec, task))
            continue;
        answer_errno(task, interrupted(task->call.data.nr));
        let_go(exec, task, ANSWER_DONE);
        exec->signals = true; /* perhaps others, too */
        return true;
    }
    return false;
}

/* ---- answering ---- */

static answer_t look(exec_t *exec, task_t *task)
{
    call_t call = call_find(task->call.data.nr);
    if (call != NULL)
        return call(exec, task);
    exec_not_modelled(task, "%s() is not modelled: ENOSYS", call_name(task->call.data.nr));
    return answer_errno(task, ENOSYS);
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

/* Answers one call that can be answered: whose task was served the longest ago, and of several that
 * never were, the oldest.
 * => Returns false if all must wait. */
static bool answer_one(exec_t *exec)
{
    /* Those that never were served come first, in their order: their `served` is 0. */
    for (task_t *task = exec->tasks; task != NULL; task = task->next) {
        if (!task->held || task->served != 0)
            continue;
        answer_t what = look(exec, task);
        task->first = false;
        if (what != ANSWER_WAIT) {
            let_go(exec, task, what);
            return true;
        }
    }
    for (task_t *task = longest_unserved(exec, 1); task != NULL;
         task = longest_unserved(exec, task->served + 1)) {
        answer_t what = look(exec, task);
        task->first = false;
        if (what != ANSWER_WAIT) {
            let_go(exec, task, what);
            return true;
        }
    }
    return false;
}

/* What is due at this instant happens before anybody goes on. */
static void run_instant(exec_t *exec)
{
    uint64_t at;
    while (vclock_next(exec->box->clock, &at) && at <= box_now(exec->box)) {
        if (box_step(exec->box) != BOX_RAN)
            break;
    }
}

/* ---- ends ---- */

static void reap(exec_t *exec)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
        if (pid == exec->root) {
            exec->ended = true;
            exec->status = status;
        }
        exec->signals = true;
        exec->tree_changed = true;
    }
}

/* Ends all that is left, and its children. */
static void kill_all(exec_t *exec)
{
    for (int rounds = 0; rounds < 1000; rounds++) {
        exec->tree_changed = true;
        for (task_t *task = exec->tasks; task != NULL; task = task->next) {
            if (task->tid == task->pid)
                kill(task->pid, SIGKILL);
            task->held = false;
        }
        int status;
        while (waitpid(-1, &status, WNOHANG | __WALL) > 0)
            continue;
        if (tasks_settled(exec) && exec->tasks == NULL)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
}

/* ---- the loop ---- */

/* Until a call comes, or for a moment: somebody runs, and may fall asleep in the kernel. */
static void wait_for_call(exec_t *exec, unsigned *patience)
{
    struct pollfd ready = {.fd = exec->listener, .events = POLLIN};
    long ns = *patience < 20 ? 20000L : *patience < 100 ? 100000L : 1000000L;
    ++*patience;
    ppoll(&ready, 1, &(struct timespec){.tv_nsec = ns}, NULL);
}

/* Calls in which a task waits for other tasks only. */
static const struct {
    long number;
    const char *name;
} among_tasks[] = {
    {SYS_wait4, "wait4"},
    {SYS_waitid, "waitid"},
    {SYS_futex, "futex"},
    {SYS_pause, "pause"},
    {SYS_rt_sigsuspend, "sigsuspend"},
};

/* What a task waits for, where only other tasks can end that.
 * => Returns NULL if the world could, too. */
static const char *waits_in(const task_t *task)
{
    if (task->held)
        return task->world ? NULL : call_name(task->call.data.nr);
    long number = task_kernel_call(task);
    for (size_t i = 0; i < sizeof(among_tasks) / sizeof(among_tasks[0]); i++) {
        if (among_tasks[i].number == number)
            return among_tasks[i].name;
    }
    return NULL;
}

#define STUCK_NAMES_MAX 8

/* Nobody can go on, no timer is set, and nothing from outside is waited for: says so. */
static bool is_stuck(exec_t *exec)
{
    size_t count = 0;
    for (const task_t *task = exec->tasks; task != NULL; task = task->next) {
        if (waits_in(task) == NULL)
            return false;
    }
    if (exec->tasks == NULL)
        return false;
    fprintf(stderr, "lo0sim exec: nothing can happen any more:");
    for (const task_t *task = exec->tasks; task != NULL; task = task->next) {
        if (count++ < STUCK_NAMES_MAX)
            fprintf(stderr, "%s %s waits in %s()", count > 1 ? "," : "", task->name,
                    waits_in(task));
    }
    fprintf(stderr, count > STUCK_NAMES_MAX ? ", and %zu more\n" : "\n", count - STUCK_NAMES_MAX);
    return true;
}

/* Nobody can go on, and no timer is set: only the world can help, or nothing. */
static void wait_for_world(exec_t *exec)
{
    struct pollfd ready = {.fd = exec->listener, .events = POLLIN};
    poll(&ready, 1, 2);
    exec->signals = true;
    exec->tree_changed = true;
}

/* ---- signals to us ---- */

static volatile sig_atomic_t signalled;
static volatile sig_atomic_t program;

/* A terminal sends its ^C to the program as well; what was sent to us alone is handed on. The
 * program decides what comes of it, and we end when it has. */
static void hand_on(int number, siginfo_t *info, void *context)
{
    int error = errno;
    (void)context;
    signalled = 1;
    if (info->si_code != SI_KERNEL && program > 0)
        kill((pid_t)program, number);
    errno = error;
}

static const int handed_on[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};

#define HANDED_ON (sizeof(handed_on) / sizeof(handed_on[0]))

static void begin_signals(pid_t pid, struct sigaction before[HANDED_ON])
{
    struct sigaction action = {.sa_sigaction = hand_on, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    program = pid;
    for (size_t i = 0; i < HANDED_ON; i++)
        sigaction(handed_on[i], &action, &before[i]);
}

static void end_signals(const struct sigaction before[HANDED_ON])
{
    program = 0;
    for (size_t i = 0; i < HANDED_ON; i++)
        sigaction(handed_on[i], &before[i], NULL);
}

static void loop(exec_t *exec)
{
    unsigned patience = 0, waits = 0;
    while (!exec->ended) {
        if (signalled != 0) {
            signalled = 0;
            exec->signals = true;
        }
        if (take_calls(exec))
            patience = 0;
        reap(exec);
        if (exec->ended)
            break;
        if (!tasks_settled(exec)) {
            wait_for_call(exec, &patience);
            continue;
        }
        if (take_calls(exec))
            continue; /* one came while we looked */
        patience = 0;
        file_reap(exec);
        run_instant(exec);
        if (interrupt_waiting(exec) || answer_one(exec)) {
            waits = 0;
            continue;
        }
        uint64_t at;
        if (exec->tasks != NULL && vclock_next(exec->box->clock, &at)) {
            if (box_step(exec->box) == BOX_OUT_OF_TIME) {
                fprintf(stderr, "lo0sim exec: %.0f s of virtual time are over\n",
                        (double)exec->box->limits.virtual_us / 1e6);
                exec->stuck = exec->ended = true;
            }
            run_instant(exec);
            waits = 0;
        } else if (waits++ > 0 && is_stuck(exec)) {
            exec->stuck = exec->ended = true;
        } else {
            wait_for_world(exec);
        }
    }
}

static void explain(const char *command, const seccomp_word_t *word, int error, char *text,
                    size_t size)
{
    if (word->step == SECCOMP_NO_FILTER)
        snprintf(text, size,
                 "the kernel has no seccomp notification (Linux 5.19 or later), or forbids it: %s",
                 strerror(error));
    else
        snprintf(text, size, "%s: cannot be run: %s", command, strerror(error));
}

bool exec_run(box_t *box, const exec_options_t *options, exec_result_t *result, char *error,
              size_t size)
{
    exec_t *exec = must_calloc(1, sizeof(*exec));
    seccomp_start_t start;
    seccomp_word_t word;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int err = seccomp_start(options->argv, &start, &word);
    if (err != 0) {
        explain(options->argv[0], &word, err, error, size);
        free(exec);
        return false;
    }
    exec->box = box;
    exec->random[0] = box->seed;
    exec->tree_changed = true;
    exec->listener = start.listener;
    exec->root = start.pid;
    exec->hangups = epoll_create1(EPOLL_CLOEXEC);
    task_add(exec, exec->root)->fresh = true;
    struct sigaction before[HANDED_ON];
    begin_signals(exec->root, before);
    loop(exec);
    end_signals(before);
    kill_all(exec);
    file_free_all(exec);
    itimers_free(exec, 0);
    exec_names_free(exec);
    close(exec->hangups);
    close(start.listener);
    *result = (exec_result_t){.calls = exec->answers,
                              .code = exec->stuck                 ? EXEC_STUCK
                                      : WIFSIGNALED(exec->status) ? 128 + WTERMSIG(exec->status)
                                                                  : WEXITSTATUS(exec->status)};
    bool ran = result->code != 127 || !seccomp_failed(&start, &word);
    if (!ran)
        explain(options->argv[0], &word, word.error, error, size);
    close(start.words);
    free(exec);
    return ran;
}
