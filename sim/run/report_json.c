/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Results for other programs: one JSON document (docs/running.md).
 */
#include "sim/base/visible.h"

#include "sim/base/must.h"
#include "sim/run/report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_JSON_VERSION 1

static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(object, key, value) != 0)
        must_end();
}

static void put_text(json_t *object, const char *key, const char *text)
{
    char *clean = visible_text(text);
    put(object, key, json_string_nocheck(clean));
    free(clean);
}

static json_t *list_of_words(const char *words)
{
    json_t *list = json_array();
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        char *word = strndup(words, length);
        char *clean = visible_text(word);
        json_array_append_new(list, json_string_nocheck(clean));
        free(clean);
        free(word);
        words += length + (words[length] == ' ');
    }
    return list;
}

static void begin(report_t *report)
{
    report->state = json_array();
    if (report->state == NULL)
        must_end();
}

static void put_result(report_t *report, const char *path, const result_t *result)
{
    json_t *object = json_object();
    bool would_run = report->dry && result->status == RESULT_PASSED;
    put_text(object, "file", path);
    put(object, "test", json_null());
    if (result->name[0] != '\0') {
        put_text(object, "test", result->name);
        put(object, "line", json_integer(result->line));
        put(object, "tags", list_of_words(result->tags));
    }
    put_text(object, "status", would_run ? "would run" : result_status_word(result->status));
    put(object, "time_us", json_integer((json_int_t)result->now_us));
    put_text(object, "report", result->report);
    if (report->verbose && result->trace[0] != '\0')
        put_text(object, "timeline", result->trace);
    json_array_append_new(report->state, object);
}

static void end(report_t *report, const report_summary_t *summary)
{
    json_t *document = json_object(), *counts = json_object();
    put(document, "version", json_integer(REPORT_JSON_VERSION));
    put(document, "results", report->state);
    for (int i = RESULT_PASSED; i <= RESULT_SKIPPED; i++) {
        const char *key = report->dry && i == RESULT_PASSED
                              ? "would run"
                              : result_status_word((result_status_t)i);
        put(counts, key, json_integer((json_int_t)summary->counts[i]));
    }
    put(document, "counts", counts);
    put(document, "stopped", json_boolean(summary->stopped));
    put(document, "exit", json_integer(summary->code));
    json_dumpf(document, report->out, JSON_INDENT(2));
    fputc('\n', report->out);
    json_decref(document);
}

const report_format_t report_json = {
    .name = "json", .begin = begin, .result = put_result, .end = end};
