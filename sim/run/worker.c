/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A process for each test. lwIP's state is global and a crash takes its process with it: so the
 * process that has loaded the file forks a child for each test, stays small itself, and hands the
 * results on in script order.
 */
#include "sim/run/worker.h"

#include "sim/base/child.h"
#include "sim/base/must.h"
#include "sim/base/unnamed_file.h"
#include "sim/run/test_process.h"
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

/* fork(), with a child that ends when its parent does, so that no test outlives a run that a signal
 * ends. */
static pid_t fork_bound(void)
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

/* ---- slots ---- */

bool job_slots_init(job_slots_t *slots, unsigned jobs)
{
    int fds[2];
    slots->workers = NULL;
    slots->spool_fd = spool_file();
    if (slots->spool_fd < 0)
        return false;
    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0) {
        close(slots->spool_fd);
        return false;
    }
    slots->read_fd = fds[0];
    slots->write_fd = fds[1];
    for (unsigned i = 0; i < jobs; i++) {
        if (write(slots->write_fd, "+", 1) != 1)
            return i > 0;
    }
    return true;
}

void job_slots_fini(job_slots_t *slots)
{
    close(slots->read_fd);
    close(slots->write_fd);
    close(slots->spool_fd);
}

static bool try_take(const job_slots_t *slots)
{
    char byte;
    return read(slots->read_fd, &byte, 1) == 1;
}

static void give_back(const job_slots_t *slots)
{
    while (write(slots->write_fd, "+", 1) < 0 && errno == EINTR)
        continue;
}

/* ---- the loader: one file ---- */

/* A test of the file. */
typedef struct running {
    pid_t pid;
    int fd;          /* where its process writes the result */
    bool ended;      /* the result is here */
    bool again;      /* it failed, and is run again for its last events */
    result_t result; /* until it is handed on */
} running_t;

typedef struct loader {
    const char *path;
    script_t *script;
    script_options_t *options; /* the script's */
    const job_slots_t *slots;
    unsigned wall_seconds;
    bool dry;
    int results_fd, wake_fd;
    running_t *running; /* for each test */
    size_t count;       /* of tests */
    size_t started, written, alive;
} loader_t;

static void write_result(loader_t *loader, const result_t *result)
{
    if (!result_write(loader->results_fd, loader->slots->spool_fd, result))
        _exit(RESULT_CRASHED);
    (void)!write(loader->wake_fd, "+", 1); /* a full pipe wakes as well */
}

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
static bool read_result(const loader_t *loader, int fd, int status, result_t *result)
{
    uint64_t offset = 0;
    bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    bool by_alarm = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
    if (!result_read(fd, loader->slots->spool_fd, &offset, result))
        return false;
    if (!ended_well && !by_alarm)
        result_fini(result);
    return ended_well || by_alarm;
}

static bool start_process(loader_t *loader, size_t test);

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

/* Takes the result of a test whose process has ended.
 * => Returns false if it is running again. */
static bool take_result(loader_t *loader, size_t test, int status)
{
    running_t *running = &loader->running[test];
    result_t result;
    bool have = read_result(loader, running->fd, status, &result);
    close(running->fd);
    if (running->again) {
        if (have)
            take_report(running, &result);
    } else if (!have) {
        lost_result(loader, test, status, &running->result);
    } else {
        running->result = result;
        if (repeats(loader, running)) {
            running->again = true;
            if (start_process(loader, test))
                return false;
        }
    }
    running->ended = true;
    return true;
}

/* Waits for the end of one test's process. */
static void reap_one(loader_t *loader)
{
    int status;
    pid_t pid = waitpid(-1, &status, 0);
    if (pid <= 0)
        return;
    for (size_t i = loader->written; i < loader->started; i++) {
        if (loader->running[i].ended || loader->running[i].pid != pid)
            continue;
        if (!take_result(loader, i, status))
            return;
        break;
    }
    give_back(loader->slots);
    loader->alive--;
}

static bool is_skipped(const loader_t *loader, size_t test)
{
    return script_test_skip(loader->script, test) != NULL;
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

/* Whether the error is a shortage that can be over when another test has ended. */
static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == EAGAIN || error == ENOMEM;
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
    give_back(loader->slots);
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
    give_back(loader->slots);
}

/* In the process of a test that runs again for its last events. */
static void look_at_last_events(script_options_t *options)
{
    options->keep_events = true;
    options->observer_count = 0; /* they saw the first run */
    options->reads = NULL;
}

/* In the process of a test: closes the files of the others, which would count against its limit. */
static void close_others(const loader_t *loader, size_t test)
{
    for (size_t i = 0; i < loader->count; i++) {
        const running_t *other = &loader->running[i];
        if (i != test && other->pid > 0 && !other->ended)
            close(other->fd);
    }
    close(loader->results_fd);
    close(loader->wake_fd);
}

/* => Returns false with errno. */
static bool start_process(loader_t *loader, size_t test)
{
    running_t *running = &loader->running[test];
    running->fd = unnamed_file("result");
    if (running->fd < 0)
        return false;
    running->pid = fork_bound();
    if (running->pid == 0) {
        signal(SIGTERM, SIG_DFL);
        close_others(loader, test);
        if (running->again)
            look_at_last_events(loader->options);
        test_process_run(loader->script, test, running->fd, loader->slots->spool_fd,
                         loader->wall_seconds);
    }
    int error = errno;
    if (running->pid < 0)
        close(running->fd);
    errno = error;
    return running->pid > 0;
}

/* => Returns false if no process can be started yet: try again. */
static bool start_next(loader_t *loader)
{
    size_t i = loader->started;
    if (loader->dry) {
        would_run(loader, i);
    } else if (start_process(loader, i)) {
        loader->alive++;
    } else if (loader->alive > 0 && is_shortage(errno)) {
        give_back(loader->slots);
        return false;
    } else {
        not_started(loader, i, errno);
    }
    loader->started++;
    return true;
}

/* Waits for a slot; if this process has children, for the end of one of them instead. */
static bool take_slot(loader_t *loader)
{
    if (try_take(loader->slots))
        return true;
    if (loader->alive > 0) {
        reap_one(loader);
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
            if (take_slot(loader) && !start_next(loader))
                reap_one(loader);
        } else if (loader->alive > 0) {
            reap_one(loader);
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
    must_end_with(on_no_memory_for_file);
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
    for (size_t i = 0; loading->running != NULL && i < loading->started; i++) {
        if (loading->running[i].pid > 0 && !loading->running[i].ended)
            kill(loading->running[i].pid, SIGKILL);
    }
    _exit(0);
}

/* `mask` is the mask of signals before worker_start() blocked SIGTERM. */
static void run_loader(loader_t *loader, const char *path, const script_options_t *options,
                       const sigset_t *mask)
{
    script_options_t child_options = *options;
    child_options.abandon = test_process_abandon;
    loader->path = path;
    loader->options = &child_options;
    loader->dry = options->dry;
    loading = loader;
    signal(SIGTERM, on_stop);
    sigprocmask(SIG_SETMASK, mask, NULL);
    load(loader, &child_options);
    loader->count = script_test_count(loader->script);
    check_observers(loader, path, options);
    loader->running = must_calloc(loader->count + 1, sizeof(*loader->running));
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
