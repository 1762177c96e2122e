/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Walking: where we are, the breakpoints, and other ways.
 */
#include "sim/shell/step_impl.h"

#include "sim/base/color.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/nearest.h"
#include "sim/base/visible.h"
#include "sim/core/trace_station.h"
#include "sim/shell/line_reader.h"
#include "sim/shell/step_line.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void mistake(walk_t *walk, const char *format, ...)
{
    va_list args;
    fflush(stdout);
    walk->mistaken = true;
    fprintf(stderr, "line %lu: ", walk->line_number);
    va_start(args, format);
    char *said = must_vasprintf(format, args);
    va_end(args);
    visible_printf(stderr, "%s\n", said);
    free(said);
}

/* ---- breakpoints ---- */

/* Both the name of the hooks that an event belongs to and the name of a hook are stations. */
static bool is_station(const trace_event_t *event, const char *word)
{
    const char *more[2] = {NULL, NULL};
    if (event->station == TRACE_HOOK) {
        more[0] = event->hook.event;
        more[1] = event->hook.name;
    } else if (event->station == TRACE_HOOKS_END) {
        more[0] = event->hooks_end.event;
    }
    return strcmp(trace_station_name(event), word) == 0 ||
           (more[0] != NULL && strcmp(more[0], word) == 0) ||
           (more[1] != NULL && strcmp(more[1], word) == 0);
}

static bool is_rule(const trace_event_t *event, const step_point_t *point)
{
    bool by_rule = event->station == TRACE_FR_FIREWALL || event->station == TRACE_FR_CHECKSTATE ||
                   event->station == TRACE_FR_KNOWNFRAG;
    return by_rule && event->rule.number == (int)point->rule &&
           strcmp(event->rule.group, point->word) == 0;
}

static bool is_at(const walk_t *walk, size_t index, const step_point_t *point)
{
    const trace_event_t *event = recording_at(walk->recording, index)->event;
    if (point->kind == STEP_AT_STATION)
        return is_station(event, point->word);
    if (point->kind == STEP_AT_RULE)
        return is_rule(event, point);
    bool before =
        index == 0 || recording_at(walk->recording, index - 1)->event->time_us < point->us;
    return before && event->time_us >= point->us;
}

/* The breakpoint that stops at an event, from 1; 0: none. */
static size_t point_at(const walk_t *walk, size_t index)
{
    for (size_t i = 0; i < walk->point_count; i++) {
        if (is_at(walk, index, &walk->points[i]))
            return i + 1;
    }
    return 0;
}

static void put_point(const step_point_t *point)
{
    if (point->kind == STEP_AT_STATION)
        printf("%s", point->word);
    else if (point->kind == STEP_AT_RULE)
        printf("@%s:%u", point->word, point->rule);
    else
        printf("%.6f s", (double)point->us / 1e6);
}

static void list_points(const walk_t *walk)
{
    if (walk->point_count == 0)
        printf("no breakpoints\n");
    for (size_t i = 0; i < walk->point_count; i++) {
        size_t times = 0;
        for (size_t at = 0; at < walk->count; at++)
            times += is_at(walk, at, &walk->points[i]);
        printf("%3zu  ", i + 1);
        put_point(&walk->points[i]);
        printf(", %zu event%s\n", times, times == 1 ? "" : "s");
    }
}

/* The names of all stations of the run, each once; the caller frees the array. */
static const char **station_names(const walk_t *walk, size_t *count)
{
    const char **names = must_calloc(walk->count, sizeof(*names));
    *count = 0;
    for (size_t at = 0; at < walk->count; at++) {
        const char *name = trace_station_name(recording_at(walk->recording, at)->event);
        size_t i = 0;
        while (i < *count && name != NULL && strcmp(names[i], name) != 0)
            i++;
        if (i == *count && name != NULL)
            names[(*count)++] = name;
    }
    return names;
}

static void no_such_event(walk_t *walk, const step_point_t *point)
{
    size_t count;
    if (point->kind == STEP_AT_RULE) {
        mistake(walk, "no packet of this run meets the rule @%s:%u", point->word, point->rule);
        return;
    }
    if (point->kind == STEP_AT_TIME) {
        mistake(walk, "this run ends before %.6f s", (double)point->us / 1e6);
        return;
    }
    const char **names = station_names(walk, &count);
    const char *near = nearest(point->word, names, count);
    if (near != NULL)
        mistake(walk, "no event of this run is at '%s'; did you mean '%s'?", point->word, near);
    else
        mistake(walk, "no event of this run is at '%s'; where shows the names of stations",
                point->word);
    free(names);
}

static void add_point(walk_t *walk, const step_point_t *point)
{
    bool found = false;
    for (size_t at = 0; at < walk->count && !found; at++)
        found = is_at(walk, at, point);
    if (!found) {
        no_such_event(walk, point);
    } else if (walk->point_count == POINTS_MAX) {
        mistake(walk, "no more breakpoints are possible; delete removes them");
    } else {
        walk->points[walk->point_count++] = *point;
        printf("breakpoint %zu at ", walk->point_count);
        put_point(point);
        printf("\n");
    }
}

static void delete_point(walk_t *walk, unsigned number)
{
    if (number == 0) {
        walk->point_count = 0;
    } else if (number > walk->point_count) {
        mistake(walk, "there is no breakpoint %u: list shows them", number);
    } else {
        memmove(&walk->points[number - 1], &walk->points[number],
                (walk->point_count - number) * sizeof(walk->points[0]));
        walk->point_count--;
    }
}

/* ---- moving ---- */

static void say_end(walk_t *walk)
{
    static const char *const words[] = {"passed", "failed", "ended with a mistake", "crashed",
                                        "was skipped"};
    const char *report = walk->result->report;
    walk->told = true;
    printf("the end: the test %s after %.3f s\n", words[walk->result->status],
           (double)walk->result->now_us / 1e6);
    if (walk->result->status == RESULT_PASSED)
        return;
    printf("%.*s\n", (int)strcspn(report, "\n"), report);
}

static void go_forward(walk_t *walk, unsigned count)
{
    size_t left = walk->count - 1 - walk->at;
    if (left == 0) {
        say_end(walk);
        return;
    }
    walk->at += count < left ? count : left;
    step_show(walk);
}

static void go_back(walk_t *walk, unsigned count)
{
    if (walk->at == 0) {
        printf("this is the first event\n");
        return;
    }
    walk->at -= count < walk->at ? count : walk->at;
    step_show(walk);
}

static void say_point(const walk_t *walk)
{
    size_t point = point_at(walk, walk->at);
    if (point == 0)
        return;
    printf("breakpoint %zu, ", point);
    put_point(&walk->points[point - 1]);
    printf("\n");
}

static void go_on(walk_t *walk)
{
    if (walk->at + 1 == walk->count) {
        say_end(walk);
        return;
    }
    do
        walk->at++;
    while (walk->at + 1 < walk->count && point_at(walk, walk->at) == 0);
    say_point(walk);
    step_show(walk);
}

static void go_on_back(walk_t *walk)
{
    if (walk->at == 0) {
        printf("this is the first event\n");
        return;
    }
    do
        walk->at--;
    while (walk->at > 0 && point_at(walk, walk->at) == 0);
    say_point(walk);
    step_show(walk);
}

static void go_to(walk_t *walk, uint64_t us)
{
    size_t at = 0;
    while (at < walk->count && recording_at(walk->recording, at)->event->time_us < us)
        at++;
    if (at == walk->count) {
        mistake(walk, "this run ends before %.6f s", (double)us / 1e6);
        return;
    }
    walk->at = at;
    step_show(walk);
}

/* ---- another way ---- */

static void take_way(walk_t *walk, const step_way_t *way, size_t at)
{
    walk->recording = way->recording;
    walk->result = way->result;
    walk->count = recording_count(way->recording);
    walk->at = at;
    walk->told = false;
    step_show(walk);
}

static void go_another_way(walk_t *walk, const char *what, uint64_t us)
{
    const char *faults[STEP_WAYS_MAX];
    left_way_t *left = &walk->left[walk->left_count];
    step_way_t way;
    if (walk->left_count == STEP_WAYS_MAX) {
        mistake(walk, "no more faults are possible; undo takes the last one back");
        return;
    }
    if (!step_way_fault(here(walk)->event, what, us, left->fault)) {
        mistake(walk, "this event is about no packet");
        return;
    }
    left->way = (step_way_t){.recording = walk->recording, .result = walk->result};
    left->at = walk->at;
    for (size_t i = 0; i <= walk->left_count; i++)
        faults[i] = walk->left[i].fault;
    if (!walk->another(walk->another_arg, faults, walk->left_count + 1, &way)) {
        walk->mistaken = true;
        return;
    }
    walk->left_count++;
    printf("another way: %s\n", left->fault);
    take_way(walk, &way, step_way_parts(walk->recording, way.recording));
}

static void undo(walk_t *walk)
{
    if (walk->left_count == 0) {
        mistake(walk, "this is the way that the test went");
        return;
    }
    const left_way_t *left = &walk->left[--walk->left_count];
    printf("without: %s\n", left->fault);
    take_way(walk, &left->way, left->at);
}

/* ---- the loop ---- */

static void do_line(walk_t *walk, const step_line_t *line)
{
    switch (line->verb) {
    case STEP_NEXT:
        go_forward(walk, line->count);
        break;
    case STEP_BACK:
        go_back(walk, line->count);
        break;
    case STEP_CONTINUE:
        go_on(walk);
        break;
    case STEP_REVERSE:
        go_on_back(walk);
        break;
    case STEP_TO:
        go_to(walk, line->us);
        break;
    case STEP_BREAK:
        add_point(walk, &line->point);
        break;
    case STEP_DELETE:
        delete_point(walk, line->count);
        break;
    case STEP_LIST:
        list_points(walk);
        break;
    case STEP_PACKET:
        step_show_packet(walk);
        break;
    case STEP_RULES:
        step_put_lines(walk, here(walk)->rules, NULL, true);
        break;
    case STEP_ENDPOINTS:
        step_put_lines(walk, here(walk)->endpoints, NULL, true);
        break;
    case STEP_WHERE:
        step_show_where(walk);
        break;
    case STEP_LOST:
        go_another_way(walk, "drop", 0);
        break;
    case STEP_DOUBLED:
        go_another_way(walk, "duplicate", 0);
        break;
    case STEP_DELAYED:
        go_another_way(walk, "delay", line->us);
        break;
    case STEP_UNDO:
        undo(walk);
        break;
    case STEP_HELP:
        step_help(stdout);
        break;
    case STEP_QUIT:
        walk->over = true;
        break;
    default:
        break;
    }
}

static bool moves(step_verb_t verb)
{
    return verb == STEP_NEXT || verb == STEP_BACK || verb == STEP_CONTINUE || verb == STEP_REVERSE;
}

static void take_line(walk_t *walk, const char *text, size_t length)
{
    char error[300];
    step_line_t line;
    if (!step_line_parse(text, length, &line, error, sizeof(error))) {
        mistake(walk, "%s", error);
        return;
    }
    if (line.verb == STEP_AGAIN)
        line = walk->last;
    else if (moves(line.verb))
        walk->last = line;
    do_line(walk, &line);
}

static void loop(walk_t *walk)
{
    char prompt[80];
    const char *text;
    size_t length;
    step_show(walk);
    while (!walk->over) {
        snprintf(prompt, sizeof(prompt), "%.3f s, %zu of %zu> ",
                 (double)here(walk)->event->time_us / 1e6, walk->at + 1, walk->count);
        fflush(stdout);
        walk->line_number++;
        text = line_reader_next(walk->reader, prompt, &length);
        if (text == NULL)
            break;
        take_line(walk, text, length);
    }
    if (line_reader_error(walk->reader) != 0)
        mistake(walk, "standard input: %s", strerror(line_reader_error(walk->reader)));
    if (line_reader_is_terminal(walk->reader) && !walk->over)
        printf("\n"); /* after the prompt at which the end of input was typed */
}

/* The same codes as for `lo0sim run`, so that a script can use either; a wrong line is a mistake.
 */
static int exit_code(const walk_t *walk)
{
    bool wrong_line = walk->mistaken && !line_reader_is_terminal(walk->reader);
    int code = (int)walk->result->status;
    return wrong_line && code < EXIT_MISTAKE ? EXIT_MISTAKE : code;
}

int step_walk(const step_way_t *first, step_another_t another, void *arg)
{
    walk_t *walk = calloc(1, sizeof(*walk));
    if (walk == NULL ||
        (walk->reader = line_reader_create("lo0sim", "step-history", step_line_complete)) == NULL)
        must_end();
    walk->recording = first->recording;
    walk->result = first->result;
    walk->another = another;
    walk->another_arg = arg;
    walk->count = recording_count(first->recording);
    walk->color = color_wanted(stdout, COLOR_AUTO);
    walk->last = (step_line_t){.verb = STEP_NEXT, .count = 1};
    if (walk->count > 0)
        loop(walk);
    else
        printf("nothing happened in this run\n");
    /* The user should know the reason for the exit code. */
    if (!walk->told && (walk->count == 0 || walk->result->status != RESULT_PASSED))
        say_end(walk);
    int code = exit_code(walk);
    line_reader_destroy(walk->reader);
    free(walk);
    return code;
}
