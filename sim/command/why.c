/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim why: every rule that is asked about a packet, and why it matches or does not.
 */
#include "filter/fr_verdict.h"
#include "filter/fr_why.h"
#include "filter/ipf_rule.h"
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
#include "sim/ipftest/ipftest_packet.h"
#include "sim/packet/packet.h"
#include "sim/packet/packet_text.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 7 /* of a rule's text, after "  yes  " */

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
    size_t asked; /* rules, about this packet */
    ipf_event_kind_t kind;
    const frentry_t *rule; /* the one that decided */
    int number;
    const char *reason;
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

/* ---- a rule that is asked ---- */

static const char *miss_words(fr_miss_t miss)
{
    static const char *const words[] = {
        [FR_MISS_NOTHING] = "",
        [FR_MISS_SKIPPED] = "it is skipped",
        [FR_MISS_INTERFACE] = "the interface is another",
        [FR_MISS_FAMILY] = "the packet is of the other IP version",
        [FR_MISS_PROTOCOL] = "the protocol is another",
        [FR_MISS_SOURCE] = "the source address is another",
        [FR_MISS_DESTINATION] = "the destination address is another",
        [FR_MISS_PORTS] = "it asks for ports or flags, and the packet shows none",
        [FR_MISS_SOURCE_PORT] = "the source port is another",
        [FR_MISS_DESTINATION_PORT] = "the destination port is another",
        [FR_MISS_FLAGS] = "the flags are others",
        [FR_MISS_ICMP] = "the ICMP type or code is another",
        [FR_MISS_WITH] = "what it asks for by `with` is not so",
        [FR_MISS_TOS] = "the type of service is another",
        [FR_MISS_TTL] = "the TTL is another",
        [FR_MISS_TAG] = "the packet has no such tag",
        [FR_MISS_WINDOW] = "the segment is outside of its connection's window",
    };
    return words[miss];
}

static bool decides(const frentry_t *fr)
{
    return !FR_ISSKIP(fr->fr_flags) && !FR_ISLOG(fr->fr_flags) && !FR_ISACCOUNT(fr->fr_flags);
}

/* What a match of this rule means for the rules after it. */
static const char *match_words(const frentry_t *fr)
{
    if (FR_ISSKIP(fr->fr_flags))
        return "it skips rules after it";
    if (!decides(fr))
        return "it decides nothing";
    if (fr->fr_grp != NULL)
        return "it matches, and its group is asked";
    return (fr->fr_flags & FR_QUICK) != 0 ? "it matches, and is quick: the search ends"
                                          : "it decides, unless a later one does";
}

static const char *group_of(const frentry_t *fr)
{
    return fr->fr_group[0] != '\0' ? fr->fr_group : "0";
}

static void on_asked(void *arg, const fr_asked_t *asked)
{
    why_t *why = arg;
    char rule[IPF_RULE_TEXT_MAX];
    bool yes = asked->miss == FR_MISS_NOTHING;
    int indent = INDENT + 2 * ((int)asked->depth - 1);
    ipf_rule_text(asked->rule, rule, sizeof(rule));
    char *text = must_asprintf("@%s:%d line %d: %s: %s", group_of(asked->rule), asked->number,
                               asked->rule->fr_line, rule,
                               yes ? match_words(asked->rule) : miss_words(asked->miss));
    printf("  %-*s", indent - 2, yes ? "yes" : "no");
    wrap_print(stdout, text, (size_t)indent, (size_t)indent + 2, terminal_width(stdout));
    free(text);
    why->asked++;
}

static void on_event(void *arg, const ipf_event_t *event)
{
    why_t *why = arg;
    if (event->kind != IPF_EV_RULE && event->kind != IPF_EV_NOMATCH &&
        event->kind != IPF_EV_STATE && event->kind != IPF_EV_FRAG)
        return;
    why->kind = event->kind;
    why->rule = event->rule;
    why->number = event->number;
    why->reason = event->reason;
}

/* ---- the end ---- */

static void say_verdict(const why_t *why, const char *verdict)
{
    char rule[IPF_RULE_TEXT_MAX];
    if (why->kind == IPF_EV_STATE || why->kind == IPF_EV_FRAG)
        printf("  %s knows the packet, and the rules are not asked\n",
               why->kind == IPF_EV_STATE ? "the state table" : "the fragment cache");
    else if (why->asked == 0)
        printf("  no rule is asked\n");
    char *text = NULL;
    if (why->rule != NULL) {
        ipf_rule_text(why->rule, rule, sizeof(rule));
        text = must_asprintf("%s, by %srule @%s:%d, line %d: %s", verdict,
                             why->kind == IPF_EV_STATE ? "the state of " : "", group_of(why->rule),
                             why->number, why->rule->fr_line, rule);
    } else {
        text =
            must_asprintf("%s: %s", verdict, why->reason != NULL ? why->reason : "no rule matched");
    }
    fputs("  => ", stdout);
    wrap_print(stdout, text, 5, 5, terminal_width(stdout));
    free(text);
}

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
static void say_client(const why_t *why, const struct packet *p)
{
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

static void judge(why_t *why, const ipftest_packet_t *packet)
{
    struct packet_base base = {0};
    struct packet p;
    char text[500];
    qpktinfo_t qpi = {.qpi_ifname = packet->ifname, .qpi_left = IPFTEST_PACKET_MAX};
    if (packet->multicast)
        qpi.qpi_flags |= FI_MULTICAST | FI_MBCAST;
    if (packet->broadcast)
        qpi.qpi_flags |= FI_BROADCAST | FI_MBCAST;
    mblk_t *m = allocb(IPFTEST_PACKET_MAX);
    if (m == NULL)
        must_end();
    memcpy(m->b_rptr, packet->bytes, packet->length);
    m->b_wptr = m->b_rptr + packet->length;
    packet_text(m->b_rptr, msgdsize(m), &base, PACKET_NO_OPTIONS, text, sizeof(text));
    printf("%s on %s  %s\n", packet->out ? "out" : "in", packet->ifname, text);
    why->asked = 0;
    why->rule = NULL;
    why->reason = NULL;
    const char *verdict = fr_verdict(why->ifs, &qpi, packet->out, m);
    say_verdict(why, verdict);
    if (packet_parse(packet->bytes, packet->length, &p))
        say_client(why, &p);
    ipf_log_clear(why->ifs); /* the log is not read */
    freemsg(m);
}

/* => Returns the exit code. */
static int judge_all(why_t *why, const char *name, const char *text, size_t length)
{
    static ipftest_packet_t packet;
    ipftest_input_t in = {.next = text, .end = text + length};
    int result, count = 0;
    while ((result = why->options->hex ? ipftest_read_hex(&in, &packet)
                                       : ipftest_read_text(&in, &packet)) > 0) {
        if (count++ > 0)
            putchar('\n');
        judge(why, &packet);
    }
    fflush(stdout);
    if (result < 0)
        visible_printf(stderr, "%s:%d: %s\n", name, in.line, in.error);
    else if (count == 0)
        visible_printf(stderr, "%s: there is no packet\n", name);
    return result < 0 || count == 0 ? EXIT_MISTAKE : 0;
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
    fr_why(why->ifs, on_asked, why);
    ipf_set_probe(why->ifs, on_event, why);
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
