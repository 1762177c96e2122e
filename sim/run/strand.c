/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A strand is a range of tests that run one after another, in one slot. Its process runs them each
 * from a copy of the world as the file's chunk left it (script.h), as long as they pass. One that
 * does not, or takes the process down, counts for nothing: it is run once more in a process of its
 * own, and what that one says is its result. Where each test is to have a process of its own from
 * the start, a strand is one test.
 */
#include "sim/base/child.h"
#include "sim/base/must.h"
#include "sim/base/unnamed_file.h"
#include "sim/run/test_process.h"
#include "sim/run/worker_impl.h"
#include "sim/script/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define STRAND_MAX  64                  /* most tests of a strand */
#define ARENA_BYTES ((size_t)256 << 20) /* for what is not Lua's; only what is used is there */

arena_t *strand_arena(const script_options_t *options)
{
    struct rlimit limit;
    size_t lua = options->memory_bytes > 0 ? options->memory_bytes : SANDBOX_MEMORY_DEFAULT;
    bool own = options->isolate || options->dry || options->hooks.count > 0 ||
               options->allow_exec || options->notes_failures || !arena_is_transparent();
    if (own || getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY)
        return NULL;
    return arena_create(ARENA_BYTES + 4 * lua);
}

pid_t fork_bound(void)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        bool has_parent = child_ends_with(parent);
        signal(SIGINT, SIG_IGN); /* for the run, which then ends us */
        if (!has_parent)
            _exit(RESULT_CRASHED);
    }
    return pid;
}

/* ---- results ---- */

/* The result of a test whose process ended without writing one. */
static void lost_result(const loader_t *loader, size_t test, int status, result_t *result)
{
    char report[200];
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(report, sizeof(report), "ran for more than %u s of wall time (--max-wall)",
                 loader->wall_seconds);
    else if (WIFSIGNALED(status))
        snprintf(report, sizeof(report), "crashed: signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(report, sizeof(report), "crashed: its process ended with status %d and no result",
                 WEXITSTATUS(status));
    *result = (result_t){.status = RESULT_CRASHED,
                         .line = script_test_line(loader->script, test),
                         .name = must_strdup(script_test_name(loader->script, test)),
                         .tags = must_strdup(script_test_tags(loader->script, test)),
                         .report = must_strdup(report)};
}

/* The result of a process that has ended. A result written just before the alarm counts; one before
 * any other end can be incomplete.
 * => Returns false if there is no result. */
static bool read_result(const loader_t *loader, int fd, int status, uint64_t *offset,
                        result_t *result)
{
    bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    bool by_alarm = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    bool counts = ended_well || by_alarm;
    if (!result_read(fd, loader->slots->spool_fd, offset, result))
        return false;
    if (!counts)
        result_fini(result);
    return counts;
}

/* Whether to run a test again, so that its report has the last events. The second run is the same,
 * unless wall time or too much output ended the first, or hooks of shared objects took part. */
static bool repeats(const loader_t *loader, const running_t *running)
{
    const result_t *result = &running->result;
    return result->status != RESULT_PASSED && !result->once && !running->again &&
           loader->options->hooks.count == 0 && !loader->options->notes_failures;
}

/* Keeps the first result, with the report of the second run; or, if that one ended for lack of
 * memory, says so. */
static void take_report(running_t *running, result_t *second)
{
    char *report = running->result.report;
    if (second->status == running->result.status) {
        running->result.report = second->report;
        second->report = report;
    } else if (strcmp(second->report, TEST_PROCESS_NO_MEMORY) == 0) {
        running->result.report = must_asprintf("%s\nno last events: %s", report, second->report);
        running->result.status = second->status;
        free(report);
    }
    result_fini(second);
}

/* The result of a test whose process could not be started. */
static void not_started(loader_t *loader, size_t test, int error)
{
    char report[200];
    snprintf(report, sizeof(report), "could not be started: %s", strerror(error));
    loader->running[test].result =
        (result_t){.status = RESULT_CRASHED,
                   .line = script_test_line(loader->script, test),
                   .name = must_strdup(script_test_name(loader->script, test)),
                   .tags = must_strdup(script_test_tags(loader->script, test)),
                   .report = must_strdup(report)};
    loader->running[test].ended = true;
}

/* The result of a test in a dry run. */
static void would_run(loader_t *loader, size_t test)
{
    loader->running[test].result =
        (result_t){.status = RESULT_PASSED,
                   .line = script_test_line(loader->script, test),
                   .name = must_strdup(script_test_name(loader->script, test)),
                   .tags = must_strdup(script_test_tags(loader->script, test))};
    loader->running[test].ended = true;
}

/* In the process of a test that runs again for its last events. */
static void look_at_last_events(script_options_t *options)
{
    options->keep_events = true;
    options->observer_count = 0; /* they saw the first run */
    options->reads = NULL;
}

/* In the process of a strand: closes the files of the others, which would count against its
 * limit. */
static void close_others(const loader_t *loader, const strand_t *strand)
{
    for (size_t i = 0; i < loader->strand_count; i++) {
        const strand_t *other = &loader->strands[i];
        if (other != strand && other->pid > 0)
            close(other->fd);
    }
    close(loader->results_fd);
    close(loader->wake_fd);
}

_Noreturn static void run_strand(const loader_t *loader, const strand_t *strand)
{
    const test_run_t run = {.script = loader->script,
                            .fd = strand->fd,
                            .spool_fd = loader->slots->spool_fd,
                            .wall_seconds = loader->wall_seconds};
    signal(SIGTERM, SIG_DFL);
    close_others(loader, strand);
    if (loader->running[strand->at].again)
        look_at_last_events(loader->options);
    if (strand->alone)
        test_process_run(&run, strand->at);
    else
        test_process_run_passing(&run, strand->at, strand->end);
}

/* Starts a process for what is left of a strand.
 * => Returns false with errno. */
static bool start_process(loader_t *loader, strand_t *strand)
{
    strand->fd = unnamed_file("result");
    if (strand->fd < 0)
        return false;
    strand->pid = fork_bound();
    if (strand->pid == 0)
        run_strand(loader, strand);
    int error = errno;
    if (strand->pid < 0)
        close(strand->fd);
    errno = error;
    return strand->pid > 0;
}

/* ---- strands ---- */

/* Takes the result of a test that had the process to itself.
 * => Returns false if it is to run again. */
static bool take_alone(loader_t *loader, const strand_t *strand, int status)
{
    running_t *running = &loader->running[strand->at];
    result_t result;
    uint64_t offset = 0;
    bool have = read_result(loader, strand->fd, status, &offset, &result);
    if (running->again) {
        if (have)
            take_report(running, &result);
    } else if (!have) {
        lost_result(loader, strand->at, status, &running->result);
    } else {
        running->result = result;
        running->again = repeats(loader, running);
        if (running->again)
            return false;
    }
    running->ended = true;
    return true;
}

/* Takes the results of all tests that ended before the process did; the next one is then to run
 * alone. */
static void take_passing(loader_t *loader, strand_t *strand, int status)
{
    uint64_t offset = 0;
    while (strand->at < strand->end) {
        if (!is_skipped(loader, strand->at)) {
            running_t *running = &loader->running[strand->at];
            running->ended =
                result_read(strand->fd, loader->slots->spool_fd, &offset, &running->result);
            if (!running->ended)
                break;
        }
        strand->at++;
    }
    strand->alone = status != TEST_PROCESS_FULL;
    if (strand->at < strand->end && WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        lost_result(loader, strand->at, status, &loader->running[strand->at].result);
        loader->running[strand->at++].ended = true;
        strand->alone = false;
    }
}

/* The strand's process has ended: starts the next one for what is left.
 * => Returns false if nothing is left. */
static bool goes_on(loader_t *loader, strand_t *strand, int status)
{
    if (!strand->alone) {
        take_passing(loader, strand, status);
    } else if (take_alone(loader, strand, status)) {
        strand->at++;
        strand->alone = loader->options->arena == NULL;
    }
    close(strand->fd);
    for (; strand->at < strand->end; strand->at++) {
        running_t *running = &loader->running[strand->at];
        if (is_skipped(loader, strand->at))
            continue;
        if (start_process(loader, strand))
            return true;
        if (!running->again)
            not_started(loader, strand->at, errno);
        running->ended = true;
    }
    strand->pid = 0;
    return false;
}

void strand_reap_one(loader_t *loader)
{
    int status;
    pid_t pid = waitpid(-1, &status, 0);
    for (size_t i = 0; pid > 0 && i < loader->strand_count; i++) {
        strand_t *strand = &loader->strands[i];
        if (strand->pid != pid)
            continue;
        if (!goes_on(loader, strand, status)) {
            job_slots_give_back(loader->slots);
            loader->alive--;
        }
        return;
    }
}

/* How many tests are to run one after another: fewer towards the end, so that all slots end at
 * about the same time. */
static size_t strand_length(const loader_t *loader)
{
    size_t left = loader->count - loader->started, jobs = loader->slots->jobs;
    size_t length = (left + jobs - 1) / jobs;
    if (loader->options->arena == NULL)
        return 1;
    return length < STRAND_MAX ? length : STRAND_MAX;
}

bool strand_start_next(loader_t *loader)
{
    size_t first = loader->started, end = first + strand_length(loader);
    strand_t *strand = &loader->strands[loader->strand_count];
    *strand = (strand_t){.at = first, .end = end, .alone = loader->options->arena == NULL};
    if (loader->dry) {
        would_run(loader, first);
        end = first + 1;
    } else if (start_process(loader, strand)) {
        loader->alive++;
        loader->strand_count++;
        loader->started = end;
        return true;
    } else if (loader->alive > 0) { /* what it lacks can be there when another test has ended */
        job_slots_give_back(loader->slots);
        return false;
    } else {
        not_started(loader, first, errno);
        end = first + 1;
    }
    job_slots_give_back(loader->slots);
    loader->started = end;
    return true;
}
