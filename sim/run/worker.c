/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The process that has loaded a file. A crash takes its process with it: so this one runs no test
 * itself, stays small, and hands the results on in script order. Tests run in the processes of
 * strands (strand.c).
 */
#include "sim/run/worker.h"

#include "sim/base/must.h"
#include "sim/base/unnamed_file.h"
#include "sim/run/test_process.h"
#include "sim/run/worker_impl.h"
#include "sim/script/script_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the loader: one file ---- */

static void write_result(loader_t *loader, const result_t *result)
{
    if (!result_write(loader->results_fd, loader->slots->spool_fd, result))
        _exit(RESULT_CRASHED);
    (void)!write(loader->wake_fd, "+", 1); /* a full pipe wakes as well */
}

static void write_skipped(loader_t *loader, size_t test)
{
    result_t result = {.status = RESULT_SKIPPED,
                       .line = script_test_line(loader->script, test),
                       .name = must_strdup(script_test_name(loader->script, test)),
                       .tags = must_strdup(script_test_tags(loader->script, test)),
                       .report = must_strdup(script_test_skip(loader->script, test))};
    write_result(loader, &result);
    result_fini(&result);
}

/* Hands on the next results in script order. */
static void write_ready(loader_t *loader)
{
    while (loader->written < loader->count) {
        size_t i = loader->written;
        if (is_skipped(loader, i)) {
            write_skipped(loader, i);
        } else if (loader->running[i].ended) {
            write_result(loader, &loader->running[i].result);
            result_fini(&loader->running[i].result);
        } else {
            return;
        }
        loader->written++;
    }
}

/* Waits for a slot; if this process has children, for the end of one of them instead. */
static bool take_slot(loader_t *loader)
{
    if (job_slots_try_take(loader->slots))
        return true;
    if (loader->alive > 0) {
        strand_reap_one(loader);
    } else {
        struct pollfd fd = {.fd = loader->slots->read_fd, .events = POLLIN};
        poll(&fd, 1, -1);
    }
    return false;
}

static void run_tests(loader_t *loader)
{
    while (loader->written < loader->count) {
        if (loader->started < loader->count && is_skipped(loader, loader->started))
            loader->started++;
        else if (loader->started < loader->count) {
            if (take_slot(loader) && !strand_start_next(loader))
                strand_reap_one(loader);
        } else if (loader->alive > 0) {
            strand_reap_one(loader);
        }
        write_ready(loader);
    }
}

static loader_t *loading;

/* The file could not be loaded; its process ends. */
static void give_up_loading(loader_t *loader, result_status_t status, char *report)
{
    char none[] = "";
    result_t result = {.status = status, .name = none, .report = report};
    write_result(loader, &result);
    _exit(0);
}

/* A file's work is limited by its budget: this limit is for unforeseen cases and for slow machines.
 */
static void on_loading_alarm(int signal_number)
{
    char report[PATH_MAX_TEXT + 100];
    (void)signal_number;
    snprintf(report, sizeof(report), "%s: took more than %u s of wall time to load (--max-wall)",
             loading->path, loading->wall_seconds);
    give_up_loading(loading, RESULT_CRASHED, report);
}

/* must_end() in the process of a file. */
static void on_no_memory_for_file(void)
{
    char report[PATH_MAX_TEXT + 100];
    snprintf(report, sizeof(report), "%s: out of memory", loading->path);
    give_up_loading(loading, RESULT_CRASHED, report);
}

static void load(loader_t *loader, const script_options_t *options)
{
    char error[1024];
    signal(SIGALRM, on_loading_alarm);
    alarm(loader->wall_seconds);
    loader->script = script_load(loader->path, options, error, sizeof(error));
    alarm(0);
    if (loader->script == NULL)
        give_up_loading(loader, RESULT_MISTAKE, error);
}

/* A test and the file that an observer writes of it. */
typedef struct written {
    const char *test;
    char path[PATH_MAX_TEXT];
} written_t;

static int by_path(const void *a, const void *b)
{
    const written_t *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    return order != 0 ? order : strcmp(x->test, y->test);
}

/* Ends the process if two tests have the same file. */
static void check_names(loader_t *loader, const observer_t *observer)
{
    char report[2 * PATH_MAX_TEXT + 2100];
    written_t *written = must_calloc(loader->count, sizeof(*written));
    for (size_t i = 0; i < loader->count; i++) {
        written[i].test = script_test_name(loader->script, i);
        observer_path(observer, loading->path, written[i].test, written[i].path,
                      sizeof(written[i].path));
    }
    qsort(written, loader->count, sizeof(*written), by_path);
    for (size_t i = 1; i < loader->count; i++) {
        if (strcmp(written[i - 1].path, written[i].path) != 0)
            continue;
        snprintf(report, sizeof(report), "%s: the tests '%s' and '%s' would both be written to %s",
                 loading->path, written[i - 1].test, written[i].test, written[i].path);
        give_up_loading(loader, RESULT_MISTAKE, report);
    }
    free(written);
}

/* Ends the process if several tests would be written into one file. */
static void check_observers(loader_t *loader, const char *path, const script_options_t *options)
{
    char report[PATH_MAX_TEXT + 300];
    for (size_t i = 0; i < options->observer_count && loader->count > 1; i++) {
        const observer_t *observer = options->observers[i];
        if (observer->place != OBSERVER_FILE)
            continue;
        if (!observer_takes_many(observer)) {
            snprintf(report, sizeof(report), "%s: %zu tests, and " OBSERVER_ONE_FILE, path,
                     loader->count, observer->option, observer->file);
            give_up_loading(loader, RESULT_MISTAKE, report);
        }
        check_names(loader, observer);
    }
}

/* worker_stop(): running tests end with the process that loaded them. */
static void on_stop(int signal_number)
{
    (void)signal_number;
    for (size_t i = 0; loading->strands != NULL && i < loading->strand_count; i++) {
        if (loading->strands[i].pid > 0)
            kill(loading->strands[i].pid, SIGKILL);
    }
    _exit(0);
}

/* `mask` is the mask of signals before worker_start() blocked SIGTERM. */
static void run_loader(loader_t *loader, const char *path, const script_options_t *options,
                       const sigset_t *mask)
{
    script_options_t child_options = *options;
    loader->path = path;
    loader->options = &child_options;
    loader->dry = options->dry;
    loading = loader;
    must_end_with(on_no_memory_for_file);
    child_options.abandon = test_process_abandon;
    child_options.arena = strand_arena(options);
    signal(SIGTERM, on_stop);
    sigprocmask(SIG_SETMASK, mask, NULL);
    load(loader, &child_options);
    loader->count = script_test_count(loader->script);
    check_observers(loader, path, options);
    loader->running = must_calloc(loader->count + 1, sizeof(*loader->running));
    loader->strands = must_calloc(loader->count + 1, sizeof(*loader->strands));
    run_tests(loader);
    _exit(0);
}

/* ---- the worker, seen from outside ---- */

/* In the process of a file: closes those of other files' processes, which would count against its
 * limit. */
static void close_workers(const job_slots_t *slots)
{
    for (const worker_t *other = slots->workers; other != NULL; other = other->next) {
        close(other->results_fd);
        close(other->wake_fd);
    }
}

static void leave_slots(const worker_t *worker)
{
    worker_t **link = &worker->slots->workers;
    while (*link != worker)
        link = &(*link)->next;
    *link = worker->next;
}

bool worker_start(worker_t *worker, const char *path, const script_options_t *options,
                  job_slots_t *slots, unsigned wall_seconds)
{
    int wake[2];
    worker->slots = slots;
    worker->spool_fd = slots->spool_fd;
    worker->results_fd = unnamed_file("results");
    if (worker->results_fd < 0)
        return false;
    if (pipe2(wake, O_NONBLOCK | O_CLOEXEC) != 0) {
        close(worker->results_fd);
        return false;
    }
    worker->wake_fd = wake[0];
    /* Until the child has its own handler it has the run's, which would lose an early
     * worker_stop(). */
    sigset_t stop, mask;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, &mask);
    worker->pid = fork_bound();
    if (worker->pid == 0) {
        close(wake[0]);
        close_workers(slots);
        loader_t loader = {.slots = slots,
                           .wall_seconds = wall_seconds,
                           .results_fd = worker->results_fd,
                           .wake_fd = wake[1]};
        run_loader(&loader, path, options, &mask);
    }
    int error = errno;
    sigprocmask(SIG_SETMASK, &mask, NULL);
    close(wake[1]);
    if (worker->pid > 0) {
        worker->next = slots->workers;
        slots->workers = worker;
    } else {
        close(wake[0]);
        close(worker->results_fd);
    }
    errno = error;
    return worker->pid > 0;
}

void worker_stop(worker_t *worker)
{
    kill(worker->pid, SIGTERM);
    worker_fini(worker);
}

bool worker_fini(worker_t *worker)
{
    int status = 0;
    waitpid(worker->pid, &status, 0);
    leave_slots(worker);
    close(worker->results_fd);
    close(worker->wake_fd);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
