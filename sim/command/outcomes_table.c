/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of lo0sim outcomes: for each kind of client its ports, what becomes of it under each
 * variant, and the rules that decide.
 */
#include "sim/command/outcomes_table.h"

#include "filter/ipf_rule.h"
#include "sim/base/errno_name.h"
#include "sim/base/must.h"
#include "sim/base/terminal.h"
#include "sim/base/text.h"
#include "sim/base/wrap.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

const char *outcome_word(const outcome_t *outcome, bool udp)
{
    static const char *const words[] = {"connects", "refused", "hangs"};
    if (outcome->kind == OUTCOME_FAILS)
        return errno_name(outcome->err);
    if (udp && outcome->kind != OUTCOME_REFUSED)
        return outcome->kind == OUTCOME_CONNECTS ? "answered" : "no answer";
    return words[outcome->kind];
}

/* "refused", "hangs 30 s". */
static void say_outcome(const outcome_t *outcome, bool udp, char *text, size_t size)
{
    const char *word = outcome_word(outcome, udp);
    double time = (double)outcome->time_us / 1e6;
    if (outcome->time_us == 0)
        snprintf(text, size, "%s", word);
    else if (outcome->kind == OUTCOME_HANGS)
        snprintf(text, size, "%s %.10g s%s%s", word, time, outcome->err != ETIMEDOUT ? ", " : "",
                 outcome->err != ETIMEDOUT ? errno_name(outcome->err) : "");
    else
        snprintf(text, size, "%s after %.10g s", word, time);
}

static void say_ports(const outcomes_row_t *row, char *text, size_t size)
{
    if (row->from == row->to)
        snprintf(text, size, "%u", row->from);
    else
        snprintf(text, size, "%u-%u", row->from, row->to);
}

#define NO_RULE "no rule"

static void say_rule(const outcome_t *outcome, char *text, size_t size)
{
    char rule[IPF_RULE_TEXT_MAX];
    if (outcome->rule == NULL) {
        snprintf(text, size, NO_RULE);
        return;
    }
    ipf_rule_text(outcome->rule, rule, sizeof(rule));
    snprintf(text, size, "%sline %d: %s", outcome->by_state ? "the state of " : "",
             outcome->rule->fr_line, rule);
}

/* ---- the table ---- */

#define CELL 24

#define RULE_ROOM   34 /* with less room beside the outcomes, a rule is printed below them */
#define RULE_INDENT 15
#define PORTS_WIDTH 11
#define CELLS_MAX   (1 + OUTCOMES_VARIANTS_MAX + 1)
#define JOINT       '\001' /* a blank at which no line is broken */

static size_t cell_width(const outcomes_options_t *options)
{
    return options->count > 2 ? 15 : CELL;
}

/* The rules that caused a row: "line 2: block ...", "no rule -> line 3: ...".
 * => The caller frees it. */
static char *rules_of(const outcomes_options_t *options, const outcomes_row_t *row)
{
    char rule[IPF_RULE_TEXT_MAX + 40], before[IPF_RULE_TEXT_MAX + 40] = "", *text = NULL;
    size_t size;
    FILE *out = text_open(&text, &size);
    for (size_t i = 0; i < options->count; i++) {
        say_rule(&row->of[i], rule, sizeof(rule));
        if (strcmp(rule, before) != 0)
            fprintf(out, "%s%s", i > 0 ? (options->diff ? " -> " : ", ") : "", rule);
        snprintf(before, sizeof(before), "%s", rule);
    }
    fclose(out);
    return text;
}

/* Text broken into lines at its words, in a column of the table. A time stays with its unit.
 * => The caller frees it. */
static char *broken(const char *text, size_t width)
{
    char *joined = must_strdup(text), *lines = NULL;
    size_t size;
    for (char *at = joined; (at = strstr(at, " s")) != NULL; at++) {
        if (at > joined && at[-1] >= '0' && at[-1] <= '9')
            *at = JOINT;
    }
    FILE *out = text_open(&lines, &size);
    wrap_print(out, joined, 0, 0, width);
    fclose(out);
    for (char *at = lines; (at = strchr(at, JOINT)) != NULL; at++)
        *at = ' ';
    free(joined);
    return lines;
}

/* Prints a row, each of whose cells is a list of lines, and frees them. */
static void print_cells(const outcomes_options_t *options, char **cells, size_t count)
{
    const char *left[CELLS_MAX];
    for (size_t i = 0; i < count; i++)
        left[i] = cells[i];
    for (bool more = true; more;) {
        size_t at = 0, column = 2; /* of the cursor, and of the cell */
        more = false;
        for (size_t i = 0; i < count; i++) {
            size_t length = strcspn(left[i], "\n");
            if (length > 0) {
                printf("%*s%.*s", (int)(column - at), "", (int)length, left[i]);
                at = column + length;
            }
            column += i == 0 ? PORTS_WIDTH + 2 : cell_width(options) + 2;
            column = at + 2 > column ? at + 2 : column;
            left[i] += length + (left[i][length] == '\n');
            more = more || *left[i] != '\0';
        }
        putchar('\n');
    }
    for (size_t i = 0; i < count; i++)
        free(cells[i]);
}

/* Prints the ports, the outcomes in texts[], and the rules beside them, or below if there is no
 * room. A missing rule is not mentioned below. */
static void print_line(const outcomes_options_t *options, const char *ports,
                       const char *const *texts, const char *rules)
{
    char *cells[CELLS_MAX];
    size_t count = 0, width = terminal_width_or(stdout, UINT_MAX);
    size_t column = 2 + PORTS_WIDTH + 2 + options->count * (cell_width(options) + 2);
    cells[count++] = broken(ports, PORTS_WIDTH);
    for (size_t i = 0; i < options->count; i++)
        cells[count++] = broken(texts[i], options->count > 2 ? cell_width(options) : SIZE_MAX);
    bool beside = column + RULE_ROOM <= width || column + strlen(rules) <= width;
    if (beside)
        cells[count++] = broken(rules, width - column);
    print_cells(options, cells, count);
    if (!beside && strcmp(rules, NO_RULE) != 0) {
        printf("%*s", RULE_INDENT, "");
        wrap_print(stdout, rules, RULE_INDENT, RULE_INDENT, width);
    }
}

/* Prints the packet on which the two decide differently: the deciding one of the new rules if the
 * client does not connect under them, else that of the old rules. */
static void print_witness(const outcomes_options_t *options, size_t client,
                          const outcomes_row_t *row)
{
    char text[160];
    size_t i = row->of[1].kind != OUTCOME_CONNECTS;
    if (row->of[i].step < 0)
        i = 1 - i;
    if (row->of[i].step < 0)
        return;
    outcomes_packet(options->columns[i].outcomes, client, row->from, row->of[i].step, text,
                    sizeof(text));
    printf("               witness: %s\n", text);
}

static void print_rows(const outcomes_options_t *options, size_t client,
                       const outcomes_rows_t *rows)
{
    char ports[40], texts[OUTCOMES_VARIANTS_MAX][80];
    const char *said[OUTCOMES_VARIANTS_MAX];
    for (size_t i = 0; i < rows->count; i++) {
        const outcomes_row_t *row = &rows->list[i];
        say_ports(row, ports, sizeof(ports));
        for (size_t j = 0; j < options->count; j++) {
            say_outcome(&row->of[j], outcomes_clients[client].udp, texts[j], sizeof(texts[j]));
            said[j] = texts[j];
        }
        char *rules = rules_of(options, row);
        print_line(options, ports, said, rules);
        free(rules);
        if (options->diff)
            print_witness(options, client, row);
    }
}

static void print_head(const outcomes_options_t *options)
{
    const outcomes_column_t *first = &options->columns[0];
    ipf_reply_mode_t mode = first->variant.mode;
    size_t width = terminal_width_or(stdout, UINT_MAX);
    if (options->count == 1)
        wrap_printf(stdout, 0, width, "%s, era %s, mode %s; somebody listens on every port",
                    first->path, first->variant.era->name, reply_mode_name(mode));
    else if (options->diff)
        wrap_printf(stdout, 0, width,
                    "from %s to %s, era %s, mode %s; somebody listens on every port",
                    options->columns[0].path, options->columns[1].path, first->variant.era->name,
                    reply_mode_name(mode));
    else
        wrap_printf(stdout, 0, width, "%s; somebody listens on every port", first->path);
    for (size_t i = 0; i < options->count; i++) {
        const outcomes_column_t *column = &options->columns[i];
        if (!outcomes_intercepts(column->outcomes) && (i == 0 || options->diff))
            wrap_printf(stdout, 0, width,
                        "%s has no `set intercept_loopback true;`: no rule is asked on loopback "
                        "(--intercept: as if it had)",
                        column->path);
    }
}

static void print_columns(const outcomes_options_t *options)
{
    const char *names[OUTCOMES_VARIANTS_MAX] = {"old", "new"};
    for (size_t i = 0; i < options->count && !options->diff; i++)
        names[i] = options->columns[i].name;
    print_line(options, "ports", names, "by");
}

static bool all_same(const outcomes_options_t *options, const outcomes_rows_t *a,
                     const outcomes_rows_t *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = a->list[i].from == b->list[i].from && a->list[i].to == b->list[i].to &&
               outcomes_rows_same(options, &a->list[i], &b->list[i]);
    return same;
}

/* Clients of one protocol that have the same rows share one table. */
void outcomes_print_table(const outcomes_options_t *options, const outcomes_rows_t *rows)
{
    bool printed[OUTCOMES_CLIENTS] = {false}, any = false;
    print_head(options);
    for (size_t i = 0; i < OUTCOMES_CLIENTS; i++) {
        if (printed[i] || !outcomes_is_wanted(options, i) || rows[i].count == 0)
            continue;
        printf("\n%s to %s", outcomes_clients[i].udp ? "udp" : "tcp", outcomes_clients[i].address);
        for (size_t j = i + 1; j < OUTCOMES_CLIENTS; j++) {
            if (printed[j] || outcomes_clients[j].udp != outcomes_clients[i].udp ||
                !all_same(options, &rows[i], &rows[j]))
                continue;
            printed[j] = true;
            printf(", %s", outcomes_clients[j].address);
        }
        putchar('\n');
        if (!any)
            print_columns(options);
        any = true;
        print_rows(options, i, &rows[i]);
    }
    if (options->diff && !any)
        printf("\nnothing changes for anybody\n");
}
