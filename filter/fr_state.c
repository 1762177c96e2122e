/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table. Solaris: fr_addstate(), fr_checkstate(), fr_stlookup(), fr_matchsrcdst() and
 * fr_checkicmpmatchingstate() (ip_state.c).
 */
#include "filter/fr_state.h"

#include "filter/fr_impl.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define STATE_MAX 4013 /* fr_statemax */
#define US_PER_S  1000000u

/* Seconds: fr_udptimeout, fr_udpacktimeout, fr_icmptimeout, fr_icmpacktimeout, fr_iptimeout. */
#define TTL_UDP      120
#define TTL_UDP_ACK  12
#define TTL_ICMP     60
#define TTL_ICMP_ACK 6
#define TTL_IP       60

/* Who talks to whom, seen from who began. */
typedef struct state_key {
    i6addr_t src, dst;
    uint16_t sport, dport; /* ICMP: the identifier, twice */
    uint8_t v, p;
} state_key_t;

struct ipstate {
    state_key_t is_key;
    frentry_t *is_rule;
    uint32_t is_pass;
    char is_ifnames[4][LIFNAMSIZ]; /* [rev * 2 + out]; empty: any, until the first packet */
    uint8_t is_icmptype;
    bool is_answered;
    tcpinfo_t is_tcp;
    uint64_t is_die_us;
    UT_hash_handle hh;
};

static void end_state(fr_states_t *states, ipstate_t *is)
{
    HASH_DEL(states->is_table, is);
    is->is_rule->fr_statecnt--;
    free(is);
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
                 {6, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i].v == v && pairs[i].query == type)
            return pairs[i].answer;
    }
    return -1;
}

static bool is_icmp(uint8_t v, uint8_t p)
{
    return v == 6 ? p == IPPROTO_ICMPV6 : p == IPPROTO_ICMP;
}

/* ---- looking up ---- */

static state_key_t key_of(const fr_info_t *fin)
{
    state_key_t key;
    memset(&key, 0, sizeof(key)); /* hashed with its padding */
    key.src = fin->fin_src;
    key.dst = fin->fin_dst;
    key.v = fin->fin_v;
    key.p = fin->fin_p;
    if (is_icmp(key.v, key.p))
        key.sport = key.dport = get16(fin->fin_m->b_rptr + fin->fin_hlen + 4);
    else if (key.p == IPPROTO_TCP || key.p == IPPROTO_UDP) {
        key.sport = fin->fin_sport;
        key.dport = fin->fin_dport;
    }
    return key;
}

static state_key_t reversed(const state_key_t *key)
{
    state_key_t other = *key;
    other.src = key->dst;
    other.dst = key->src;
    other.sport = key->dport;
    other.dport = key->sport;
    return other;
}

/* The entry of a key that is still alive; NULL if there is none. */
static ipstate_t *find(const fr_info_t *fin, const state_key_t *key)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    ipstate_t *is;
    HASH_FIND(hh, states->is_table, key, sizeof(*key), is);
    if (is != NULL && is->is_die_us <= fr_now(fin)) {
        end_state(states, is);
        return NULL;
    }
    return is;
}

/* Whether a packet may come this way. The interface of a way that the rule does not name is the one
 * that is seen there first. */
static bool match_interface(const fr_info_t *fin, ipstate_t *is, bool rev)
{
    char *name = is->is_ifnames[rev * 2 + fin->fin_out];
    const char *ifname = fin->fin_qpi->qpi_ifname;
    if (name[0] == '\0' && strlen(ifname) < LIFNAMSIZ)
        strcpy(name, ifname);
    return strcmp(name, ifname) == 0;
}

static uint32_t ttl_of(const ipstate_t *is)
{
    uint8_t p = is->is_key.p;
    if (is->is_rule->fr_age[0] != 0)
        return is->is_rule->fr_age[is->is_answered];
    if (p == IPPROTO_TCP)
        return fr_tcpttl(&is->is_tcp);
    if (p == IPPROTO_UDP)
        return is->is_answered ? TTL_UDP_ACK : TTL_UDP;
    if (is_icmp(is->is_key.v, p))
        return is->is_answered ? TTL_ICMP_ACK : TTL_ICMP;
    return TTL_IP;
}

static bool match_protocol(fr_info_t *fin, ipstate_t *is, bool rev)
{
    if (is_icmp(fin->fin_v, fin->fin_p)) {
        int want = rev ? answer_to(fin->fin_v, is->is_icmptype) : is->is_icmptype;
        return fin->fin_icmp >> 8 == want;
    }
    if (fin->fin_p != IPPROTO_TCP || fr_tcpinwindow(fin, is->is_rule, &is->is_tcp, rev))
        return true;
    fin->fin_flx |= FI_OOW;
    return false;
}

static bool use(fr_info_t *fin, ipstate_t *is, bool rev, uint32_t *pass)
{
    if (!match_interface(fin, is, rev) || !match_protocol(fin, is, rev))
        return false;
    is->is_answered = is->is_answered || rev;
    is->is_die_us = fr_now(fin) + (uint64_t)ttl_of(is) * US_PER_S;
    is->is_rule->fr_hits++;
    is->is_rule->fr_bytes += fin->fin_plen;
    fin->fin_flx |= FI_STATE;
    fin->fin_fr = is->is_rule;
    fin->fin_rule = -1;
    *pass = is->is_pass;
    return true;
}

/* ---- ICMP errors ---- */

static bool is_icmp_error(const fr_info_t *fin)
{
    uint8_t type = (uint8_t)(fin->fin_icmp >> 8);
    if (fin->fin_v == 6)
        return fin->fin_p == IPPROTO_ICMPV6 && type >= ICMP6_DST_UNREACH &&
               type <= ICMP6_PARAM_PROB;
    return fin->fin_p == IPPROTO_ICMP &&
           (type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
            type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB);
}

/* The key of the packet that an ICMP error quotes.
 * => Returns false if not enough of it is there. */
static bool quoted_key(const fr_info_t *fin, state_key_t *key)
{
    const uint8_t *ip = fin->fin_m->b_rptr + fin->fin_hlen + 8;
    size_t size = fin->fin_dlen - 8;
    size_t header = fin->fin_v == 6 ? 40 : (size > 0 ? (ip[0] & 0x0fu) * 4 : 0);
    if (header < 20 || size < header + 8 || ip[0] >> 4 != fin->fin_v)
        return false;
    memset(key, 0, sizeof(*key));
    key->v = fin->fin_v;
    key->p = fin->fin_v == 6 ? ip[6] : ip[9];
    for (size_t i = 0; i < (fin->fin_v == 6 ? 4u : 1u); i++) {
        key->src.i6[i] = get32(ip + (fin->fin_v == 6 ? 8 : 12) + 4 * i);
        key->dst.i6[i] = get32(ip + (fin->fin_v == 6 ? 24 : 16) + 4 * i);
    }
    if (key->p == IPPROTO_TCP || key->p == IPPROTO_UDP) {
        key->sport = get16(ip + header);
        key->dport = get16(ip + header + 2);
    } else if (is_icmp(key->v, key->p)) {
        key->sport = key->dport = get16(ip + header + 4);
    }
    return true;
}

static bool check_icmp_error(fr_info_t *fin, uint32_t *pass)
{
    state_key_t key, other;
    if (fin->fin_dlen < 8 || !quoted_key(fin, &key))
        return false;
    other = reversed(&key);
    ipstate_t *is = find(fin, &key);
    if (is == NULL)
        is = find(fin, &other);
    if (is == NULL || (is->is_rule->fr_flags & FR_NOICMPERR) != 0)
        return false;
    fin->fin_flx |= FI_STATE | FI_ICMPERR;
    fin->fin_fr = is->is_rule;
    fin->fin_rule = -1;
    *pass = is->is_pass & ~FR_RETMASK; /* an error is never answered */
    return true;
}

bool fr_checkstate(fr_info_t *fin, uint32_t *pass)
{
    if ((fin->fin_flx & (FI_SHORT | FI_FRAGBODY | FI_BAD)) != 0 ||
        fin->fin_ifs->ifs_states.is_table == NULL)
        return false;
    if (is_icmp_error(fin))
        return check_icmp_error(fin, pass);
    state_key_t key = key_of(fin), other = reversed(&key);
    ipstate_t *is = find(fin, &key);
    if (is != NULL && use(fin, is, false, pass))
        return true;
    is = find(fin, &other);
    return is != NULL && use(fin, is, true, pass);
}

/* ---- making ---- */

static bool begins_a_state(const fr_info_t *fin)
{
    if ((fin->fin_flx & (FI_SHORT | FI_STATE | FI_FRAGBODY | FI_BAD | FI_OOW)) != 0)
        return false;
    if (is_icmp(fin->fin_v, fin->fin_p))
        return answer_to(fin->fin_v, (uint8_t)(fin->fin_icmp >> 8)) >= 0;
    return fin->fin_p != IPPROTO_TCP || (fin->fin_tcpf & TH_RST) == 0;
}

/* Ends what has died, and counts. A table walk, but only where a limit asks for it. */
static bool within_limits(const fr_info_t *fin, const frentry_t *fr, const state_key_t *key)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    uint32_t sources = 0, per_source = 0;
    ipstate_t *is, *next;
    HASH_ITER(hh, states->is_table, is, next)
    {
        if (is->is_die_us <= fr_now(fin)) {
            end_state(states, is);
            continue;
        }
        if (is->is_rule != fr)
            continue;
        bool same = memcmp(&is->is_key.src, &key->src, sizeof(key->src)) == 0;
        per_source += same;
        sources += !same; /* an upper bound: a source with several entries counts for each */
    }
    if (fr->fr_statemax != 0 && fr->fr_statecnt >= fr->fr_statemax)
        return false;
    if (fr->fr_maxpersrc != 0 && per_source >= fr->fr_maxpersrc)
        return false;
    return fr->fr_maxsrcs == 0 || per_source > 0 || sources < fr->fr_maxsrcs;
}

static void name_interfaces(const fr_info_t *fin, ipstate_t *is, const frentry_t *fr)
{
    bool out = fin->fin_out;
    memcpy(is->is_ifnames[out], fr->fr_ifnames[0], LIFNAMSIZ);
    memcpy(is->is_ifnames[2 + !out], fr->fr_ifnames[1], LIFNAMSIZ);
    memcpy(is->is_ifnames[!out], fr->fr_ifnames[2], LIFNAMSIZ);
    memcpy(is->is_ifnames[2 + out], fr->fr_ifnames[3], LIFNAMSIZ);
    if (is->is_ifnames[out][0] == '\0')
        snprintf(is->is_ifnames[out], LIFNAMSIZ, "%s", fin->fin_qpi->qpi_ifname);
}

static bool refuse(fr_info_t *fin, const char *why)
{
    ipf_event_t event = fr_event(fin, IPF_EV_ADDSTATE);
    event.reason = why;
    fr_emit(fin, &event);
    return false;
}

bool fr_addstate(fr_info_t *fin, frentry_t *fr, uint32_t pass)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    if (fr == NULL || !begins_a_state(fin))
        return refuse(fin, "the packet begins no connection");
    state_key_t key = key_of(fin);
    bool limited = fr->fr_statemax != 0 || fr->fr_maxsrcs != 0 || fr->fr_maxpersrc != 0;
    if (find(fin, &key) != NULL)
        return refuse(fin, "there is an entry for it already");
    if ((limited && !within_limits(fin, fr, &key)) || HASH_COUNT(states->is_table) >= STATE_MAX)
        return refuse(fin, "there are as many entries as there may be");
    ipstate_t *is = calloc(1, sizeof(*is));
    if (is == NULL)
        return false;
    is->is_key = key;
    is->is_rule = fr;
    is->is_pass = pass;
    is->is_icmptype = (uint8_t)(fin->fin_icmp >> 8);
    name_interfaces(fin, is, fr);
    if (fin->fin_p == IPPROTO_TCP)
        fr_tcpbegin(fin, &is->is_tcp);
    is->is_die_us = fr_now(fin) + (uint64_t)ttl_of(is) * US_PER_S;
    HASH_ADD(hh, states->is_table, is_key, sizeof(is->is_key), is);
    fr->fr_statecnt++;
    fin->fin_flx |= FI_STATE;
    ipf_event_t event = fr_event(fin, IPF_EV_ADDSTATE);
    fr_emit(fin, &event);
    return true;
}

size_t fr_state_count(const fr_states_t *states)
{
    return HASH_COUNT(states->is_table);
}

void fr_state_each(const fr_states_t *states, uint64_t now_us,
                   void (*func)(void *arg, const fr_state_view_t *view), void *arg)
{
    for (const ipstate_t *is = states->is_table; is != NULL; is = is->hh.next) {
        if (is->is_die_us <= now_us)
            continue;
        fr_state_view_t view = {.src = is->is_key.src,
                                .dst = is->is_key.dst,
                                .sport = is->is_key.sport,
                                .dport = is->is_key.dport,
                                .v = is->is_key.v,
                                .p = is->is_key.p,
                                .rule = is->is_rule,
                                .block = !FR_ISPASS(is->is_pass),
                                .left_us = is->is_die_us - now_us};
        func(arg, &view);
    }
}

void fr_states_fini(fr_states_t *states)
{
    ipstate_t *is, *next;
    HASH_ITER(hh, states->is_table, is, next)
    {
        end_state(states, is);
    }
}
