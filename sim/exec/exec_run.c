/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One program, run to its end: `lo0sim exec`.
 */
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

/* ---- signals to us ---- */

static volatile sig_atomic_t signalled;
static volatile sig_atomic_t program_pid;

/* A terminal sends ^C to the program as well; a signal that was sent to us alone is passed on. The
 * program decides what to do, and we end when it has ended. */
static void hand_on(int number, siginfo_t *info, void *context)
{
    int error = errno;
    (void)context;
    signalled = 1;
    if (info->si_code != SI_KERNEL && program_pid > 0)
        kill((pid_t)program_pid, number);
    errno = error;
}

static const int handed_on[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};

#define HANDED_ON (sizeof(handed_on) / sizeof(handed_on[0]))

static void begin_signals(pid_t pid, struct sigaction before[HANDED_ON])
{
    struct sigaction action = {.sa_sigaction = hand_on, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    program_pid = pid;
    for (size_t i = 0; i < HANDED_ON; i++)
        sigaction(handed_on[i], &action, &before[i]);
}

static void end_signals(const struct sigaction before[HANDED_ON])
{
    program_pid = 0;
    for (size_t i = 0; i < HANDED_ON; i++)
        sigaction(handed_on[i], &before[i], NULL);
}

/* ---- the loop ---- */

/* Runs a timer, or waits for the world.
 * => Returns false, and reports why, if nothing can happen any more. */
static bool let_time_move(exec_t *exec)
{
    switch (box_step(exec->box)) {
    case BOX_RAN:
        return true;
    case BOX_OUT_OF_TIME:
        fprintf(stderr, "lo0sim exec: %.0f s of virtual time are over\n",
                (double)exec->box->limits.virtual_us / 1e6);
        return false;
    case BOX_BOUNCING:
        fprintf(stderr,
                "lo0sim exec: over %llu events at one instant: packets bounce and time stands "
                "still\n",
                (unsigned long long)exec->box->limits.instant_events);
        return false;
    default:
        break;
    }
    if (exec_wait_for_world(exec))
        return true;
    fprintf(stderr, "lo0sim exec: nothing can happen any more: ");
    exec_list_waiting(exec, stderr, ", ");
    fprintf(stderr, "\n");
    return false;
}

/* => Returns the exit code. */
static int loop(exec_t *exec, const exec_program_t *program)
{
    int code;
    while (!exec_has_ended(program, &code)) {
        if (signalled != 0) {
            signalled = 0;
            exec->signals = true;
        }
        if (exec_look(exec) != EXEC_BUSY && !let_time_move(exec))
            return EXEC_STUCK;
    }
    return code;
}

bool exec_run(box_t *box, const exec_options_t *options, exec_result_t *result, char *error,
              size_t size)
{
    exec_t *exec = exec_create(box);
    exec_program_t *program = exec_start(exec, options, error, size);
    if (program != NULL) {
        struct sigaction before[HANDED_ON];
        begin_signals(program->start.pid, before);
        result->code = loop(exec, program);
        end_signals(before);
        result->calls = exec->answers;
    }
    exec_destroy(exec);
    return program != NULL;
}
