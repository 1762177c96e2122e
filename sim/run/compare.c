/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Comparing eras and modes. In the process of each test a sink of the trace counts from one call
 * that waited to the next; its rows travel back as the test's output, a line with tabs for each.
 */
#include "sim/run/compare.h"

#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/terminal.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/base/wrap.h"
#include "sim/packet/packet.h"
#include "sim/packet/packet_icmp.h"
#include "sim/run/observe.h"
#include "sim/script/script.h"
#include "sim/view/page.h"
#include "sim/view/who.h"
#include "sim/view/words.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MAX   400
#define LAST_MIN   16 /* the last column is at least this wide, */
#define INDENT     6  /* or is below the row, indented */
#define SNOOP_ROOM 400
#define PAGE_MARK  '\f' /* the page's part of the output begins after it */

/* ---- in the test's process: counting ---- */

/* What happened since the last row. */
typedef struct counting {
    const box_t *box;
    FILE *rows;
    uint64_t hooks;
    friostat_t before;
    char snoop[SNOOP_ROOM];
    char last[40]; /* the last packet that snoop saw, and how often in a row */
    unsigned times;
    who_t *who;
    page_run_t *page; /* NULL: no page was asked for */
} counting_t;

/* Ends a row of equal packets: "S", or "4 S". */
static void end_packets(counting_t *c)
{
    size_t used = strlen(c->snoop);
    if (c->times == 0)
        return;
    if (c->times > 1)
        snprintf(c->snoop + used, sizeof(c->snoop) - used, "%s%u %s", used > 0 ? ", " : "",
                 c->times, c->last);
    else
        snprintf(c->snoop + used, sizeof(c->snoop) - used, "%s%s", used > 0 ? ", " : "", c->last);
    c->times = 0;
}

static void describe(const trace_event_t *event, char *text, size_t size)
{
    struct packet p;
    char flags[10];
    if (!packet_copy_parse(event->copy, &p))
        snprintf(text, size, "?");
    else if (p.kind == PACKET_TCP)
        snprintf(text, size, "%s", packet_flags_text(p.flags, flags));
    else if (p.kind != PACKET_ICMP)
        snprintf(text, size, "%s", p.kind == PACKET_UDP ? "udp" : "?");
    else if (packet_icmp_type_name(p.family, p.icmp_type) != NULL)
        snprintf(text, size, "%s", packet_icmp_type_name(p.family, p.icmp_type));
    else
        snprintf(text, size, "icmp %u", p.icmp_type);
}

static void see_packet(counting_t *c, const trace_event_t *event)
{
    char text[sizeof(c->last)];
    describe(event, text, sizeof(text));
    if (c->times > 0 && strcmp(text, c->last) != 0)
        end_packets(c);
    memcpy(c->last, text, sizeof(text));
    c->times++;
}

static unsigned long long sum(const friostat_t *stats, size_t offset)
{
    const char *in = (const char *)&stats->f_st[0], *out = (const char *)&stats->f_st[1];
    uint64_t a, b;
    memcpy(&a, in + offset, sizeof(a));
    memcpy(&b, out + offset, sizeof(b));
    return a + b;
}

static unsigned long long grown(const counting_t *c, size_t offset)
{
    return sum(ipf_stats(c->box->ifs), offset) - sum(&c->before, offset);
}

static void end_row(counting_t *c, const trace_event_t *event)
{
    char what[WORDS_MAX], result[WORDS_MAX], by[WHO_MAX];
    words_call(&event->call, what, result);
    who_answered_call(c->who, &event->call, by);
    end_packets(c);
    fprintf(c->rows, "%s\t%s\t%s\t%llu\t%s\t%llu\t%llu\t%llu\t%llu\t%s\n", event->call.process,
            what, result, (unsigned long long)event->call.waited_us,
            c->snoop[0] != '\0' ? c->snoop : "nothing", (unsigned long long)c->hooks,
            grown(c, offsetof(filterstats_t, fr_pass)), grown(c, offsetof(filterstats_t, fr_block)),
            grown(c, offsetof(filterstats_t, fr_ret)), by);
    c->hooks = 0;
    c->snoop[0] = '\0';
    c->before = *ipf_stats(c->box->ifs);
}

static void on_event(void *arg, const trace_event_t *event)
{
    counting_t *c = arg;
    if (event->host != NULL)
        return;
    if (event->station == TRACE_HOOK)
        c->hooks++;
    else if (event->station == TRACE_SNOOP)
        see_packet(c, event);
    else if (event->station == TRACE_CALL && event->call.waits)
        end_row(c, event);
}

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    const compare_options_t *options = self->arg;
    counting_t *c = must_calloc(1, sizeof(*c));
    (void)test;
    *c = (counting_t){.box = box, .rows = out, .who = must_have(who_create())};
    trace_add_sink(box->trace, who_event, c->who);
    trace_add_sink(box->trace, on_event, c);
    if (options->html != NULL)
        c->page = must_have(page_run_create(box));
    return c;
}

/* The test has ended: pages do not show what happens while the box is taken down. */
static void look(void *seen)
{
    const counting_t *c = seen;
    if (c->page == NULL)
        return;
    fputc(PAGE_MARK, c->rows);
    page_run_write(c->page, c->rows);
}

static void end(void *seen, const result_t *result)
{
    counting_t *c = seen;
    (void)result;
    page_run_destroy(c->page);
    who_destroy(c->who);
    free(c);
}

/* ---- the table ---- */

enum {
    C_ERA,
    C_MODE,
    C_PROCESS,
    C_CALL,
    C_RESULT,
    C_TIME,
    C_SNOOP,
    C_HOOKS,
    C_PASS,
    C_BLOCK,
    C_RET,
    C_WHO,
    COLUMNS
};

static const char *const headings[COLUMNS] = {"era",    "mode",    "process",   "call",
                                              "result", "time",    "snoop saw", "hooks",
                                              "passed", "blocked", "returned",  "by"};

typedef struct row {
    char cell[COLUMNS][CELL_MAX];
} row_t;

typedef struct table {
    row_t *rows;
    size_t count, room;
    bool hidden[COLUMNS];
    bool imagined; /* a row is of a system that never was */
    char *page_runs[COMPARE_PAGE_RUNS_MAX];
    size_t page_run_count;
} table_t;

static row_t *add_row(table_t *table)
{
    if (table->count == table->room) {
        table->room = table->room > 0 ? table->room * 2 : 32;
        table->rows = must_realloc(table->rows, table->room * sizeof(*table->rows));
    }
    row_t *row = &table->rows[table->count++];
    memset(row, 0, sizeof(*row));
    return row;
}

/* A column with the same text in every row is left out. */
static void hide(table_t *table, int column)
{
    bool same = true;
    for (size_t i = 1; i < table->count; i++)
        same = same && strcmp(table->rows[0].cell[column], table->rows[i].cell[column]) == 0;
    table->hidden[column] = same;
}

/* Of those before C_WHO. */
static bool is_number(int column)
{
    return column == C_TIME || column >= C_HOOKS;
}

/* Where the last column begins. */
static size_t begin_of_last(const table_t *table, const size_t *widths)
{
    size_t at = 0;
    for (int c = 0; c < C_WHO; c++)
        at += table->hidden[c] ? 0 : widths[c] + 2;
    return at;
}

/* The last column is broken at words, or begins a line of its own if there is no room beside the
 * others. */
static void print_cells(FILE *out, const table_t *table, const size_t *widths,
                        const char *const *cells)
{
    char line[COLUMNS * CELL_MAX] = "";
    size_t used = 0, last = begin_of_last(table, widths), width = terminal_width(out);
    for (int c = 0; c < C_WHO; c++) {
        if (!table->hidden[c])
            used += (size_t)snprintf(line + used, sizeof(line) - used,
                                     is_number(c) ? "%*s  " : "%-*s  ", (int)widths[c], cells[c]);
    }
    while (used > 0 && line[used - 1] == ' ')
        line[--used] = '\0';
    fputs(line, out);
    if (cells[C_WHO][0] == '\0' || table->hidden[C_WHO]) {
        fputs("\n", out);
        return;
    }
    bool beside = last + LAST_MIN <= width;
    if (beside)
        fprintf(out, "%*s", (int)(last - used), "");
    else
        fprintf(out, "\n%*s", INDENT, "");
    wrap_print(out, cells[C_WHO], beside ? last : INDENT, beside ? last : INDENT, width);
}

static void print_table(FILE *out, const compare_options_t *options, table_t *table)
{
    size_t widths[COLUMNS];
    hide(table, C_PROCESS);
    table->hidden[C_HOOKS] = table->hidden[C_PASS] = table->hidden[C_BLOCK] = table->hidden[C_RET] =
        !options->counters;
    for (int c = 0; c < COLUMNS; c++) {
        widths[c] = strlen(headings[c]);
        for (size_t i = 0; i < table->count; i++) {
            size_t length = strlen(table->rows[i].cell[c]);
            widths[c] = length > widths[c] ? length : widths[c];
        }
    }
    hide(table, C_CALL);
    if (table->hidden[C_CALL] && table->count > 1)
        fprintf(out, "%s\n\n", table->rows[0].cell[C_CALL]);
    else
        table->hidden[C_CALL] = false;
    print_cells(out, table, widths, headings);
    for (size_t i = 0; i < table->count; i++) {
        const char *cells[COLUMNS];
        for (int c = 0; c < COLUMNS; c++)
            cells[c] = table->rows[i].cell[c];
        print_cells(out, table, widths, cells);
    }
    if (table->imagined)
        fprintf(out,
                "\n* never was: the post weighs it, or the code of this era has no such mode\n");
}

/* ---- from a test's output to rows ---- */

static void read_row(row_t *row, const char *line, size_t length)
{
    for (int c = C_PROCESS; c < COLUMNS; c++) {
        const char *tab = memchr(line, '\t', length);
        size_t size = tab != NULL ? (size_t)(tab - line) : length;
        snprintf(row->cell[c], CELL_MAX, "%.*s", (int)size, line);
        line += size + (tab != NULL);
        length -= size + (tab != NULL);
    }
    snprintf(row->cell[C_TIME], CELL_MAX, "%.3f s", strtod(row->cell[C_TIME], NULL) / 1e6);
}

static void read_rows(table_t *table, const char *era, const char *mode, const char *text)
{
    while (*text != '\0' && *text != PAGE_MARK) {
        size_t length = strcspn(text, "\n");
        row_t *row = add_row(table);
        snprintf(row->cell[C_ERA], CELL_MAX, "%s", era);
        snprintf(row->cell[C_MODE], CELL_MAX, "%s", mode);
        read_row(row, text, length);
        text += length + (text[length] == '\n');
    }
}

/* ---- the runs ---- */

typedef struct comparison {
    const compare_options_t *options;
    const observer_t *const *observers; /* the counting one */
    table_t *tables;                    /* one for each test */
    char **names;
    size_t count;
    FILE *notes;
    size_t note_count;
    size_t runs; /* begun so far */
    int code;
} comparison_t;

/* The test's table, by its name; made if it is missing. */
static table_t *table_of(comparison_t *cmp, const char *name)
{
    for (size_t i = 0; i < cmp->count; i++) {
        if (strcmp(cmp->names[i], name) == 0)
            return &cmp->tables[i];
    }
    cmp->tables = must_realloc(cmp->tables, (cmp->count + 1) * sizeof(*cmp->tables));
    cmp->names = must_realloc(cmp->names, (cmp->count + 1) * sizeof(*cmp->names));
    cmp->names[cmp->count] = text_copy(name);
    cmp->tables[cmp->count] = (table_t){0};
    return &cmp->tables[cmp->count++];
}

/* A run's notes besides its rows: failed expectations, and how it ended. */
static void note(comparison_t *cmp, const char *era, const char *mode, const result_t *result)
{
    const char *text = result->report;
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        bool continued = *text == ' ';
        if (strncmp(text, "at ", 3) == 0 && result->status != RESULT_PASSED)
            break; /* the last events */
        if (continued)
            fprintf(cmp->notes, "  %.*s\n", (int)length, text);
        else
            fprintf(cmp->notes, "%s %s: %.*s\n", era, mode, (int)length, text);
        cmp->note_count++;
        text += length + (text[length] == '\n');
    }
}

static void keep_page_run(table_t *table, const char *output)
{
    const char *mark = strchr(output, PAGE_MARK);
    if (mark == NULL || table->page_run_count == COMPARE_PAGE_RUNS_MAX)
        return;
    table->page_runs[table->page_run_count++] = text_copy(mark + 1);
}

/* Whether no such system existed. Those that did: each era in its own mode, and the post's era
 * before the fix. */
static bool never_was(const compare_run_t *run)
{
    if (!run->mode_chosen || run->mode == run->era->mode)
        return false;
    return run->era != era_default() || run->mode != IPF_REPLY_INJECT;
}

static void take(comparison_t *cmp, const compare_run_t *run, const char *mode,
                 const result_t *result)
{
    const char *era = run->era->name;
    if (result->name[0] == '\0') {
        visible_printf(stderr, "%s\n", result->report);
        cmp->code = (int)result->status;
        return;
    }
    if (result->status == RESULT_SKIPPED) {
        if (cmp->runs == 1) /* each of the others skips it too */
            visible_printf(stderr, "%s is skipped: %s\n", result->name, result->report);
        return;
    }
    if (result->status == RESULT_MISTAKE || result->status == RESULT_CRASHED)
        cmp->code = (int)result->status > cmp->code ? (int)result->status : cmp->code;
    table_t *table = table_of(cmp, result->name);
    table->imagined = table->imagined || never_was(run);
    char *output = spool_text(result->output, SIZE_MAX);
    read_rows(table, era, mode, output);
    keep_page_run(table, output);
    free(output);
    note(cmp, era, mode, result);
}

static script_options_t script_options(const comparison_t *cmp, const compare_run_t *run)
{
    return (script_options_t){
        .seed = cmp->options->seed,
        .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX, .virtual_us = BOX_VIRTUAL_US_MAX},
        .forced_era = run->era,
        .forced_mode = run->mode_chosen ? &run->mode : NULL,
        .notes_failures = true,
        .observers = cmp->observers,
        .observer_count = 1};
}

/* => Returns false if the other runs would fail in the same way. */
static bool run_one(comparison_t *cmp, const char *what, const compare_run_t *run)
{
    char mode[40] = "-";
    script_options_t script = script_options(cmp, run);
    observed_t observed = observe_run(what, &script, cmp->options->wall_seconds);
    cmp->runs++;
    bool loaded = observed.count > 0 && observed.results[0].name[0] != '\0';
    if (run->mode_chosen)
        snprintf(mode, sizeof(mode), "%s%s", reply_mode_name(run->mode), never_was(run) ? "*" : "");
    for (size_t i = 0; i < observed.count; i++)
        take(cmp, run, mode, &observed.results[i]);
    if (observed.crashed)
        cmp->code = EXIT_CRASHED;
    observed_fini(&observed);
    return loaded;
}

static void run_all(comparison_t *cmp, const char *what)
{
    for (size_t i = 0; i < cmp->options->run_count; i++) {
        if (!run_one(cmp, what, &cmp->options->runs[i]))
            return;
    }
}

/* Loads the file without running it.
 * => Returns how many tests would be run. If something is wrong with the file, the first run
 * reports it. */
static size_t count_tests(const char *what, const comparison_t *cmp)
{
    const compare_options_t *o = cmp->options;
    script_options_t script = script_options(cmp, &o->runs[0]);
    script.dry = true;
    observed_t observed = observe_run(what, &script, o->wall_seconds);
    size_t count = 0;
    for (size_t i = 0; i < observed.count; i++)
        count +=
            observed.results[i].name[0] != '\0' && observed.results[i].status != RESULT_SKIPPED;
    observed_fini(&observed);
    return count;
}

/* Whether each test can have a page of its own. If not, that is reported before the runs, which can
 * take long. */
static bool has_pages(const char *what, const comparison_t *cmp)
{
    const compare_options_t *options = cmp->options;
    const observer_t observer = {.option = "--html", .file = options->html};
    if (options->html == NULL || observer_takes_many(&observer) || count_tests(what, cmp) < 2)
        return true;
    visible_printf(stderr, "lo0sim compare: " OBSERVER_ONE_FILE "\n", observer.option,
                   observer.file);
    return false;
}

/* Whether the page can be written: of a name for each test, whether any can. If not, that is
 * reported before the runs. */
static bool has_place(const char *what, const compare_options_t *options)
{
    const observer_t observer = {.option = "--html", .file = options->html};
    char path[4096];
    if (options->html == NULL || !observer_path(&observer, what, "test", path, sizeof(path)))
        return true;
    bool one = !observer_takes_many(&observer);
    if (one && observer_spoils(path, NULL))
        command_mistake("compare", "--html: %s " OBSERVER_SPOILS, path);
    else if (output_can_be_made(path) || (!one && errno == EISDIR))
        return true;
    else
        command_mistake("compare", "--html: %s: %s", path, strerror(errno));
    return false;
}

/* => Returns 0; or reports that the file cannot be written, and returns the exit code. */
static int write_page_file(const char *path, const char *title, const char *source,
                           const table_t *table)
{
    if (observer_spoils(path, NULL))
        return command_mistake("compare", "--html: %s " OBSERVER_SPOILS, path);
    output_t *output = output_to_file(path, 0);
    if (output == NULL)
        return command_mistake("compare", "--html: %s: %s", path, strerror(errno));
    page_write(output_stream(output), title, source, (const char *const *)table->page_runs,
               table->page_run_count);
    if (output_commit(output))
        return 0;
    command_mistake("compare", "--html: %s: %s", path, strerror(errno));
    return EXIT_CRASHED;
}

static void write_page(comparison_t *cmp, const char *what, size_t test)
{
    const observer_t observer = {.option = "--html", .file = cmp->options->html};
    char path[4096], source[4400];
    int code = EXIT_MISTAKE;
    snprintf(source, sizeof(source), "lo0sim compare %.4000s, seed %llu", what,
             (unsigned long long)cmp->options->seed);
    if (observer_path(&observer, what, cmp->names[test], path, sizeof(path)))
        code = write_page_file(path, cmp->names[test], source, &cmp->tables[test]);
    cmp->code = code > cmp->code ? code : cmp->code;
}

static void write_pages(comparison_t *cmp, const char *what)
{
    if (cmp->options->html == NULL)
        return;
    for (size_t i = 0; i < cmp->count; i++)
        write_page(cmp, what, i);
}

static void free_table(table_t *table)
{
    for (size_t i = 0; i < table->page_run_count; i++)
        free(table->page_runs[i]);
    free(table->rows);
}

int compare(const char *what, const compare_options_t *options, FILE *out)
{
    char *notes = NULL;
    size_t size;
    const observer_t observer = {.option = "compare",
                                 .place = OBSERVER_OUTPUT,
                                 .begin = begin,
                                 .look = look,
                                 .end = end,
                                 .arg = options};
    const observer_t *observers[] = {&observer};
    comparison_t cmp = {.options = options, .observers = observers};
    if (!has_place(what, options) || !has_pages(what, &cmp))
        return EXIT_MISTAKE;
    cmp.notes = text_open(&notes, &size);
    run_all(&cmp, what);
    fclose(cmp.notes);
    write_pages(&cmp, what);
    for (size_t i = 0; i < cmp.count; i++) {
        fputs(i > 0 ? "\n" : "", out);
        wrap_lines(out, cmp.names[i], 0, 0, terminal_width_or(out, UINT_MAX));
        fputs("\n", out);
        print_table(out, options, &cmp.tables[i]);
        free(cmp.names[i]);
        free_table(&cmp.tables[i]);
    }
    if (cmp.note_count > 0)
        fprintf(out, "\nnot as the script expects:\n");
    wrap_lines(out, notes, 0, 0, terminal_width_or(out, UINT_MAX));
    if (cmp.count == 0 && cmp.code == 0)
        visible_printf(stderr, "%s: there is no test to compare\n", what);
    int code = cmp.count == 0 && cmp.code == 0 ? EXIT_NOTHING : cmp.code;
    free(cmp.tables);
    free(cmp.names);
    free(notes);
    return code;
}
