/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table: connections that a `keep state` rule has let begin. Solaris: ip_state.c.
 *
 * A packet of a known connection has the verdict of the rule that made the entry; no rule is asked.
 * Entries end in virtual time, when they are next looked at.
 */
#ifndef LO0SIM_FILTER_FR_STATE_H
#define LO0SIM_FILTER_FR_STATE_H

#include "filter/ipf_rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fr_info;

typedef struct ipstate ipstate_t;

/* Zeroed, it is empty. */
typedef struct fr_states {
    ipstate_t *is_table;
} fr_states_t;

/* Looks for the connection that a packet belongs to, or whose packet an ICMP error quotes.
 * => Returns whether there is one; then *pass is its verdict, and the packet is FI_STATE. A TCP
 * segment outside of its window belongs to none: it is FI_OOW. (fr_checkstate) */
bool fr_checkstate(struct fr_info *fin, uint32_t *pass);

/* Makes an entry for a packet that `fr` has let through or not.
 * => Returns false if it cannot be made: the packet is no beginning of anything, there is such an
 * entry already, or a limit of the rule is reached. (fr_addstate) */
bool fr_addstate(struct fr_info *fin, frentry_t *fr, uint32_t pass);

/* How many entries there are. */
size_t fr_state_count(const fr_states_t *states);

/* An entry, for who looks at the table; is good during the call only. */
typedef struct fr_state_view {
    i6addr_t src, dst; /* of who began */
    uint16_t sport, dport;
    uint8_t v, p;
    const frentry_t *rule;
    bool block;
    uint64_t left_us; /* how long it lives on, if nothing comes */
} fr_state_view_t;

/* Shows all entries that are alive, oldest first. */
void fr_state_each(const fr_states_t *states, uint64_t now_us,
                   void (*func)(void *arg, const fr_state_view_t *view), void *arg);

/* Ends all of them. */
void fr_states_fini(fr_states_t *states);

/* ---- TCP: fr_tcpinwindow.c ---- */

/* One direction of a connection. */
typedef struct tcpdata {
    uint32_t td_end;    /* one past the highest sequence number that was sent */
    uint32_t td_maxend; /* what the other side lets be sent */
    uint32_t td_maxwin; /* the largest window that was offered; at least 1 */
    uint32_t td_winscale;
    bool td_fin;
    bool td_acked; /* the other side has sent an ACK */
} tcpdata_t;

typedef struct tcpinfo {
    tcpdata_t ts_data[2]; /* [0] of who began */
    bool ts_fsm;          /* it began with a SYN */
    bool ts_reset;
} tcpinfo_t;

/* Begins with the first segment. (fr_addstate) */
void fr_tcpbegin(const struct fr_info *fin, tcpinfo_t *ts);

/* Whether a segment is inside of its window; then the windows move. `rev`: it comes from who was
 * connected to. (fr_tcpinwindow) */
bool fr_tcpinwindow(const struct fr_info *fin, const frentry_t *rule, tcpinfo_t *ts, bool rev);

/* How long the connection may be silent now, in seconds. (fr_tcp_age) */
uint32_t fr_tcpttl(const tcpinfo_t *ts);

#endif
