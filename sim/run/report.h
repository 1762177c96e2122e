/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Results for people and for other programs: one stream, in one of several formats.
 */
#ifndef LO0SIM_SIM_RUN_REPORT_H
#define LO0SIM_SIM_RUN_REPORT_H

#include "sim/core/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct report_format report_format_t;

/* The width of the lines of results if no width is known. */
#define REPORT_WIDTH 92

/* Timelines and reports fit into this width: with less room their lines are broken again. */
#define REPORT_NARROW 100

typedef struct report {
    const report_format_t *format;
    FILE *out;
    bool verbose; /* timelines, too */
    bool quiet;   /* only what failed */
    bool color;
    size_t width;       /* of pretty's lines; 0: no width is known */
    bool dry;           /* nothing was run: "passed" means that it would be run */
    size_t tests;       /* so far, with files that could not be loaded */
    const char *repeat; /* the command that runs a test again, up to its name; NULL: unknown */
    char *failed;       /* the tests that failed, a command for each in a line; NULL: none yet */
    void *state;        /* the format's own */
} report_t;

/* Whether the lines of timelines and reports must be broken again: a timeline is then in
 * result_t.output. */
bool report_is_narrow(const report_t *report);

/* The totals, known after the last result. */
typedef struct report_summary {
    size_t counts[RESULT_SKIPPED + 1]; /* with files that could not be loaded */
    bool stopped;                      /* by --exitfirst: there can be more tests */
    int signal;                        /* the signal that ended the run, or 0 */
    int code;                          /* the exit code */
} report_summary_t;

struct report_format {
    const char *name;
    void (*begin)(report_t *report);
    /* One result, in order. Without a name it stands for a file that could not be loaded. */
    void (*result)(report_t *report, const char *path, const result_t *result);
    void (*end)(report_t *report, const report_summary_t *summary);
};

/* pretty, tap, junit, json; and list, the names that --list prints. */
extern const report_format_t report_pretty, report_tap, report_junit, report_json, report_list;

/* => Returns NULL if users cannot choose such a format. */
const report_format_t *report_find(const char *name);
extern const char *const report_names[]; /* those that users can choose; NULL after the last */

/* Begins, continues and ends what is written to report->out. Between the calls the caller can write
 * there only in the format's own form. */
void report_begin(report_t *report);
void report_result(report_t *report, const char *path, const result_t *result);
void report_end(report_t *report, const report_summary_t *summary);

/* The number of failures, mistakes and crashes. */
size_t report_failures(const report_summary_t *summary);

/* Calls `line` with each line of a text, without its end. */
void report_lines(FILE *out, const char *text,
                  void (*line)(FILE *out, const char *text, size_t length));

#endif
