/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/filter/reach_world.h"

#include "filter/fr_impl.h"
#include "filter/fr_reach.h"
#include "filter/fr_verdict.h"
#include "filter/fr_witness.h"
#include "tests/filter/filter_with.h"
#include "tests/filter/packet.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define LINES_MAX 40

/* ---- its packets ---- */

typedef struct kind {
    int proto;
    const char *flags;
    int frag, icmp; /* AH: `icmp` is the protocol that follows */
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
    {.proto = IPPROTO_ICMP, .frag = 8},
    {.proto = IPPROTO_GRE},
    {.proto = IPPROTO_GRE, .frag = 8},
    {.proto = IPPROTO_TCP, .six = true, .flags = "S"},
    {.proto = IPPROTO_TCP, .six = true, .flags = "SA"},
    {.proto = IPPROTO_TCP, .six = true, .flags = "A"},
    {.proto = IPPROTO_TCP, .six = true, .flags = "R"},
    {.proto = IPPROTO_TCP, .six = true, .flags = "RA"},
    {.proto = IPPROTO_UDP, .six = true},
    {.proto = IPPROTO_ICMP, .six = true}, /* IPv4's ICMP in IPv6 has no type */
    {.proto = 99, .six = true},
    {.proto = IPPROTO_TCP, .six = true, .frag = 8},
    {.proto = IPPROTO_UDP, .six = true, .frag = 8},
    {.proto = IPPROTO_ICMP, .six = true, .frag = 8},
    {.proto = 99, .six = true, .frag = 8},
    {.proto = IPPROTO_AH, .icmp = IPPROTO_TCP},
    {.proto = IPPROTO_AH, .icmp = 99},
    {.proto = IPPROTO_AH, .frag = 8},
    {.proto = IPPROTO_AH, .six = true, .frag = 8},
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

/* A later fragment over IPv6. */
static mblk_t *fragment6(const kind_t *kind, unsigned src, unsigned dst)
{
    mblk_t *m = allocb(56);
    uint8_t *ip = m->b_rptr;
    m->b_wptr = ip + 56;
    memset(ip, 0, 56);
    ip[0] = 0x60;
    ip[5] = 16;
    ip[6] = IPPROTO_FRAGMENT;
    ip[7] = 60;
    ip[23] = (uint8_t)(1 + src);
    ip[39] = (uint8_t)(1 + dst);
    ip[40] = (uint8_t)kind->proto;
    ip[43] = (uint8_t)(kind->frag * 8);
    return m;
}

/* AH over IPv4, and a SYN or something else. */
static mblk_t *ah_packet(const kind_t *kind, const char *src, const char *dst, int sport, int dport)
{
    mblk_t *m = packet_make(&(packet_t){
        .proto = IPPROTO_AH, .frag = kind->frag, .payload = 40, .src = src, .dst = dst});
    uint8_t *ah = m->b_rptr + 20;
    memset(ah, 0, (size_t)(m->b_wptr - ah));
    ah[0] = (uint8_t)kind->icmp;
    ah[1] = 1;
    ah[13] = (uint8_t)sport;
    ah[15] = (uint8_t)dport;
    ah[24] = 0x50;
    ah[25] = TH_SYN;
    return m;
}

static mblk_t *packet_of(const kind_t *kind, unsigned src, unsigned dst, int sport, int dport)
{
    static const char *const addresses[] = {"10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.4"};
    if (kind->six && kind->frag != 0)
        return fragment6(kind, src, dst);
    if (kind->six)
        return fr_witness_packet(&(fr_witness_t){.version = 6,
                                                 .proto = (uint8_t)kind->proto,
                                                 .src = {{0, 0, 0, 1 + src}},
                                                 .dst = {{0, 0, 0, 1 + dst}},
                                                 .flags = flags_of(kind->flags),
                                                 .sport = (uint16_t)sport,
                                                 .dport = (uint16_t)dport});
    if (kind->proto == IPPROTO_AH)
        return ah_packet(kind, addresses[src], addresses[dst], sport, dport);
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
    bool ports = kind->frag != 8 && (kind->proto == 0 || kind->proto == IPPROTO_TCP ||
                                     kind->proto == IPPROTO_UDP || kind->proto == IPPROTO_AH);
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

/* ---- held against it ---- */

/* What is wrong about the answers; NULL if nothing is. */
static const char *wrong(const seen_t *seen, const fr_reach_answer_t *matches,
                         const fr_reach_answer_t *decides, bool exact)
{
    if (matches->result == FR_REACH_UNKNOWN)
        return "is not known";
    if (matches->result == FR_NEVER && seen->matched)
        return "matches";
    if (matches->result == FR_STATELESS && seen->matched_well)
        return "matches a packet that makes a state";
    if (exact && matches->result == FR_REACHED && !seen->matched)
        return "does not match";
    if (matches->result != FR_REACHED || decides == NULL)
        return NULL;
    if (exact && decides->result == FR_REACHED && !seen->decided)
        return "does not decide";
    return decides->result == FR_NEVER && seen->decided ? "decides" : NULL;
}

static bool only_decides(const frentry_t *fr)
{
    return (fr->fr_flags & FR_QUICK) == 0 && !FR_ISLOG(fr->fr_flags) && fr->fr_grp == NULL &&
           (FR_ISBLOCK(fr->fr_flags) || FR_ISPASS(fr->fr_flags));
}

static void compare_list(fr_reach_t *reach, const fr_list_t *list, const seen_t *seen,
                         const char *rules, bool exact, reach_counts_t *counts)
{
    size_t number = 0;
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next, number++) {
        fr_reach_answer_t matches, decides;
        bool eligible = only_decides(fr);
        fr_reach_ask(reach, list, number, false, &matches);
        if (eligible)
            fr_reach_ask(reach, list, number, true, &decides);
        const char *why = wrong(&seen[fr->fr_line], &matches, eligible ? &decides : NULL, exact);
        if (why != NULL)
            fail_msg("%sthe rule in line %d %s: %d, %d", rules, fr->fr_line, why, matches.result,
                     eligible ? (int)decides.result : -1);
        counts->never += matches.result == FR_NEVER;
        counts->stateless += matches.result == FR_STATELESS;
        counts->undecided += matches.result == FR_REACHED && eligible && decides.result == FR_NEVER;
    }
}

void reach_held_against_world(const char *rules, bool ports, bool exact, reach_counts_t *counts)
{
    seen_t seen[LINES_MAX] = {{false, false, false}};
    ipf_stack_t *ifs = filter_with(rules);
    ipf_set_probe(ifs, take_event, seen);
    for (unsigned n = 0; n < (ports ? WORLD : WORLD / 16); n++)
        judge(ifs, n, seen);
    fr_reach_t *reach = fr_reach_create(&ifs->ifs_rules, ifs->ifs_build, FR_REACH_WORK);
    assert_non_null(reach);
    for (size_t out = 0; out < 2; out++)
        compare_list(reach, &ifs->ifs_rules.frs_list[out], seen, rules, exact, counts);
    for (frgroup_t *group = ifs->ifs_rules.frs_groups; group != NULL; group = group->fg_next)
        compare_list(reach, &group->fg_list, seen, rules, exact, counts);
    fr_reach_destroy(reach);
    ipf_destroy(ifs);
}
