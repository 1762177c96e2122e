/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/run/observe.h"

#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/run/file_list.h"
#include "sim/run/follow.h"
#include "sim/script/script_file.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(observed_t *observed, const result_t *result)
{
    if (observed->count == observed->room) {
        observed->room = observed->room > 0 ? observed->room * 2 : 16;
        observed->results = must_realloc(observed->results, observed->room * sizeof(result_t));
    }
    observed->results[observed->count++] = *result;
}

static bool take(void *arg, result_t *result)
{
    observed_t *observed = arg;
    add(observed, result);
    *result = (result_t){0};
    return true;
}

/* Why no test was run. */
static void not_run(observed_t *observed)
{
    result_t result = {.status = RESULT_CRASHED,
                       .name = text_copy(""),
                       .tags = text_copy(""),
                       .report = must_asprintf("%s: no process can be started: %s", observed->path,
                                               strerror(errno))};
    add(observed, &result);
}

static void run(observed_t *observed, const script_options_t *options, unsigned wall_seconds)
{
    worker_t worker;
    const follower_t follower = {.result = take, .every_ms = -1, .arg = observed};
    fflush(NULL);
    if (observed->slots.spool_fd >= 0 &&
        worker_start(&worker, observed->path, options, &observed->slots, wall_seconds))
        observed->crashed = follow(&worker, &follower) == FOLLOW_CRASHED;
    else
        not_run(observed);
}

observed_t observe_run(const char *file_and_test, const script_options_t *options,
                       unsigned wall_seconds)
{
    char path[PATH_MAX_TEXT];
    script_options_t chosen = *options;
    observed_t observed = {0};
    chosen.only = file_list_split(file_and_test, path, sizeof(path));
    observed.path = text_copy(path);
    if (!job_slots_init(&observed.slots, 1))
        observed.slots.spool_fd = -1;
    run(&observed, &chosen, wall_seconds);
    return observed;
}

void observed_fini(observed_t *observed)
{
    for (size_t i = 0; i < observed->count; i++)
        result_fini(&observed->results[i]);
    if (observed->slots.spool_fd >= 0)
        job_slots_fini(&observed->slots);
    free(observed->results);
    free(observed->path);
}

/* Reports what is wrong with a test on standard error, line by line. */
static void complain(const char *path, const result_t *result)
{
    static const char *const words[] = {"passed", "failed", "ended with a mistake", "crashed",
                                        "is skipped"};
    fflush(stdout);
    if (result->name[0] == '\0') {
        fprintf(stderr, "%s\n", result->report); /* the file could not be loaded */
        return;
    }
    visible_print(stderr, path, SIZE_MAX);
    fprintf(stderr, ":%d: the test '%s' %s%s", result->line, result->name, words[result->status],
            result->status == RESULT_SKIPPED ? ": " : ":\n");
    for (const char *text = result->report; *text != '\0';) {
        size_t length = strcspn(text, "\n");
        fprintf(stderr, "%s%.*s\n", result->status == RESULT_SKIPPED || length == 0 ? "" : "    ",
                (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* Prints a line of a tool's output, with its tabs, to the stream that it belongs to, in order. */
static void print_line(void *arg, const char *text, size_t length)
{
    bool aside = *text == OBSERVER_ASIDE[0];
    FILE *out = aside ? stderr : stdout;
    const char *end = text + length;
    (void)arg;
    if (aside)
        fflush(stdout);
    for (text += aside; text < end;) {
        if (*text == '\t')
            fputc(*text++, out);
        else
            text += visible_put(out, text);
    }
    fputc('\n', out);
}

static void print(const char *path, const result_t *result, bool headed, bool first)
{
    if (headed && result->status != RESULT_SKIPPED && result->name[0] != '\0')
        printf("%s# %s\n", first ? "" : "\n", result->name);
    spool_lines(result->output, print_line, NULL);
    fflush(stdout);
    if (result->status != RESULT_PASSED)
        complain(path, result);
}

int observe(const char *file_and_test, const script_options_t *options, unsigned wall_seconds)
{
    observed_t observed = observe_run(file_and_test, options, wall_seconds);
    size_t shown = 0;
    int code = 0;
    for (size_t i = 0; i < observed.count; i++) {
        const result_t *result = &observed.results[i];
        print(observed.path, result, observed.count > 1, shown == 0);
        if (result->status != RESULT_SKIPPED) {
            shown++;
            code = (int)result->status > code ? (int)result->status : code;
        }
    }
    if (observed.crashed || observed.count == 0) {
        visible_print(stderr, observed.path, SIZE_MAX);
        fputs(observed.crashed ? ": the process that loads it crashed\n"
                               : ": there is no test in it\n",
              stderr);
    }
    if (observed.crashed)
        code = EXIT_CRASHED;
    else if (shown == 0)
        code = EXIT_NOTHING;
    observed_fini(&observed);
    return code;
}
