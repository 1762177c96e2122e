/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Results for other programs: JUnit's XML, in its strict form (what Ant writes), which tools
 * for other forms accept, too. A file of scenarios is a suite.
 *
 * Times are virtual and the date is that of virtual time 0, so that the same run gives the same
 * bytes.
 */
#include "sim/base/text.h"

#include "sim/base/must.h"
#include "sim/base/visible.h"
#include "sim/run/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DATE "2009-06-16T15:30:00"

/* A suite, until its counts are known. */
typedef struct suite {
    char *path;
    size_t counts[RESULT_SKIPPED + 1];
    uint64_t time_us;
    FILE *cases;
    char *text;
    size_t size;
    spool_t *timelines;
    int error; /* why a timeline could not be kept, or 0 */
    size_t id;
} suite_t;

static void put_escaped(FILE *out, const char *text)
{
    char *clean = visible_text(text);
    for (const char *at = clean; *at != '\0'; at++) {
        static const char special[] = "<>&\"\n";
        static const char *const names[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#10;"};
        const char *found = strchr(special, *at);
        if (found != NULL)
            fputs(names[found - special], out);
        else
            fputc(*at, out);
    }
    free(clean);
}

/* Writes the text of an element, with its lines unchanged. */
static void put_content(FILE *out, const char *text)
{
    char *clean = visible_text(text);
    for (const char *at = clean; *at != '\0'; at++) {
        if (*at == '<')
            fputs("&lt;", out);
        else if (*at == '>')
            fputs("&gt;", out);
        else if (*at == '&')
            fputs("&amp;", out);
        else
            fputc(*at, out);
    }
    free(clean);
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    put_escaped(out, value);
    fputc('"', out);
}

/* ---- suites ---- */

static void begin(report_t *report)
{
    report->state = must_calloc(1, sizeof(suite_t));
    fprintf(report->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
}

static void begin_suite(suite_t *suite, const char *path)
{
    *suite = (suite_t){.path = text_copy(path), .id = suite->id};
    suite->cases = text_open(&suite->text, &suite->size);
    suite->timelines = spool_create();
}

/* The strict form allows timelines only in the suite, so each is written after its test's name. */
static void add_timeline(suite_t *suite, const result_t *result)
{
    spool_t *to = suite->timelines;
    bool added = spool_put(to, result->name, strlen(result->name)) && spool_put(to, "\n", 1) &&
                 spool_add(to, result->trace) && spool_put(to, "\n", 1);
    if (!added)
        suite->error = errno;
}

static void put_line(void *out, const char *text, size_t length)
{
    (void)length;
    put_content(out, text);
    fputc('\n', out);
}

static void put_timelines(FILE *out, const suite_t *suite)
{
    if (spool_size(suite->timelines) == 0) {
        fprintf(out, "    <system-out/>\n");
        return;
    }
    fprintf(out, "    <system-out>");
    spool_lines(suite->timelines, put_line, out);
    if (suite->error != 0)
        fprintf(out, "(more could not be kept: %s)\n", strerror(suite->error));
    fprintf(out, "</system-out>\n");
}

static void end_suite(const report_t *report, suite_t *suite)
{
    FILE *out = report->out;
    if (suite->path == NULL)
        return;
    fclose(suite->cases);
    const size_t *counts = suite->counts;
    fprintf(out, "  <testsuite");
    put_attribute(out, "name", suite->path);
    fprintf(out, " package=\"lo0sim\" id=\"%zu\" hostname=\"localhost\" timestamp=\"" DATE "\"",
            suite->id++);
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.6f\">\n",
            counts[RESULT_PASSED] + counts[RESULT_FAILED] + counts[RESULT_MISTAKE] +
                counts[RESULT_CRASHED] + counts[RESULT_SKIPPED],
            counts[RESULT_FAILED], counts[RESULT_MISTAKE] + counts[RESULT_CRASHED],
            counts[RESULT_SKIPPED], (double)suite->time_us / 1e6);
    fprintf(out, "    <properties/>\n");
    fwrite(suite->text, 1, suite->size, out);
    put_timelines(out, suite);
    fprintf(out, "    <system-err/>\n  </testsuite>\n");
    free(suite->text);
    spool_free(suite->timelines);
    free(suite->path);
    suite->path = NULL;
}

/* ---- cases ---- */

/* The first line is the message; all of it is the text. */
static void put_failure(FILE *out, const char *path, const result_t *result)
{
    const char *element = result->status == RESULT_FAILED ? "failure" : "error";
    char *first = must_strndup(result->report, strcspn(result->report, "\n"));
    fprintf(out, "      <%s type=\"%s\"", element, result_status_word(result->status));
    put_attribute(out, "message", first);
    fputc('>', out);
    free(first);
    if (result->line > 0) {
        put_content(out, path);
        fprintf(out, ":%d\n", result->line);
    }
    put_content(out, result->report);
    fprintf(out, "</%s>\n", element);
}

/* A class is the file without its ending: readers take the part after a dot for the class' name. */
static void put_classname(FILE *out, const char *path)
{
    size_t length = strlen(path);
    bool script = length > 4 && strcmp(path + length - 4, ".lua") == 0;
    char *name = must_strndup(path, script ? length - 4 : length);
    put_attribute(out, "classname", name);
    free(name);
}

static void put_case(const report_t *report, const suite_t *suite, const result_t *result)
{
    FILE *out = suite->cases;
    bool would_run = report->dry && result->status == RESULT_PASSED;
    fprintf(out, "    <testcase");
    put_attribute(out, "name", result->name[0] != '\0' ? result->name : "(the file)");
    put_classname(out, suite->path);
    fprintf(out, " time=\"%.6f\"", (double)result->now_us / 1e6);
    if (result->status == RESULT_PASSED && !would_run) {
        fprintf(out, "/>\n");
        return;
    }
    fprintf(out, ">\n");
    if (would_run || result->status == RESULT_SKIPPED)
        fprintf(out, "      <skipped/>\n");
    else
        put_failure(out, suite->path, result);
    fprintf(out, "    </testcase>\n");
}

static void put_result(report_t *report, const char *path, const result_t *result)
{
    suite_t *suite = report->state;
    if (suite->path == NULL || strcmp(suite->path, path) != 0) {
        end_suite(report, suite);
        begin_suite(suite, path);
    }
    bool would_run = report->dry && result->status == RESULT_PASSED;
    suite->counts[would_run ? RESULT_SKIPPED : result->status]++;
    suite->time_us += result->now_us;
    put_case(report, suite, result);
    if (report->verbose && spool_size(result->trace) > 0)
        add_timeline(suite, result);
}

static void end(report_t *report, const report_summary_t *summary)
{
    (void)summary;
    end_suite(report, report->state);
    fprintf(report->out, "</testsuites>\n");
    free(report->state);
}

const report_format_t report_junit = {
    .name = "junit", .begin = begin, .result = put_result, .end = end};
