/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The worker (sim/run/worker.h) where there are no processes: a file's tests are run one after
 * another, here, before worker_start() returns. The page ends an instance that takes too long.
 */
#include "sim/run/worker.h"

#include "sim/base/must.h"
#include "sim/base/spool.h"
#include "sim/base/text.h"
#include "sim/script/script_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A test that is ended from deep inside: what it leaves behind cannot go on. */
typedef struct deep_end {
    jmp_buf out;
    result_t *result;
} deep_end_t;

bool job_slots_init(job_slots_t *slots, unsigned jobs)
{
    (void)jobs;
    *slots = (job_slots_t){.read_fd = -1, .write_fd = -1, .spool_fd = spool_file()};
    return slots->spool_fd >= 0;
}

void job_slots_fini(job_slots_t *slots)
{
    close(slots->spool_fd);
}

/* The runtime gives up what is in *result: the caller of run_test() gets it. */
static void abandon(void *arg, const result_t *result)
{
    deep_end_t *end = arg;
    *end->result = *result;
    end->result->name = end->result->tags = NULL;
    longjmp(end->out, 1);
}

/* The result of a test that is not run. */
static void set_aside(const char *why, result_status_t status, result_t *result)
{
    *result = (result_t){.status = status, .report = text_copy(why)};
}

/* => Returns false if it was ended from deep inside: then the script is no longer usable. */
static bool run_test(script_t *script, size_t test, deep_end_t *end, result_t *result)
{
    end->result = result;
    if (setjmp(end->out) != 0)
        return false;
    script_run_test(script, test, result);
    return true;
}

/* Runs a failed test again for its last events, as is done in a process of its own. */
static void run_again(const char *path, const script_options_t *options, deep_end_t *end,
                      size_t test, result_t *result)
{
    char error[1024];
    script_options_t again = *options;
    result_t second = {0};
    again.keep_events = true;
    again.observer_count = 0;
    again.reads = NULL;
    script_t *script = script_load(path, &again, error, sizeof(error));
    if (script == NULL)
        return;
    bool whole = run_test(script, test, end, &second);
    if (second.status == result->status) {
        free(result->report);
        result->report = second.report;
        second.report = NULL;
    }
    result_fini(&second);
    if (whole)
        script_close(script);
}

/* => Returns false if it was ended from deep inside. */
static bool one_test(const char *path, const script_options_t *options, deep_end_t *end,
                     script_t *script, size_t test, result_t *result)
{
    bool whole = true;
    if (script_test_skip(script, test) != NULL)
        set_aside(script_test_skip(script, test), RESULT_SKIPPED, result);
    else if (options->dry)
        set_aside("", RESULT_PASSED, result);
    else
        whole = run_test(script, test, end, result);
    if (result->status != RESULT_PASSED && result->status != RESULT_SKIPPED && !result->once &&
        !options->notes_failures)
        run_again(path, options, end, test, result);
    return whole;
}

static void write_result(const worker_t *worker, const script_t *script, size_t test,
                         result_t *result)
{
    free(result->name);
    free(result->tags);
    result->name = text_copy(script_test_name(script, test));
    result->tags = text_copy(script_test_tags(script, test));
    result->line = script_test_line(script, test);
    if (!result_write(worker->results_fd, worker->spool_fd, result))
        must_end();
    result_fini(result);
}

/* After a test that was ended from deep inside, the file is loaded again: the interrupted script
 * is left as it is, and never used again. */
static void run_tests(const worker_t *worker, const char *path, const script_options_t *options,
                      deep_end_t *end, script_t *script)
{
    char error[1024];
    size_t count = script_test_count(script);
    for (size_t i = 0; script != NULL && i < count; i++) {
        result_t result = {0};
        bool whole = one_test(path, options, end, script, i, &result);
        write_result(worker, script, i, &result);
        if (!whole)
            script = script_load(path, options, error, sizeof(error));
    }
    script_close(script);
}

/* As in a process of its own: one file for several tests is refused. */
static const char *refused(const script_t *script, const char *path,
                           const script_options_t *options)
{
    for (size_t i = 0; i < options->observer_count; i++) {
        const observer_t *observer = options->observers[i];
        if (script_test_count(script) > 1 && observer->place == OBSERVER_FILE &&
            !observer_takes_many(observer))
            return must_asprintf("%s: %zu tests, and " OBSERVER_ONE_FILE, path,
                                 script_test_count(script), observer->option, observer->file);
    }
    return NULL;
}

static void run_file(const worker_t *worker, const char *path, const script_options_t *options)
{
    char error[1024], none[] = "";
    deep_end_t *end = must_calloc(1, sizeof(*end)); /* it must outlive scripts that are abandoned */
    script_options_t *here = must_calloc(1, sizeof(*here));
    *here = *options;
    here->abandon = abandon;
    here->abandon_arg = end;
    script_t *script = script_load(path, here, error, sizeof(error));
    const char *why = script == NULL ? error : refused(script, path, here);
    if (why == NULL) {
        run_tests(worker, path, here, end, script);
        return;
    }
    result_t result = {
        .status = RESULT_MISTAKE, .name = none, .tags = none, .report = must_strdup(why)};
    if (!result_write(worker->results_fd, worker->spool_fd, &result))
        must_end();
    free(result.report);
}

bool worker_start(worker_t *worker, const char *path, const script_options_t *options,
                  job_slots_t *slots, unsigned wall_seconds)
{
    char name[] = "/tmp/results-XXXXXX";
    (void)wall_seconds;
    worker->pid = 0;
    worker->slots = slots;
    worker->spool_fd = slots->spool_fd;
    worker->results_fd = mkstemp(name);
    worker->wake_fd = open("/dev/null", O_RDONLY); /* its end: all results are there */
    if (worker->results_fd < 0 || worker->wake_fd < 0)
        return false;
    unlink(name);
    run_file(worker, path, options);
    return true;
}

void worker_stop(worker_t *worker)
{
    worker_fini(worker);
}

bool worker_fini(worker_t *worker)
{
    close(worker->results_fd);
    close(worker->wake_fd);
    return true;
}
