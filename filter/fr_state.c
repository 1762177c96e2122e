/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table: looking up. Solaris: fr_checkstate(), fr_stlookup() and fr_matchsrcdst()
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

#define US_PER_S    1000000u
#define US_PER_TICK 500000u /* of the slow timer, which deletes */

/* Seconds: fr_udptimeout, fr_udpacktimeout, fr_icmptimeout, fr_icmpacktimeout, fr_iptimeout. */
#define TTL_UDP      120
#define TTL_UDP_ACK  12
#define TTL_ICMP     60
#define TTL_ICMP_ACK 6
#define TTL_IP       60

/* A fragment header is there or not. */
#define V6_FRAGMENT 0x8u

#define ND_NEIGHBOR_SOLICIT_TYPE 135

/* ---- where entries lie ---- */

ipstate_t **fr_state_bucket(fr_states_t *states, const fr_info_t *fin)
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

void fr_expire(const fr_info_t *fin, ipstate_t **link)
{
    while (*link != NULL) {
        if ((*link)->is_die_us <= fr_now(fin))
            end_state(&fin->fin_ifs->ifs_states, link);
        else
            link = &(*link)->is_next;
    }
}

void fr_expire_all(const fr_info_t *fin)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    for (size_t i = 0; i < STATE_BUCKETS; i++)
        fr_expire(fin, &states->is_table[i]);
    fr_expire(fin, &states->is_wild);
}

/* ---- ICMP queries ---- */

int fr_icmp_answer(uint8_t v, uint8_t type)
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

uint32_t fr_state_id(const fr_info_t *fin)
{
    uint8_t type = (uint8_t)(fin->fin_icmp >> 8);
    if (!fr_is_icmp(fin->fin_v, fin->fin_p) ||
        (fin->fin_v == 6 && type != ICMP6_ECHO_REQUEST && type != ICMP6_ECHO_REPLY))
        return 0;
    return fin->fin_icmpid;
}

/* ---- looking up ---- */

bool fr_match_ends(const fr_info_t *fin, const ipstate_t *is, bool rev)
{
    const i6addr_t *src = rev ? &fin->fin_dst : &fin->fin_src;
    const i6addr_t *dst = rev ? &fin->fin_src : &fin->fin_dst;
    if (!fr_same_address(&is->is_src, src) || (!is->is_wild && !fr_same_address(&is->is_dst, dst)))
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

void fr_note_way(const fr_info_t *fin, ipstate_t *is, bool rev, uint32_t mask)
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
    bool rev = !fr_match_ends(fin, is, false);
    if ((rev && !fr_match_ends(fin, is, true)) || !match_interface(fin, is, rev) ||
        !match_options(fin, is, rev, mask))
        return false;
    fr_note_way(fin, is, rev, mask);
    if (is->is_wild && rev)
        is->is_dst = fin->fin_src; /* it answers as itself */
    fin->fin_rev = rev;
    return true;
}

static uint32_t ttl_of(const ipstate_t *is, bool rev)
{
    if (is->is_rule->fr_age[rev] != 0)
        return is->is_rule->fr_age[rev];
    if (is->is_p == IPPROTO_TCP)
        return fr_tcpttl(&is->is_tcp, rev);
    if (is->is_p == IPPROTO_UDP)
        return rev ? TTL_UDP_ACK : TTL_UDP;
    if (fr_is_icmp(is->is_v, is->is_p))
        return rev ? TTL_ICMP_ACK : TTL_ICMP;
    return TTL_IP;
}

void fr_state_refresh(const fr_info_t *fin, ipstate_t *is)
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
        fr_state_refresh(fin, is);
    return fit == TCP_FITS || fit == TCP_FITS_NO_REFRESH;
}

static bool match_protocol(fr_info_t *fin, ipstate_t *is)
{
    if (fin->fin_p == IPPROTO_TCP)
        return match_tcp(fin, is);
    if (fr_is_icmp(fin->fin_v, fin->fin_p)) {
        int want = fin->fin_rev ? fr_icmp_answer(fin->fin_v, is->is_icmptype) : is->is_icmptype;
        if (fin->fin_icmp >> 8 != want)
            return false;
    }
    fr_state_refresh(fin, is);
    return true;
}

/* The entry in a list that a packet belongs to. FI_OOW stays if the packet is in no window. */
static ipstate_t **find_in(fr_info_t *fin, ipstate_t **link)
{
    uint32_t oow = 0;
    fr_expire(fin, link);
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
        ipstate_t **bucket = fr_state_bucket(&fin->fin_ifs->ifs_states, fin);
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
    ipstate_t **link = find_in(fin, fr_state_bucket(states, fin));
    if (link != NULL || states->is_wild == NULL)
        return link != NULL ? *link : NULL;
    link = find_in(fin, &states->is_wild);
    return link != NULL ? settle(fin, link) : NULL;
}

ipstate_t *fr_find_quoted(fr_info_t *fin)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    ipstate_t **lists[] = {fr_state_bucket(states, fin), &states->is_wild};
    for (size_t i = 0; i < 2; i++) {
        fr_expire(fin, lists[i]);
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

/* ---- the table ---- */

size_t fr_state_count(const fr_states_t *states)
{
    return states->is_count;
}

static int by_age(const void *a, const void *b)
{
    const ipstate_t *x = *(ipstate_t *const *)a, *y = *(ipstate_t *const *)b;
    return (x->is_number > y->is_number) - (x->is_number < y->is_number);
}

/* All entries, oldest first; the caller frees the array. NULL if there is no memory, or none. */
static const ipstate_t **list_all(const fr_states_t *states)
{
    const ipstate_t **all = calloc(states->is_count + 1, sizeof(ipstate_t *));
    size_t count = 0;
    for (size_t i = 0; all != NULL && states->is_table != NULL && i <= STATE_BUCKETS; i++) {
        const ipstate_t *is = i < STATE_BUCKETS ? states->is_table[i] : states->is_wild;
        for (; is != NULL; is = is->is_next)
            all[count++] = is;
    }
    if (count > 0)
        qsort(all, count, sizeof(ipstate_t *), by_age);
    return all;
}

void fr_state_each(const fr_states_t *states, uint64_t now_us,
                   void (*func)(void *arg, const fr_state_view_t *view), void *arg)
{
    const ipstate_t **all = list_all(states);
    for (size_t i = 0; all != NULL && i < states->is_count; i++) {
        const ipstate_t *is = all[i];
        if (is->is_die_us <= now_us || is->is_closing)
            continue;
        fr_state_view_t view = {.src = is->is_src,
                                .dst = is->is_dst,
                                .sport = is->is_sport,
                                .dport = is->is_dport,
                                .v = is->is_v,
                                .p = is->is_p,
                                .rule = is->is_rule,
                                .block = !FR_ISPASS(is->is_pass),
                                .left_us = is->is_die_us - now_us};
        func(arg, &view);
    }
    free(all);
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
