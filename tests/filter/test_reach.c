/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which rules packets reach, held against all packets of a small world: for each kind of packet
 * that the rules can tell apart, the world has one.
 */
#include "filter/fr_impl.h"
#include "filter/fr_reach.h"
#include "filter/fr_verdict.h"
#include "filter/fr_witness.h"
#include "tests/filter/filter_with.h"
#include "tests/filter/packet.h"
#include "tests/filter/random_rules.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RULES_MAX 9
#define LINE      160

/* ---- the world ---- */

typedef struct kind {
    int proto;
    const char *flags;
    int frag, icmp;
    bool six, bad;
} kind_t;

static const kind_t kinds[] = {
    {.flags = "S"},
    {.flags = "SA"},
    {.flags = "A"},
    {.flags = "R"},
    {.flags = "RA"},
    {.flags = "SF", .bad = true},
    {.proto = IPPROTO_UDP},
    {.proto = IPPROTO_UDP, .frag = 0x2000},
    {.proto = IPPROTO_TCP, .frag = 8},
    {.proto = IPPROTO_UDP, .frag = 8},
    {.proto = IPPROTO_ICMP, .icmp = 8 << 8},
    {.proto = IPPROTO_ICMP, .icmp = 3 << 8},
    {.proto = IPPROTO_GRE},
    {.proto = IPPROTO_TCP, .six = true, .flags = "S"},
    {.proto = IPPROTO_TCP, .six = true, .flags = "SA"},
    {.proto = IPPROTO_TCP, .six = true, .flags = "A"},
    {.proto = IPPROTO_TCP, .six = true, .flags = "R"},
    {.proto = IPPROTO_TCP, .six = true, .flags = "RA"},
    {.proto = IPPROTO_UDP, .six = true},
    {.proto = IPPROTO_ICMP, .six = true}, /* IPv4's ICMP in IPv6 has no type */
    {.proto = 99, .six = true},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define WORLD (KINDS * 2 * 3 * 4 * 4 * 4 * 4)

static uint8_t flags_of(const char *letters)
{
    uint8_t flags = 0;
    for (; letters != NULL && *letters != '\0'; letters++)
        flags |= *letters == 'S' ? TH_SYN : *letters == 'A' ? TH_ACK : TH_RST;
    return flags;
}

static mblk_t *packet_of(const kind_t *kind, unsigned src, unsigned dst, int sport, int dport)
{
    static const char *const addresses[] = {"10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.4"};
    if (kind->six)
        return fr_witness_packet(&(fr_witness_t){.version = 6,
                                                 .proto = (uint8_t)kind->proto,
                                                 .src = {{0, 0, 0, 1 + src}},
                                                 .dst = {{0, 0, 0, 1 + dst}},
                                                 .flags = flags_of(kind->flags),
                                                 .sport = (uint16_t)sport,
                                                 .dport = (uint16_t)dport});
    return packet_make(&(packet_t){.proto = kind->proto,
                                   .flags = kind->flags,
                                   .frag = kind->frag,
                                   .icmp = kind->icmp,
                                   .payload = 24,
                                   .src = addresses[src],
                                   .dst = addresses[dst],
                                   .sport = sport,
                                   .dport = dport});
}

/* What is known of the rule in a line, from 1. */
typedef struct seen {
    bool matched, matched_well, decided;
} seen_t;

static void take_event(void *arg, const ipf_event_t *event)
{
    seen_t *seen = arg;
    if (event->kind == IPF_EV_RULE && event->rule != NULL)
        seen[event->rule->fr_line].decided = true;
}

static void note_hits(const fr_list_t *list, bool well, seen_t *seen)
{
    for (frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next) {
        seen[fr->fr_line].matched |= fr->fr_hits != 0;
        seen[fr->fr_line].matched_well |= well && fr->fr_hits != 0;
        fr->fr_hits = 0;
    }
}

static void judge(ipf_stack_t *ifs, unsigned n, seen_t *seen)
{
    static const char *const names[] = {"lo0", "bge0", "bge1"};
    const kind_t *kind = &kinds[n % KINDS];
    unsigned rest = n / (unsigned)KINDS;
    bool out = rest % 2 == 1;
    qpktinfo_t qpi = {.qpi_ifname = names[rest / 2 % 3], .qpi_ill = 1};
    bool ports = kind->proto == 0 || kind->proto == IPPROTO_TCP || kind->proto == IPPROTO_UDP;
    if (!ports && rest / 96 > 0)
        return; /* it has no ports that differ */
    mblk_t *m = packet_of(kind, rest / 6 % 4, rest / 24 % 4, (int)(1 + rest / 96 % 4),
                          (int)(1 + rest / 384 % 4));
    fr_verdict(ifs, &qpi, out, m);
    freemsg(m);
    ipf_forget(ifs);
    note_hits(&ifs->ifs_rules.frs_list[out], !kind->bad, seen);
    for (frgroup_t *group = ifs->ifs_rules.frs_groups; group != NULL; group = group->fg_next)
        note_hits(&group->fg_list, !kind->bad, seen);
}

/* ---- rules of the world ---- */

static void random_line(chance_t *c, bool grouped, char *line)
{
    static const char *const does[] = {
        "block", "pass", "block return-rst", "skip 1", "skip 2", "log", "pass", "block"};
    static const char *const ons[] = {"", "", "", " on lo0", " on bge0"};
    static const char *const froms[] = {"any", "any", "10.0.0.0/31", "!10.0.0.1", "10.0.0.0/30"};
    static const char *const ports[] = {
        "", "", " port = 2", " port 1 >< 4", " port 2 <> 3", " port > 2", " port != 2"};
    static const char *const flags[] = {"", "", " flags S", " flags S/SA", " flags A/A"};
    static const char *const rests[] = {"all",
                                        "inet all",
                                        "inet6 all",
                                        "proto icmp all",
                                        "proto icmp all icmp-type echo",
                                        "inet proto udp all with frag",
                                        "inet proto udp all with not frag"};
    const char *what = does[chance(c, 8)], *way = !grouped && chance(c, 4) == 0 ? "out" : "in";
    bool verdict = what[0] != 's' && what[0] != 'l';
    const char *quick = verdict && chance(c, 2) == 0 ? " quick" : "";
    const char *keep = what[0] == 'p' && chance(c, 3) == 0 ? " keep state" : "";
    int at = snprintf(line, LINE, "%s %s%s%s", what, way, quick, ons[chance(c, 5)]);
    size_t left = (size_t)(LINE - at);
    uint32_t kind = chance(c, 4);
    if (kind == 0) {
        at += snprintf(line + at, left, " %s%s", rests[chance(c, 7)], keep);
    } else if (kind == 1) {
        at += snprintf(line + at, left, " from %s to any%s", froms[chance(c, 5)], keep);
    } else {
        /* One statement each: the order of a call's arguments is the compiler's choice. */
        bool tcp = chance(c, 3) != 0;
        const char *from = froms[chance(c, 5)];
        const char *sport = chance(c, 4) == 0 ? ports[chance(c, 7)] : "";
        const char *to = froms[chance(c, 5)];
        const char *dport = ports[chance(c, 7)];
        const char *with = tcp ? flags[chance(c, 5)] : "";
        at += snprintf(line + at, left, " proto %s from %s%s to %s%s%s%s", tcp ? "tcp" : "udp",
                       from, sport, to, dport, with, keep);
    }
    bool head = !grouped && verdict && way[0] == 'i' && chance(c, 4) == 0;
    snprintf(line + at, (size_t)(LINE - at), "%s\n", grouped ? " group 1" : head ? " head 1" : "");
}

/* Some rules are in group 1, if one before has it as its head: one at least, since a program could
 * fill a group without rules. */
static void random_set(chance_t *c, char *rules)
{
    uint32_t count = 3 + chance(c, RULES_MAX - 3 + 1);
    bool headed = false;
    rules[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        char line[LINE];
        random_line(c, headed && chance(c, 3) == 0, line);
        headed = headed || strstr(line, " head 1") != NULL;
        strcat(rules, line);
    }
    if (headed)
        strcat(rules, "block in on bge0 proto tcp from 10.0.0.1 to any group 1\n");
}

/* ---- held against it ---- */

typedef struct counts {
    size_t never, stateless, undecided;
} counts_t;

static const char *wrong(const frentry_t *fr, const seen_t *seen, const fr_reach_answer_t *matches,
                         const fr_reach_answer_t *decides)
{
    bool eligible = decides != NULL;
    if (matches->result == FR_REACH_UNKNOWN)
        return "is not known";
    if (matches->result == FR_NEVER && seen->matched)
        return "matches";
    if (matches->result == FR_STATELESS && seen->matched_well)
        return "matches a packet that makes a state";
    if (matches->result == FR_REACHED && !seen->matched)
        return "does not match";
    if (matches->result != FR_REACHED || !eligible)
        return NULL;
    (void)fr;
    if (decides->result == FR_REACHED && !seen->decided)
        return "does not decide";
    return decides->result == FR_NEVER && seen->decided ? "decides" : NULL;
}

static bool only_decides(const frentry_t *fr)
{
    return (fr->fr_flags & FR_QUICK) == 0 && !FR_ISLOG(fr->fr_flags) && fr->fr_grp == NULL &&
           (FR_ISBLOCK(fr->fr_flags) || FR_ISPASS(fr->fr_flags));
}

static void compare_list(fr_reach_t *reach, const fr_list_t *list, const seen_t *seen,
                         const char *rules, counts_t *counts)
{
    size_t number = 0;
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next, number++) {
        fr_reach_answer_t matches, decides;
        bool eligible = only_decides(fr);
        fr_reach_ask(reach, list, number, false, &matches);
        if (eligible)
            fr_reach_ask(reach, list, number, true, &decides);
        const char *why = wrong(fr, &seen[fr->fr_line], &matches, eligible ? &decides : NULL);
        if (why != NULL)
            fail_msg("%sthe rule in line %d %s: %d, %d", rules, fr->fr_line, why, matches.result,
                     eligible ? (int)decides.result : -1);
        counts->never += matches.result == FR_NEVER;
        counts->stateless += matches.result == FR_STATELESS;
        counts->undecided += matches.result == FR_REACHED && eligible && decides.result == FR_NEVER;
    }
}

static void compare(chance_t *c, counts_t *counts)
{
    char rules[(RULES_MAX + 2) * LINE];
    seen_t seen[RULES_MAX + 3] = {{false, false, false}};
    random_set(c, rules);
    ipf_stack_t *ifs = filter_with(rules);
    ipf_set_probe(ifs, take_event, seen);
    for (unsigned n = 0; n < WORLD; n++)
        judge(ifs, n, seen);
    fr_reach_t *reach = fr_reach_create(&ifs->ifs_rules, ifs->ifs_build, FR_REACH_WORK);
    assert_non_null(reach);
    for (size_t out = 0; out < 2; out++)
        compare_list(reach, &ifs->ifs_rules.frs_list[out], seen, rules, counts);
    for (frgroup_t *group = ifs->ifs_rules.frs_groups; group != NULL; group = group->fg_next)
        compare_list(reach, &group->fg_list, seen, rules, counts);
    fr_reach_destroy(reach);
    ipf_destroy(ifs);
}

/* REACH_SETS in the environment: how many. */
static void what_rules_are_reached_agrees_with_all_packets_of_a_small_world(void **state)
{
    const char *more = getenv("REACH_SETS"), *seed = getenv("REACH_SEED");
    int sets = more != NULL ? atoi(more) : 20;
    chance_t c = {seed != NULL ? (uint32_t)atoi(seed) : 5};
    counts_t counts = {0, 0, 0};
    (void)state;
    for (int i = 0; i < sets; i++)
        compare(&c, &counts);
    if (more != NULL)
        print_message("%zu never, %zu without state, %zu undecided\n", counts.never,
                      counts.stateless, counts.undecided);
    assert_true(counts.never > 3 && counts.undecided > 3);
    assert_int_equal(mblk_in_use(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_rules_are_reached_agrees_with_all_packets_of_a_small_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
