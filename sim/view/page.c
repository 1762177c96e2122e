/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The page: records a run's events beside its ladder, and writes both as JSON into the page.
 */
#include "sim/view/page.h"

#include "sim/base/digits.h"
#include "sim/base/errno_name.h"
#include "sim/base/json_text.h"
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/core/era.h"
#include "sim/core/trace_station.h"
#include "sim/packet/packet_diff.h"
#include "sim/packet/packet_text.h"
#include "sim/view/ladder.h"
#include "sim/view/page_files.h"
#include "sim/view/page_rules.h"
#include "sim/view/page_texts.h"
#include "sim/view/timeline.h"
#include "sim/view/who.h"
#include "sim/view/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* How many packets back equal bytes are looked for, so that each state of a packet is written
 * once. */
#define LOOK_BACK 8

/* What the page keeps of an event is counted as, besides its text, which a step has too. */
#define PER_EVENT 256

/* How many bytes of a packet a page shows: all headers, and the beginning of the data. */
#define PACKET_BYTES 160

typedef struct page_event {
    uint64_t time_us;
    char *station, *text;
    size_t step;
    size_t packet, before, rule; /* SIZE_MAX: none */
    uint32_t number;             /* of the packet, as faults name it; 0: it has none */
} page_event_t;

struct page_run {
    const box_t *box;
    ladder_t *ladder;
    page_event_t *events;
    size_t event_count;
    packet_copy_t **packets;
    size_t packet_count;
    size_t event_room, packet_room;
    page_rules_t rules;
    who_t *who;
    uint64_t held; /* of events and packets, in units */
    uint64_t left_out;
    char outcome[300];
    char by[WHO_MAX]; /* who caused it; can be "" */
    bool is_bad;
    bool has_call; /* the outcome is a call's */
};

/* ---- recording ---- */

/* So a test cannot fill the memory with what is drawn of it. */
static bool is_full(const page_run_t *run)
{
    return run->event_count == PAGE_EVENTS_MAX || run->held + run->rules.held >= PAGE_UNITS_MAX;
}

static size_t keep_packet(page_run_t *run, packet_copy_t *copy)
{
    if (copy == NULL || copy->length == 0)
        return SIZE_MAX;
    for (size_t i = run->packet_count; i > 0 && i + LOOK_BACK > run->packet_count; i--) {
        if (packet_copy_is(run->packets[i - 1], copy->bytes, copy->length))
            return i - 1;
    }
    run->packets =
        must_grow(run->packets, &run->packet_room, run->packet_count + 1, sizeof(*run->packets));
    run->held += MEMORY_PER_PACKET + copy->length;
    run->packets[run->packet_count] = packet_copy_hold(copy);
    return run->packet_count++;
}

static packet_copy_t *before_of(const trace_event_t *event)
{
    bool rewrite = event->station == TRACE_FR_MAKE_RST || event->station == TRACE_FR_MAKE_ICMP;
    return rewrite ? event->rewrite.before : NULL;
}

static void record(page_run_t *run, const trace_event_t *event, size_t rule)
{
    char text[IPF_RULE_TEXT_MAX + 200];
    timeline_text(event, text, sizeof(text));
    run->events =
        must_grow(run->events, &run->event_room, run->event_count + 1, sizeof(*run->events));
    size_t steps = ladder_count(run->ladder);
    run->held += PER_EVENT + 2 * strlen(text);
    run->events[run->event_count++] =
        (page_event_t){.time_us = event->time_us,
                       .station = text_copy(trace_station_name(event)),
                       .text = text_copy(text),
                       .step = steps > 0 ? steps - 1 : 0,
                       .packet = keep_packet(run, trace_shown(event)),
                       .before = keep_packet(run, before_of(event)),
                       .rule = rule,
                       .number = event->host == NULL ? event->packet : 0};
}

/* The run's outcome: the last call that waited, or else the last endpoint's end. */
static void see_outcome(page_run_t *run, const trace_event_t *event)
{
    double now = (double)event->time_us / 1e6;
    char text[WORDS_MAX];
    if (event->station == TRACE_CALL && event->call.waits) {
        run->is_bad = event->call.error != 0 && event->call.error != ECONNREFUSED;
        run->has_call = true;
        snprintf(run->outcome, sizeof(run->outcome), "%.200s at %.3f s",
                 words_call_text(&event->call, text), now);
        who_answered_call(run->who, &event->call, run->by);
    } else if (event->host == NULL && !run->has_call &&
               (event->station == TRACE_ERRNO || event->station == TRACE_CONNECTED)) {
        bool failed = event->station == TRACE_ERRNO;
        run->is_bad = failed && event->end.error != ECONNREFUSED;
        snprintf(run->outcome, sizeof(run->outcome), "%s at %.3f s",
                 failed ? errno_name(event->end.error) : "connected", now);
        who_answered(run->who, NULL, event->end.error, run->by);
    }
}

static void on_event(void *arg, const trace_event_t *event)
{
    page_run_t *run = arg;
    bool full = is_full(run);
    bool quiet = event->station == TRACE_HOOKS_END && event->hooks_end.fate == IP_HOOK_FATE_NONE;
    if (!full)
        ladder_event(run->ladder, event);
    who_event(run->who, event);
    if (full)
        run->left_out += !quiet;
    else if (!quiet) /* something was eaten */
        record(run, event, page_rules_event(&run->rules, run->box, event));
    see_outcome(run, event);
}

page_run_t *page_run_create(box_t *box)
{
    page_run_t *run = calloc(1, sizeof(*run));
    if (run == NULL)
        return NULL;
    run->box = box;
    run->ladder = ladder_create();
    run->who = who_create();
    if (run->ladder == NULL || run->who == NULL) {
        ladder_destroy(run->ladder);
        who_destroy(run->who);
        free(run);
        return NULL;
    }
    trace_add_sink(box->trace, on_event, run);
    return run;
}

void page_run_destroy(page_run_t *run)
{
    if (run == NULL)
        return;
    for (size_t i = 0; i < run->event_count; i++) {
        free(run->events[i].station);
        free(run->events[i].text);
    }
    for (size_t i = 0; i < run->packet_count; i++)
        packet_copy_let_go(run->packets[i]);
    ladder_destroy(run->ladder);
    who_destroy(run->who);
    page_rules_fini(&run->rules);
    free(run->events);
    free(run->packets);
    free(run);
}

/* ---- JSON ---- */

static void key(FILE *out, const char *name, const char *text)
{
    fprintf(out, ",\"%s\":", name);
    put_json_string(out, text);
}

/* A column's index among the columns that are shown. */
static int place_of(const ladder_t *ladder, ladder_column_t column)
{
    int place = 0;
    for (int i = 0; i < (int)column; i++)
        place += ladder_shows(ladder, (ladder_column_t)i);
    return place;
}

static void write_columns(const ladder_t *ladder, FILE *out)
{
    const char *comma = "";
    fputs("\"columns\":[", out);
    for (int i = 0; i < LADDER_COLUMNS; i++) {
        char lines[2][LADDER_HEADING_MAX];
        if (!ladder_shows(ladder, (ladder_column_t)i))
            continue;
        ladder_heading(ladder, (ladder_column_t)i, 10, lines);
        fprintf(out, "%s[", comma);
        put_json_string(out, lines[0]);
        fputc(',', out);
        put_json_string(out, lines[1]);
        fputc(']', out);
        comma = ",";
    }
    fputs("]", out);
}

/* A table of numbers, row by row in one list. Most are as in the row before, or nearly; so each is
 * written as the difference from it, which takes fewer bytes. */
#define TABLE_COLUMNS_MAX 10
typedef struct table {
    FILE *out;
    size_t columns;
    uint64_t last[TABLE_COLUMNS_MAX];
    bool begun;
} table_t;

static table_t table_begin(const char *name, size_t columns, FILE *out)
{
    fprintf(out, ",\n\"%s\":[", name);
    return (table_t){.out = out, .columns = columns};
}

static void table_row(table_t *table, const uint64_t *values)
{
    char row[TABLE_COLUMNS_MAX * (DIGITS_MAX + 1)], *end = row;
    for (size_t i = 0; i < table->columns; i++) {
        if (i > 0)
            *end++ = ',';
        end += digits_signed(end, (int64_t)(values[i] - table->last[i]));
        table->last[i] = values[i];
    }
    fputs(table->begun ? ",\n" : "\n", table->out);
    fwrite(row, 1, (size_t)(end - row), table->out);
    table->begun = true;
}

static void table_end(const table_t *table)
{
    fputc(']', table->out);
}

/* A number that can be missing: 0 is that. */
static uint64_t or_none(size_t number)
{
    return number == SIZE_MAX ? 0 : (uint64_t)number + 1;
}

static uint64_t text_or_none(page_texts_t *texts, const char *text)
{
    return text == NULL ? 0 : (uint64_t)page_texts_number(texts, text) + 1;
}

/* Where the packet of a step was in between: 1 << each column that is shown. */
static uint64_t stops_of(const ladder_t *ladder, const ladder_step_t *step)
{
    uint64_t stops = 0;
    for (int i = 0; i < LADDER_COLUMNS; i++) {
        if ((step->stops & 1u << i) != 0 && i != (int)step->to)
            stops |= 1u << place_of(ladder, (ladder_column_t)i);
    }
    return stops;
}

/* => Returns each step's number among those that are shown; the caller frees it. */
static size_t *write_steps(const ladder_t *ladder, page_texts_t *texts, FILE *out)
{
    size_t count = ladder_count(ladder), shown = 0;
    size_t *numbers = must_calloc(count + 1, sizeof(*numbers));
    table_t table = table_begin("steps", 10, out);
    for (size_t i = 0; i < count; i++) {
        const ladder_step_t *step = ladder_step(ladder, i);
        numbers[i] = step->shown == i ? shown++ : numbers[step->shown];
        if (step->shown != i)
            continue;
        table_row(&table,
                  (uint64_t[]){step->kind, step->tone, step->time_us,
                               (uint64_t)place_of(ladder, step->from),
                               (uint64_t)place_of(ladder, step->to), stops_of(ladder, step),
                               text_or_none(texts, step->name), text_or_none(texts, step->ports),
                               text_or_none(texts, step->text), step->failed});
    }
    table_end(&table);
    return numbers;
}

/* The texts of a page's run: of all kinds, and those that are numbered by themselves. */
typedef struct page_words {
    page_texts_t texts;  /* of events, steps and packets */
    page_texts_t names;  /* of events: stations and processes, for the glossary */
    page_texts_t shapes; /* which fields packets have, and where, as JSON */
} page_words_t;

/* `numbers` are the steps', from write_steps(). */
static void write_events(const page_run_t *run, const size_t *numbers, page_words_t *words,
                         FILE *out)
{
    table_t table = table_begin("events", 8, out);
    for (size_t i = 0; i < run->event_count; i++) {
        const page_event_t *event = &run->events[i];
        table_row(&table, (uint64_t[]){event->time_us, numbers[event->step],
                                       page_texts_number(&words->names, event->station),
                                       page_texts_number(&words->texts, event->text),
                                       or_none(event->packet), event->number,
                                       or_none(event->before), or_none(event->rule)});
    }
    table_end(&table);
}

/* A shape: which fields a packet has, and where. Most packets of a run share one.
 * => Returns its number. */
static size_t shape_of(page_texts_t *shapes, const struct packet_change *fields, size_t count)
{
    char *text = NULL;
    size_t size;
    FILE *out = text_open(&text, &size);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ",[" : "[", out);
        digits_put(out, fields[i].offset);
        fputc(',', out);
        digits_put(out, fields[i].size);
        fputc(',', out);
        put_json_string(out, fields[i].name);
        fputc(']', out);
    }
    fclose(out);
    size_t number = page_texts_number(shapes, text);
    free(text);
    return number;
}

/* The meanings of the packet of each shape that was written last. */
typedef struct last_meanings {
    size_t (*of)[PACKET_CHANGES_MAX]; /* of each shape */
    size_t shapes;
} last_meanings_t;

/* " MEANING..." of a packet; nothing stands for one that is as in the packet of this shape before.
 */
static void write_meanings(const struct packet_change *fields, size_t count, size_t shape,
                           last_meanings_t *last, page_texts_t *texts, FILE *out)
{
    bool first = shape == last->shapes;
    if (first)
        last->of = must_realloc(last->of, ++last->shapes * sizeof(*last->of));
    for (size_t i = 0; i < count; i++) {
        size_t meaning = page_texts_number(texts, fields[i].to);
        fputc(' ', out);
        if (first || meaning != last->of[shape][i])
            digits_put(out, meaning);
        last->of[shape][i] = meaning;
    }
}

/* "SHAPE TEXT HEX MEANING...", where all but HEX are numbers of texts: one string, since most
 * packets are never looked at. */
static void write_packet(const packet_copy_t *packet, last_meanings_t *last, page_words_t *words,
                         FILE *out)
{
    struct packet_change fields[PACKET_CHANGES_MAX];
    char text[512], hex[2 * PACKET_BYTES];
    packet_copy_text(packet, 0, text, sizeof(text));
    size_t count = packet_diff(packet->bytes, packet->bytes, packet->length, &packet->base,
                               &packet->base, fields);
    size_t shape = shape_of(&words->shapes, fields, count);
    fputc('"', out);
    digits_put(out, shape);
    fputc(' ', out);
    digits_put(out, page_texts_number(&words->texts, text));
    fputc(' ', out);
    size_t shown = packet->length < PACKET_BYTES ? packet->length : PACKET_BYTES;
    fwrite(hex, 1, digits_hex(hex, packet->bytes, shown), out);
    write_meanings(fields, count, shape, last, &words->texts, out);
    fputc('"', out);
}

static void write_packets(const page_run_t *run, page_words_t *words, FILE *out)
{
    last_meanings_t last = {0};
    fputs(",\n\"packets\":[", out);
    for (size_t i = 0; i < run->packet_count; i++) {
        fputs(i > 0 ? ",\n" : "\n", out);
        write_packet(run->packets[i], &last, words, out);
    }
    fputs("]", out);
    free(last.of);
}

static void write_shapes(const page_texts_t *shapes, FILE *out)
{
    fputs(",\n\"shapes\":[", out);
    for (size_t i = 0; i < shapes->count; i++)
        fprintf(out, "%s[%s]", i > 0 ? ",\n" : "\n", shapes->list[i]);
    fputs("]", out);
}

static void write_texts(const page_texts_t *texts, FILE *out)
{
    fputs(",\n\"texts\":[", out);
    for (size_t i = 0; i < texts->count; i++) {
        fputs(i > 0 ? ",\n" : "\n", out);
        put_json_string(out, texts->list[i]);
    }
    fputs("]", out);
}

/* The events' names, with their meanings from the table of stations. */
static void write_glossary(const page_texts_t *names, FILE *out)
{
    fputs(",\n\"glossary\":[", out);
    for (size_t i = 0; i < names->count; i++) {
        fputs(i > 0 ? ",[" : "[", out);
        put_json_string(out, names->list[i]);
        fputc(',', out);
        put_json_string(out, trace_station_meaning(names->list[i]));
        fputc(']', out);
    }
    fputs("]", out);
}

static void write_notes(const ladder_t *ladder, FILE *out)
{
    char *notes[LADDER_NOTES_MAX];
    size_t count = ladder_notes(ladder, notes);
    fputs(",\n\"notes\":[", out);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? "," : "", out);
        put_json_string(out, notes[i]);
        free(notes[i]);
    }
    fputs("]", out);
}

void page_run_write(page_run_t *run, FILE *out)
{
    ipf_reply_mode_t mode = ipf_reply_mode(run->box->ifs);
    char title[100];
    snprintf(title, sizeof(title), "Reply mode %s (%s), era %s", reply_mode_name(mode),
             reply_mode_meaning(mode), run->box->era->name);
    ladder_finish(run->ladder);
    fputc('{', out);
    write_columns(run->ladder, out);
    key(out, "title", title);
    key(out, "outcome", run->outcome);
    key(out, "tone", run->is_bad ? "bad" : "good");
    key(out, "by", run->by);
    fprintf(out, ",\"left_out\":%" PRIu64, run->left_out);
    write_notes(run->ladder, out);
    page_words_t words = {0};
    size_t *numbers = write_steps(run->ladder, &words.texts, out);
    write_events(run, numbers, &words, out);
    free(numbers);
    write_packets(run, &words, out);
    write_shapes(&words.shapes, out);
    write_texts(&words.texts, out);
    write_glossary(&words.names, out);
    page_texts_fini(&words.texts);
    page_texts_fini(&words.names);
    page_texts_fini(&words.shapes);
    fputs(",\n\"rules\":", out);
    page_rules_write(&run->rules, out);
    fputs("}", out);
}

/* ---- HTML ---- */

static void write_data(FILE *out, const char *source, const char *const *runs, size_t count)
{
    fputs("{\"source\":", out);
    put_json_string(out, source);
    fputs(",\"runs\":[\n", out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i > 0 ? ",\n" : "", runs[i]);
    fputs("\n]}\n", out);
}

void page_write(FILE *out, const char *title, const char *source, const char *const *runs,
                size_t count)
{
    const char *at = page_html;
    for (const char *mark; (mark = strstr(at, "{{")) != NULL; at = strstr(mark, "}}") + 2) {
        fwrite(at, 1, (size_t)(mark - at), out);
        if (strncmp(mark, "{{title", 7) == 0)
            put_html_text(out, title);
        else if (strncmp(mark, "{{css", 5) == 0)
            fputs(page_css, out);
        else if (strncmp(mark, "{{js", 4) == 0)
            fprintf(out, "%s%s%s%s", page_data_js, page_ladder_js, page_run_js, page_js);
        else
            write_data(out, source, runs, count);
    }
    fputs(at, out);
}

/* ---- of each test ---- */

typedef struct page {
    page_run_t *run;
    char *title, *source;
    FILE *out;
} page_t;

static char *describe_source(const test_info_t *test)
{
    if (test->line == 0)
        return must_asprintf("%s, seed %" PRIu64, test->path, test->seed);
    return must_asprintf("%s:%d, seed %" PRIu64, test->path, test->line, test->seed);
}

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    page_t *page = must_malloc(sizeof(*page));
    (void)self;
    *page = (page_t){.run = must_have(page_run_create(box)),
                     .title = text_copy(test->name),
                     .source = describe_source(test),
                     .out = out};
    return page;
}

static void end(void *seen, const result_t *result)
{
    page_t *page = seen;
    char *run = NULL;
    size_t size;
    (void)result;
    FILE *out = text_open(&run, &size);
    page_run_write(page->run, out);
    fclose(out);
    const char *runs[] = {run};
    page_write(page->out, page->title, page->source, runs, 1);
    page_run_destroy(page->run);
    free(run);
    free(page->title);
    free(page->source);
    free(page);
}

observer_t page_observer(const char *option, const char *file)
{
    return (observer_t){.option = option, .file = file, .begin = begin, .end = end};
}
