/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/observe.h"

#include "sim/command.h"
#include "sim/script_file.h"
#include "sim/worker.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The results of a file, in script order. */
typedef struct results {
    result_t *result;
    size_t count, room;
} results_t;

/* FILE[:TEST]: either may have colons in it, so FILE is the shortest beginning that is there.
 * => Returns the test, or NULL; the file is in path[size]. */
static const char *split(const char *text, char *path, size_t size)
{
    snprintf(path, size, "%s", text);
    if (access(text, F_OK) == 0)
        return NULL;
    for (const char *colon = strchr(text, ':'); colon != NULL; colon = strchr(colon + 1, ':')) {
        snprintf(path, size, "%.*s", (int)(colon - text), text);
        if (access(path, F_OK) == 0)
            return colon + 1;
    }
    snprintf(path, size, "%.*s", (int)strcspn(text, ":"), text);
    return NULL;
}

static void add(results_t *results, const result_t *result)
{
    if (results->count == results->room) {
        results->room = results->room > 0 ? results->room * 2 : 16;
        results->result = realloc(results->result, results->room * sizeof(result_t));
        if (results->result == NULL)
            abort();
    }
    results->result[results->count++] = *result;
}

/* => Returns false if the process that loads the file crashed. */
static bool run(const char *path, const script_options_t *options, unsigned wall_seconds,
                results_t *results)
{
    job_slots_t slots;
    worker_t worker;
    uint64_t offset = 0;
    bool open = true;
    fflush(NULL);
    if (!job_slots_init(&slots, 1) || !worker_start(&worker, path, options, &slots, wall_seconds))
        abort();
    while (open) {
        char bytes[256];
        struct pollfd fd = {.fd = worker.wake_fd, .events = POLLIN};
        poll(&fd, 1, -1);
        open = read(worker.wake_fd, bytes, sizeof(bytes)) != 0;
        result_t result;
        while (result_read(worker.results_fd, &offset, &result))
            add(results, &result);
    }
    bool ended_well = worker_fini(&worker);
    job_slots_fini(&slots);
    return ended_well;
}

/* What is wrong with a test, on standard error, line by line. */
static void complain(const char *path, const result_t *result)
{
    static const char *const words[] = {"passed", "failed", "ended with a mistake", "crashed",
                                        "is skipped"};
    fflush(stdout);
    if (result->name[0] == '\0') {
        fprintf(stderr, "%s\n", result->report); /* the file could not be loaded */
        return;
    }
    fprintf(stderr, "%s:%d: the test '%s' %s%s", path, result->line, result->name,
            words[result->status], result->status == RESULT_SKIPPED ? ": " : ":\n");
    for (const char *text = result->report; *text != '\0';) {
        size_t length = strcspn(text, "\n");
        fprintf(stderr, "%s%.*s\n", result->status == RESULT_SKIPPED || length == 0 ? "" : "    ",
                (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* Line by line, each where it belongs, in their order. */
static void print_output(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        bool aside = *text == SCRIPT_ASIDE[0];
        if (aside)
            fflush(stdout);
        fprintf(aside ? stderr : stdout, "%.*s\n", (int)length - aside, text + aside);
        text += length + (text[length] == '\n');
    }
    fflush(stdout);
}

static void print(const char *path, const result_t *result, bool headed, bool first)
{
    if (headed && result->status != RESULT_SKIPPED && result->name[0] != '\0')
        printf("%s# %s\n", first ? "" : "\n", result->name);
    print_output(result->output);
    if (result->status != RESULT_PASSED)
        complain(path, result);
}

int observe(const char *file_and_test, const script_options_t *options, unsigned wall_seconds)
{
    char path[PATH_MAX_TEXT];
    script_options_t chosen = *options;
    results_t results = {0};
    size_t shown = 0;
    int code = 0;
    chosen.only = split(file_and_test, path, sizeof(path));
    bool ended_well = run(path, &chosen, wall_seconds, &results);
    for (size_t i = 0; i < results.count; i++) {
        result_t *result = &results.result[i];
        print(path, result, results.count > 1, shown == 0);
        if (result->status != RESULT_SKIPPED) {
            shown++;
            code = (int)result->status > code ? (int)result->status : code;
        }
        result_fini(result);
    }
    free(results.result);
    if (!ended_well) {
        fprintf(stderr, "%s: the process that loads it crashed\n", path);
        return EXIT_CRASHED;
    }
    if (results.count == 0)
        fprintf(stderr, "%s: there is no test in it\n", path);
    return shown == 0 ? EXIT_NOTHING : code;
}
