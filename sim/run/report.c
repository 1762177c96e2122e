/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Results: what the formats share, and the one for people.
 */
#include "sim/run/report.h"

#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/base/wrap.h"

#include <stdlib.h>
#include <string.h>

#define STATUS_WIDTH 8  /* before a test's name */
#define TIME_WIDTH   14 /* after it */

/* A run of at least this many tests ends with a list of the failures. */
#define MANY_TESTS 20

const char *const report_names[] = {"pretty", "tap", "junit", "json", NULL};

const report_format_t *report_find(const char *name)
{
    static const report_format_t *const formats[] = {&report_pretty, &report_tap, &report_junit,
                                                     &report_json};
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    }
    return NULL;
}

void report_begin(report_t *report)
{
    if (report->format->begin != NULL)
        report->format->begin(report);
}

void report_result(report_t *report, const char *path, const result_t *result)
{
    report->tests++;
    report->format->result(report, path, result);
}

void report_end(report_t *report, const report_summary_t *summary)
{
    if (report->format->end != NULL)
        report->format->end(report, summary);
}

size_t report_failures(const report_summary_t *summary)
{
    return summary->counts[RESULT_FAILED] + summary->counts[RESULT_MISTAKE] +
           summary->counts[RESULT_CRASHED];
}

void report_lines(FILE *out, const char *text,
                  void (*line)(FILE *out, const char *text, size_t length))
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        line(out, text, length);
        text += length + (text[length] == '\n');
    }
}

/* ---- for people ---- */

static const char *paint(const report_t *report, const char *color)
{
    return report->color ? color : "";
}

bool report_is_narrow(const report_t *report)
{
    return report->format == &report_pretty && report->width > 0 && report->width < REPORT_NARROW;
}

/* Prints what went wrong, below the test's name; broken at words if the terminal is narrow. */
static void print_report(const report_t *report, const char *text)
{
    wrap_lines(report->out, text, STATUS_WIDTH, 0, report->width > 0 ? report->width : SIZE_MAX);
}

/* Prints the test's name, broken at words, and how long it took, in columns. */
static void print_time(const report_t *report, const result_t *result)
{
    char *name = visible_line(result->name), *text = NULL;
    size_t size, width = report->width > 0 ? report->width : REPORT_WIDTH;
    size_t room = width - STATUS_WIDTH - TIME_WIDTH;
    FILE *lines = text_open(&text, &size);
    wrap_print(lines, name, 0, 0, room);
    fclose(lines);
    for (const char *at = text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        size_t used = wrap_columns(at, (size_t)(end - at));
        fprintf(report->out, "%*s%.*s", at == text ? 0 : STATUS_WIDTH, "", (int)(end - at), at);
        if (end[1] == '\0')
            fprintf(report->out, "%*s %11.3f s", used < room ? (int)(room - used) : 0, "",
                    (double)result->now_us / 1e6);
        fputc('\n', report->out);
    }
    free(text);
    free(name);
}

static void print_status(const report_t *report, const result_t *result)
{
    static const char *const words[] = {"ok", "FAIL", "ERROR", "CRASH", "skip"};
    static const char *const colors[] = {"\033[32m", "\033[31m", "\033[31m", "\033[31m",
                                         "\033[33m"};
    bool would_run = report->dry && result->status == RESULT_PASSED;
    fprintf(report->out, "  %s%-5s%s ", paint(report, colors[result->status]),
            would_run ? "run" : words[result->status], paint(report, "\033[0m"));
    if (result->status != RESULT_SKIPPED && !would_run) {
        print_time(report, result);
        return;
    }
    visible_print(report->out, result->name, SIZE_MAX);
    if (result->status == RESULT_SKIPPED) {
        fprintf(report->out, ": ");
        visible_print(report->out, result->report, SIZE_MAX);
    }
    fprintf(report->out, "\n");
}

/* Notes the command that repeats a failure, for the end. */
static void note_failure(report_t *report, const char *path, const result_t *result)
{
    char *name = must_asprintf("%s:%s", path, result->name), *word = text_shell_word(name);
    char *before = report->failed;
    report->failed =
        must_asprintf("%s  %s %s\n", before != NULL ? before : "", report->repeat, word);
    free(before);
    free(word);
    free(name);
}

static void print_text(FILE *out, const spool_t *text)
{
    if (spool_size(text) == 0)
        return;
    fputc('\n', out);
    spool_print(text, out);
    fputc('\n', out);
}

/* The runner reports on standard error that a file could not be loaded. */
static void print_result(report_t *report, const char *path, const result_t *result)
{
    bool passed = result->status == RESULT_PASSED || result->status == RESULT_SKIPPED;
    if (result->name[0] == '\0' || (report->quiet && passed))
        return;
    /* state: the path of the heading. */
    if (report->state == NULL || strcmp(report->state, path) != 0) {
        visible_print(report->out, path, SIZE_MAX);
        fputc('\n', report->out);
        free(report->state);
        report->state = text_copy(path);
    }
    if (!passed && report->repeat != NULL)
        note_failure(report, path, result);
    print_status(report, result);
    if (result->status != RESULT_SKIPPED)
        print_report(report, result->report);
    if (report->verbose && !report_is_narrow(report))
        print_text(report->out, result->trace);
    print_text(report->out, result->output);
}

/* The failures of a long run are far above its end. */
static void print_failures(report_t *report)
{
    if (report->failed != NULL && report->tests >= MANY_TESTS)
        visible_printf(report->out, "\nTo repeat what failed:\n%s", report->failed);
    free(report->failed);
    report->failed = NULL;
}

static void print_summary(report_t *report, const report_summary_t *summary)
{
    bool headed = report->state != NULL;
    free(report->state);
    report->state = NULL;
    print_failures(report);
    if ((!headed && summary->signal == 0) || report->quiet)
        return; /* nothing to be summed up */
    fprintf(report->out, report->dry ? "%s%zu would run" : "%s%zu passed", headed ? "\n" : "",
            summary->counts[RESULT_PASSED]);
    if (!report->dry || report_failures(summary) > 0)
        fprintf(report->out, ", %zu failed", report_failures(summary));
    if (summary->counts[RESULT_SKIPPED] > 0)
        fprintf(report->out, ", %zu skipped", summary->counts[RESULT_SKIPPED]);
    fprintf(report->out, summary->signal != 0 ? "; ended by a signal\n"
                         : summary->stopped   ? "; ended at the first failure\n"
                                              : "\n");
}

const report_format_t report_pretty = {
    .name = "pretty", .result = print_result, .end = print_summary};

/* ---- names only ---- */

static void print_name(report_t *report, const char *path, const result_t *result)
{
    if (result->name[0] == '\0')
        return;
    visible_print(report->out, path, SIZE_MAX);
    fprintf(report->out, ":%s\n", result->name);
}

const report_format_t report_list = {.name = "list", .result = print_name};
