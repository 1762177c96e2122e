/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/run/test_process.h"

#include "sim/base/must.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* A process that has used so much memory leaves further tests to a new one. */
#define GROWN ((size_t)16 << 20)

/* So does one that has run that long, so that what has passed can be shown. */
#define LONG      (CLOCKS_PER_SEC / 4)
#define LONG_USEC 250000

/* How long a test may still take after it was told to end. */
#define WALL_GRACE_SECONDS 5

/* The test of this process, for its signal handlers. */
typedef struct child {
    script_t *script;
    size_t test;
    int fd, spool_fd; /* where the result goes */
    bool passing;     /* several tests: only results of those that pass are written */
} child_t;

/* The status of a process that leaves a test to a process of its own. */
#define LEFT_ALONE 5

static child_t child;

/* Writes a result over the one that is there. => Returns false with errno. */
static bool write_over(const result_t *result)
{
    return ftruncate(child.fd, 0) == 0 && lseek(child.fd, 0, SEEK_SET) == 0 &&
           result_write(child.fd, child.spool_fd, result);
}

/* Names the result after the test. */
static void name_result(result_t *result)
{
    free(result->name);
    result->name = must_strdup(script_test_name(child.script, child.test));
    result->tags = must_strdup(script_test_tags(child.script, child.test));
    result->line = script_test_line(child.script, child.test);
}

static void write_child_result(result_t *result)
{
    name_result(result);
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

/* One of several tests: writes its result if it counts.
 * => Returns false if it does not. */
static bool add_result(result_t *result)
{
    name_result(result);
    return (result->status == RESULT_PASSED || result->once) &&
           result_write(child.fd, child.spool_fd, result);
}

void test_process_abandon(void *arg, const result_t *result)
{
    (void)arg;
    result_t copy = *result;
    copy.name = copy.tags = NULL;
    if (child.passing)
        _exit(add_result(&copy) ? TEST_PROCESS_FULL : LEFT_ALONE);
    write_child_result(&copy);
    _exit(0);
}

/* First writes a result that needs no memory, then, if possible, one with the last events. */
static void on_crash(int signal_number)
{
    char what[100];
    char name[] = "";
    if (child.passing)
        _exit(LEFT_ALONE);
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
    if (child.passing)
        _exit(LEFT_ALONE);
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

void test_process_run(const test_run_t *run, size_t test)
{
    result_t result = {0};
    child =
        (child_t){.script = run->script, .test = test, .fd = run->fd, .spool_fd = run->spool_fd};
    must_end_with(on_no_memory);
    catch_signals(run->wall_seconds);
    script_run_test(run->script, test, &result);
    write_child_result(&result);
    _exit(0);
}

/* A test takes long: those that have passed before it are not to wait. It begins again in a new
 * process, as the first one there. */
static void on_long_test(int signal_number)
{
    (void)signal_number;
    _exit(TEST_PROCESS_FULL);
}

/* Lets a test that has others before it run for LONG at most. */
static void set_patience(bool limited)
{
    const struct itimerval time = {.it_value = {.tv_usec = limited ? LONG_USEC : 0}};
    signal(SIGVTALRM, on_long_test);
    setitimer(ITIMER_VIRTUAL, &time, NULL);
}

void test_process_run_passing(const test_run_t *run, size_t first, size_t end)
{
    bool others = false;
    child =
        (child_t){.script = run->script, .fd = run->fd, .spool_fd = run->spool_fd, .passing = true};
    must_end_with(on_no_memory);
    for (size_t i = first; i < end; i++) {
        result_t result = {0};
        child.test = i;
        if (script_test_skip(run->script, i) != NULL)
            continue;
        catch_signals(run->wall_seconds);
        set_patience(others);
        script_run_test(run->script, i, &result);
        set_patience(false);
        others = true;
        if (!add_result(&result))
            _exit(LEFT_ALONE);
        result_fini(&result);
        if (script_memory(run->script) > GROWN || clock() > LONG)
            _exit(TEST_PROCESS_FULL);
    }
    _exit(TEST_PROCESS_FULL);
}
