/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table: looking up. Solaris: fr_checkstate(), fr_stlookup() and fr_matchsrcdst()
 * (ip_state.c); IPFilter 6: ipf_state_check(), ipf_state_lookup().
 *
 * An entry is looked for by a sum of its protocol, addresses and ports, and then compared field by
 * field, the newest first. An entry whose other side was addressed by multicast, and answers from
 * its own address, has a sum without that address; if a packet finds no entry, the sums that such
 * an entry can have are searched, too.
 * Where entries lie is in fr_state_table.c, how they are made in fr_addstate.c.
 */
#include "filter/fr_state_impl.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

#define US_PER_TICK 500000u /* of the slow timer, which deletes */

#define NI_QUERY 139 /* node information: RFC 4620 */
#define NI_REPLY 140

/* A fragment header can be there or not. */
#define V6_FRAGMENT 0x8u

/* ---- what a sum is made of ---- */

static bool is_multicast6(const i6addr_t *address)
{
    return address->i6[0] >> 24 == 0xff;
}

uint32_t fr_state_sum(const fr_info_t *fin, unsigned addresses)
{
    uint32_t hv = fin->fin_p;
    for (size_t i = 0; i < 4; i++) {
        if ((addresses & SUM_SRC) != 0)
            hv += fr_sum32(fin->fin_src.i6[i]);
        if ((addresses & SUM_DST) != 0)
            hv += fr_sum32(fin->fin_dst.i6[i]);
    }
    return hv;
}

uint8_t fr_state_byte(const fr_info_t *fin, size_t at)
{
    size_t size = msgdsize(fin->fin_m);
    if (size < fin->fin_qpi->qpi_left)
        size = fin->fin_qpi->qpi_left;
    return fin->fin_hlen + at < size ? fin->fin_m->b_rptr[fin->fin_hlen + at] : 0;
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
                 {6, ND_ROUTER_SOLICIT, ND_ROUTER_ADVERT},
                 {6, ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT},
                 {6, NI_QUERY, NI_REPLY}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i].v == v && pairs[i].query == type)
            return pairs[i].answer;
    }
    return -1;
}

/* ---- whether a packet belongs to a connection ---- */

static bool match_ends(const fr_info_t *fin, const ipstate_t *is, bool rev)
{
    const i6addr_t *src = rev ? &fin->fin_dst : &fin->fin_src;
    const i6addr_t *dst = rev ? &fin->fin_src : &fin->fin_dst;
    if (!fr_same_address(&is->is_src, src) || (!is->is_wild && !fr_same_address(&is->is_dst, dst)))
        return false;
    return !fr_has_ports(fin) || (is->is_sport == (rev ? fin->fin_dport : fin->fin_sport) &&
                                  is->is_dport == (rev ? fin->fin_sport : fin->fin_dport));
}

/* Which way a packet would go, if it belongs to this connection. */
static bool is_reverse(const fr_info_t *fin, const ipstate_t *is)
{
    return !fr_same_address(&is->is_dst, &fin->fin_dst) ||
           (fr_has_ports(fin) &&
            (is->is_sport != fin->fin_sport || is->is_dport != fin->fin_dport));
}

static bool is_any_interface(const char *name)
{
    return name[0] == '\0' || strcmp(name, "*") == 0;
}

/* Whether a packet can come this way. If the rule does not name the interface for this way, it is
 * the first one that was seen. */
static bool match_interface(const fr_info_t *fin, const ipstate_t *is, bool rev)
{
    const char *name =
        fr_state_name_of(&fin->fin_ifs->ifs_states, is->is_ifnames[fin->fin_out][rev]);
    return is_any_interface(name) || strcmp(name, "-") == 0 ||
           strcmp(name, fin->fin_qpi->qpi_ifname) == 0;
}

uint32_t fr_state_options(const fr_info_t *fin)
{
    return fin->fin_v == 6 ? fin->fin_optmsk & ~V6_FRAGMENT : fin->fin_optmsk;
}

/* Options, and what else is compared in packets of this way, must stay the same. If nothing was
 * seen of the other side yet, its packet must have no options at all (IPFilter: is_opt is 0 under
 * no mask). */
static bool match_options(const fr_info_t *fin, const ipstate_t *is, bool rev, uint32_t mask)
{
    uint32_t flx = is->is_flx[fin->fin_out][rev];
    if (flx != 0 && (fin->fin_flx & mask) != (flx & mask))
        return false;
    if (is->is_hasopt[rev] && is->is_opt[rev] != fr_state_options(fin))
        return false;
    return is->is_secmsk == fin->fin_secmsk && is->is_auth == fin->fin_auth;
}

/* Sets the other side of an entry that accepts any. In IPv6 it stays open while the address is a
 * multicast address. */
static void note_address(const fr_info_t *fin, ipstate_t *is, bool rev)
{
    const i6addr_t *who = rev ? &fin->fin_src : &fin->fin_dst;
    if (!is->is_wild || (is->is_v == 6 && is_multicast6(who)))
        return;
    is->is_dst = *who;
    is->is_wild = false;
    fin->fin_ifs->ifs_states.is_wild--;
    fr_ends_link(&fin->fin_ifs->ifs_states, is);
}

/* Notes what is known of packets of this way, if nothing was known. */
static void note_way(const fr_info_t *fin, ipstate_t *is, bool rev, uint32_t mask)
{
    uint16_t *name = &is->is_ifnames[fin->fin_out][rev];
    if (is->is_flx[fin->fin_out][rev] == 0) {
        is->is_flx[fin->fin_out][rev] = fin->fin_flx & mask;
        if (rev && !is->is_hasopt[1]) {
            is->is_hasopt[1] = true;
            is->is_opt[1] = fr_state_options(fin);
        }
    }
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    if (is_any_interface(fr_state_name_of(states, *name)))
        *name = fr_state_name(states, fin->fin_qpi->qpi_ifname);
}

bool fr_matchsrcdst(fr_info_t *fin, ipstate_t *is, uint32_t mask)
{
    if (is->is_closing)
        return false;
    bool rev = is_reverse(fin, is);
    if (!match_interface(fin, is, rev) || !match_ends(fin, is, rev))
        return false;
    note_address(fin, is, rev);
    if (!match_options(fin, is, rev, mask))
        return false;
    note_way(fin, is, rev, mask);
    fin->fin_rev = rev;
    return true;
}

/* ---- how long it lives ---- */

/* In ticks. */
static uint32_t ttl_of(const fr_info_t *fin, const ipstate_t *is, bool rev)
{
    const ipf_tunables_t *t = &fin->fin_ifs->ifs_tunables;
    if (is->is_rule->fr_age[rev] != 0)
        return is->is_rule->fr_age[rev] * IPF_TICKS_PER_S;
    if (is->is_p == IPPROTO_TCP)
        return fr_tcpttl(fin, &is->is_tcp, rev);
    if (is->is_p == IPPROTO_UDP)
        return rev ? t->udp_ack : t->udp;
    if (fr_is_icmp(is->is_v, is->is_p))
        return rev ? t->icmp_ack : t->icmp;
    return t->ip;
}

void fr_state_refresh(const fr_info_t *fin, ipstate_t *is)
{
    fr_expire_at(&fin->fin_ifs->ifs_states, is,
                 fr_now(fin) + (uint64_t)ttl_of(fin, is, fin->fin_rev) * US_PER_TICK);
}

/* ---- what the protocol requires ---- */

static bool match_tcp(fr_info_t *fin, ipstate_t *is)
{
    if ((fin->fin_tcpf & (TH_SYN | TH_ACK)) == TH_SYN && fr_tcpclosing(&is->is_tcp)) {
        /* The entry makes room for the next connection, at the next tick. */
        is->is_tcp.ts_data[fin->fin_rev].td_state = TCPS_CLOSED;
        is->is_closing = true;
        fr_expire_at(&fin->fin_ifs->ifs_states, is, (fr_now(fin) / US_PER_TICK + 1) * US_PER_TICK);
        return false;
    }
    tcp_fit_t fit = fr_tcpstate(fin, &is->is_tcp);
    if (fit == TCP_OUT_OF_WINDOW)
        fin->fin_flx |= FI_OOW;
    if (fit == TCP_FITS || (fit == TCP_FITS_NO_REFRESH && is->is_rule->fr_age[0] != 0))
        fr_state_refresh(fin, is);
    return fit == TCP_FITS || fit == TCP_FITS_NO_REFRESH;
}

/* Compares the types of queries and answers; also the identifier in IPv4, and in an echo's answer.
 * (ipf_matchicmpqueryreply) */
static bool match_icmp(const fr_info_t *fin, const ipstate_t *is)
{
    uint8_t type = (uint8_t)(fin->fin_icmp >> 8);
    int want = fin->fin_rev ? fr_icmp_answer(fin->fin_v, is->is_icmptype) : is->is_icmptype;
    if (type != want)
        return false;
    return (fin->fin_v == 6 && type != ICMP6_ECHO_REPLY) || fin->fin_icmpid == is->is_icmpid;
}

/* What is ICMPv6 in an IPv4 packet has no answers, and stays of one type. */
static bool match_icmp_of_other(const fr_info_t *fin, const ipstate_t *is)
{
    return fin->fin_v == 6 || fin->fin_p != IPPROTO_ICMPV6 ||
           (!fin->fin_rev && fr_icmp_type(fin) == is->is_icmptype);
}

static bool match_protocol(fr_info_t *fin, ipstate_t *is)
{
    if (fin->fin_p == IPPROTO_TCP)
        return match_tcp(fin, is);
    if (fr_is_icmp(fin->fin_v, fin->fin_p) ? !match_icmp(fin, is) : !match_icmp_of_other(fin, is))
        return false;
    fr_state_refresh(fin, is);
    return true;
}

/* ---- looking up ---- */

/* The entry of a sum that a packet belongs to. FI_OOW comes from the last one examined: the caller
 * gathers it. Many connections can have the same sum. So, if no entry waits for its other side,
 * only the entries with the packet's ends are examined. */
static ipstate_t *find(fr_info_t *fin, uint32_t hv, uint32_t *oow)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    bool by_ends = states->is_wild == 0;
    ipstate_t **link = by_ends ? fr_ends_bucket(states, fin) : fr_state_bucket(states, hv);
    ipstate_t *next;
    for (size_t at = 0; *link != NULL && at < sizeof(ipstate_t); at += FR_CACHE_LINE)
        __builtin_prefetch((const char *)*link + at, 1);
    for (ipstate_t *is = *link; is != NULL; is = next) {
        next = by_ends ? is->is_ends_next : is->is_next;
        if (is->is_die_us <= fr_now(fin)) {
            fr_state_end(states, is);
            continue;
        }
        if (is->is_hv != hv || is->is_p != fin->fin_p || is->is_v != fin->fin_v)
            continue;
        if (fr_has_ports(fin))
            fin->fin_flx &= ~FI_OOW;
        if (!fr_matchsrcdst(fin, is, FLX_COMPARED))
            continue;
        if (match_protocol(fin, is))
            return is;
        *oow |= fin->fin_flx & FI_OOW;
    }
    return NULL;
}

/* An entry whose other side has become known gets another sum. */
static ipstate_t *moved(fr_states_t *states, ipstate_t *is, uint32_t hv)
{
    if (!is->is_wild)
        fr_state_move(states, is, hv);
    return is;
}

static bool is_cast(const fr_info_t *fin)
{
    return fin->fin_v == 4 && (fin->fin_flx & (FI_MULTICAST | FI_BROADCAST | FI_MBCAST)) != 0;
}

static unsigned addresses_of(const fr_info_t *fin)
{
    if (is_cast(fin))
        return fin->fin_out ? SUM_SRC : SUM_DST;
    return SUM_SRC | SUM_DST;
}

/* TCP and UDP: without the ports, and without one address, if there is an entry that waits. The
 * entry is then put where IPFilter puts it, with the ports once more. */
static ipstate_t *lookup_ports(fr_info_t *fin)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    uint32_t ports = fr_sum16(fin->fin_sport) + fr_sum16(fin->fin_dport), oow = 0;
    uint32_t full = fr_state_sum(fin, addresses_of(fin));
    uint32_t one = fr_state_sum(fin, fin->fin_out ? SUM_DST : SUM_SRC);
    const uint32_t sums[] = {full + ports, full, one + ports};
    for (size_t i = 0; i < 3 && (i == 0 || states->is_wild > 0); i++) {
        ipstate_t *is = find(fin, sums[i], &oow);
        if (is != NULL)
            return i == 0 ? is : moved(states, is, sums[i] + ports);
    }
    fin->fin_flx |= oow;
    return NULL;
}

/* An ICMPv6 query goes to many hosts, and one of them answers. */
static ipstate_t *lookup_icmp6(fr_info_t *fin)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    uint8_t type = (uint8_t)(fin->fin_icmp >> 8);
    bool many = is_multicast6(&fin->fin_dst);
    bool echo = type == ICMP6_ECHO_REQUEST || type == ICMP6_ECHO_REPLY;
    uint32_t id = echo ? fr_sum16(fin->fin_icmpid) : 0;
    uint32_t hv = fr_state_sum(fin, many ? SUM_SRC : SUM_SRC | SUM_DST) + id, oow = 0;
    ipstate_t *is = find(fin, hv, &oow);
    if (is != NULL || states->is_wild == 0 || is_multicast6(&fin->fin_src))
        return is;
    is = find(fin, fr_state_sum(fin, many ? 0 : SUM_DST) + id, &oow);
    return is != NULL ? moved(states, is, hv) : NULL;
}

static ipstate_t *fr_stlookup(fr_info_t *fin)
{
    uint32_t oow = 0;
    if (fr_has_ports(fin))
        return lookup_ports(fin);
    if (fin->fin_v == 6 && fin->fin_p == IPPROTO_ICMPV6)
        return lookup_icmp6(fin);
    uint32_t id = fr_is_icmp(fin->fin_v, fin->fin_p) ? fr_sum16(fin->fin_icmpid) : 0;
    return find(fin, fr_state_sum(fin, addresses_of(fin)) + id, &oow);
}

static void count(const fr_info_t *fin, ipstate_t *is)
{
    is->is_pkts[fin->fin_rev][fin->fin_out]++;
    is->is_bytes[fin->fin_rev][fin->fin_out] += fin->fin_plen;
    if (fin->fin_ifs->ifs_build->ifb_state_is_hit) {
        is->is_rule->fr_hits++;
        is->is_rule->fr_bytes += fin->fin_plen;
    }
}

bool fr_checkstate(fr_info_t *fin, uint32_t *pass)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    if ((fin->fin_flx & (FI_SHORT | FI_FRAGBODY | FI_BAD)) != 0 || states->is_count == 0)
        return false;
    ipstate_t *is = fr_stlookup(fin);
    if (is == NULL && (fin->fin_flx & FI_ICMPERR) != 0)
        is = fr_checkicmpmatchingstate(fin);
    states->is_hits += is != NULL;
    states->is_misses += is == NULL;
    if (is == NULL || (!fin->fin_out && fr_asks_tag(is->is_rule)))
        return false;
    fin->fin_fr = is->is_rule;
    fin->fin_rule = is->is_rulen;
    fin->fin_icode = is->is_rule->fr_icode;
    if ((fin->fin_flx & FI_FRAG) != 0 && FR_ISPASS(is->is_pass))
        fr_newfrag(fin, is->is_pass);
    count(fin, is);
    fin->fin_flx |= FI_STATE;
    *pass = is->is_pass;
    return true;
}
