/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table: making an entry. Solaris: fr_addstate() (ip_state.c).
 */
#include "filter/fr_state_impl.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_MAX 4013 /* fr_statemax */

static bool begins_a_state(const fr_info_t *fin)
{
    if ((fin->fin_flx & (FI_SHORT | FI_STATE | FI_FRAGBODY | FI_BAD)) != 0 || fin->fin_fr == NULL)
        return false;
    if ((fin->fin_flx & FI_OOW) != 0 && (fin->fin_tcpf & TH_SYN) == 0)
        return false;
    if (fr_is_icmp(fin->fin_v, fin->fin_p))
        return fr_icmp_answer(fin->fin_v, (uint8_t)(fin->fin_icmp >> 8)) >= 0;
    return fin->fin_p != IPPROTO_TCP || (fin->fin_tcpf & TH_RST) == 0;
}

typedef struct source {
    i6addr_t addr;
    uint8_t v;
} source_t;

/* What sources are told apart by: a part of the address. (fr_srctrack) */
static source_t source_of(const frentry_t *fr, const i6addr_t *src, uint8_t v)
{
    source_t source = {*src, v};
    uint32_t bits = fr->fr_maxpersrcbits != 0 ? fr->fr_maxpersrcbits : (v == 6 ? 128 : 32);
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t here = bits > 32 * i ? bits - 32 * i : 0;
        if (here < 32)
            source.addr.i6[i] &= here == 0 ? 0 : UINT32_MAX << (32 - here);
    }
    return source;
}

typedef struct sources {
    source_t seen[STATE_MAX];
    uint32_t count; /* of sources, and */
    uint32_t same;  /* of the entries of this one */
} sources_t;

static bool same_source(const source_t *a, const source_t *b)
{
    return a->v == b->v && fr_same_address(&a->addr, &b->addr);
}

static void count_source(sources_t *sources, const ipstate_t *is, const source_t *source)
{
    source_t other = source_of(is->is_rule, &is->is_src, is->is_v);
    uint32_t i = 0;
    sources->same += same_source(&other, source);
    while (i < sources->count && !same_source(&sources->seen[i], &other))
        i++;
    if (i == sources->count)
        sources->seen[sources->count++] = other;
}

/* Whether one more source, or one more entry of a known one, is within max-srcs and max-per-src.
 * A walk over the table, but only for rules that ask for it. */
static bool within_sources(const fr_info_t *fin, const frentry_t *fr)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    source_t source = source_of(fr, &fin->fin_src, fin->fin_v);
    sources_t *sources = calloc(1, sizeof(*sources));
    if (sources == NULL)
        return false;
    for (size_t i = 0; i <= STATE_BUCKETS; i++) {
        const ipstate_t *is = i < STATE_BUCKETS ? states->is_table[i] : states->is_wild;
        for (; is != NULL; is = is->is_next) {
            if (is->is_rule == fr)
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
        fr_expire_all(fin);
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
    ipstate_t **lists[] = {fr_state_bucket(states, fin), &states->is_wild};
    for (size_t i = 0; i < 2; i++) {
        fr_expire(fin, lists[i]);
        for (const ipstate_t *is = *lists[i]; is != NULL; is = is->is_next) {
            if (is->is_v == fin->fin_v && is->is_p == fin->fin_p && fr_match_ends(fin, is, false) &&
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
    fr_note_way(fin, is, false, FLX_COMPARED);
    if (fin->fin_p == IPPROTO_TCP)
        fr_tcpbegin(fin, &is->is_tcp);
    fr_state_refresh(fin, is);
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
    ipstate_t **link = is->is_wild ? &states->is_wild : fr_state_bucket(states, fin);
    is->is_next = *link;
    *link = is;
    is->is_number = ++states->is_made;
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
