/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim outcomes: what one's own rules do to one's own clients on loopback, for every port.
 */
#include "filter/ipf_rule.h"
#include "filter/ipf_words.h"
#include "sim/base/errno_name.h"
#include "sim/base/json_text.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/terminal.h"
#include "sim/base/text.h"
#include "sim/base/wrap.h"
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/outcomes_proof.h"
#include "sim/command/outcomes_run.h"
#include "sim/command/shared.h"
#include "sim/core/box.h"
#include "sim/core/rules_error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define VARIANTS_MAX 4
#define PORTS        65536

/* One column. */
typedef struct column {
    const char *name; /* the era's, or the file's */
    const char *path;
    char *text;
    outcomes_variant_t variant;
    outcomes_t *outcomes;
} column_t;

/* What --require asks of all that is shown; the first three are outcome_kind_t's. */
typedef enum require {
    REQUIRE_CONNECTS,
    REQUIRE_REFUSED,
    REQUIRE_HANGS,
    REQUIRE_SAME,
    REQUIRE_NOTHING
} require_t;

/* Which ports are shown. */
typedef struct port_list {
    bool given;
    bool wanted[PORTS];
    bool begins[PORTS + 1]; /* where a range of ports begins */
} port_list_t;

typedef struct options {
    const char *rules;
    const era_t *era;
    bool all_eras;
    int mode;  /* ipf_reply_mode_t; -1: not given */
    int proto; /* 0 tcp, 1 udp; -1: both */
    int require;
    bool intercept, json, diff;
    port_list_t ports;
    column_t columns[VARIANTS_MAX];
    size_t count;
} options_t;

/* Ports with the same outcomes. */
typedef struct row {
    uint16_t from, to;
    outcome_t of[VARIANTS_MAX];
} row_t;

typedef struct rows {
    row_t *list;
    size_t count, room;
} rows_t;

/* ---- the command line ---- */

static const char *const protos[] = {"tcp", "udp", NULL};
static const char *const requires[] = {"connects", "refused", "hangs", "same", NULL};

static bool parse_port(const char **at, unsigned long *port)
{
    char *end;
    if (**at < '0' || **at > '9')
        return false;
    *port = strtoul(*at, &end, 10);
    *at = end;
    return *port >= 1 && *port < PORTS;
}

/* Reads the name of a service, and moves *at past it. */
static bool parse_service(const char **at, port_list_t *ports)
{
    uint16_t port;
    size_t length = strcspn(*at, ",");
    bool found = ipf_service_port(*at, length, 0, &port);
    *at += length;
    if (found)
        ports->wanted[port] = ports->begins[port] = ports->begins[port + 1] = true;
    return found;
}

/* Reads N[-N], or a service, and moves *at past it. */
static bool parse_range(const char **at, port_list_t *ports)
{
    unsigned long from, to;
    if (**at < '0' || **at > '9')
        return parse_service(at, ports);
    if (!parse_port(at, &from))
        return false;
    to = from;
    if (**at == '-' && ((*at)++, !parse_port(at, &to)))
        return false;
    for (unsigned long port = from; port <= to; port++)
        ports->wanted[port] = true;
    ports->begins[from] = ports->begins[to + 1] = true;
    return to >= from;
}

static bool set_ports(void *where, const option_given_t *given)
{
    port_list_t *ports = where;
    const char *at = given->text;
    bool right = parse_range(&at, ports);
    while (right && *at == ',') {
        at++;
        right = parse_range(&at, ports);
    }
    ports->given = true;
    if (right && *at == '\0')
        return true;
    command_mistake("outcomes",
                    "--ports takes ports from 1 to 65535 and services, such as ssh,80-90, not '%s'",
                    given->text);
    return false;
}

static bool set_era(void *where, const option_given_t *given)
{
    options_t *options = where;
    options->all_eras = strcmp(given->text, "all") == 0;
    return options->all_eras || option_era(&options->era, given);
}

static const option_row_t option_rows[] = {
    {.letter = 'f',
     .name = "rules",
     .argument = "FILE",
     .help = "the rules, an ipf.conf",
     .set = option_text,
     .offset = offsetof(options_t, rules)},
    OPTION_HOSTS,
    {.name = "era",
     .argument = "ERA",
     .help = "%w; all: side by side",
     .set = set_era,
     .words = era_names},
    {.name = "mode",
     .argument = "MODE",
     .help = "the reply mode, instead of the era's",
     .set = option_word,
     .offset = offsetof(options_t, mode),
     .words = reply_mode_names},
    {.name = "ports",
     .argument = "PORTS",
     .help = "these ports only: ssh,80-90",
     .set = set_ports,
     .offset = offsetof(options_t, ports)},
    {.name = "proto",
     .argument = "PROTO",
     .help = "these clients only: tcp or udp",
     .set = option_word,
     .offset = offsetof(options_t, proto),
     .words = protos},
    {.name = "intercept",
     .help = "as if the file said `set intercept_loopback true;`",
     .set = option_flag,
     .offset = offsetof(options_t, intercept)},
    {.name = "require",
     .argument = "WORD",
     .help = "exit 1 unless all that is shown connects, is refused, hangs or, of two files, is the "
             "same",
     .set = option_word,
     .offset = offsetof(options_t, require),
     .words = requires},
    {.name = "json", .help = "as JSON", .set = option_flag, .offset = offsetof(options_t, json)},
    OPTION_HELP,
    {0}};

static void add_column(options_t *options, const char *name, const char *path, const era_t *era)
{
    column_t *column = &options->columns[options->count++];
    column->name = name;
    column->path = path;
    column->variant.era = era;
    column->variant.mode_chosen = options->mode >= 0;
    column->variant.mode = options->mode >= 0 ? (ipf_reply_mode_t)options->mode : era->mode;
    column->variant.intercept = options->intercept;
}

static int add_columns(options_t *options, const option_words_t *words)
{
    bool all = options->all_eras;
    const era_t *era = options->era != NULL ? options->era : era_default();
    if (options->rules != NULL ? words->count != 0 : words->count < 1 || words->count > 2)
        return command_mistake("outcomes", "rules are needed, -f FILE, or two files, OLD NEW");
    if (words->count == 1)
        options->rules = words->list[0];
    options->diff = words->count == 2;
    if (options->diff && all)
        return command_mistake("outcomes", "two files are compared under one era, not all");
    if (options->require == REQUIRE_SAME && !options->diff)
        return command_mistake("outcomes", "--require same goes with two files");
    for (size_t i = 0; options->diff && i < words->count; i++)
        add_column(options, words->list[i], words->list[i], era);
    for (size_t i = 0; all && era_names[i] != NULL; i++)
        add_column(options, era_names[i], options->rules, era_find(era_names[i]));
    if (!options->diff && !all)
        add_column(options, "outcome", options->rules, era);
    return -1;
}

/* => Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, options_t *options)
{
    option_words_t words;
    int code = options_take(&command_outcomes, argc, argv, options, &words);
    if (code >= 0)
        return code;
    for (size_t port = 1; !options->ports.given && port < PORTS; port++)
        options->ports.wanted[port] = true;
    options->ports.begins[1] = options->ports.begins[PORTS] = true;
    return add_columns(options, &words);
}

/* => Returns 0, or the exit code and reports why. */
static int open_column(options_t *options, column_t *column)
{
    ipf_error_t error;
    column->text = rules_read(column->path, &column->variant.length);
    if (column->text == NULL)
        return EXIT_MISTAKE;
    column->variant.text = column->text;
    column->outcomes = outcomes_create(&column->variant, 1, &error);
    if (column->outcomes == NULL)
        return rules_report(column->path, column->text, column->variant.length, EINVAL, &error);
    outcomes_mark_ports(&column->variant, options->ports.begins);
    for (int udp = 0; udp < 2; udp++) {
        uint16_t own = outcomes_source_port(column->outcomes, udp == 1);
        options->ports.begins[own] = options->ports.begins[own + 1] = true;
    }
    return 0;
}

/* ---- rows ---- */

static bool rows_same(const options_t *options, const row_t *a, const row_t *b)
{
    for (size_t i = 0; i < options->count; i++) {
        if (!outcome_same(&a->of[i], &b->of[i]))
            return false;
    }
    return true;
}

static bool changes(const row_t *row)
{
    return !outcome_same_result(&row->of[0], &row->of[1]);
}

static void add_row(const options_t *options, rows_t *rows, const row_t *row)
{
    row_t *last = rows->count > 0 ? &rows->list[rows->count - 1] : NULL;
    if (options->diff && !changes(row))
        return;
    if (last != NULL && last->to + 1 == row->from && rows_same(options, last, row)) {
        last->to = row->to;
        return;
    }
    if (rows->count == rows->room) {
        rows->room = rows->room == 0 ? 16 : rows->room * 2;
        rows->list = must_realloc(rows->list, rows->room * sizeof(*rows->list));
    }
    rows->list[rows->count++] = *row;
}

static void find_rows(options_t *options, size_t client, rows_t *rows)
{
    for (uint32_t from = 1, to; from < PORTS; from = to + 1) {
        for (to = from; !options->ports.begins[to + 1]; to++)
            continue;
        row_t row = {.from = (uint16_t)from, .to = (uint16_t)to};
        if (!options->ports.wanted[from])
            continue;
        for (size_t i = 0; i < options->count; i++)
            row.of[i] = outcomes_at(options->columns[i].outcomes, client, (uint16_t)from);
        add_row(options, rows, &row);
    }
}

static bool all_same(const options_t *options, const rows_t *a, const rows_t *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = a->list[i].from == b->list[i].from && a->list[i].to == b->list[i].to &&
               rows_same(options, &a->list[i], &b->list[i]);
    return same;
}

static bool is_wanted(const options_t *options, size_t client)
{
    return options->proto < 0 || (options->proto == 1) == outcomes_clients[client].udp;
}

/* ---- words ---- */

static const char *kind_word(const outcome_t *outcome, bool udp)
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
    const char *word = kind_word(outcome, udp);
    double time = (double)outcome->time_us / 1e6;
    if (outcome->time_us == 0)
        snprintf(text, size, "%s", word);
    else if (outcome->kind == OUTCOME_HANGS)
        snprintf(text, size, "%s %.10g s%s%s", word, time, outcome->err != ETIMEDOUT ? ", " : "",
                 outcome->err != ETIMEDOUT ? errno_name(outcome->err) : "");
    else
        snprintf(text, size, "%s after %.10g s", word, time);
}

static void say_ports(const row_t *row, char *text, size_t size)
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
#define CELLS_MAX   (1 + VARIANTS_MAX + 1)
#define JOINT       '\001' /* a blank at which no line is broken */

static size_t cell_width(const options_t *options)
{
    return options->count > 2 ? 15 : CELL;
}

/* The rules that caused a row: "line 2: block ...", "no rule -> line 3: ...".
 * => The caller frees it. */
static char *rules_of(const options_t *options, const row_t *row)
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
static void print_cells(const options_t *options, char **cells, size_t count)
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
static void print_line(const options_t *options, const char *ports, const char *const *texts,
                       const char *rules)
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
static void print_witness(const options_t *options, size_t client, const row_t *row)
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

static void print_rows(const options_t *options, size_t client, const rows_t *rows)
{
    char ports[40], texts[VARIANTS_MAX][80];
    const char *said[VARIANTS_MAX];
    for (size_t i = 0; i < rows->count; i++) {
        const row_t *row = &rows->list[i];
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

static void print_head(const options_t *options)
{
    const column_t *first = &options->columns[0];
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
        const column_t *column = &options->columns[i];
        if (!outcomes_intercepts(column->outcomes) && (i == 0 || options->diff))
            wrap_printf(stdout, 0, width,
                        "%s has no `set intercept_loopback true;`: no rule is asked on loopback "
                        "(--intercept: as if it had)",
                        column->path);
    }
}

static void print_columns(const options_t *options)
{
    const char *names[VARIANTS_MAX] = {"old", "new"};
    for (size_t i = 0; i < options->count && !options->diff; i++)
        names[i] = options->columns[i].name;
    print_line(options, "ports", names, "by");
}

/* Clients of one protocol that have the same rows share one table. */
static void print_table(const options_t *options, const rows_t *rows)
{
    bool printed[OUTCOMES_CLIENTS] = {false}, any = false;
    print_head(options);
    for (size_t i = 0; i < OUTCOMES_CLIENTS; i++) {
        if (printed[i] || !is_wanted(options, i) || rows[i].count == 0)
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

/* ---- JSON ---- */

static void print_json_text(const char *key, const char *text)
{
    printf("\"%s\": ", key);
    if (text != NULL)
        put_json_string(stdout, text);
    else
        printf("null");
}

static void print_json_outcome(const outcome_t *outcome, bool udp)
{
    char rule[IPF_RULE_TEXT_MAX];
    bool failed = outcome->err != 0 && !(udp && outcome->kind == OUTCOME_HANGS);
    putchar('{');
    print_json_text("result", kind_word(outcome, udp));
    printf(", ");
    print_json_text("errno", failed ? errno_name(outcome->err) : NULL);
    printf(", \"time\": %.10g, ", (double)outcome->time_us / 1e6);
    if (outcome->rule != NULL) {
        ipf_rule_text(outcome->rule, rule, sizeof(rule));
        printf("\"line\": %d, ", outcome->rule->fr_line);
    } else {
        printf("\"line\": null, ");
    }
    print_json_text("rule", outcome->rule != NULL ? rule : NULL);
    printf(", \"state\": %s}", outcome->by_state ? "true" : "false");
}

static void print_json_row(const options_t *options, size_t client, const row_t *row)
{
    const outcomes_client_t *who = &outcomes_clients[client];
    printf("{\"proto\": \"%s\", \"address\": \"%s\", \"from\": %u, \"to\": %u, \"outcomes\": {",
           who->udp ? "udp" : "tcp", who->address, row->from, row->to);
    for (size_t i = 0; i < options->count; i++) {
        printf("%s\"%s\": ", i > 0 ? ", " : "",
               options->diff ? (i == 0 ? "old" : "new") : options->columns[i].variant.era->name);
        print_json_outcome(&row->of[i], who->udp);
    }
    printf("}}");
}

/* A list, with a line for each row of each client. */
static void print_json(const options_t *options, const rows_t *rows)
{
    bool any = false;
    putchar('[');
    for (size_t i = 0; i < OUTCOMES_CLIENTS; i++) {
        for (size_t j = 0; is_wanted(options, i) && j < rows[i].count; j++) {
            printf("%s\n", any ? "," : "");
            print_json_row(options, i, &rows[i].list[j]);
            any = true;
        }
    }
    printf("\n]\n");
}

/* ---- --require ---- */

static bool holds(const options_t *options, const rows_t *rows, bool any_differs)
{
    if (options->require == REQUIRE_SAME && any_differs)
        return false;
    for (size_t i = 0; options->require != REQUIRE_NOTHING && i < OUTCOMES_CLIENTS; i++) {
        for (size_t j = 0; is_wanted(options, i) && j < rows[i].count; j++) {
            const row_t *row = &rows[i].list[j];
            for (size_t k = options->diff ? 1 : 0; k < options->count; k++) {
                if ((int)row->of[k].kind != options->require)
                    return false;
            }
        }
    }
    return true;
}

/* Compares two files for any packet, unless only some clients are asked about.
 * => Returns whether they are known to differ. */
static bool any_differs(const options_t *options)
{
    const column_t *old = &options->columns[0], *new = &options->columns[1];
    if (!options->diff || options->ports.given || options->proto >= 0)
        return false;
    return outcomes_compare_any(old->outcomes, new->outcomes, old->path, new->path,
                                options->json ? NULL : stdout);
}

static int show(options_t *options)
{
    rows_t rows[OUTCOMES_CLIENTS] = {{0}};
    for (size_t i = 0; i < options->count; i++) {
        int code = open_column(options, &options->columns[i]);
        if (code != 0)
            return code;
    }
    for (size_t i = 0; i < OUTCOMES_CLIENTS; i++) {
        if (is_wanted(options, i))
            find_rows(options, i, &rows[i]);
    }
    if (options->json)
        print_json(options, rows);
    else
        print_table(options, rows);
    int code = holds(options, rows, any_differs(options)) ? 0 : 1;
    if (code != 0)
        fprintf(stderr, "lo0sim outcomes: --require %s does not hold\n",
                requires[options->require]);
    for (size_t i = 0; i < OUTCOMES_CLIENTS; i++)
        free(rows[i].list);
    return code;
}

static int run(int argc, char **argv)
{
    options_t *options = must_calloc(1, sizeof(*options));
    options->mode = options->proto = -1;
    options->require = REQUIRE_NOTHING;
    int code = parse(argc, argv, options);
    if (code < 0)
        code = show(options);
    for (size_t i = 0; i < options->count; i++) {
        outcomes_destroy(options->columns[i].outcomes);
        free(options->columns[i].text);
    }
    free(options);
    return code;
}

const command_t command_outcomes = {
    .name = "outcomes",
    .what = "what rules do to local clients, for every port",
    .run = run,
    .knows_machine = true,
    .synopsis = "[OPTION...] RULES...",
    .text =
        "Says for every port, for TCP and UDP over IPv4 and IPv6, to loopback addresses and the "
        "host's own, what becomes of a local client where somebody listens: it connects, is "
        "refused at once, or hangs, and by which line of RULES. Of two files, OLD and NEW, what "
        "changes for whom, with a packet as ipftest takes it, and whether their verdict about any "
        "packet is "
        "the same.",
    .rows = option_rows,
    .tail =
        "exit: 0, 1 if --require does not hold, 2 a mistake on the command line or in the rules",
};
