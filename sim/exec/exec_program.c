/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Programs: their start, what they wait for when nothing happens any more, and the end of all.
 */
#include "sim/base/must.h"
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

exec_t *exec_create(box_t *box)
{
    exec_t *exec = must_calloc(1, sizeof(*exec));
    exec->box = box;
    exec->random = box->seed;
    exec->processor = sched_getcpu();
    exec->hangups = epoll_create1(EPOLL_CLOEXEC);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return exec;
}

/* ---- starting ---- */

static void explain(const exec_options_t *options, const seccomp_word_t *word, char *text,
                    size_t size)
{
    const char *why = strerror(word->error);
    if (word->step == SECCOMP_NO_FILTER)
        snprintf(text, size,
                 "the kernel has no seccomp notification (Linux 5.19 or later), or forbids it: %s",
                 why);
    else if (word->step == SECCOMP_NO_FOLDER)
        snprintf(text, size, "%s: %s", options->folder, why);
    else
        snprintf(text, size, "%s: cannot be run: %s", options->argv[0], why);
}

/* Each folder of PATH is tried with its own execve(). The child reports whether one succeeded.
 * => Returns false, with the reason in *word, if the program cannot be run. */
static bool becomes_program(exec_t *exec, exec_program_t *program, task_t *task,
                            seccomp_word_t *word)
{
    for (;;) {
        struct pollfd fds[2] = {{.fd = program->start.words, .events = POLLIN},
                                {.fd = program->start.listener, .events = POLLIN}};
        poll(fds, 2, -1);
        if (fds[0].revents != 0)
            return !seccomp_failed(&program->start, word);
        if (exec_take_calls(exec) && task->held)
            exec_answer(exec, task);
    }
}

static exec_program_t **last_program(exec_t *exec)
{
    exec_program_t **link = &exec->programs;
    while (*link != NULL)
        link = &(*link)->next;
    return link;
}

static void free_program(exec_program_t *program)
{
    close(program->start.words);
    close(program->start.listener);
    free(program);
}

exec_program_t *exec_start(exec_t *exec, const exec_options_t *options, char *error, size_t size)
{
    exec_program_t *program = must_calloc(1, sizeof(*program)), **last = last_program(exec);
    const seccomp_launch_t launch = {.argv = options->argv,
                                     .environment = options->environment,
                                     .folder = options->folder,
                                     .standard = options->standard,
                                     .processor = exec->processor};
    seccomp_word_t word;
    if (!seccomp_start(&launch, &program->start, &word)) {
        explain(options, &word, error, size);
        free(program);
        return NULL;
    }
    *last = program;
    task_t *task = task_add(exec, program->start.pid);
    task->fresh = true;
    exec->tree_changed = true;
    if (becomes_program(exec, program, task, &word))
        return program;
    explain(options, &word, error, size);
    task_remove(exec, task);
    waitpid(program->start.pid, NULL, 0);
    *last = NULL;
    free_program(program);
    return NULL;
}

bool exec_has_ended(const exec_program_t *program, int *code)
{
    if (program->ended)
        *code = WIFSIGNALED(program->status) ? 128 + WTERMSIG(program->status)
                                             : WEXITSTATUS(program->status);
    return program->ended;
}

/* ---- waiting ---- */

/* What a task waits for, if only other tasks can end the wait: nothing that the kernel waits for.
 * => Returns NULL if the world could end it, too. */
static const char *waits_in(const task_t *task)
{
    return task->held && !task->world ? call_name(task->call.data.nr) : NULL;
}

#define WORLD_NS 2000000L

/* Whether a task waits for something outside of the box, or the end of a program is not reported
 * yet. */
static bool world_can_help(const exec_t *exec)
{
    for (const task_t *task = exec->tasks; task != NULL; task = task->next) {
        if (waits_in(task) == NULL)
            return true;
    }
    for (const exec_program_t *program = exec->programs; program != NULL; program = program->next) {
        if (exec->tasks == NULL && !program->ended)
            return true;
    }
    return false;
}

bool exec_wait_for_world(exec_t *exec)
{
    /* One more look before the program is reported as stuck: a signal may have come. */
    if (!world_can_help(exec) && exec->waits++ > 0)
        return false;
    exec_poll(exec, WORLD_NS);
    exec->signals = true;
    exec->tree_changed = true;
    return true;
}

#define LISTED_MAX 8

void exec_list_waiting(const exec_t *exec, FILE *out, const char *between)
{
    size_t count = 0;
    for (const task_t *task = exec->tasks; task != NULL; task = task->next) {
        const char *call = waits_in(task);
        if (count++ >= LISTED_MAX)
            continue;
        fputs(count > 1 ? between : "", out);
        if (call != NULL)
            fprintf(out, "%s waits in %s()", task->name, call);
        else
            fprintf(out, "%s waits for what is outside of the box", task->name);
    }
    if (count > LISTED_MAX)
        fprintf(out, "%sand %zu more", between, count - LISTED_MAX);
}

/* ---- the end ---- */

void exec_kill(exec_t *exec, const exec_program_t *program, int number)
{
    if (!program->ended)
        kill(program->start.pid, number);
    exec->signals = true;
}

bool exec_is_alive(const exec_t *exec)
{
    return exec->tasks != NULL;
}

/* And their children. */
void exec_kill_all(exec_t *exec)
{
    for (int rounds = 0; rounds < 1000; rounds++) {
        exec->tree_changed = true;
        for (task_t *task = exec->tasks; task != NULL; task = task->next) {
            kill(task->pid, SIGKILL);
            if (task->held)
                exec_give_up(exec, task);
        }
        int status;
        while (waitpid(-1, &status, WNOHANG | __WALL) > 0)
            continue;
        if (tasks_settled(exec) && exec->tasks == NULL)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    }
}

void exec_destroy(exec_t *exec)
{
    if (exec == NULL)
        return;
    exec_kill_all(exec);
    file_free_all(exec);
    itimers_free(exec, 0);
    exec_names_free(exec);
    exec_said_free(exec);
    while (exec->programs != NULL) {
        exec_program_t *program = exec->programs;
        exec->programs = program->next;
        free_program(program);
    }
    close(exec->hangups);
    free(exec);
}
