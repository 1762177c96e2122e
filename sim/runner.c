/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Running files: as many at once as there are slots, their results printed in the order in which
 * they were named.
 */
#include "sim/runner.h"

#include "sim/file_list.h"
#include "sim/golden.h"
#include "sim/script_file.h"
#include "sim/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_WIDTH 70

typedef struct run {
    const run_options_t *options;
    FILE *out, *err;
    job_slots_t slots;
    size_t counts[RESULT_SKIPPED + 1];
    size_t tests;
    bool occurred[RESULT_SKIPPED + 1];
} run_t;

/* A file's golden, while the file is run. */
typedef struct file_golden {
    char path[PATH_MAX_TEXT];
    bool headed; /* the script's name is printed */
    golden_t *golden;
    FILE *update; /* the new golden, in memory */
    char *text;
    size_t size;
} file_golden_t;

static const char *paint(const run_t *run, const char *color)
{
    return run->options->color ? color : "";
}

static void print_indented(const run_t *run, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        fprintf(run->out, length > 0 ? "        %.*s\n" : "%.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void count(run_t *run, result_status_t status)
{
    run->counts[status]++;
    run->occurred[status] = true;
}

/* ---- one result ---- */

static void print_status(const run_t *run, const result_t *result)
{
    static const char *const words[] = {"ok", "FAIL", "ERROR", "CRASH", "skip"};
    static const char *const colors[] = {"\033[32m", "\033[31m", "\033[31m", "\033[31m",
                                         "\033[33m"};
    fprintf(run->out, "  %s%-5s%s ", paint(run, colors[result->status]), words[result->status],
            paint(run, "\033[0m"));
    if (result->status == RESULT_SKIPPED)
        fprintf(run->out, "%s: %s\n", result->name, result->report);
    else
        fprintf(run->out, "%-*s %11.3f s\n", NAME_WIDTH, result->name,
                (double)result->now_us / 1e6);
}

/* Compares a passed test's timeline with its golden. */
static void compare_golden(file_golden_t *file, result_t *result)
{
    if (file->golden == NULL || result->status != RESULT_PASSED)
        return;
    const char *expected = golden_find(file->golden, result->name);
    if (expected != NULL && strcmp(expected, result->trace) == 0)
        return;
    size_t size;
    free(result->report);
    FILE *out = open_memstream(&result->report, &size);
    if (out == NULL)
        abort();
    fprintf(out, "%s: ", file->path);
    if (expected == NULL)
        fprintf(out, "no golden timeline of this test; --update writes it\n");
    else
        golden_diff(out, expected, result->trace);
    fclose(out);
    result->status = RESULT_FAILED;
}

static void print_result(run_t *run, const char *path, file_golden_t *file, result_t *result)
{
    if (result->name[0] == '\0') {
        /* The file itself could not be loaded. */
        fflush(run->out);
        fprintf(run->err, "%s\n", result->report);
        count(run, result->status);
        return;
    }
    if (!file->headed)
        fprintf(run->out, "%s\n", path);
    file->headed = true;
    run->tests++;
    compare_golden(file, result);
    print_status(run, result);
    if (result->status != RESULT_SKIPPED)
        print_indented(run, result->report);
    if (run->options->verbose && result->trace[0] != '\0')
        fprintf(run->out, "\n%s\n", result->trace);
    if (run->options->ladder && result->output[0] != '\0')
        fprintf(run->out, "\n%s\n", result->output);
    if (file->update != NULL && result->status == RESULT_PASSED)
        golden_write(file->update, result->name, result->trace);
    count(run, result->status);
}

/* ---- goldens of a file ---- */

static void begin_golden(const run_t *run, const char *path, file_golden_t *file)
{
    *file = (file_golden_t){0};
    if (!golden_path(path, file->path, sizeof(file->path)))
        return;
    if (run->options->update)
        file->update = open_memstream(&file->text, &file->size);
    else if (run->options->golden)
        file->golden = golden_open(file->path);
}

static void write_golden(run_t *run, file_golden_t *file, bool all_passed)
{
    fclose(file->update);
    if (all_passed && file->size > 0) {
        FILE *out = fopen(file->path, "w");
        bool written = out != NULL && fwrite(file->text, 1, file->size, out) == file->size;
        if (out != NULL && fclose(out) != 0)
            written = false;
        if (!written) {
            fprintf(run->err, "lo0sim: %s: %s\n", file->path, strerror(errno));
            run->occurred[RESULT_MISTAKE] = true;
        }
    } else if (!all_passed) {
        fprintf(run->err, "lo0sim: %s: not rewritten, since a test did not pass\n", file->path);
    }
    free(file->text);
}

static void end_golden(run_t *run, file_golden_t *file, bool all_passed)
{
    if (file->update != NULL)
        write_golden(run, file, all_passed);
    if (file->golden != NULL && all_passed) {
        const char *unused = golden_unused(file->golden);
        if (unused != NULL) {
            fprintf(run->err, "lo0sim: %s: there is no test '%s' any more; --update drops it\n",
                    file->path, unused);
            run->occurred[RESULT_FAILED] = true;
        }
    }
    golden_close(file->golden);
}

/* ---- one file ---- */

static size_t failures(const run_t *run)
{
    return run->counts[RESULT_FAILED] + run->counts[RESULT_MISTAKE] + run->counts[RESULT_CRASHED];
}

/* Prints a worker's results as they come, until its process ends. */
static void follow(run_t *run, const char *path, const worker_t *worker, file_golden_t *file)
{
    uint64_t offset = 0;
    bool open = true;
    while (open) {
        char bytes[256];
        struct pollfd fd = {.fd = worker->wake_fd, .events = POLLIN};
        poll(&fd, 1, -1);
        open = read(worker->wake_fd, bytes, sizeof(bytes)) != 0;
        result_t result;
        while (result_read(worker->results_fd, &offset, &result)) {
            print_result(run, path, file, &result);
            result_fini(&result);
        }
        fflush(run->out);
    }
}

static void finish_file(run_t *run, const char *path, worker_t *worker)
{
    file_golden_t file;
    size_t failed = failures(run);
    begin_golden(run, path, &file);
    follow(run, path, worker, &file);
    if (!worker_fini(worker)) {
        fprintf(run->err, "%s: the process that loads it crashed\n", path);
        count(run, RESULT_CRASHED);
    }
    end_golden(run, &file, failures(run) == failed);
}

/* ---- the run ---- */

/* A timeline costs more than the test: it is made where somebody will look at it. */
static bool wants_timeline(const run_t *run, const char *file)
{
    char path[PATH_MAX_TEXT];
    if (run->options->verbose || run->options->update)
        return true;
    return run->options->golden && golden_path(file, path, sizeof(path)) && access(path, F_OK) == 0;
}

static void run_all(run_t *run, const file_list_t *list)
{
    char *const *files = list->files;
    size_t file_count = list->count;
    worker_t *workers = calloc(file_count + 1, sizeof(*workers));
    if (workers == NULL)
        abort();
    size_t started = 0;
    fflush(NULL);
    for (size_t i = 0; i < file_count; i++) {
        for (; started < file_count && started < i + run->options->jobs; started++) {
            script_options_t script = run->options->script;
            script.timeline = wants_timeline(run, files[started]);
            script.only = list->tests[started];
            if (!worker_start(&workers[started], files[started], &script, &run->slots,
                              run->options->wall_seconds))
                abort();
        }
        finish_file(run, files[i], &workers[i]);
        fflush(NULL);
    }
    free(workers);
}

static int exit_code(const run_t *run)
{
    for (int status = RESULT_CRASHED; status >= RESULT_FAILED; status--) {
        if (run->occurred[status])
            return status;
    }
    return run->tests == 0 ? 4 : 0;
}

static void print_summary(const run_t *run)
{
    fprintf(run->out, "\n%zu passed, %zu failed", run->counts[RESULT_PASSED], failures(run));
    if (run->counts[RESULT_SKIPPED] > 0)
        fprintf(run->out, ", %zu skipped", run->counts[RESULT_SKIPPED]);
    fprintf(run->out, "\n");
}

/* Whether each file that is to be written can be one for each test. */
static bool files_take_many(const run_t *run)
{
    const script_options_t *script = &run->options->script;
    for (size_t i = 0; i < script->observer_count; i++) {
        const observer_t *observer = script->observers[i];
        if (observer_takes_many(observer))
            continue;
        fprintf(run->err, "lo0sim: " OBSERVER_ONE_FILE "\n", observer->option, observer->file);
        return false;
    }
    return true;
}

int run_files(const run_options_t *options, FILE *out, FILE *err)
{
    run_t run = {.options = options, .out = out, .err = err};
    file_list_t list = {0};
    for (size_t i = 0; i < options->path_count; i++) {
        char message[PATH_MAX_TEXT + 200];
        if (!file_list_add(&list, options->paths[i], message, sizeof(message))) {
            fprintf(err, "%s\n", message);
            run.occurred[RESULT_MISTAKE] = true;
        }
    }
    if (!job_slots_init(&run.slots, options->jobs))
        abort();
    if (list.count > 1 && !files_take_many(&run))
        run.occurred[RESULT_MISTAKE] = true;
    else
        run_all(&run, &list);
    job_slots_fini(&run.slots);
    file_list_fini(&list);
    if (run.tests > 0)
        print_summary(&run);
    else if (!run.occurred[RESULT_MISTAKE] && !run.occurred[RESULT_CRASHED])
        fprintf(err, "lo0sim: there is no test in what was given\n");
    return exit_code(&run);
}
