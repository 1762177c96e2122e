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

/* ---- the document, as it comes ---- */

/* The indentation of each result in the document. */
#define INDENT "    "

/* Writes a part of a dump, indented to its depth in the document. */
static void put_indented(FILE *out, const char *dump, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        fputc(dump[i], out);
        if (dump[i] == '\n')
            fputs(INDENT, out);
    }
}

static void put_line(void *out, const char *text, size_t length)
{
    char *clean = visible_line(text);
    (void)length;
    for (const char *at = clean; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            fputc('\\', out);
        fputc(*at, out);
    }
    fputs("\\n", out);
    free(clean);
}

/* The last key of a result, since it can be too long for memory. */
static void put_timeline(FILE *out, const spool_t *trace)
{
    fprintf(out, ",\n" INDENT "  \"timeline\": \"");
    spool_lines(trace, put_line, out);
    fputc('"', out);
}

static void put_object(const report_t *report, const json_t *object, const spool_t *timeline)
{
    FILE *out = report->out;
    char *dump = must_have(json_dumps(object, JSON_INDENT(2)));
    size_t length = strlen(dump) - strlen("\n}");
    fprintf(out, "%s\n" INDENT, report->tests > 1 ? "," : "");
    put_indented(out, dump, length);
    if (spool_size(timeline) > 0)
        put_timeline(out, timeline);
    fprintf(out, "\n" INDENT "}");
    free(dump);
}

static void begin(report_t *report)
{
    fprintf(report->out, "{\n  \"version\": %d,\n  \"results\": [", REPORT_JSON_VERSION);
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
    put_object(report, object, report->verbose ? result->trace : NULL);
    json_decref(object);
}

static void end(report_t *report, const report_summary_t *summary)
{
    FILE *out = report->out;
    fprintf(out, report->tests > 0 ? "\n  ],\n  \"counts\": {\n" : "],\n  \"counts\": {\n");
    for (int i = RESULT_PASSED; i <= RESULT_SKIPPED; i++) {
        const char *key = report->dry && i == RESULT_PASSED
                              ? "would run"
                              : result_status_word((result_status_t)i);
        fprintf(out, "    \"%s\": %zu%s\n", key, summary->counts[i], i < RESULT_SKIPPED ? "," : "");
    }
    fprintf(out, "  },\n  \"stopped\": %s,\n  \"exit\": %d\n}\n",
            summary->stopped ? "true" : "false", summary->code);
}

const report_format_t report_json = {
    .name = "json", .begin = begin, .result = put_result, .end = end};
