/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table: making an entry. Solaris: fr_addstate() (ip_state.c).
 */
#include "filter/fr_state_impl.h"

#include <netinet/icmp6.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *begins_nothing(const fr_info_t *fin)
{
    if ((fin->fin_flx & (FI_SHORT | FI_STATE | FI_FRAGBODY | FI_BAD)) != 0 || fin->fin_fr == NULL)
        return "the packet begins no connection";
    if ((fin->fin_flx & FI_OOW) != 0 && (fin->fin_tcpf & TH_SYN) == 0)
        return "it is outside of its window: it begins no connection";
    bool icmp = fin->fin_p == IPPROTO_ICMP || fin->fin_p == IPPROTO_ICMPV6;
    if (icmp && fr_icmp_answer(fin->fin_p == IPPROTO_ICMP ? 4 : 6, fr_icmp_type(fin)) < 0)
        return "the packet begins no connection";
    if (fin->fin_p == IPPROTO_TCP && (fin->fin_tcpf & TH_RST) != 0)
        return "the packet begins no connection";
    return NULL;
}

/* A rule with its own limit is exempt from the table's. */
static bool within_count(const fr_info_t *fin, const frentry_t *fr)
{
    const fr_states_t *states = &fin->fin_ifs->ifs_states;
    size_t most = fin->fin_ifs->ifs_tunables.state_max;
    if (fr->fr_statemax != 0 || fr->fr_maxsrcs != 0 || states->is_count >= most)
        fr_expire_all(fin);
    if (fr->fr_statemax != 0)
        return fr->fr_statecnt < fr->fr_statemax;
    return states->is_count < most;
}

/* ---- whether there is an entry already ---- */

/* The same ends and ports, or the same query. Entries with the same sum and source port have the
 * same destination port, too. */
static bool same_ends(const ipstate_t *is, const ipstate_t *other)
{
    bool forward = fr_same_address(&is->is_src, &other->is_src) &&
                   fr_same_address(&is->is_dst, &other->is_dst);
    bool backward = fr_same_address(&is->is_src, &other->is_dst) &&
                    fr_same_address(&is->is_dst, &other->is_src);
    if (is->is_p == IPPROTO_ICMP || is->is_p == IPPROTO_ICMPV6)
        return (forward || backward) && is->is_icmpid == other->is_icmpid &&
               is->is_icmptype == other->is_icmptype;
    if (is->is_p != IPPROTO_TCP && is->is_p != IPPROTO_UDP && is->is_p != IPPROTO_GRE)
        return false;
    return forward && is->is_sport == other->is_sport;
}

/* A `!` before an address is one of the rule's flags. */
static bool same_negations(const frentry_t *fr, const frentry_t *other)
{
    return fr->fr_src.fra_negated == other->fr_src.fra_negated &&
           fr->fr_dst.fra_negated == other->fr_dst.fra_negated;
}

/* Nothing has been seen of the other side, and the rule does the same. Entries of `log first` are
 * never the same, since the entry does not log; nor are those with a log tag. (ipf_state_match) */
static bool same_state(const ipstate_t *is, const ipstate_t *other)
{
    uint32_t tag = other->is_rule->fr_logtag;
    return is->is_hv == other->is_hv && is->is_v == other->is_v && is->is_p == other->is_p &&
           is->is_pass == other->is_pass && same_negations(is->is_rule, other->is_rule) &&
           tag == FR_NOLOGTAG && is->is_opt[0] == other->is_opt[0] &&
           is->is_secmsk == other->is_secmsk && is->is_auth == other->is_auth &&
           !other->is_hasopt[1] && same_ends(is, other);
}

/* Why there is no room for an entry among those of its sum; NULL if there is. */
static const char *crowded(const fr_info_t *fin, const ipstate_t *is)
{
    ipstate_t **link = fr_state_bucket(&fin->fin_ifs->ifs_states, is->is_hv);
    uint32_t count = 0;
    fr_expire(fin, link);
    for (const ipstate_t *other = *link; other != NULL; other = other->is_next) {
        if (same_state(is, other))
            return "there is an entry for it already";
        count += other->is_hv == is->is_hv;
    }
    if (count < fin->fin_ifs->ifs_tunables.state_maxbucket)
        return NULL;
    fin->fin_ifs->ifs_states.is_stats.full++;
    return "there are too many entries for it";
}

/* ---- making it ---- */

/* `on A,B` and `in-via`, `out-via` C,D: A and C for the initiator's packets, B and D for answers.
 * The packet's interface replaces A, unless any interface matches: `on -`, and in `out` rules
 * `in-via -`. An asterisk after a name is a part of it. */
static void name_interfaces(const fr_info_t *fin, ipstate_t *is, const frentry_t *fr)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    const char(*vias)[LIFNAMSIZ] = fr->fr_rare->fr_vianames;
    bool out = fin->fin_out, any = strcmp(out ? vias[0] : fr->fr_ifnames[0], "-") == 0;
    is->is_ifnames[out][0] =
        fr_state_name(states, any ? fr->fr_ifnames[0] : fin->fin_qpi->qpi_ifname);
    is->is_ifnames[out][1] = fr_state_name(states, fr->fr_ifnames[1]);
    is->is_ifnames[!out][0] = fr_state_name(states, vias[0]);
    is->is_ifnames[!out][1] = fr_state_name(states, vias[1]);
}

/* Whether the answer comes from another address than the one that was asked. */
static bool is_wild(const fr_info_t *fin)
{
    if (fin->fin_v == 4)
        return (fin->fin_flx & (FI_MULTICAST | FI_BROADCAST | FI_MBCAST)) != 0;
    return fin->fin_p == IPPROTO_ICMPV6 && fin->fin_dst.i6[0] >> 24 == 0xff;
}

static uint32_t sum_of(const fr_info_t *fin, const ipstate_t *is)
{
    uint32_t hv = fr_state_sum(fin, is->is_wild ? SUM_SRC : SUM_SRC | SUM_DST);
    if (fr_has_ports(fin))
        hv += fr_sum16(is->is_sport) + fr_sum16(is->is_dport);
    return hv + fr_sum16(is->is_icmpid);
}

/* Fills in what the first packet tells of the connection. If this is a SYN with malformed options,
 * it becomes FI_BAD, whether or not there is room for an entry. */
static void describe(fr_info_t *fin, ipstate_t *is, uint32_t pass)
{
    static const i6addr_t none;
    *is = (ipstate_t){.is_src = fin->fin_src,
                      .is_dst = fin->fin_dst,
                      .is_sport = fr_has_ports(fin) ? fin->fin_sport : 0,
                      .is_dport = fr_has_ports(fin) ? fin->fin_dport : 0,
                      .is_v = fin->fin_v,
                      .is_p = fin->fin_p,
                      .is_wild = is_wild(fin),
                      .is_rule = fin->fin_fr,
                      .is_rulen = fin->fin_rule,
                      .is_pass = fr_kept_verdict(fin->fin_fr, pass),
                      .is_secmsk = fin->fin_secmsk,
                      .is_auth = fin->fin_auth,
                      .is_opt = {fr_state_options(fin), 0},
                      .is_hasopt = {true, false},
                      .is_tcp = {.ts_strict = (fin->fin_fr->fr_flags & FR_STSTRICT) != 0,
                                 .ts_loose = (fin->fin_fr->fr_flags & FR_STLOOSE) != 0}};
    if (fin->fin_p == IPPROTO_ICMP || fin->fin_p == IPPROTO_ICMPV6) {
        is->is_icmptype = fr_icmp_type(fin);
        if (fin->fin_p == IPPROTO_ICMP || is->is_icmptype == ICMP6_ECHO_REQUEST)
            is->is_icmpid = (uint16_t)(fr_state_byte(fin, 4) << 8 | fr_state_byte(fin, 5));
    }
    is->is_hv = sum_of(fin, is);
    fin->fin_rev = fr_same_address(&fin->fin_dst, &none);
    if (fin->fin_p == IPPROTO_TCP)
        fr_tcpbegin(fin, &is->is_tcp);
}

/* The rest. */
static ipstate_t *make_state(fr_info_t *fin, const ipstate_t *described)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    ipstate_t *is = fr_pool_take(&states->is_pool, fr_memory(states->is_memory), FR_STATE_SIZE);
    if (is == NULL)
        return NULL;
    *is = *described;
    is->is_pkts[0][fin->fin_out] = 1;
    is->is_bytes[0][fin->fin_out] = fin->fin_plen;
    if ((is->is_pass & FR_LOGFIRST) != 0)
        is->is_pass &= ~(FR_LOGFIRST | FR_LOG);
    name_interfaces(fin, is, fin->fin_fr);
    is->is_flx[fin->fin_out][0] = fin->fin_flx & FLX_COMPARED & ~FI_OOW;
    fr_state_refresh(fin, is);
    return is;
}

/* ---- all of it ---- */

static bool refuse(fr_info_t *fin, const char *why, uint64_t *count)
{
    if (count != NULL)
        (*count)++;
    fin->fin_ifs->ifs_frstats.f_st[fin->fin_out].fr_bads++;
    ipf_event_t event = fr_event(fin, IPF_EV_ADDSTATE);
    event.reason = why;
    fr_emit(fin, &event);
    return false;
}

/* Why no entry can be made for *described; NULL if one can. */
static const char *no_room(const fr_info_t *fin, const ipstate_t *described)
{
    const frentry_t *fr = fin->fin_fr;
    const char *why = crowded(fin, described);
    if (why == NULL && fr->fr_maxsrcs != 0 &&
        !fr_src_within(&fin->fin_ifs->ifs_states, fr, &fin->fin_src, fin->fin_v))
        return "the limit of sources is reached";
    return why;
}

static void count_added(fr_states_t *states, uint8_t proto)
{
    if (proto == IPPROTO_TCP)
        states->is_stats.added[0]++;
    else if (proto == IPPROTO_UDP)
        states->is_stats.added[1]++;
    else if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
        states->is_stats.added[2]++;
}

/* Puts an entry into the table, or frees it if there is no memory. */
static bool enter(fr_states_t *states, ipstate_t *is)
{
    bool tracked = is->is_rule->fr_maxsrcs != 0;
    if (!tracked || fr_src_add(states, is)) {
        if (fr_expire_add(states, is)) {
            fr_state_link(states, is);
            if (!is->is_wild)
                fr_ends_link(states, is);
            states->is_count++;
            memory_hold(fr_memory(states->is_memory), MEMORY_STATES, MEMORY_PER_STATE);
            return true;
        }
        if (tracked)
            fr_src_drop(states, is);
    }
    fr_pool_put(&states->is_pool, is);
    return false;
}

bool fr_addstate(fr_info_t *fin, uint32_t pass)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    ipstate_t described;
    const char *why = begins_nothing(fin);
    if (why != NULL)
        return refuse(fin, why, NULL);
    if (!fr_states_begin(states))
        return refuse(fin, "there is no memory", &states->is_stats.no_memory);
    if (!within_count(fin, fin->fin_fr))
        return refuse(fin, "the limit of entries is reached",
                      fin->fin_fr->fr_statemax != 0 ? &states->is_stats.maximum_ref
                                                    : &states->is_stats.maximum);
    describe(fin, &described, pass);
    why = no_room(fin, &described);
    if (why != NULL)
        return refuse(fin, why, NULL);
    ipstate_t *is = make_state(fin, &described);
    if (is == NULL || !enter(states, is))
        return refuse(fin, "there is no memory", &states->is_stats.no_memory);
    is->is_number = ++states->is_made;
    count_added(states, is->is_p);
    states->is_wild += is->is_wild;
    is->is_rule->fr_statecnt++;
    fin->fin_ifs->ifs_frstats.f_st[fin->fin_out].fr_ads++;
    fin->fin_flx |= FI_STATE;
    if ((fin->fin_flx & FI_FRAG) != 0)
        fr_newfrag(fin, pass & ~FR_KEEPSTATE);
    ipf_event_t event = fr_event(fin, IPF_EV_ADDSTATE);
    fr_emit(fin, &event);
    return true;
}
