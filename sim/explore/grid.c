/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The cells are made in a process of their own, since a run can crash; those that were made until
 * then are shown.
 */
#include "sim/explore/grid.h"

#include "sim/base/json_text.h"
#include "sim/base/must.h"
#include "sim/base/unnamed_file.h"
#include "sim/core/trace_station.h"
#include "sim/explore/report.h"
#include "sim/explore/shrink.h"
#include "sim/packet/packet_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* One single fault of a packet, and what came of it. */
typedef struct cell {
    char text[POINT_TEXT_MAX];  /* in the words of --fault */
    char label[POINT_TEXT_MAX]; /* without the packet and the place */
    char packet_text[120];
    char host[41];
    uint32_t packet;
    ip_place_t place;
    size_t outcome; /* from 1, a row of the table; 0: it is not there */
} cell_t;

typedef struct grid {
    cell_t *cells;
    size_t count;
} grid_t;

/* ---- making the cells ---- */

/* SRC > DST FLAGS: numbers that are not relative tell nothing. */
static void cut_after_flags(char *text)
{
    for (unsigned blanks = 0; *text != '\0'; text++) {
        if (*text == ' ' && ++blanks == 4)
            *text = '\0';
        if (*text == '\0')
            return;
    }
}

static void see_fault(void *arg, const point_fault_t *point, const mblk_t *mp)
{
    static const struct packet_base none;
    cell_t *cell = arg;
    cell->packet = point->packet;
    cell->place = point->place;
    snprintf(cell->host, sizeof(cell->host), "%s", point->host);
    point_fault_text(point, cell->text);
    point_fault_label(point, cell->label);
    packet_text(mp->b_rptr, msgdsize(mp), &none, PACKET_NO_OPTIONS | PACKET_NO_WINDOW,
                cell->packet_text, sizeof(cell->packet_text));
    cut_after_flags(cell->packet_text);
}

static size_t row_of(const explore_state_t *state, const trial_result_t *result)
{
    char text[OUTCOME_TEXT_MAX];
    trial_outcome(result, text, sizeof(text));
    for (size_t i = 0; i < state->outcomes.count; i++) {
        if (strcmp(state->outcomes.list[i].text, text) == 0)
            return i + 1;
    }
    return 0;
}

/* Runs one schedule, and writes its cell; a fault that is of no packet has none. */
static void add_cell(trial_t *trial, const explore_state_t *state, uint32_t point, unsigned which,
                     FILE *out)
{
    const schedule_t schedule = {.count = 1, .list = {{point, (uint16_t)which}}};
    trial_result_t result;
    cell_t cell = {.packet = 0};
    trial_watch(trial, see_fault, &cell);
    trial_run(trial, &schedule, &result);
    trial_watch(trial, NULL, NULL);
    cell.outcome = row_of(state, &result);
    if (cell.packet != 0)
        fwrite(&cell, sizeof(cell), 1, out);
    fflush(out);
}

static void make_cells(trial_t *trial, const explore_options_t *options,
                       const explore_state_t *state, FILE *out)
{
    static const schedule_t none;
    trial_result_t result;
    trial_run(trial, &none, &result);
    uint32_t count = result.points < TRIAL_POINTS_MAX ? result.points : TRIAL_POINTS_MAX;
    point_class_t *classes = must_calloc(count + 1, sizeof(*classes));
    memcpy(classes, result.classes, count * sizeof(*classes));
    for (uint32_t point = 0; point < count; point++) {
        unsigned alternatives = point_alternatives(classes[point], options->trial.kinds);
        for (unsigned which = 1; which <= alternatives; which++)
            add_cell(trial, state, point, which, out);
    }
    free(classes);
}

/* => Returns false if no process can be made. */
static bool collect(trial_t *trial, const explore_options_t *options, const explore_state_t *state,
                    grid_t *grid)
{
    int fd = unnamed_file("cells"), status;
    FILE *cells = fd >= 0 ? fdopen(fd, "w+") : NULL;
    fflush(NULL);
    pid_t pid = cells != NULL ? fork() : -1;
    if (pid == 0) {
        make_cells(trial, options, state, cells);
        _exit(0);
    }
    if (pid > 0) {
        waitpid(pid, &status, 0);
        rewind(cells);
        cell_t cell;
        while (fread(&cell, sizeof(cell), 1, cells) == 1) {
            grid->cells = must_realloc(grid->cells, (grid->count + 1) * sizeof(*grid->cells));
            grid->cells[grid->count++] = cell;
        }
    }
    if (cells != NULL)
        fclose(cells);
    return pid > 0;
}

/* ---- the page ---- */

static const char style[] =
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:1em 2em"
    "}table{border-collapse:collapse;margin:1em 0}th,td{border:1px solid #8888;padding:.2"
    "em .5em;text-align:left;vertical-align:top}table.grid td{padding:0;text-align:center"
    ";min-width:2em}table.grid th{font-weight:normal}th[scope=row]{white-space:nowrap}.sc"
    "roll{overflow-x:auto}a.cell{display:block;padding:.2em .3em;color:#111;text-decorati"
    "on:none}a.cell:focus,a.cell:hover{outline:3px solid #06c}.n{text-align:right}pre{ove"
    "rflow-x:auto;line-height:1.25}section.run{display:none;border-top:2px solid #06c}sec"
    "tion.run:target{display:block}.bad{font-weight:bold;text-decoration:underline}.o0{ba"
    "ckground:#ddd}.o1{background:#b7e1cd}.o2{background:#f6c6c6}.o3{background:#cfe2f3}."
    "o4{background:#fff2b2}.o5{background:#e1d5f0}.o6{background:#fbd7a8}.o7{background:#"
    "c9e7e7}.o8{background:#e6c9e1}";

#define COLOURS 8

static const char *colour(size_t outcome, char text[8])
{
    snprintf(text, 8, "o%zu", outcome == 0 ? 0 : (outcome - 1) % COLOURS + 1);
    return text;
}

static void put_head(const explore_options_t *options, FILE *out)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\""
          "viewport\" content=\"width=device-width\">\n<title>Every fault: ",
          out);
    put_html_text(out, options->trial.test);
    fprintf(out, "</title>\n<style>%s</style></head>\n<body>\n<h1>", style);
    put_html_text(out, options->trial.test);
    fputs("</h1>\n<p>", out);
    put_html_text(out, options->trial.path);
    fputs("</p>\n", out);
}

static void put_range(FILE *out, const char *low, const char *high, const char *unit)
{
    fprintf(out,
            strcmp(low, high) == 0 ? "<td class=\"n\">%s%s%s</td>"
                                   : "<td class=\"n\">%s to %s%s</td>",
            low, strcmp(low, high) == 0 ? unit : high, strcmp(low, high) == 0 ? "" : unit);
}

static void put_outcome(const explore_options_t *options, const outcome_t *outcome, size_t row,
                        FILE *out)
{
    char low[32], high[32], number[32], class[8];
    bool bad = explore_is_violation(options, outcome);
    fprintf(out, "<tr><td class=\"%s n\" style=\"color:#111\">%zu</td><td%s>", colour(row, class),
            row, bad ? " class=\"bad\"" : "");
    put_html_text(out, outcome->text);
    snprintf(low, sizeof(low), "%.3f", (double)outcome->low_us / 1e6);
    snprintf(high, sizeof(high), "%.3f", (double)outcome->high_us / 1e6);
    fputs("</td>", out);
    put_range(out, low, high, " s");
    snprintf(low, sizeof(low), "%" PRIu32, outcome->low_packets);
    snprintf(high, sizeof(high), "%" PRIu32, outcome->high_packets);
    put_range(out, low, high, "");
    fprintf(out, "<td class=\"n\">%s</td><td><a href=\"#e%zu\">",
            explore_number(outcome->count, number), row);
    put_html_text(out, outcome->example[0] != '\0' ? outcome->example : "no fault");
    fputs("</a></td></tr>\n", out);
}

static void put_outcomes(const explore_options_t *options, const explore_state_t *state, FILE *out)
{
    fputs(
        "<h2>Outcomes</h2>\n<div class=\"scroll\"><table><tr><th></th><th>outcome</th><th>when</th>"
        "<th>packets</th><th>schedules</th><th>for example</th></tr>\n",
        out);
    for (size_t i = 0; i < state->outcomes.count; i++)
        put_outcome(options, &state->outcomes.list[i], i + 1, out);
    fputs("</table></div>\n<p>", out);
    explore_put_last_line(options, state, out);
    fputs("</p>\n", out);
}

/* Whether a cell stands in the column of another. */
static bool same_column(const cell_t *a, const cell_t *b)
{
    return a->place == b->place && strcmp(a->label, b->label) == 0;
}

static bool same_row(const cell_t *a, const cell_t *b)
{
    return a->packet == b->packet && strcmp(a->host, b->host) == 0;
}

static int by_column(const void *a, const void *b)
{
    const cell_t *const *x = a, *const *y = b;
    if ((*x)->place != (*y)->place)
        return (*x)->place < (*y)->place ? -1 : 1;
    return *x < *y ? -1 : *x > *y; /* by their order in the grid: that of the alternatives */
}

/* The first cell of each column, in order.
 * => Returns how many; the caller frees *columns. */
static size_t find_columns(const grid_t *grid, const cell_t ***columns)
{
    size_t count = 0;
    *columns = must_calloc(grid->count + 1, sizeof(**columns));
    for (size_t i = 0; i < grid->count; i++) {
        size_t k = 0;
        while (k < count && !same_column((*columns)[k], &grid->cells[i]))
            k++;
        if (k == count)
            (*columns)[count++] = &grid->cells[i];
    }
    qsort(*columns, count, sizeof(**columns), by_column);
    return count;
}

static void put_column_heads(const cell_t *const *columns, size_t count, FILE *out)
{
    fputs("<tr><th rowspan=\"2\">packet</th>", out);
    for (size_t i = 0; i < count;) {
        size_t span = 1;
        while (i + span < count && columns[i + span]->place == columns[i]->place)
            span++;
        fprintf(out, "<th scope=\"colgroup\" colspan=\"%zu\">%s</th>", span,
                trace_place_name(columns[i]->place));
        i += span;
    }
    fputs("</tr>\n<tr>", out);
    for (size_t i = 0; i < count; i++) {
        fputs("<th scope=\"col\">", out);
        put_html_text(out, columns[i]->label);
        fputs("</th>", out);
    }
    fputs("</tr>\n", out);
}

static void put_cell(const grid_t *grid, size_t i, FILE *out)
{
    char class[8];
    const cell_t *cell = &grid->cells[i];
    fprintf(out, "<td class=\"%s\"><a class=\"cell\" href=\"#s%zu\" title=\"",
            colour(cell->outcome, class), i);
    put_html_text(out, cell->text);
    if (cell->outcome == 0)
        fputs("\">?</a></td>", out);
    else
        fprintf(out, "\">%zu</a></td>", cell->outcome);
}

static void put_row(const grid_t *grid, size_t first, const cell_t *const *columns, size_t count,
                    FILE *out)
{
    const cell_t *row = &grid->cells[first];
    fprintf(out, "<tr><th scope=\"row\">%" PRIu32 " ", row->packet);
    put_html_text(out, row->packet_text);
    if (row->host[0] != '\0') {
        fputs(" on ", out);
        put_html_text(out, row->host);
    }
    fputs("</th>", out);
    for (size_t c = 0; c < count; c++) {
        size_t i = first;
        while (i < grid->count &&
               !(same_row(&grid->cells[i], row) && same_column(&grid->cells[i], columns[c])))
            i++;
        if (i < grid->count)
            put_cell(grid, i, out);
        else
            fputs("<td>&middot;</td>", out);
    }
    fputs("</tr>\n", out);
}

static bool is_first_of_row(const grid_t *grid, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (same_row(&grid->cells[k], &grid->cells[i]))
            return false;
    }
    return true;
}

static void put_grid(const grid_t *grid, FILE *out)
{
    const cell_t **columns;
    size_t count = find_columns(grid, &columns);
    fputs(
        "<h2 id=\"grid\">Each single fault of a packet</h2>\n<p>The number is the outcome; a cell "
        "opens the ladder of its run. A dot: no such fault, or the same as at the place before.</p>"
        "\n<div class=\"scroll\"><table class=\"grid\">\n",
        out);
    put_column_heads(columns, count, out);
    for (size_t i = 0; i < grid->count; i++) {
        if (is_first_of_row(grid, i))
            put_row(grid, i, columns, count, out);
    }
    fputs("</table></div>\n", out);
    free(columns);
}

/* ---- the ladders ---- */

static void put_run(char kind, size_t number, const char *faults, const char *outcome,
                    grid_ladder_t ladder, void *arg, FILE *out)
{
    fault_list_t *list = must_calloc(1, sizeof(*list));
    char text[OUTCOME_EXAMPLE_MAX];
    snprintf(text, sizeof(text), "%s", faults);
    fprintf(out, "<section class=\"run\" id=\"%c%zu\"><h2>", kind, number);
    put_html_text(out, faults[0] != '\0' ? faults : "no fault");
    fputs("</h2>\n<p>", out);
    put_html_text(out, outcome);
    fputs(" &middot; <a href=\"#grid\">back to the grid</a></p>\n<pre>", out);
    if (shrink_read(text, list))
        ladder(arg, list, out);
    fputs("</pre></section>\n", out);
    free(list);
}

static void put_runs(const grid_t *grid, const explore_state_t *state, grid_ladder_t ladder,
                     void *arg, FILE *out)
{
    for (size_t i = 0; i < grid->count; i++) {
        size_t row = grid->cells[i].outcome;
        put_run('s', i, grid->cells[i].text, row > 0 ? state->outcomes.list[row - 1].text : "",
                ladder, arg, out);
    }
    for (size_t i = 0; i < state->outcomes.count; i++)
        put_run('e', i + 1, state->outcomes.list[i].example, state->outcomes.list[i].text, ladder,
                arg, out);
}

bool grid_write(trial_t *trial, const explore_options_t *options, const explore_state_t *state,
                grid_ladder_t ladder, void *arg, FILE *out)
{
    grid_t grid = {.count = 0};
    if (!collect(trial, options, state, &grid))
        return false;
    put_head(options, out);
    put_outcomes(options, state, out);
    put_grid(&grid, out);
    put_runs(&grid, state, ladder, arg, out);
    fputs("</body></html>\n", out);
    free(grid.cells);
    return ferror(out) == 0;
}
