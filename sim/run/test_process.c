/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/run/test_process.h"

#include "sim/base/must.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long a test may still take after it was told to end. */
#define WALL_GRACE_SECONDS 5

/* The test of this process, for its signal handlers. */
typedef struct child {
    script_t *script;
    size_t test;
    int fd, spool_fd; /* where the result goes */
} child_t;

static child_t child;

/* Writes a result over the one that is there. => Returns false with errno. */
static bool write_over(const result_t *result)
{
    return ftruncate(child.fd, 0) == 0 && lseek(child.fd, 0, SEEK_SET) == 0 &&
           result_write(child.fd, child.spool_fd, result);
}

static void write_child_result(result_t *result)
{
    free(result->name);
    result->name = must_strdup(script_test_name(child.script, child.test));
    result->tags = must_strdup(script_test_tags(child.script, child.test));
    result->line = script_test_line(child.script, child.test);
    if (write_over(result))
        return;
    free(result->report);
    result->report = must_asprintf("what it printed could not be kept: %s", strerror(errno));
    result->status = RESULT_CRASHED;
    spool_free(result->trace);
    spool_free(result->output);
    result->trace = result->output = NULL;
    if (!write_over(result))
        _exit(RESULT_CRASHED);
}

void test_process_abandon(void *arg, const result_t *result)
{
    (void)arg;
    result_t copy = *result;
    copy.name = NULL;
    write_child_result(&copy);
    _exit(0);
}

/* First writes a result that needs no memory, then, if possible, one with the last events. */
static void on_crash(int signal_number)
{
    char what[100];
    char name[] = "";
    signal(SIGALRM, SIG_DFL);
    alarm(2);
    snprintf(what, sizeof(what), "crashed: signal %d (%s)", signal_number,
             strsignal(signal_number));
    result_t first = {.status = RESULT_CRASHED, .report = what, .name = name};
    first.line = script_test_line(child.script, child.test);
    write_over(&first);

    result_t result = {0};
    script_post_mortem(child.script, what, RESULT_CRASHED, &result);
    write_child_result(&result);
    _exit(0);
}

/* must_end() in a test's process. */
static void on_no_memory(void)
{
    char report[] = TEST_PROCESS_NO_MEMORY, name[] = "";
    result_t result = {.status = RESULT_CRASHED, .once = true, .report = report, .name = name};
    result.line = script_test_line(child.script, child.test);
    _exit(write_over(&result) ? 0 : RESULT_CRASHED);
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
    script_interrupt(child.script);
    /* Kills a test that does not return from a C function. */
    signal(SIGALRM, SIG_DFL);
    alarm(WALL_GRACE_SECONDS);
}

static void catch_signals(unsigned wall_seconds)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static char alternate[65536];
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
    sigaltstack(&stack, NULL);
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK | SA_RESETHAND};
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        sigaction(crashes[i], &action, NULL);
    signal(SIGXFSZ, SIG_IGN); /* write() then fails with an errno */
    signal(SIGALRM, on_alarm);
    alarm(wall_seconds);
}

void test_process_run(script_t *script, size_t test, int fd, int spool_fd, unsigned wall_seconds)
{
    result_t result = {0};
    child = (child_t){.script = script, .test = test, .fd = fd, .spool_fd = spool_fd};
    must_end_with(on_no_memory);
    catch_signals(wall_seconds);
    script_run_test(script, test, &result);
    write_child_result(&result);
    _exit(0);
}
