/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table. Solaris: fr_addstate(), fr_checkstate(), fr_stlookup() and fr_matchsrcdst()
 * (ip_state.c).
 *
 * Both directions of a connection lie in one bucket, the newest entry first, and are compared field
 * by field, as there. An entry whose other side was addressed as many (multicast) and will answer
 * as one lies in a list of its own until it has answered.
 */
#include "filter/fr_state_impl.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_MAX   4013 /* fr_statemax */
#define US_PER_S    1000000u
#define US_PER_TICK 500000u /* of the slow timer, which deletes */

/* Seconds: fr_udptimeout, fr_udpacktimeout, fr_icmptimeout, fr_icmpacktimeout, fr_iptimeout. */
#define TTL_UDP      120
#define TTL_UDP_ACK  12
#define TTL_ICMP     60
#define TTL_ICMP_ACK 6
#define TTL_IP       60

/* What must stay the same in a direction. (FI_CMP) */
#define FLX_COMPARED                                                                               \
    (FI_TCPUDP | FI_OPTIONS | FI_MULTICAST | FI_BROADCAST | FI_MBCAST | FI_BADSRC | FI_LOWTTL)

/* A fragment header is there or not. */
#define V6_FRAGMENT 0x8u

#define ND_NEIGHBOR_SOLICIT_TYPE 135

/* ---- where entries lie ---- */

static ipstate_t **bucket_of(fr_states_t *states, const fr_info_t *fin)
{
    uint32_t hash = fin->fin_p + fin->fin_v + fr_state_id(fin);
    for (size_t i = 0; i < 4; i++)
        hash += fin->fin_src.i6[i] + fin->fin_dst.i6[i];
    if (fr_has_ports(fin))
        hash += (uint32_t)fin->fin_sport + fin->fin_dport;
    hash = hash * 2654435761u >> 16;
    return &states->is_table[hash & (STATE_BUCKETS - 1)];
}

static void end_state(fr_states_t *states, ipstate_t **link)
{
    ipstate_t *is = *link;
    *link = is->is_next;
    is->is_rule->fr_statecnt--;
    states->is_count--;
    free(is);
}

static void expire(const fr_info_t *fin, ipstate_t **link)
{
    while (*link != NULL) {
        if ((*link)->is_die_us <= fr_now(fin))
            end_state(&fin->fin_ifs->ifs_states, link);
        else
            link = &(*link)->is_next;
    }
}

static void expire_all(const fr_info_t *fin)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    for (size_t i = 0; i < STATE_BUCKETS; i++)
        expire(fin, &states->is_table[i]);
    expire(fin, &states->is_wild);
}

/* ---- ICMP queries ---- */

/* The type that answers a query; -1 if `type` is none. */
static int answer_to(uint8_t v, uint8_t type)
{
    static const struct {
        uint8_t v, query, answer;
    } pairs[] = {{4, ICMP_ECHO, ICMP_ECHOREPLY},
                 {4, ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY},
                 {4, ICMP_INFO_REQUEST, ICMP_INFO_REPLY},
                 {4, ICMP_ADDRESS, ICMP_ADDRESSREPLY},
                 {6, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY},
                 {6, MLD_LISTENER_QUERY, MLD_LISTENER_REPORT},
                 {6, ND_NEIGHBOR_SOLICIT_TYPE, ND_NEIGHBOR_SOLICIT_TYPE + 1}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i].v == v && pairs[i].query == type)
            return pairs[i].answer;
    }
    return -1;
}

uint16_t fr_state_id(const fr_info_t *fin)
{
    uint8_t type = (uint8_t)(fin->fin_icmp >> 8);
    if (!fr_is_icmp(fin->fin_v, fin->fin_p) ||
        (fin->fin_v == 6 && type != ICMP6_ECHO_REQUEST && type != ICMP6_ECHO_REPLY))
        return 0;
    return fin->fin_icmpid;
}

/* ---- looking up ---- */

static bool same_address(const i6addr_t *a, const i6addr_t *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static bool match_ends(const fr_info_t *fin, const ipstate_t *is, bool rev)
{
    const i6addr_t *src = rev ? &fin->fin_dst : &fin->fin_src;
    const i6addr_t *dst = rev ? &fin->fin_src : &fin->fin_dst;
    if (!same_address(&is->is_src, src) || (!is->is_wild && !same_address(&is->is_dst, dst)))
        return false;
    if (!fr_has_ports(fin))
        return is->is_id == fr_state_id(fin);
    return is->is_sport == (rev ? fin->fin_dport : fin->fin_sport) &&
           is->is_dport == (rev ? fin->fin_sport : fin->fin_dport);
}

/* Whether a packet may come this way. The interface of a way that the rule does not name is the one
 * that is seen there first. */
static bool match_interface(const fr_info_t *fin, const ipstate_t *is, bool rev)
{
    const char *name = is->is_ifnames[fin->fin_out][rev];
    return name[0] == '\0' || strcmp(name, fin->fin_qpi->qpi_ifname) == 0;
}

static uint32_t optmsk_of(const fr_info_t *fin)
{
    return fin->fin_v == 6 ? fin->fin_optmsk & ~V6_FRAGMENT : fin->fin_optmsk;
}

/* Options, and what else is known of packets of this way, stay as they were. */
static bool match_options(const fr_info_t *fin, const ipstate_t *is, bool rev, uint32_t mask)
{
    uint32_t flx = is->is_flx[fin->fin_out][rev];
    if (flx != 0 && (fin->fin_flx & mask & FLX_COMPARED) != (flx & mask))
        return false;
    if (is->is_hasopt[rev] && is->is_opt[rev] != optmsk_of(fin))
        return false;
    return is->is_secmsk == fin->fin_secmsk;
}

static void note_way(const fr_info_t *fin, ipstate_t *is, bool rev, uint32_t mask)
{
    char *name = is->is_ifnames[fin->fin_out][rev];
    if (is->is_flx[fin->fin_out][rev] == 0)
        is->is_flx[fin->fin_out][rev] = fin->fin_flx & mask & FLX_COMPARED;
    if (!is->is_hasopt[rev]) {
        is->is_hasopt[rev] = true;
        is->is_opt[rev] = optmsk_of(fin);
    }
    if (name[0] == '\0')
        snprintf(name, LIFNAMSIZ, "%s", fin->fin_qpi->qpi_ifname);
}

bool fr_matchsrcdst(fr_info_t *fin, ipstate_t *is, uint32_t mask)
{
    if (is->is_v != fin->fin_v || is->is_p != fin->fin_p || is->is_closing)
        return false;
    bool rev = !match_ends(fin, is, false);
    if ((rev && !match_ends(fin, is, true)) || !match_interface(fin, is, rev) ||
        !match_options(fin, is, rev, mask))
        return false;
    note_way(fin, is, rev, mask);
    if (is->is_wild && rev)
        is->is_dst = fin->fin_src; /* it answers as itself */
    fin->fin_rev = rev;
    return true;
}

static uint32_t ttl_of(const ipstate_t *is, bool rev)
{
    if (is->is_rule->fr_age[0] != 0)
        return is->is_rule->fr_age[rev];
    if (is->is_p == IPPROTO_TCP)
        return fr_tcpttl(&is->is_tcp, rev);
    if (is->is_p == IPPROTO_UDP)
        return rev ? TTL_UDP_ACK : TTL_UDP;
    if (fr_is_icmp(is->is_v, is->is_p))
        return rev ? TTL_ICMP_ACK : TTL_ICMP;
    return TTL_IP;
}

static void refresh(const fr_info_t *fin, ipstate_t *is)
{
    is->is_die_us = fr_now(fin) + (uint64_t)ttl_of(is, fin->fin_rev) * US_PER_S;
}

static bool match_tcp(fr_info_t *fin, ipstate_t *is)
{
    if ((fin->fin_tcpf & (TH_SYN | TH_ACK)) == TH_SYN && fr_tcpclosing(&is->is_tcp)) {
        /* The entry makes room for the next connection, at the next tick. */
        is->is_closing = true;
        is->is_die_us = (fr_now(fin) / US_PER_TICK + 1) * US_PER_TICK;
        return false;
    }
    tcp_fit_t fit = fr_tcpstate(fin, &is->is_tcp);
    if (fit == TCP_OUT_OF_WINDOW)
        fin->fin_flx |= FI_OOW;
    if (fit == TCP_FITS || (fit == TCP_FITS_NO_REFRESH && is->is_rule->fr_age[0] != 0))
        refresh(fin, is);
    return fit == TCP_FITS || fit == TCP_FITS_NO_REFRESH;
}

static bool match_protocol(fr_info_t *fin, ipstate_t *is)
{
    if (fin->fin_p == IPPROTO_TCP)
        return match_tcp(fin, is);
    if (fr_is_icmp(fin->fin_v, fin->fin_p)) {
        int want = fin->fin_rev ? answer_to(fin->fin_v, is->is_icmptype) : is->is_icmptype;
        if (fin->fin_icmp >> 8 != want)
            return false;
    }
    refresh(fin, is);
    return true;
}

/* The entry in a list that a packet belongs to. FI_OOW stays if the packet is in no window. */
static ipstate_t **find_in(fr_info_t *fin, ipstate_t **link)
{
    uint32_t oow = 0;
    expire(fin, link);
    for (; *link != NULL; link = &(*link)->is_next) {
        fin->fin_flx &= ~FI_OOW;
        if (fr_matchsrcdst(fin, *link, FLX_COMPARED) && match_protocol(fin, *link))
            return link;
        oow |= fin->fin_flx & FI_OOW;
    }
    fin->fin_flx |= oow;
    return NULL;
}

/* An entry whose other side is known now goes where both are looked for. */
static ipstate_t *settle(fr_info_t *fin, ipstate_t **link)
{
    ipstate_t *is = *link;
    if (fin->fin_rev) {
        ipstate_t **bucket = bucket_of(&fin->fin_ifs->ifs_states, fin);
        *link = is->is_next;
        is->is_wild = false;
        is->is_next = *bucket;
        *bucket = is;
    }
    return is;
}

static ipstate_t *fr_stlookup(fr_info_t *fin)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    ipstate_t **link = find_in(fin, bucket_of(states, fin));
    if (link != NULL || states->is_wild == NULL)
        return link != NULL ? *link : NULL;
    link = find_in(fin, &states->is_wild);
    return link != NULL ? settle(fin, link) : NULL;
}

ipstate_t *fr_find_quoted(fr_info_t *fin)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    ipstate_t **lists[] = {bucket_of(states, fin), &states->is_wild};
    for (size_t i = 0; i < 2; i++) {
        expire(fin, lists[i]);
        for (ipstate_t *is = *lists[i]; is != NULL; is = is->is_next) {
            if ((is->is_pass & FR_NOICMPERR) == 0 &&
                fr_matchsrcdst(fin, is, FI_TCPUDP | FI_OPTIONS))
                return is;
        }
    }
    return NULL;
}

bool fr_checkstate(fr_info_t *fin, uint32_t *pass)
{
    if ((fin->fin_flx & (FI_SHORT | FI_FRAGBODY | FI_BAD)) != 0 ||
        fin->fin_ifs->ifs_states.is_count == 0)
        return false;
    ipstate_t *is = fr_stlookup(fin);
    if (is == NULL && (fin->fin_flx & FI_ICMPERR) != 0)
        is = fr_checkicmpmatchingstate(fin);
    if (is == NULL)
        return false;
    fin->fin_fr = is->is_rule;
    fin->fin_rule = is->is_rulen;
    fin->fin_icode = is->is_rule->fr_icode;
    if ((fin->fin_flx & FI_FRAG) != 0 && FR_ISPASS(is->is_pass) && (is->is_pass & FR_KEEPFRAG) != 0)
        fr_newfrag(fin, is->is_pass);
    is->is_pkts[fin->fin_rev][fin->fin_out]++;
    is->is_rule->fr_hits++;
    is->is_rule->fr_bytes += fin->fin_plen;
    fin->fin_flx |= FI_STATE;
    *pass = is->is_pass;
    return true;
}

/* ---- making ---- */

static bool begins_a_state(const fr_info_t *fin)
{
    if ((fin->fin_flx & (FI_SHORT | FI_STATE | FI_FRAGBODY | FI_BAD)) != 0 || fin->fin_fr == NULL)
        return false;
    if ((fin->fin_flx & FI_OOW) != 0 && (fin->fin_tcpf & TH_SYN) == 0)
        return false;
    if (fr_is_icmp(fin->fin_v, fin->fin_p))
        return answer_to(fin->fin_v, (uint8_t)(fin->fin_icmp >> 8)) >= 0;
    return fin->fin_p != IPPROTO_TCP || (fin->fin_tcpf & TH_RST) == 0;
}

/* The part of a source's address by which sources are told apart. (fr_srctrack) */
static i6addr_t source_of(const frentry_t *fr, const i6addr_t *src, uint8_t v)
{
    i6addr_t source = *src;
    uint32_t bits = fr->fr_maxpersrcbits != 0 ? fr->fr_maxpersrcbits : (v == 6 ? 128 : 32);
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t here = bits > 32 * i ? bits - 32 * i : 0;
        if (here < 32)
            source.i6[i] &= here == 0 ? 0 : UINT32_MAX << (32 - here);
    }
    return source;
}

typedef struct sources {
    i6addr_t seen[STATE_MAX];
    uint32_t count; /* of sources, and */
    uint32_t same;  /* of the entries of this one */
} sources_t;

static void count_source(sources_t *sources, const ipstate_t *is, const i6addr_t *source)
{
    i6addr_t other = source_of(is->is_rule, &is->is_src, is->is_v);
    uint32_t i = 0;
    sources->same += same_address(&other, source);
    while (i < sources->count && !same_address(&sources->seen[i], &other))
        i++;
    if (i == sources->count)
        sources->seen[sources->count++] = other;
}

/* Whether one more source, or one more entry of a known one, is within max-srcs and max-per-src.
 * A walk over the table, but only for rules that ask for it. */
static bool within_sources(const fr_info_t *fin, const frentry_t *fr)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    i6addr_t source = source_of(fr, &fin->fin_src, fin->fin_v);
    sources_t *sources = calloc(1, sizeof(*sources));
    if (sources == NULL)
        return false;
    for (size_t i = 0; i <= STATE_BUCKETS; i++) {
        const ipstate_t *is = i < STATE_BUCKETS ? states->is_table[i] : states->is_wild;
        for (; is != NULL; is = is->is_next) {
            if (is->is_rule == fr && is->is_v == fin->fin_v)
                count_source(sources, is, &source);
        }
    }
    bool within = sources->same > 0 ? fr->fr_maxpersrc == 0 || sources->same < fr->fr_maxpersrc
                                    : sources->count < fr->fr_maxsrcs;
    free(sources);
    return within;
}

/* max-per-src without max-srcs limits nothing, as in ip_state.c. */
static bool within_limits(const fr_info_t *fin, const frentry_t *fr)
{
    size_t count = fin->fin_ifs->ifs_states.is_count;
    if (fr->fr_statemax != 0 || fr->fr_maxsrcs != 0 || count >= STATE_MAX)
        expire_all(fin);
    if (fin->fin_ifs->ifs_states.is_count >= STATE_MAX)
        return false;
    if (fr->fr_statemax != 0 && fr->fr_statecnt >= fr->fr_statemax)
        return false;
    return fr->fr_maxsrcs == 0 || within_sources(fin, fr);
}

/* Whether there is an entry of the same packet; one that is about to end counts. */
static bool is_there(fr_info_t *fin)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    ipstate_t **lists[] = {bucket_of(states, fin), &states->is_wild};
    for (size_t i = 0; i < 2; i++) {
        expire(fin, lists[i]);
        for (const ipstate_t *is = *lists[i]; is != NULL; is = is->is_next) {
            if (is->is_v == fin->fin_v && is->is_p == fin->fin_p && match_ends(fin, is, false) &&
                (!fr_is_icmp(is->is_v, is->is_p) || is->is_icmptype == fin->fin_icmp >> 8))
                return true;
        }
    }
    return false;
}

/* `on A,B` and `in-via`, `out-via` C,D: A and C for packets of who began, B and D for answers. */
static void name_interfaces(const fr_info_t *fin, ipstate_t *is, const frentry_t *fr)
{
    bool out = fin->fin_out;
    snprintf(is->is_ifnames[out][0], LIFNAMSIZ, "%s", fin->fin_qpi->qpi_ifname);
    memcpy(is->is_ifnames[out][1], fr->fr_ifnames[1], LIFNAMSIZ);
    memcpy(is->is_ifnames[!out][0], fr->fr_ifnames[2], LIFNAMSIZ);
    memcpy(is->is_ifnames[!out][1], fr->fr_ifnames[3], LIFNAMSIZ);
}

/* Whether what answers will have another address than was asked. */
static bool is_wild(const fr_info_t *fin)
{
    if (fin->fin_v == 4)
        return (fin->fin_flx & (FI_MULTICAST | FI_BROADCAST | FI_MBCAST)) != 0;
    return fin->fin_p == IPPROTO_ICMPV6 && fin->fin_dst.i6[0] >> 24 == 0xff;
}

static ipstate_t *make_state(fr_info_t *fin, frentry_t *fr, uint32_t pass)
{
    ipstate_t *is = calloc(1, sizeof(*is));
    if (is == NULL)
        return NULL;
    *is = (ipstate_t){.is_src = fin->fin_src,
                      .is_dst = fin->fin_dst,
                      .is_sport = fin->fin_sport,
                      .is_dport = fin->fin_dport,
                      .is_id = fr_state_id(fin),
                      .is_v = fin->fin_v,
                      .is_p = fin->fin_p,
                      .is_wild = is_wild(fin),
                      .is_rule = fr,
                      .is_rulen = fin->fin_rule,
                      .is_pass = fr_kept_verdict(fr, pass),
                      .is_icmptype = (uint8_t)(fin->fin_icmp >> 8),
                      .is_secmsk = fin->fin_secmsk,
                      .is_tcp = {.ts_strict = (fr->fr_flags & FR_STSTRICT) != 0,
                                 .ts_loose = (fr->fr_flags & FR_STLOOSE) != 0}};
    if ((is->is_pass & FR_LOGFIRST) != 0)
        is->is_pass &= ~(FR_LOGFIRST | FR_LOG);
    fin->fin_rev = false;
    name_interfaces(fin, is, fr);
    note_way(fin, is, false, FLX_COMPARED);
    if (fin->fin_p == IPPROTO_TCP)
        fr_tcpbegin(fin, &is->is_tcp);
    refresh(fin, is);
    return is;
}

static bool refuse(fr_info_t *fin, const char *why)
{
    fin->fin_ifs->ifs_frstats.f_st[fin->fin_out].fr_bads++;
    ipf_event_t event = fr_event(fin, IPF_EV_ADDSTATE);
    event.reason = why;
    fr_emit(fin, &event);
    return false;
}

bool fr_addstate(fr_info_t *fin, uint32_t pass)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    frentry_t *fr = fin->fin_fr;
    if (!begins_a_state(fin))
        return refuse(fin, "the packet begins no connection");
    if (states->is_table == NULL)
        states->is_table = calloc(STATE_BUCKETS, sizeof(ipstate_t *));
    if (states->is_table == NULL)
        return refuse(fin, "there is no memory");
    if (is_there(fin))
        return refuse(fin, "there is an entry for it already");
    if (!within_limits(fin, fr))
        return refuse(fin, "there are as many entries as there may be");
    ipstate_t *is = make_state(fin, fr, pass);
    if (is == NULL)
        return refuse(fin, "there is no memory");
    ipstate_t **link = is->is_wild ? &states->is_wild : bucket_of(states, fin);
    is->is_next = *link;
    *link = is;
    states->is_count++;
    fr->fr_statecnt++;
    fin->fin_ifs->ifs_frstats.f_st[fin->fin_out].fr_ads++;
    fin->fin_flx |= FI_STATE;
    if ((fin->fin_flx & FI_FRAG) != 0)
        fr_newfrag(fin, pass & ~FR_KEEPSTATE);
    ipf_event_t event = fr_event(fin, IPF_EV_ADDSTATE);
    fr_emit(fin, &event);
    return true;
}

size_t fr_state_count(const fr_states_t *states)
{
    return states->is_count;
}

void fr_states_fini(fr_states_t *states)
{
    for (size_t i = 0; states->is_table != NULL && i < STATE_BUCKETS; i++) {
        while (states->is_table[i] != NULL)
            end_state(states, &states->is_table[i]);
    }
    while (states->is_wild != NULL)
        end_state(states, &states->is_wild);
    free(states->is_table);
    states->is_table = NULL;
}
