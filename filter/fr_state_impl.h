/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What fr_state.c, fr_state_table.c, fr_state_list.c, fr_addstate.c, fr_icmpstate.c, fr_expire.c
 * and fr_srctrack.c share. Not for use outside of these. Solaris: ipstate_t.
 */
#ifndef LO0SIM_FILTER_FR_STATE_IMPL_H
#define LO0SIM_FILTER_FR_STATE_IMPL_H

#include "filter/fr_impl.h"

#include <netinet/in.h>
#include <string.h>

/* One connection. Indices [out][rev] or [rev][out]: the direction of a packet, and whether it
 * comes from the other side. */
struct ipstate {
    /* together: what is read to find it */
    ipstate_t *is_ends_next; /* of the same ends */
    uint64_t is_die_us;
    i6addr_t is_src, is_dst;
    uint32_t is_hv; /* the sum under which it is looked for (fr_state_sum) */
    uint16_t is_sport, is_dport;
    uint16_t is_icmpid;
    uint8_t is_icmptype;
    uint8_t is_v, is_p;
    bool is_wild;    /* is_dst is not known until the answer comes */
    bool is_closing; /* it ends at the next tick, and no packet belongs to it any more */

    uint16_t is_ifnames[2][2]; /* [out][rev], numbers of names; empty or "*": any, until the first
                                * packet; "-": any */
    uint32_t is_flx[2][2];     /* [out][rev]; 0: nothing is known */
    uint32_t is_opt[2];        /* [rev] */
    bool is_hasopt[2];
    uint16_t is_secmsk, is_auth;
    int is_rulen;
    uint32_t is_pass;
    frentry_t *is_rule;
    tcpinfo_t is_tcp;
    uint32_t is_wake;        /* its place in is_heap */
    uint64_t is_bytes[2][2]; /* [rev][out] */
    uint32_t is_pkts[2][2];
    uint32_t is_icmppkts[2][2];

    ipstate_t *is_next; /* of a sum */
    uint64_t is_number; /* in the order in which entries were made */
};

/* An entry begins at a cache line: the first has all that is compared to find it. */
#define FR_STATE_SIZE ((sizeof(ipstate_t) + FR_CACHE_LINE - 1) / FR_CACHE_LINE * FR_CACHE_LINE)

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
    (FI_TCPUDP | FI_OPTIONS | FI_MULTICAST | FI_BROADCAST | FI_MBCAST | FI_STATE | FI_BADNAT |     \
     FI_BAD | FI_OOW | FI_BADSRC | FI_LOWTTL | FI_V6EXTHDR)

/* The same for a packet that an ICMP error quotes. (FI_ICMPCMP) */
#define FLX_COMPARED_QUOTED (FI_TCPUDP | FI_OPTIONS)

/* The addresses that go into a sum, together with the protocol. */
#define SUM_SRC 1u
#define SUM_DST 2u

static inline bool fr_same_address(const i6addr_t *a, const i6addr_t *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* The sum of a packet's protocol and the requested addresses. The caller adds ports and
 * identifiers, each as fr_sum16(). Both directions of a connection have the same sum; entries are
 * found only by their sum. */
uint32_t fr_state_sum(const fr_info_t *fin, unsigned addresses);

/* IPFilter adds words as they lie in the packet, on a machine with the low byte first: this decides
 * which connections have the same sum. */
static inline uint32_t fr_sum16(uint16_t word)
{
    return (uint32_t)(word & 0xff) << 8 | word >> 8;
}

static inline uint32_t fr_sum32(uint32_t word)
{
    return fr_sum16((uint16_t)word) << 16 | fr_sum16((uint16_t)(word >> 16));
}

/* Byte `at` of what follows the IP header, of the packet or, for ipftest, of an earlier one that
 * was longer (qpi_left); 0 if there is none. */
uint8_t fr_state_byte(const fr_info_t *fin, size_t at);

/* ---- fr_state_table.c ---- */

/* Makes sure that there is a table. => Returns false if there is no memory. */
bool fr_states_begin(fr_states_t *states);

/* The list with the entries of a sum (and others). The table must exist. */
ipstate_t **fr_state_bucket(fr_states_t *states, uint32_t hv);

/* Puts an entry first among those of its sum. The table grows with the entries. */
void fr_state_link(fr_states_t *states, ipstate_t *is);

/* Puts an entry that is in the table first among those of another sum. */
void fr_state_move(fr_states_t *states, ipstate_t *is, uint32_t hv);

/* The list with the entries that have a packet's ends, in either direction (and others). */
ipstate_t **fr_ends_bucket(fr_states_t *states, const fr_info_t *fin);

/* Puts an entry that is not waiting first among those with its ends. */
void fr_ends_link(fr_states_t *states, ipstate_t *is);

/* Ends an entry. */
void fr_state_end(fr_states_t *states, ipstate_t *is);

/* The number of an interface's name; 0 for "", and if there is no memory. */
uint16_t fr_state_name(fr_states_t *states, const char *name);

/* The name that has a number; it is valid until another name gets one. */
static inline const char *fr_state_name_of(const fr_states_t *states, uint16_t number)
{
    return number == 0 ? "" : states->is_names[number - 1];
}

/* ---- fr_expire.c ---- */

/* Ends expired entries, in one list or in all. To end those of all lists costs no more than the
 * entries that end. */
void fr_expire(const fr_info_t *fin, ipstate_t **link);
void fr_expire_all(const fr_info_t *fin);

/* Makes an entry with its is_die_us known, until fr_expire_forget().
 * => Returns false if there is no memory. */
bool fr_expire_add(fr_states_t *states, ipstate_t *is);
void fr_expire_forget(fr_states_t *states, const ipstate_t *is);

/* Sets when an entry ends, whether it is known yet or not. */
void fr_expire_at(fr_states_t *states, ipstate_t *is, uint64_t die_us);

/* ---- fr_srctrack.c ---- */

/* Whether one more source, or one more entry of a known one, is within max-srcs and max-per-src.
 * Only rules with max-srcs are asked, and only their entries are counted. */
bool fr_src_within(const fr_states_t *states, const frentry_t *fr, const i6addr_t *src, uint8_t v);

/* => Returns false if there is no memory: then nothing is counted. */
bool fr_src_add(fr_states_t *states, const ipstate_t *is);
void fr_src_drop(fr_states_t *states, const ipstate_t *is);

/* ---- fr_state.c ---- */

/* Prolongs a connection's life after a packet from fin_rev's side. */
void fr_state_refresh(const fr_info_t *fin, ipstate_t *is);

/* The ICMP type that answers a query; -1 if `type` is not a query. */
int fr_icmp_answer(uint8_t v, uint8_t type);

/* The options that are compared. */
uint32_t fr_state_options(const fr_info_t *fin);

/* The type of an ICMP message of either version, whatever the packet's version. A message of the
 * other version is not parsed, but it is a query only if it looks like one. */
static inline uint8_t fr_icmp_type(const fr_info_t *fin)
{
    return fr_state_byte(fin, 0);
}

/* Whether a packet belongs to this connection: compares the ends, the interface, and, with those of
 * earlier packets, the FI_* in `mask` and the options. If so, sets fin_rev, and notes what was not
 * known of the connection, such as the other side's address. */
bool fr_matchsrcdst(fr_info_t *fin, ipstate_t *is, uint32_t mask);

/* ---- fr_icmpstate.c ---- */

/* The entry that an ICMP error belongs to; NULL if there is none, or if it refuses the error. */
ipstate_t *fr_checkicmpmatchingstate(fr_info_t *fin);

#endif
