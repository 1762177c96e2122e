/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A test's counts are passed on as lines: how often a rule matched, its line, where it was loaded
 * from, and the rule, separated by tabs. Names are visible, so no tab is in them.
 */
#include "sim/run/rule_coverage.h"

#include "sim/base/must.h"
#include "sim/base/visible.h"
#include "sim/base/wrap.h"
#include "sim/script/script_file.h"

#include "filter/ipf_rule.h"
#include "filter/ipfstat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- in the test's process ---- */

typedef struct counting {
    box_t *box;
    const char *script;
    char *source; /* where the present rules were loaded from; NULL: no rules */
    FILE *out;
} counting_t;

static void write_rule(void *arg, const frentry_t *fr)
{
    const counting_t *counting = arg;
    char text[IPF_RULE_TEXT_MAX];
    ipf_rule_text(fr, text, sizeof(text));
    fprintf(counting->out, "%" PRIu64 "\t%d\t%s\t%s\n", fr->fr_hits, fr->fr_line, counting->source,
            text);
}

/* The present rules are about to be removed, or the test has ended. */
static void leave(void *arg)
{
    counting_t *counting = arg;
    if (counting->source != NULL)
        ipfstat_each_rule(counting->box->ifs, write_rule, counting);
    free(counting->source);
    counting->source = NULL;
}

/* A script names its files from its own folder. */
static void on_event(void *arg, const trace_event_t *event)
{
    counting_t *counting = arg;
    char path[PATH_MAX_TEXT], why[PATH_MAX_TEXT + 200];
    bool adds = event->call.verb == TRACE_VERB_IPF_ADD && counting->source == NULL;
    if (event->station != TRACE_CALL || (event->call.verb != TRACE_VERB_FILTER && !adds))
        return;
    const char *name = event->call.name, *source = counting->script;
    if (name != NULL &&
        script_file_beside(counting->script, name, path, sizeof(path), why, sizeof(why)))
        source = path;
    free(counting->source);
    counting->source = visible_line(source);
}

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    (void)self;
    counting_t *counting = must_malloc(sizeof(*counting));
    *counting = (counting_t){.box = box, .script = test->path, .out = out};
    ipf_set_leave(box->ifs, leave, counting);
    trace_add_sink(box->trace, on_event, counting);
    return counting;
}

static void end(void *seen, const result_t *result)
{
    counting_t *counting = seen;
    (void)result;
    ipf_set_leave(counting->box->ifs, NULL, NULL);
    free(counting->source);
    free(counting);
}

observer_t rule_coverage_observer(void)
{
    return (observer_t){.option = "--rule-coverage",
                        .place = OBSERVER_COVERAGE,
                        .begin = begin,
                        .look = leave,
                        .end = end};
}

/* ---- in the run ---- */

typedef struct rule {
    int line; /* 0: it is in a script */
    char *text;
    uint64_t hits;
    char **tests; /* that reached it */
    size_t test_count;
} rule_t;

/* A file of rules, or a script with rules. */
typedef struct source {
    char *name;
    bool is_script;
    rule_t *rules;
    size_t count;
} source_t;

struct rule_coverage {
    source_t *sources;
    size_t count;
};

rule_coverage_t *rule_coverage_create(void)
{
    return must_calloc(1, sizeof(rule_coverage_t));
}

static void source_fini(source_t *source)
{
    for (size_t i = 0; i < source->count; i++) {
        rule_t *rule = &source->rules[i];
        for (size_t k = 0; k < rule->test_count; k++)
            free(rule->tests[k]);
        free(rule->tests);
        free(rule->text);
    }
    free(source->rules);
    free(source->name);
}

void rule_coverage_destroy(rule_coverage_t *coverage)
{
    if (coverage == NULL)
        return;
    for (size_t i = 0; i < coverage->count; i++)
        source_fini(&coverage->sources[i]);
    free(coverage->sources);
    free(coverage);
}

static source_t *find_source(rule_coverage_t *coverage, const char *name, size_t length)
{
    for (size_t i = 0; i < coverage->count; i++) {
        source_t *source = &coverage->sources[i];
        if (strlen(source->name) == length && memcmp(source->name, name, length) == 0)
            return source;
    }
    coverage->sources =
        must_realloc(coverage->sources, (coverage->count + 1) * sizeof(*coverage->sources));
    source_t *source = &coverage->sources[coverage->count++];
    *source = (source_t){.name = must_strndup(name, length)};
    return source;
}

/* Finds a rule, or adds it, among those of its source, which are in the order of their lines. Rules
 * of a script keep the order in which they were loaded. */
static rule_t *find_rule(source_t *source, int line, const char *text, size_t length)
{
    size_t at = 0;
    for (; at < source->count && source->rules[at].line <= line; at++) {
        rule_t *rule = &source->rules[at];
        if (rule->line == line && strlen(rule->text) == length &&
            memcmp(rule->text, text, length) == 0)
            return rule;
    }
    source->rules = must_realloc(source->rules, (source->count + 1) * sizeof(rule_t));
    memmove(&source->rules[at + 1], &source->rules[at], (source->count - at) * sizeof(rule_t));
    source->rules[at] = (rule_t){.line = line, .text = must_strndup(text, length)};
    source->count++;
    return &source->rules[at];
}

static void add_test(rule_t *rule, const char *path, const char *test)
{
    char *name = must_asprintf("%s:%s", path, test);
    char *last = rule->test_count > 0 ? rule->tests[rule->test_count - 1] : NULL;
    if (last != NULL && strcmp(last, name) == 0) {
        free(name); /* it loaded the rule twice */
        return;
    }
    rule->tests = must_realloc(rule->tests, (rule->test_count + 1) * sizeof(char *));
    rule->tests[rule->test_count++] = name;
}

void rule_coverage_add(rule_coverage_t *coverage, const char *path, const char *test,
                       const char *text)
{
    char *script = visible_line(path);
    for (const char *at = text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        char *next;
        uint64_t hits = strtoull(at, &next, 10);
        int line = (int)strtol(next + 1, &next, 10);
        const char *name = next + 1, *tab = strchr(name, '\t');
        source_t *source = find_source(coverage, name, (size_t)(tab - name));
        source->is_script = strcmp(source->name, script) == 0;
        rule_t *rule =
            find_rule(source, source->is_script ? 0 : line, tab + 1, (size_t)(end - tab - 1));
        rule->hits += hits;
        if (hits > 0)
            add_test(rule, path, test);
    }
    free(script);
}

/* ---- the list ---- */

#define TIMES 9  /* columns for how often */
#define PLACE 11 /* and for the line, which a script's rules have not */

static void write_rule_head(FILE *out, const rule_t *rule)
{
    char times[32] = "no test", place[32] = "";
    if (rule->hits > 0)
        snprintf(times, sizeof(times), "%" PRIu64 " times", rule->hits);
    if (rule->hits == 1)
        snprintf(times, sizeof(times), "once");
    if (rule->line > 0) {
        snprintf(place, sizeof(place), "line %d", rule->line);
        fprintf(out, "  %-*s", PLACE - 2, place);
    }
    fprintf(out, "%*s  ", TIMES, times);
}

static void write_one(FILE *out, const source_t *source, const rule_t *rule, size_t width)
{
    size_t column = TIMES + 2 + (source->is_script ? 0 : PLACE);
    write_rule_head(out, rule);
    wrap_print(out, rule->text, column, column, width);
    for (size_t i = 0; i < rule->test_count; i++) {
        char *test = visible_line(rule->tests[i]);
        const char *shown = source->is_script ? test + strlen(source->name) + 1 : test;
        fprintf(out, "%*s- ", (int)column, "");
        wrap_print(out, shown, column + 2, column + 2, width);
        free(test);
    }
}

void rule_coverage_write(const rule_coverage_t *coverage, FILE *out, size_t width)
{
    if (coverage->count == 0)
        fprintf(out, "\nrule coverage: no test loaded a rule\n");
    for (size_t i = 0; i < coverage->count; i++) {
        const source_t *source = &coverage->sources[i];
        size_t reached = 0;
        for (size_t k = 0; k < source->count; k++)
            reached += source->rules[k].hits > 0;
        fprintf(out, "\n%s%s: %zu of %zu rules reached\n", source->is_script ? "rules in " : "",
                source->name, reached, source->count);
        for (size_t k = 0; k < source->count; k++)
            write_one(out, source, &source->rules[k], width);
    }
}
