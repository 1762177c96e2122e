/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Running files: as many at once as there are slots, their results printed in the order in which
 * they were named.
 */
#include "sim/run/runner.h"

#include "sim/base/must.h"
#include "sim/base/terminal.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/run/bundle.h"
#include "sim/run/file_list.h"
#include "sim/run/follow.h"
#include "sim/run/golden.h"
#include "sim/run/progress.h"
#include "sim/run/unmet_faults.h"
#include "sim/script/script_file.h"
#include "sim/view/timeline.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct run {
    const run_options_t *options;
    FILE *out, *err;
    job_slots_t slots;
    report_t report;
    report_summary_t summary;
    progress_t progress;
    size_t tests;
    unmet_faults_t unmet;
    char *repeat;       /* the command for one test, up to its name */
    size_t files, file; /* how many there are, and the one that is followed, from 1 */
    struct missing *missing;
    size_t missing_count, missing_taken;
} run_t;

/* A path with nothing to run. It is reported where its files would be. */
struct missing {
    const char *path;
    char *message;
    size_t before; /* this one of the files */
};

/* A file's golden, while the file is run. */
typedef struct file_golden {
    char path[PATH_MAX_TEXT];
    bool partial; /* not all of the file's tests are run */
    golden_t *golden;
    spool_t *update; /* the new golden */
    int error;       /* why that could not be kept; 0: it was */
} file_golden_t;

static bool is_failure(result_status_t status)
{
    return status != RESULT_PASSED && status != RESULT_SKIPPED;
}

/* ---- signals ---- */

static volatile sig_atomic_t ended_by;

static void on_signal(int signal_number)
{
    ended_by = signal_number;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* These end the run in good order: what has been written is complete, and the summary tells what
 * ran. */
static void catch_signals(struct sigaction before[SIGNALS])
{
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    ended_by = 0;
    for (size_t i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

static void release_signals(const struct sigaction before[SIGNALS])
{
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
}

/* ---- one result ---- */

/* Makes a test fail because its timeline is not the expected one; NULL: none is expected. */
static void differ_from_golden(const file_golden_t *file, const spool_t *expected, result_t *result)
{
    char *text = NULL;
    size_t size;
    free(result->report);
    FILE *out = text_open(&text, &size);
    fprintf(out, "%s: ", file->path);
    if (expected == NULL)
        fprintf(out, "no golden timeline of this test; --update writes it\n");
    else
        golden_differ(out, expected, result->trace);
    fclose(out);
    result->report = visible_text(text);
    free(text);
    result->status = RESULT_FAILED;
}

/* Compares a passed test's timeline with its golden. */
static void compare_golden(file_golden_t *file, result_t *result)
{
    if (file->golden == NULL || result->status != RESULT_PASSED)
        return;
    const spool_t *expected = golden_find(file->golden, result->name);
    if (expected == NULL || spool_difference(expected, result->trace) != UINT64_MAX)
        differ_from_golden(file, expected, result);
}

/* Notes how a test ended, for --last-failed. */
static void note(const run_t *run, const char *path, const result_t *result)
{
    if (run->options->failed == NULL || run->options->script.dry ||
        result->status == RESULT_SKIPPED)
        return;
    last_failed_note(run->options->failed, path, result->name, is_failure(result->status));
}

/* Counts a result and prints it. */
static void take(run_t *run, const char *path, const result_t *result)
{
    run->summary.counts[result->status]++;
    note(run, path, result);
    report_result(&run->report, path, result);
    run->summary.stopped = run->options->exit_first && is_failure(result->status);
}

/* Something went wrong with a file, not with one of its tests. */
static void take_file(run_t *run, const char *path, result_status_t status, const char *message)
{
    char none[] = "", *report = visible_text(message);
    progress_clear(&run->progress);
    fflush(run->out);
    fprintf(run->err, "%s\n", report);
    result_t result = {.status = status, .name = none, .tags = none, .report = report};
    take(run, path, &result);
    free(report);
}

static void take_result(run_t *run, const char *path, file_golden_t *file, result_t *result)
{
    if (result->name[0] == '\0') {
        take_file(run, path, result->status, result->report);
        return;
    }
    run->tests++;
    if (result->status != RESULT_SKIPPED && !run->options->script.dry)
        unmet_faults_add(&run->unmet, result);
    progress_clear(&run->progress);
    compare_golden(file, result);
    if (run->options->coverage != NULL) {
        char *coverage = spool_text(result->coverage, SIZE_MAX);
        rule_coverage_add(run->options->coverage, path, result->name, coverage);
        free(coverage);
    }
    if (run->options->bundle != NULL && is_failure(result->status))
        bundle_write(run->options, path, result);
    take(run, path, result);
    if (file->update != NULL && result->status == RESULT_PASSED && file->error == 0 &&
        !golden_write(file->update, result->name, result->trace))
        file->error = errno;
    spool_forget(result->trace);
    spool_forget(result->output);
}

/* ---- goldens of a file ---- */

/* A golden that cannot be read is no golden that is not there. */
static void open_golden(run_t *run, const char *path, file_golden_t *file)
{
    char error[PATH_MAX_TEXT + 100], message[PATH_MAX_TEXT + 120];
    if (golden_open(file->path, &file->golden, error, sizeof(error)))
        return;
    snprintf(message, sizeof(message), "lo0sim run: %s", error);
    take_file(run, path, RESULT_MISTAKE, message);
}

static void begin_golden(run_t *run, const char *path, bool partial, file_golden_t *file)
{
    *file = (file_golden_t){.partial = partial};
    if (!golden_path(path, file->path, sizeof(file->path)))
        return;
    if (run->options->script.dry)
        return;
    if (run->options->update)
        file->update = spool_create();
    else if (run->options->golden)
        open_golden(run, path, file);
}

/* => Returns false with errno: *made says whether it was begun. */
static bool put_golden(const file_golden_t *file, bool *made)
{
    output_t *output = output_to_file(file->path, 0);
    *made = output != NULL;
    if (output == NULL)
        return false;
    if (file->error != 0) {
        output_drop(output);
        errno = file->error;
        return false;
    }
    spool_print(file->update, output_stream(output));
    return output_commit(output);
}

static void write_golden(run_t *run, const char *path, file_golden_t *file, bool all_passed)
{
    bool made;
    if (all_passed && spool_size(file->update) > 0 && !put_golden(file, &made)) {
        char message[PATH_MAX_TEXT + 100];
        snprintf(message, sizeof(message), "lo0sim run: %s: %s", file->path, strerror(errno));
        take_file(run, path, made ? RESULT_CRASHED : RESULT_MISTAKE, message);
    } else if (!all_passed) {
        visible_printf(run->err,
                       "lo0sim run: %s: not rewritten, since not all tests ran and passed\n",
                       file->path);
    }
    spool_free(file->update);
}

static void end_golden(run_t *run, const char *path, file_golden_t *file, bool all_passed)
{
    if (file->update != NULL)
        write_golden(run, path, file, all_passed);
    if (file->golden != NULL && all_passed && !file->partial) {
        const char *unused = golden_unused(file->golden);
        if (unused != NULL) {
            char message[PATH_MAX_TEXT + 1100];
            snprintf(message, sizeof(message),
                     "lo0sim run: %s: there is no test '%s' any more; --update drops it",
                     file->path, unused);
            take_file(run, path, RESULT_FAILED, message);
        }
    }
    golden_close(file->golden);
}

/* ---- one file ---- */

static void show_progress(run_t *run, const char *path)
{
    char text[200];
    if (!run->progress.on)
        return;
    snprintf(text, sizeof(text), "%zu tests, %zu failed; file %zu of %zu: %s", run->tests,
             report_failures(&run->summary), run->file, run->files, path);
    progress_show(&run->progress, text);
}

/* A file that is followed. */
typedef struct followed {
    run_t *run;
    const char *path;
    file_golden_t golden;
} followed_t;

static bool on_result(void *arg, result_t *result)
{
    followed_t *file = arg;
    take_result(file->run, file->path, &file->golden, result);
    return !file->run->summary.stopped;
}

static bool on_wake(void *arg)
{
    const followed_t *file = arg;
    fflush(file->run->out);
    show_progress(file->run, file->path);
    file->run->summary.stopped = file->run->summary.stopped || ended_by != 0;
    return !file->run->summary.stopped;
}

static void finish_file(run_t *run, const char *path, bool partial, worker_t *worker)
{
    followed_t file = {.run = run, .path = path};
    const follower_t follower = {.result = on_result,
                                 .wake = on_wake,
                                 .every_ms = run->progress.on ? PROGRESS_EVERY_MS : -1,
                                 .arg = &file};
    begin_golden(run, path, partial, &file.golden);
    size_t failed = report_failures(&run->summary);
    if (run->options->failed != NULL && !run->options->script.dry) {
        if (partial)
            last_failed_note(run->options->failed, path, "", false); /* unless it does not load */
        else
            last_failed_forget(run->options->failed, path);
    }
    if (follow(worker, &follower) == FOLLOW_CRASHED) {
        char message[PATH_MAX_TEXT + 100];
        snprintf(message, sizeof(message), "%s: the process that loads it crashed", path);
        take_file(run, path, RESULT_CRASHED, message);
    }
    end_golden(run, path, &file.golden, report_failures(&run->summary) == failed && ended_by == 0);
}

/* ---- the run ---- */

/* A timeline costs more than the test: it is made only if it is used. */
static bool wants_timeline(const run_t *run, const char *file)
{
    char path[PATH_MAX_TEXT];
    if ((run->options->verbose && !report_is_narrow(&run->report)) || run->options->update)
        return true;
    return run->options->golden && golden_path(file, path, sizeof(path)) && access(path, F_OK) == 0;
}

static bool start_file(run_t *run, const file_list_t *list, size_t i, worker_t *worker)
{
    script_options_t script = run->options->script;
    const observer_t *observers[OBSERVERS_MAX] = {0}, timeline = timeline_observer("-v");
    const observer_t coverage = rule_coverage_observer();
    for (size_t k = 0; k < script.observer_count; k++)
        observers[k] = script.observers[k];
    script.observers = observers;
    const observer_t narrow = timeline_observer_narrow("-v", &run->report.width);
    if (run->options->verbose && report_is_narrow(&run->report))
        observers[script.observer_count++] = &narrow;
    if (wants_timeline(run, list->files[i]))
        observers[script.observer_count++] = &timeline;
    if (run->options->coverage != NULL)
        observers[script.observer_count++] = &coverage;
    script.only = list->tests[i];
    return worker_start(worker, list->files[i], &script, &run->slots, run->options->wall_seconds);
}

static void take_not_started(run_t *run, const char *path)
{
    char message[PATH_MAX_TEXT + 100];
    snprintf(message, sizeof(message), "%s: no process can be started: %s", path, strerror(errno));
    take_file(run, path, RESULT_CRASHED, message);
}

/* Reports the paths with nothing to run before file `i`. */
static void take_missing(run_t *run, size_t i)
{
    for (; run->missing_taken < run->missing_count && !run->summary.stopped; run->missing_taken++) {
        const struct missing *missing = &run->missing[run->missing_taken];
        if (missing->before > i)
            return;
        take_file(run, missing->path, RESULT_MISTAKE, missing->message);
    }
}

static void run_all(run_t *run, const file_list_t *list)
{
    char *const *files = list->files;
    worker_t *workers = must_calloc(list->count + 1, sizeof(*workers));
    size_t started = 0, i;
    run->files = list->count;
    fflush(NULL);
    for (i = 0; i < list->count && !run->summary.stopped; i++) {
        for (; started < list->count && started < i + run->options->jobs; started++) {
            if (!start_file(run, list, started, &workers[started]))
                break; /* it may be possible when earlier ones have ended */
        }
        run->file = i + 1;
        take_missing(run, i);
        if (run->summary.stopped)
            break;
        if (started == i) {
            take_not_started(run, files[started++]);
            continue;
        }
        bool partial = list->tests[i] != NULL || !selection_is_all(run->options->selection);
        finish_file(run, files[i], partial, &workers[i]);
        fflush(NULL);
    }
    take_missing(run, list->count);
    for (; i < started; i++)
        worker_stop(&workers[i]);
    free(workers);
}

static int exit_code(const run_t *run)
{
    if (ended_by != 0)
        return 128 + ended_by; /* as shells have it */
    for (int status = RESULT_CRASHED; status >= RESULT_FAILED; status--) {
        if (run->summary.counts[status] > 0)
            return status;
    }
    if (!run->summary.stopped && unmet_faults_any(&run->unmet))
        return RESULT_MISTAKE;
    return run->tests == 0 ? 4 : 0;
}

/* Whether each output file can be a different one for each test. */
static bool files_take_many(run_t *run)
{
    const script_options_t *script = &run->options->script;
    for (size_t i = 0; i < script->observer_count; i++) {
        const observer_t *observer = script->observers[i];
        if (observer_takes_many(observer) && observer_takes_scripts(observer))
            continue;
        visible_printf(run->err,
                       observer_takes_many(observer) ? "lo0sim run: " OBSERVER_ONE_SCRIPT "\n"
                                                     : "lo0sim run: " OBSERVER_ONE_FILE "\n",
                       observer->option, observer->file);
        run->summary.counts[RESULT_MISTAKE]++;
        return false;
    }
    return true;
}

static void complain_of_nothing(const run_t *run)
{
    char chosen[1024];
    if (selection_is_all(run->options->selection)) {
        visible_printf(run->err, "lo0sim run: there is no test in what was given\n");
        return;
    }
    selection_text(run->options->selection, chosen, sizeof(chosen));
    visible_printf(run->err, "lo0sim run: no test is left by %s\n", chosen);
}

/* The command that runs a test as this run does, up to its name. It does not contain limits. */
static char *repeat_command(const run_options_t *options)
{
    const script_options_t *script = &options->script;
    char *command = NULL;
    size_t size;
    FILE *out = text_open(&command, &size);
    fprintf(out, "lo0sim run");
    if (script->seed != 1)
        fprintf(out, " --seed %llu", (unsigned long long)script->seed);
    if (script->forced_era != NULL)
        fprintf(out, " --era %s", script->forced_era->name);
    if (script->forced_mode != NULL)
        fprintf(out, " --mode %s", reply_mode_name(*script->forced_mode));
    for (size_t i = 0; i < script->hooks.count; i++) {
        const hook_object_t *object = &script->hooks.objects[i];
        char *text =
            must_asprintf("%s%s%s", object->path, object->args[0] != '\0' ? ":" : "", object->args);
        char *word = text_shell_word(text);
        fprintf(out, " --hook %s", word);
        free(word);
        free(text);
    }
    for (size_t i = 0; i < script->faults.count; i++) {
        char *word = text_shell_word(script->faults.list[i].text);
        fprintf(out, " --fault %s", word);
        free(word);
    }
    fprintf(out, script->allow_exec ? " --allow-exec" : "");
    fclose(out);
    return command;
}

/* => Returns false with errno if the run cannot begin. */
static bool begin_run(run_t *run)
{
    const run_options_t *options = run->options;
    if (!job_slots_init(&run->slots, options->jobs))
        return false;
    run->repeat = repeat_command(options);
    unmet_faults_init(&run->unmet, &options->script.faults);
    run->report = (report_t){
        .format = options->format != NULL ? options->format : &report_pretty,
        .out = run->out,
        .verbose = options->verbose,
        .quiet = options->quiet,
        .color = options->color,
        .width = terminal_width_or(run->out, 0),
        .dry = options->script.dry,
        .repeat = run->repeat,
    };
    progress_init(&run->progress, run->err);
    report_begin(&run->report);
    return true;
}

static int end_run(run_t *run)
{
    int code = exit_code(run);
    progress_clear(&run->progress);
    job_slots_fini(&run->slots);
    run->summary.code = code;
    run->summary.signal = ended_by;
    report_end(&run->report, &run->summary);
    free(run->repeat);
    fflush(run->out);
    if (ended_by != 0)
        visible_printf(run->err, "lo0sim run: ended by a signal: %s\n", strsignal(ended_by));
    else if (code == 4)
        complain_of_nothing(run);
    else if (!run->summary.stopped)
        unmet_faults_write(&run->unmet, run->err);
    unmet_faults_fini(&run->unmet);
    if (run->options->failed != NULL && !run->options->script.dry)
        last_failed_save(run->options->failed);
    return code;
}

static void list_files(run_t *run, file_list_t *list)
{
    const run_options_t *options = run->options;
    run->missing = must_calloc(options->path_count + 1, sizeof(*run->missing));
    for (size_t i = 0; i < options->path_count; i++) {
        char message[PATH_MAX_TEXT + 200];
        if (file_list_add(list, options->paths[i], message, sizeof(message)))
            continue;
        run->missing[run->missing_count++] =
            (struct missing){options->paths[i], text_copy(message), list->count};
    }
}

static void forget_missing(run_t *run)
{
    for (size_t i = 0; i < run->missing_count; i++)
        free(run->missing[i].message);
    free(run->missing);
}

int run_files(const run_options_t *options, FILE *out, FILE *err)
{
    run_t run = {.options = options, .out = out, .err = err};
    file_list_t list = {0};
    struct sigaction before[SIGNALS];
    if (!begin_run(&run)) {
        fprintf(err, "lo0sim run: no process can be started: %s\n", strerror(errno));
        return RESULT_CRASHED;
    }
    catch_signals(before);
    list_files(&run, &list);
    if (list.count <= 1 || files_take_many(&run))
        run_all(&run, &list);
    forget_missing(&run);
    file_list_fini(&list);
    int code = end_run(&run);
    release_signals(before);
    return code;
}
