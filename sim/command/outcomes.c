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
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/outcomes_proof.h"
#include "sim/command/outcomes_table.h"
#include "sim/command/shared.h"
#include "sim/core/box.h"
#include "sim/core/rules_error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
    return *port >= 1 && *port < OUTCOMES_PORTS;
}

/* Reads the name of a service, and moves *at past it. */
static bool parse_service(const char **at, outcomes_ports_t *ports)
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
static bool parse_range(const char **at, outcomes_ports_t *ports)
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
    outcomes_ports_t *ports = where;
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
    outcomes_options_t *options = where;
    options->all_eras = strcmp(given->text, "all") == 0;
    return options->all_eras || option_era(&options->era, given);
}

static const option_row_t option_rows[] = {
    {.letter = 'f',
     .name = "rules",
     .argument = "FILE",
     .help = "the rules, an ipf.conf",
     .set = option_text,
     .offset = offsetof(outcomes_options_t, rules)},
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
     .offset = offsetof(outcomes_options_t, mode),
     .words = reply_mode_names},
    {.name = "ports",
     .argument = "PORTS",
     .help = "these ports only: ssh,80-90",
     .set = set_ports,
     .offset = offsetof(outcomes_options_t, ports)},
    {.name = "proto",
     .argument = "PROTO",
     .help = "these clients only: tcp or udp",
     .set = option_word,
     .offset = offsetof(outcomes_options_t, proto),
     .words = protos},
    {.name = "intercept",
     .help = "as if the file said `set intercept_loopback true;`",
     .set = option_flag,
     .offset = offsetof(outcomes_options_t, intercept)},
    {.name = "require",
     .argument = "WORD",
     .help = "exit 1 unless all that is shown connects, is refused, hangs or, of two files, is the "
             "same",
     .set = option_word,
     .offset = offsetof(outcomes_options_t, require),
     .words = requires},
    {.name = "json",
     .help = "as JSON",
     .set = option_flag,
     .offset = offsetof(outcomes_options_t, json)},
    OPTION_HELP,
    {0}};

static void add_column(outcomes_options_t *options, const char *name, const char *path,
                       const era_t *era)
{
    outcomes_column_t *column = &options->columns[options->count++];
    column->name = name;
    column->path = path;
    column->variant.era = era;
    column->variant.mode_chosen = options->mode >= 0;
    column->variant.mode = options->mode >= 0 ? (ipf_reply_mode_t)options->mode : era->mode;
    column->variant.intercept = options->intercept;
}

static int add_columns(outcomes_options_t *options, const option_words_t *words)
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
static int parse(int argc, char **argv, outcomes_options_t *options)
{
    option_words_t words;
    int code = options_take(&command_outcomes, argc, argv, options, &words);
    if (code >= 0)
        return code;
    for (size_t port = 1; !options->ports.given && port < OUTCOMES_PORTS; port++)
        options->ports.wanted[port] = true;
    options->ports.begins[1] = options->ports.begins[OUTCOMES_PORTS] = true;
    return add_columns(options, &words);
}

/* => Returns 0, or the exit code and reports why. */
static int open_column(outcomes_options_t *options, outcomes_column_t *column)
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

bool outcomes_rows_same(const outcomes_options_t *options, const outcomes_row_t *a,
                        const outcomes_row_t *b)
{
    for (size_t i = 0; i < options->count; i++) {
        if (!outcome_same(&a->of[i], &b->of[i]))
            return false;
    }
    return true;
}

static bool changes(const outcomes_row_t *row)
{
    return !outcome_same_result(&row->of[0], &row->of[1]);
}

static void add_row(const outcomes_options_t *options, outcomes_rows_t *rows,
                    const outcomes_row_t *row)
{
    outcomes_row_t *last = rows->count > 0 ? &rows->list[rows->count - 1] : NULL;
    if (options->diff && !changes(row))
        return;
    if (last != NULL && last->to + 1 == row->from && outcomes_rows_same(options, last, row)) {
        last->to = row->to;
        return;
    }
    rows->list = must_grow(rows->list, &rows->room, rows->count + 1, sizeof(*rows->list));
    rows->list[rows->count++] = *row;
}

static void find_rows(outcomes_options_t *options, size_t client, outcomes_rows_t *rows)
{
    for (uint32_t from = 1, to; from < OUTCOMES_PORTS; from = to + 1) {
        for (to = from; !options->ports.begins[to + 1]; to++)
            continue;
        outcomes_row_t row = {.from = (uint16_t)from, .to = (uint16_t)to};
        if (!options->ports.wanted[from])
            continue;
        for (size_t i = 0; i < options->count; i++)
            row.of[i] = outcomes_at(options->columns[i].outcomes, client, (uint16_t)from);
        add_row(options, rows, &row);
    }
}

bool outcomes_is_wanted(const outcomes_options_t *options, size_t client)
{
    return options->proto < 0 || (options->proto == 1) == outcomes_clients[client].udp;
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
    print_json_text("result", outcome_word(outcome, udp));
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

static void print_json_row(const outcomes_options_t *options, size_t client,
                           const outcomes_row_t *row)
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
static void print_json(const outcomes_options_t *options, const outcomes_rows_t *rows)
{
    bool any = false;
    putchar('[');
    for (size_t i = 0; i < OUTCOMES_CLIENTS; i++) {
        for (size_t j = 0; outcomes_is_wanted(options, i) && j < rows[i].count; j++) {
            printf("%s\n", any ? "," : "");
            print_json_row(options, i, &rows[i].list[j]);
            any = true;
        }
    }
    printf("\n]\n");
}

/* ---- --require ---- */

static bool holds(const outcomes_options_t *options, const outcomes_rows_t *rows, bool any_differs)
{
    if (options->require == REQUIRE_SAME && any_differs)
        return false;
    for (size_t i = 0; options->require != REQUIRE_NOTHING && i < OUTCOMES_CLIENTS; i++) {
        for (size_t j = 0; outcomes_is_wanted(options, i) && j < rows[i].count; j++) {
            const outcomes_row_t *row = &rows[i].list[j];
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
static bool any_differs(const outcomes_options_t *options)
{
    const outcomes_column_t *old = &options->columns[0], *new = &options->columns[1];
    if (!options->diff || options->ports.given || options->proto >= 0)
        return false;
    return outcomes_compare_any(old->outcomes, new->outcomes, old->path, new->path,
                                options->json ? NULL : stdout);
}

static int show(outcomes_options_t *options)
{
    outcomes_rows_t rows[OUTCOMES_CLIENTS] = {{0}};
    for (size_t i = 0; i < options->count; i++) {
        int code = open_column(options, &options->columns[i]);
        if (code != 0)
            return code;
    }
    for (size_t i = 0; i < OUTCOMES_CLIENTS; i++) {
        if (outcomes_is_wanted(options, i))
            find_rows(options, i, &rows[i]);
    }
    if (options->json)
        print_json(options, rows);
    else
        outcomes_print_table(options, rows);
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
    outcomes_options_t *options = must_calloc(1, sizeof(*options));
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
