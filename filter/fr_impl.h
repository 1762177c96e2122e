/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the stations on a packet's way through the filter: the filter itself, what is known of
 * the packet, and the stations. Not for use outside of filter/. Solaris: ipf_stack_t, fr_info_t. */
#ifndef LO0SIM_FILTER_FR_IMPL_H
#define LO0SIM_FILTER_FR_IMPL_H

#include "filter/fr_check.h"
#include "filter/fr_frag.h"
#include "filter/fr_memory.h"
#include "filter/fr_state.h"
#include "filter/fr_why.h"
#include "filter/frrequest.h"
#include "filter/ip_log.h"
#include "filter/ipf_rule.h"
#include "stack/neti.h"
#include "stack/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPF_HOOKS       8
#define IPF_TICKS_PER_S 2u /* of the slow timer: IPF_TTLVAL() */

/* What `ipf -T` sets; times in ticks. (ipf_tuneables) */
typedef struct ipf_tunables {
    uint32_t minttl; /* inbound packets below it are FI_LOWTTL */
    uint32_t icmpminfragmtu;
    uint32_t state_max, state_maxbucket;
    uint32_t frag_size, frag_ttl;
    uint32_t tcp_idle, tcp_close_wait, tcp_last_ack, tcp_timeout, tcp_closed, tcp_half_closed;
    uint32_t udp, udp_ack, icmp, icmp_ack, ip;
} ipf_tunables_t;

/* Sets all of them to their defaults. */
void ipf_tunables_init(ipf_tunables_t *values);

struct ipf_stack {
    memory_t *ifs_memory; /* all its memory is from there */
    fr_ruleset_t ifs_rules;
    struct ip_table *ifs_tables; /* ip_lookup.h */
    fr_states_t ifs_states;
    fr_frags_t ifs_frags;
    bool ifs_walk;           /* rules are looked for by the plain walk, never by a classifier */
    fr_asked_fn_t ifs_asked; /* is told of each rule that is asked; or NULL */
    void *ifs_asked_arg;
    ip_log_t ifs_log;
    uint32_t ifs_fr_flags; /* FF_LOG*: what is logged without a rule that says so */
    ipf_tunables_t ifs_tunables;
    uint64_t ifs_now_us;    /* without a stack: the time of day, for pps */
    uint32_t ifs_auth_used; /* packets that wait for `auth`: nothing takes them here */
    uint32_t ifs_fr_pass;   /* the verdict when no rule matches */
    ipf_reply_mode_t ifs_reply_mode;
    const ipf_build_t *ifs_build;
    bool ifs_rewrite_any;
    friostat_t ifs_frstats;
    uint16_t ifs_ipid; /* fr_nextipid */
    net_handle_t ifs_inet;
    net_handle_t ifs_inet6;
    phy_if_t ifs_phy; /* the interface of the last packet, and its name; 0 and "": not known */
    char ifs_ifname[LIFNAMSIZ];
    hook_t ifs_hooks[IPF_HOOKS];
    bool ifs_ipf_loopback; /* whether those of loopback are registered */
    ipf_leave_t ifs_leave;
    void *ifs_leave_arg;
    ipf_note_t ifs_note;
    void *ifs_note_arg;
    ipf_probe_t ifs_probe;
    void *ifs_probe_arg;
};

/* A rule and its index in its list, from 0; NULL and -1 if there is none. */
typedef struct fr_decider {
    frentry_t *rule;
    int index;
} fr_decider_t;

/* One packet, as the filter sees it. Addresses and numbers are in host order. */
typedef struct fr_info {
    ipf_stack_t *fin_ifs;
    const qpktinfo_t *fin_qpi;
    mblk_t *fin_m;
    bool fin_out;
    bool fin_rev;     /* it comes from the connection's other side: set by fr_checkstate() */
    bool fin_mf;      /* more fragments follow */
    bool fin_quoted;  /* it is quoted by an ICMP error, and may be cut anywhere */
    uint32_t fin_flx; /* FI_* */
    uint8_t fin_v;    /* IP version */
    uint8_t fin_p;    /* protocol */
    uint8_t fin_tos;
    uint8_t fin_ttl;
    uint8_t fin_tcpf;
    uint16_t fin_sport;
    uint16_t fin_dport;
    uint16_t fin_icmp;   /* type << 8 | code */
    uint16_t fin_icmpid; /* a query's identifier */
    i6addr_t fin_src;
    i6addr_t fin_dst;
    uint32_t fin_optmsk; /* IP options or IPv6 extension headers: the bits of ipf_words.c */
    uint16_t fin_secmsk;
    uint32_t fin_id;   /* the IP header's, or the fragment header's */
    uint32_t fin_off;  /* fragment offset, bytes */
    uint32_t fin_frag; /* where the fragmented part begins in the packet, bytes */
    uint32_t fin_plen; /* the packet's length, as its header says */
    uint32_t fin_hlen; /* the IP header's, with IPv6 extension headers and AH */
    int32_t fin_dlen;  /* of what follows it, as the header says; below 0 if that is nonsense */
    uint16_t fin_auth; /* protection authorities of the security option; of CIPSO, half its DOI */
    bool fin_host;     /* it is in a host: a cut packet is short, and its rest is not read */
    bool fin_kept;     /* it waits for `auth`, and is gone from here */
    bool fin_sums;     /* checksums are verified; a host leaves them to the stack */
    frentry_t *fin_fr; /* the last rule that matched */
    int fin_rule;      /* the index of fin_fr in its list, from 0; -1 none */
    fr_decider_t fin_decider; /* whose verdict stands: `log` and `skip` rules have none */
    int fin_depth;            /* of groups */
    const struct fr_packet_key
        *fin_key; /* while rules are looked for: the packet for classifiers */
    uint8_t fin_icode;
    int fin_error;
} fr_info_t;

/* A packet's bytes that are there. `left` of them can be read: when IPFilter's ipftest reads past
 * the end of a packet, it sees what an earlier packet left there. */
typedef struct fr_bytes {
    const uint8_t *ip;
    size_t size, left;
} fr_bytes_t;

/* Whether a packet is a whole TCP segment, as TCP sends it, in an IPv4 packet without options. */
bool fr_is_usual(const uint8_t *ip, size_t size);

/* Parses fin_m into the rest of *fin. Lengths in headers are only the sender's claims: nothing is
 * read beyond the bytes that are there.
 * => Returns 0; -1 if it cannot be judged: it has no whole IP header, or ends before what must be
 *    looked at (frpr_pullup() fails). */
int fr_makefrip(fr_info_t *fin);

/* The same for the packet ip[size] that an ICMP error quotes, perhaps only in part. Its length is
 * `size`, whatever its header says. fin_v is set by the caller.
 * => Returns 0; -1 if there is no header. */
int fr_makefrip_quoted(fr_info_t *fin, const uint8_t *ip, size_t size);

/* What fr_makefrip.c, fr_makefrip6.c and fr_options.c share. They return false if the packet ends
 * too early. `field`: where the checksum lies in the message. */
static inline bool frpr_pullup(const fr_info_t *fin, const fr_bytes_t *at, size_t length)
{
    return fin->fin_quoted || fin->fin_hlen + length <= at->size;
}

/* In a host, a packet whose header claims more bytes than there are ends with its bytes.
 * => Returns whether that is so: then fin_dlen has changed. */
bool frpr_cut(fr_info_t *fin, const fr_bytes_t *at);
void frpr_checksum(fr_info_t *fin, const fr_bytes_t *at, uint8_t proto, size_t field);
bool frpr_tcp(fr_info_t *fin, const fr_bytes_t *at);
bool frpr_udp(fr_info_t *fin, const fr_bytes_t *at);
bool frpr_ipv6(fr_info_t *fin, const fr_bytes_t *at);
void frpr_options(fr_info_t *fin, const uint8_t *options, size_t size);

/* A message of the filter's own, from its memory.
 * => Returns NULL if there is no memory. */
static inline mblk_t *fr_allocb(const fr_info_t *fin, size_t size)
{
    return allocb_from(fr_memory(fin->fin_ifs->ifs_memory), size);
}

/* Finds the rule that decides: last match, or the first `quick` one. `pass` is the verdict if the
 * packet's direction has no rules at all.
 * => Returns the verdict; fin_fr and fin_rule tell the rule. */
uint32_t fr_firewall(fr_info_t *fin, uint32_t pass);

/* Walks a list of rules from `pass`, the verdict so far.
 * => Returns the verdict; fin_fr and fin_rule tell the rule, if one matched. */
uint32_t fr_scanlist(fr_info_t *fin, const fr_list_t *list, uint32_t pass);

/* Whether `type` is the type of an ICMP error. */
bool fr_icmp_is_error(uint8_t v, uint8_t type);

/* `keep state` and `keep frags`: the verdict for packets that belong to an entry of this rule, and
 * for the packet that makes it. Rules that decide nothing (`log`, `skip`) have no verdict: it is
 * `pass`. `nomatch log` is one of them where it matches, but what belongs to its entry is judged by
 * the rules again, as with `nomatch`. */
static inline uint32_t fr_kept_verdict(const frentry_t *fr, uint32_t pass)
{
    bool decides = !FR_ISLOG(fr->fr_flags) && !FR_ISSKIP(fr->fr_flags);
    return decides || FR_ISNOMATCH(fr->fr_flags) ? fr->fr_flags : pass;
}

/* Whether a rule asks an inbound packet for a tag of address translation, which no packet has here.
 * A rule has only one such tag, whether it sets or matches it. */
static inline bool fr_asks_tag(const frentry_t *fr)
{
    return fr->fr_rare->fr_matchtag[0] != '\0' || fr->fr_rare->fr_nattag[0] != '\0';
}

/* Everything that decides about a packet, in fr_check's order. The caller has set fin_ifs, fin_qpi,
 * fin_m and fin_out.
 * => Returns the verdict; FR_BLOCK | FR_NOMATCH if the packet could not be parsed. */
uint32_t fr_judge(fr_info_t *fin);

/* Counts a packet in the `count` rules of its direction. */
void fr_acctpkt(fr_info_t *fin);

/* Logs a packet whose verdict says `log`, or that ipf_set_log_flags() asks for.
 * => Returns the verdict: with `or-block`, a packet that cannot be logged is blocked. */
uint32_t fr_dolog(fr_info_t *fin, uint32_t pass);

/* Logs a packet that fin_fr, a `log` rule, matches: at once, whatever happens to the packet later.
 * => Returns the verdict so far; with `or-block`, `block quick` if it cannot be logged. */
uint32_t fr_logrule(fr_info_t *fin, uint32_t pass);

/* Turns the packet into the RST that answers it, in place.
 * => Returns 0; -1 if it is none that is answered, and then it is unchanged. */
int fr_make_rst(fr_info_t *fin);

/* Turns the packet into the ICMP error that answers it. That may be another message: *mp and fin_m
 * are then this one.
 * => Returns 0; -1 if it is none that is answered, and then it is unchanged. */
int fr_make_icmp(fr_info_t *fin, mblk_t **mp);

/* Builds the RST that answers the packet and sends it.
 * => Returns 0 if fr_fastroute() believes that it was sent; else -1.
 * => The packet is untouched and stays the caller's. */
int fr_send_reset(fr_info_t *fin);

/* The same with the ICMP error. `as_dest`: its source is the packet's destination; else the
 * interface's address. */
int fr_send_icmp_err(fr_info_t *fin, bool as_dest);

/* Sends a reply that `function` has built, except the first fields of its IP header and its
 * checksum: takes `m`. On loopback the reply mode says how.
 * => Returns as fr_send_reset() does. */
int fr_send_ip(fr_info_t *fin, mblk_t *m, const char *function);

/* Sends the packet, or a copy of it, to where its rule says (fr_route.c).
 * => Returns whether the packet itself is gone; then *mp is NULL. */
bool fr_route(fr_info_t *fin, uint32_t pass, mblk_t **mp);

/* Tells the probe that `function` does not answer the packet.
 * => Returns -1. */
int fr_refuse(const fr_info_t *fin, const char *function, const char *reason);

/* Whether the packet's addresses are 4 or 16 bytes long, and where they lie. */
static inline size_t fr_address_size(const fr_info_t *fin)
{
    return fin->fin_v == 6 ? 16 : 4;
}

static inline size_t fr_src_at(const fr_info_t *fin)
{
    return fin->fin_v == 6 ? 8 : 12;
}

/* How many bytes after the IP header are really there; fin_dlen is only a claim. */
static inline uint32_t fr_there(const fr_info_t *fin)
{
    size_t size = msgdsize(fin->fin_m);
    size_t there = size > fin->fin_hlen ? size - fin->fin_hlen : 0;
    if (fin->fin_dlen < 0)
        return 0;
    return there < (size_t)fin->fin_dlen ? (uint32_t)there : (uint32_t)fin->fin_dlen;
}

/* The TCP flags of a whole TCP header. */
static inline uint8_t fr_tcp_flags(const fr_info_t *fin)
{
    return fin->fin_m->b_rptr[fin->fin_hlen + 13];
}

/* The checksum of a TCP, UDP or ICMP message with the addresses of the packet `ip`, which may be
 * swapped. It is 0 if the message contains its correct checksum. */
uint16_t fr_l4_cksum(int version, const uint8_t *ip, uint8_t protocol, const uint8_t *message,
                     size_t length);

/* The plain RST of other stacks (nf_reject): 20 bytes at `tcp` that answer the segment `old`, with
 * `payload` bytes of data. Its checksum is 0. */
void fr_plain_rst(uint8_t *tcp, const uint8_t *old, size_t payload);

/* Virtual time, in microseconds: the stack's, or without a stack that of fr_verdict_set_time(). */
static inline uint64_t fr_now(const fr_info_t *fin)
{
    const ipf_stack_t *ifs = fin->fin_ifs;
    return ifs->ifs_inet != NULL ? net_now(ifs->ifs_inet) : ifs->ifs_now_us;
}

/* An event about a packet and the last rule that matched, or another rule. The members that are the
 * same for all kinds are filled in. */
ipf_event_t fr_event(const fr_info_t *fin, ipf_event_kind_t kind);
ipf_event_t fr_event_by(const fr_info_t *fin, ipf_event_kind_t kind, const fr_decider_t *by);

/* Tells the probe, if there is one. */
void fr_emit(const fr_info_t *fin, const ipf_event_t *event);

#endif
