/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What fr_state.c, fr_addstate.c and fr_icmpstate.c share. Not for use outside of these. Solaris:
 * ipstate_t.
 */
#ifndef LO0SIM_FILTER_FR_STATE_IMPL_H
#define LO0SIM_FILTER_FR_STATE_IMPL_H

#include "filter/fr_impl.h"

#include <netinet/in.h>
#include <string.h>

/* One connection. What is indexed [out][rev] or [rev][out]: the direction of a packet, and whether
 * it comes from who was connected to. */
struct ipstate {
    ipstate_t *is_next;
    uint64_t is_number; /* in the order in which entries were made */
    i6addr_t is_src, is_dst;
    uint16_t is_sport, is_dport;
    uint32_t is_id; /* of an ICMP query, with its sequence number */
    uint8_t is_v, is_p;
    bool is_wild;    /* is_dst is not known yet */
    bool is_closing; /* it ends at the next tick, and nothing belongs to it any more */
    frentry_t *is_rule;
    int is_rulen;
    uint32_t is_pass;
    char is_ifnames[2][2][LIFNAMSIZ]; /* [out][rev]; empty: any, until the first packet */
    uint32_t is_flx[2][2];            /* [out][rev]; 0: nothing is known */
    uint32_t is_opt[2];               /* [rev] */
    bool is_hasopt[2];
    uint16_t is_secmsk;
    uint8_t is_icmptype;
    uint64_t is_pkts[2][2]; /* [rev][out]: packets after the first one */
    uint64_t is_icmppkts[2][2];
    tcpinfo_t is_tcp;
    uint64_t is_die_us;
};

static inline bool fr_is_icmp(uint8_t v, uint8_t p)
{
    return v == 6 ? p == IPPROTO_ICMPV6 : p == IPPROTO_ICMP;
}

static inline bool fr_has_ports(const fr_info_t *fin)
{
    return fin->fin_p == IPPROTO_TCP || fin->fin_p == IPPROTO_UDP;
}

/* What must stay the same in a direction. (FI_CMP) */
#define FLX_COMPARED                                                                               \
    (FI_TCPUDP | FI_OPTIONS | FI_MULTICAST | FI_BROADCAST | FI_MBCAST | FI_BADSRC | FI_LOWTTL)

static inline bool fr_same_address(const i6addr_t *a, const i6addr_t *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* The list that the entry of a packet is in, whichever way the packet goes. The table is there. */
ipstate_t **fr_state_bucket(fr_states_t *states, const fr_info_t *fin);

/* Ends what has died, in one list or in all. */
void fr_expire(const fr_info_t *fin, ipstate_t **link);
void fr_expire_all(const fr_info_t *fin);

/* Whether a packet has the addresses and ports, or the identifier, of a connection. */
bool fr_match_ends(const fr_info_t *fin, const ipstate_t *is, bool rev);

/* Notes what is known of packets of this way, as far as nothing was. */
void fr_note_way(const fr_info_t *fin, ipstate_t *is, bool rev, uint32_t mask);

/* Lets a connection live on after a packet of fin_rev's side. */
void fr_state_refresh(const fr_info_t *fin, ipstate_t *is);

/* The ICMP type that answers a query; -1 if `type` is none. */
int fr_icmp_answer(uint8_t v, uint8_t type);

/* The identifier and sequence number by which ICMP queries are told apart; 0 for all others. */
uint32_t fr_state_id(const fr_info_t *fin);

/* Whether a packet is of this connection: ends, interface, and of the FI_* in `mask` and the
 * options what was there before. Then fin_rev is set. */
bool fr_matchsrcdst(fr_info_t *fin, ipstate_t *is, uint32_t mask);

/* The entry of the packet that an ICMP error quotes, as fr_makefrip_quoted() has it; NULL if there
 * is none that lets errors through. */
ipstate_t *fr_find_quoted(fr_info_t *fin);

/* The entry that an ICMP error belongs to; NULL if there is none, or it refuses the error. */
ipstate_t *fr_checkicmpmatchingstate(fr_info_t *fin);

#endif
