/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/explore/report.h"

#include "sim/core/trace_station.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *explore_number(uint64_t number, char *text)
{
    char digits[32];
    if (number == UINT64_MAX)
        return strcpy(text, "over 10^19");
    size_t count = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number), used = 0;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

uint64_t explore_ran(const explore_state_t *state)
{
    uint64_t ran = 0;
    for (size_t i = 0; i <= SCHEDULE_MAX; i++)
        ran = graph_sum(ran, state->ran[i]);
    return ran;
}

/* ---- the table ---- */

#define COLUMNS 5
typedef struct row {
    char cells[COLUMNS][OUTCOME_EXAMPLE_MAX];
} row_t;

static void put_range(char *cell, size_t size, const char *low, const char *high, const char *unit)
{
    if (strcmp(low, high) == 0)
        snprintf(cell, size, "%s%s", low, unit);
    else
        snprintf(cell, size, "%s to %s%s", low, high, unit);
}

static void fill_row(const outcome_t *outcome, row_t *row)
{
    char low[32], high[32];
    snprintf(row->cells[0], sizeof(row->cells[0]), "%s", outcome->text);
    snprintf(low, sizeof(low), "%.3f", (double)outcome->low_us / 1e6);
    snprintf(high, sizeof(high), "%.3f", (double)outcome->high_us / 1e6);
    put_range(row->cells[1], sizeof(row->cells[1]), low, high, " s");
    snprintf(low, sizeof(low), "%" PRIu32, outcome->low_packets);
    snprintf(high, sizeof(high), "%" PRIu32, outcome->high_packets);
    put_range(row->cells[2], sizeof(row->cells[2]), low, high, "");
    explore_number(outcome->count, row->cells[3]);
    snprintf(row->cells[4], sizeof(row->cells[4]), "%s",
             outcome->example[0] != '\0' ? outcome->example : "no fault");
}

void explore_put_table(const explore_options_t *options, const explore_state_t *state, FILE *out)
{
    static const char *const heads[COLUMNS] = {"outcome", "when", "packets", "schedules",
                                               "for example"};
    size_t widths[COLUMNS], count = state->outcomes.count;
    row_t *rows = calloc(count + 1, sizeof(*rows));
    if (rows == NULL)
        return;
    for (size_t c = 0; c < COLUMNS; c++)
        widths[c] = strlen(heads[c]);
    for (size_t i = 0; i < count; i++) {
        fill_row(&state->outcomes.list[i], &rows[i]);
        for (size_t c = 0; c < COLUMNS; c++) {
            size_t width = strlen(rows[i].cells[c]);
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    fprintf(out, "\n     %-*s  %-*s  %*s  %*s  %s\n", (int)widths[0], heads[0], (int)widths[1],
            heads[1], (int)widths[2], heads[2], (int)widths[3], heads[3], heads[4]);
    for (size_t i = 0; i < count; i++) {
        bool bad = explore_is_violation(options, &state->outcomes.list[i]);
        fprintf(out, "%s%3zu  %-*s  %-*s  %*s  %*s  %s\n", bad ? "!" : " ", i + 1, (int)widths[0],
                rows[i].cells[0], (int)widths[1], rows[i].cells[1], (int)widths[2],
                rows[i].cells[2], (int)widths[3], rows[i].cells[3], rows[i].cells[4]);
    }
    fprintf(out, "\n");
    free(rows);
}

/* ---- the last line ---- */

static void put_kinds(const explore_options_t *options, FILE *out)
{
    const char *comma = "";
    for (size_t i = 0; i < KINDS; i++) {
        if ((options->trial.kinds & KIND_BIT(i)) == 0 || (i == KIND_ORDER && options->orders))
            continue;
        fprintf(out, "%s%s", comma, point_kind_names[i]);
        comma = ", ";
    }
}

static void put_places(const explore_options_t *options, FILE *out)
{
    const char *comma = " at ";
    if (options->trial.places == TRIAL_PLACES)
        return;
    for (unsigned i = 0; i < IP_PLACES; i++) {
        if ((options->trial.places & (1u << i)) == 0)
            continue;
        fprintf(out, "%s%s", comma, trace_place_name((ip_place_t)i));
        comma = ", ";
    }
}

static void put_what(const explore_options_t *options, uint64_t schedules, FILE *out)
{
    char number[32];
    fprintf(out, "%s schedule%s", explore_number(schedules, number), schedules == 1 ? "" : "s");
    if (options->random > 0)
        fprintf(out, " by chance, of %u faults", options->faults);
    else
        fprintf(out, " of at most %u fault%s", options->faults, options->faults == 1 ? "" : "s");
    fprintf(out, " (");
    put_kinds(options, out);
    put_places(options, out);
    fprintf(out, ")%s", options->orders ? " in every order" : "");
    if (options->shards > 0)
        fprintf(out, ", shard %u of %u", options->shard, options->shards);
}

static void put_outcomes(const explore_state_t *state, FILE *out)
{
    char number[32];
    if (state->outcomes.count == 1)
        fprintf(out, ": %s in all\n", state->outcomes.list[0].text);
    else
        fprintf(out, ": %s outcomes\n", explore_number(state->outcomes.count, number));
}

/* How much of the unfinished level is left. */
static void put_left(const explore_options_t *options, const explore_state_t *state, FILE *out)
{
    char left[32];
    fprintf(out, "not complete, %s came first: ",
            state->end == EXPLORE_TIME ? "--max-seconds" : "--max-memory");
    put_what(options, explore_ran(state), out);
    uint64_t total = state->total[state->level];
    fprintf(out, "; of those with %u, %s%s are left", state->level,
            options->orders ? "at least " : "", explore_number(total - state->next, left));
    if (state->level < options->faults && options->random == 0)
        fprintf(out, ", and all with more");
    put_outcomes(state, out);
}

/* What was not tried. */
static void put_cuts(const explore_state_t *state, FILE *out)
{
    char number[32];
    if ((state->cut & CUT_POINTS) != 0)
        fprintf(out, "cut: of a run only the first %s choice points were tried\n",
                explore_number(TRIAL_POINTS_MAX, number));
    if ((state->cut & CUT_READY) != 0)
        fprintf(out, "cut: of the events of one instant only the first %d were tried as the next\n",
                POINT_READY_MAX);
    if ((state->cut & CUT_ORDERS) != 0)
        fprintf(out, "cut: of a run only %d events were tried in another order\n", ORDERS_MAX);
    if ((state->cut & CUT_CIRCLE) != 0)
        fprintf(out,
                "cut: orders in which an event is never its instant's next were not counted\n");
}

void explore_put_last_line(const explore_options_t *options, const explore_state_t *state,
                           FILE *out)
{
    if (state->end == EXPLORE_TIME || state->end == EXPLORE_MEMORY) {
        put_left(options, state, out);
    } else if (state->end == EXPLORE_VIOLATED) {
        const outcome_t *outcome = explore_violation(options, state);
        fprintf(out, "violated after ");
        put_what(options, explore_ran(state), out);
        fprintf(out, ": %s\n", outcome->text);
    } else {
        fprintf(out, options->random > 0 ? "sampled: " : state->cut ? "cut: " : "complete: ");
        put_what(options, explore_ran(state), out);
        put_outcomes(state, out);
    }
    put_cuts(state, out);
}

void explore_put_pruned(const explore_state_t *state, FILE *out)
{
    char one[32], other[32];
    fprintf(out, "%s schedules by %s runs\n", explore_number(explore_ran(state), one),
            explore_number(state->runs, other));
    fprintf(out, "  %s came to a state that another had been in, and were not gone on with\n",
            explore_number(state->equal - state->commuting, one));
    fprintf(out, "  %s did so after another order: their events commute\n",
            explore_number(state->commuting, one));
    fprintf(out,
            "  %s places were passed over: there is no hook before them, so a fault is the same as "
            "at the place before\n",
            explore_number(state->merged, one));
    if (state->mixes)
        fprintf(out, "  states were not compared: the test looks at counters, or at what passed\n");
    fprintf(out, "\n");
}
