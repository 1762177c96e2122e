/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Results for other programs, line by line: TAP, the Test Anything Protocol, version 13.
 */
#include "sim/base/visible.h"
#include "sim/run/report.h"

#include <stdlib.h>
#include <string.h>

static void begin(report_t *report)
{
    fprintf(report->out, "TAP version 13\n");
}

/* Writes a description: `#` and `\` have a meaning in TAP. */
static void put_escaped(FILE *out, const char *text)
{
    char *clean = visible_text(text);
    for (const char *at = clean; *at != '\0'; at++) {
        if (*at == '#' || *at == '\\')
            fputc('\\', out);
        fputc(*at, out);
    }
    free(clean);
}

static void literal(FILE *out, const char *text, size_t length)
{
    fprintf(out, length > 0 ? "    %.*s\n" : "%.*s\n", (int)length, text);
}

/* YAML: a block of the literal style takes the lines as they are. Its first line says how far it is
 * indented and must not begin with a blank, so a timeline has `title` above it. */
static void put_text(FILE *out, const char *key, const char *title, const char *text)
{
    if (text[0] == '\0')
        return;
    char *clean = visible_text(text);
    fprintf(out, "  %s: |\n", key);
    if (clean[0] == ' ' || clean[0] == '\n')
        fprintf(out, "    %s\n", title);
    report_lines(out, clean, literal);
    free(clean);
}

static void put_line(void *out, const char *text, size_t length)
{
    (void)length;
    char *clean = visible_line(text);
    literal(out, clean, strlen(clean));
    free(clean);
}

static void put_diagnosis(const report_t *report, const result_t *result)
{
    FILE *out = report->out;
    fprintf(out, "  ---\n  status: %s\n  line: %d\n  time_us: %llu\n",
            result_status_word(result->status), result->line, (unsigned long long)result->now_us);
    put_text(out, "message", "message:", result->report);
    if (report->verbose && spool_size(result->trace) > 0) {
        fprintf(out, "  timeline: |\n    timeline:\n");
        spool_lines(result->trace, put_line, out);
    }
    fprintf(out, "  ...\n");
}

static void put_result(report_t *report, const char *path, const result_t *result)
{
    bool skipped = result->status == RESULT_SKIPPED;
    bool passed = result->status == RESULT_PASSED;
    fprintf(report->out, "%s %zu - ", skipped || passed ? "ok" : "not ok", report->tests);
    put_escaped(report->out, path);
    if (result->name[0] != '\0') {
        fputc(':', report->out);
        put_escaped(report->out, result->name);
    }
    if (skipped || (passed && report->dry)) {
        fprintf(report->out, " # SKIP ");
        put_escaped(report->out, skipped ? result->report : "would be run");
    }
    fputc('\n', report->out);
    if (!skipped && (!passed || (report->verbose && spool_size(result->trace) > 0)))
        put_diagnosis(report, result);
}

static void end(report_t *report, const report_summary_t *summary)
{
    if (summary->stopped)
        fprintf(report->out, summary->signal != 0 ? "Bail out! ended by a signal\n"
                                                  : "# ended at the first failure\n");
    fprintf(report->out, "1..%zu\n", report->tests);
}

const report_format_t report_tap = {
    .name = "tap", .begin = begin, .result = put_result, .end = end};
