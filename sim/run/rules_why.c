/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rules that are asked about a packet, in words.
 */
#include "sim/run/rules_why.h"

#include "filter/fr_verdict.h"
#include "filter/fr_why.h"
#include "filter/ipf_rule.h"
#include "sim/base/must.h"
#include "sim/base/terminal.h"
#include "sim/base/wrap.h"
#include "sim/packet/packet_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 7 /* of a rule's text, after "  yes  " */

typedef struct why {
    const rules_why_options_t *options;
    ipf_stack_t *ifs;
    size_t asked; /* rules, about this packet */
    ipf_event_kind_t kind;
    const frentry_t *rule; /* the one that decided */
    int number;
    const char *reason;
} why_t;

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

/* A rule's name: its group, its number and, if there is one, the line that it is on. Free it. */
static char *name_of(const why_t *why, const frentry_t *fr, int number, const char *comma)
{
    if (why->options->unplaced)
        return must_asprintf("@%s:%d", group_of(fr), number);
    return must_asprintf("@%s:%d%s line %d", group_of(fr), number, comma, fr->fr_line);
}

static void on_asked(void *arg, const fr_asked_t *asked)
{
    why_t *why = arg;
    char rule[IPF_RULE_TEXT_MAX];
    bool yes = asked->miss == FR_MISS_NOTHING;
    int indent = INDENT + 2 * ((int)asked->depth - 1);
    ipf_rule_text(asked->rule, rule, sizeof(rule));
    char *name = name_of(why, asked->rule, asked->number, "");
    char *text = must_asprintf("%s: %s: %s", name, rule,
                               yes ? match_words(asked->rule) : miss_words(asked->miss));
    printf("  %-*s", indent - 2, yes ? "yes" : "no");
    wrap_print(stdout, text, (size_t)indent, (size_t)indent + 2, terminal_width(stdout));
    free(text);
    free(name);
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
        char *name = name_of(why, why->rule, why->number, ",");
        text = must_asprintf("%s, by %srule %s: %s", verdict,
                             why->kind == IPF_EV_STATE ? "the state of " : "", name, rule);
        free(name);
    } else {
        text =
            must_asprintf("%s: %s", verdict, why->reason != NULL ? why->reason : "no rule matched");
    }
    fputs("  => ", stdout);
    wrap_print(stdout, text, 5, 5, terminal_width(stdout));
    free(text);
}

/* ---- packets ---- */

/* => Returns the packet in a block that belongs to the caller. */
static mblk_t *block_of(const ipftest_packet_t *packet)
{
    mblk_t *m = allocb(IPFTEST_PACKET_MAX);
    if (m == NULL)
        must_end();
    memcpy(m->b_rptr, packet->bytes, packet->length);
    m->b_wptr = m->b_rptr + packet->length;
    return m;
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
    mblk_t *m = block_of(packet);
    packet_text(m->b_rptr, msgdsize(m), &base, PACKET_NO_OPTIONS, text, sizeof(text));
    printf("%s on %s  %s\n", packet->out ? "out" : "in", packet->ifname, text);
    why->asked = 0;
    why->kind = IPF_EV_NOMATCH;
    why->rule = NULL;
    why->reason = NULL;
    const char *verdict = fr_verdict(why->ifs, &qpi, packet->out, m);
    say_verdict(why, verdict);
    if (why->options->judged != NULL && packet_parse(packet->bytes, packet->length, &p))
        why->options->judged(why->options->arg, &p);
    ipf_log_clear(why->ifs); /* the log is not read */
    freemsg(m);
}

int rules_why(ipf_stack_t *ifs, const rules_why_options_t *options, ipftest_input_t *packets)
{
    static ipftest_packet_t packet;
    why_t why = {.options = options, .ifs = ifs};
    int result, count = 0;
    fr_why(ifs, on_asked, &why);
    ipf_set_probe(ifs, on_event, &why);
    while ((result = options->hex ? ipftest_read_hex(packets, &packet)
                                  : ipftest_read_text(packets, &packet)) > 0) {
        if (count++ > 0)
            putchar('\n');
        judge(&why, &packet);
    }
    ipf_set_probe(ifs, NULL, NULL);
    fr_why(ifs, NULL, NULL);
    return result < 0 ? -1 : count;
}
