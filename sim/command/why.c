/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim why: every rule that is asked about a packet, why it matches or does not, and what a local
 * client sees.
 */
#include "sim/base/errno_name.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/terminal.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/base/wrap.h"
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/outcomes_run.h"
#include "sim/command/shared.h"
#include "sim/core/rules_error.h"
#include "sim/packet/packet.h"
#include "sim/run/rules_why.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

typedef struct why_options {
    const char *rules;
    shared_world_t world;
    bool hex;
    const char *packets; /* -i: a file; NULL: the words */
    int family;
} why_options_t;

typedef struct why {
    const why_options_t *options;
    ipf_stack_t *ifs;
    char *text; /* of the rules */
    size_t length;
} why_t;

static bool set_format(void *where, const option_given_t *given)
{
    static const char *const names[] = {"text", "hex", NULL};
    bool *hex = where;
    *hex = strcmp(given->text, "hex") == 0;
    return *hex || strcmp(given->text, "text") == 0 ||
           option_unknown(given->command, "packet format", given->text, names);
}

static const option_row_t rows[] = {
    OPTION_RULES(offsetof(why_options_t, rules)),
    {.letter = 'i',
     .argument = "FILE",
     .help = "the packets, one after the other, instead of PACKET",
     .set = option_text,
     .offset = offsetof(why_options_t, packets)},
    {.letter = 'F',
     .argument = "FORMAT",
     .help = "how they are written: text (the default) or hex, as for ipftest",
     .set = set_format,
     .offset = offsetof(why_options_t, hex)},
    OPTION_FAMILY6(offsetof(why_options_t, family)),
    OPTION_HOSTS,
    {.group = world_rows, .offset = offsetof(why_options_t, world)},
    OPTION_HELP,
    {0}};

/* The client in outcomes_clients that sends such a packet; OUTCOMES_CLIENTS if none does. */
static size_t client_of(const struct packet *p)
{
    bool begins = p->kind == PACKET_UDP || (p->kind == PACKET_TCP && p->flags == PACKET_SYN);
    for (size_t i = 0; begins && i < OUTCOMES_CLIENTS; i++) {
        in6_addr_t address;
        if (outcomes_clients[i].udp == (p->kind == PACKET_UDP) &&
            ip_address_parse(outcomes_clients[i].address, &address) &&
            ip_address_same(&address, &p->dst))
            return i;
    }
    return OUTCOMES_CLIENTS;
}

/* Runs a local client that begins with such a packet, and prints what it sees. */
static void say_client(void *arg, const struct packet *p)
{
    const why_t *why = arg;
    ipf_error_t error;
    size_t client = client_of(p);
    const shared_world_t *world = &why->options->world;
    if (client == OUTCOMES_CLIENTS || p->dport == 0)
        return;
    const era_t *era = world->era != NULL ? world->era : era_default();
    const outcomes_variant_t variant = {.text = why->text,
                                        .length = why->length,
                                        .era = era,
                                        .mode_chosen = world->mode != NULL,
                                        .mode = world->mode != NULL ? *world->mode : era->mode};
    outcomes_t *outcomes = outcomes_create(&variant, 1, &error);
    if (outcomes == NULL) /* rules that no host can carry out */
        return;
    outcome_t outcome = outcomes_at(outcomes, client, p->dport);
    bool silent = outcomes_clients[client].udp && outcome.kind == OUTCOME_HANGS;
    char after[40] = "";
    if (!outcomes_clients[client].udp)
        snprintf(after, sizeof(after), " after %.3f s", (double)outcome.time_us / 1e6);
    wrap_printf(stdout, 2, terminal_width(stdout),
                "a client to %s port %u, where somebody listens: %s%s",
                outcomes_clients[client].address, p->dport,
                silent                         ? "no answer"
                : outcome.err != 0             ? errno_name(outcome.err)
                : outcomes_clients[client].udp ? "answered"
                                               : "connected",
                after);
    if (!outcomes_intercepts(outcomes))
        wrap_printf(stdout, 2, terminal_width(stdout),
                    "the rules have no `set intercept_loopback true;`: on loopback none is asked");
    outcomes_destroy(outcomes);
}

/* => Returns the exit code. */
static int judge_all(why_t *why, const char *name, const char *text, size_t length)
{
    const rules_why_options_t options = {
        .hex = why->options->hex, .judged = say_client, .arg = why};
    ipftest_input_t in = {.next = text, .end = text + length};
    int count = rules_why(why->ifs, &options, &in);
    fflush(stdout);
    if (count < 0)
        visible_printf(stderr, "%s:%d: %s\n", name, in.line, in.error);
    else if (count == 0)
        visible_printf(stderr, "%s: there is no packet\n", name);
    return count > 0 ? 0 : EXIT_MISTAKE;
}

/* The words of the command line: each word is a packet, or all words together are one. */
static char *packets_of(const option_words_t *words)
{
    char *text = NULL;
    size_t size;
    bool one = words->count > 1 && strchr(words->list[0], ' ') == NULL;
    FILE *out = text_open(&text, &size);
    for (size_t i = 0; i < words->count; i++)
        fprintf(out, "%s%s", words->list[i], one && i + 1 < words->count ? " " : "\n");
    fclose(out);
    return text;
}

static int run_why(why_t *why, const option_words_t *words)
{
    ipf_error_t error;
    size_t length = 0;
    const why_options_t *options = why->options;
    why->text = rules_read(options->rules, &why->length);
    if (why->text == NULL)
        return EXIT_MISTAKE;
    int err = ipf_load_all(why->ifs, why->text, why->length, options->family, &error);
    int code = rules_report(options->rules, why->text, why->length, err, &error);
    if (code != 0)
        return code;
    char *packets =
        options->packets != NULL ? rules_read(options->packets, &length) : packets_of(words);
    if (packets == NULL)
        return EXIT_MISTAKE;
    code = judge_all(why, options->packets != NULL ? options->packets : "PACKET", packets,
                     options->packets != NULL ? length : strlen(packets));
    free(packets);
    return code;
}

static int run(int argc, char **argv)
{
    why_options_t options = {0};
    option_words_t words;
    int code = options_take(&command_why, argc, argv, &options, &words);
    if (code >= 0)
        return code;
    if (options.rules == NULL || (words.count > 0) == (options.packets != NULL))
        return command_mistake("why", "rules and a packet are needed, such as: lo0sim why -f "
                                      "ipf.conf in on lo0 tcp 127.0.0.1,40000 127.0.0.1,22 S");
    why_t why = {.options = &options, .ifs = ipf_create()};
    if (why.ifs == NULL)
        must_end();
    code = run_why(&why, &words);
    free(why.text);
    ipf_destroy(why.ifs);
    return code;
}

const command_t command_why = {
    .name = "why",
    .what = "why rules let a packet through, or do not",
    .run = run,
    .knows_machine = true,
    .synopsis = "[OPTION...] -f RULES PACKET...",
    .text =
        "Says of a packet which rules are asked, in order, which match and which do not, and "
        "why not; the verdict, and by which rule; and of a packet that begins a connection to "
        "the host itself, what its client sees. PACKET is as ipftest takes it; of several, each "
        "is judged after the one before, whose states it finds.",
    .rows = rows,
    .tail = "exit: 0 it is said, 2 a mistake on the command line, in the rules or the packet",
};
