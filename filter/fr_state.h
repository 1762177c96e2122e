/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table: connections that began with a packet which met a `keep state` rule. Solaris:
 * ip_state.c.
 *
 * A packet of a known connection gets the verdict of the rule that made the entry; the rules are
 * not walked. Entries end in virtual time, when they are next looked at. */
#ifndef LO0SIM_FILTER_FR_STATE_H
#define LO0SIM_FILTER_FR_STATE_H

#include "filter/fr_memory.h"
#include "filter/fr_pool.h"
#include "filter/ipf_rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fr_info;

typedef struct ipstate ipstate_t;

typedef struct fr_src fr_src_t; /* fr_srctrack.c */

/* An entry, and the earliest time at which it may end. */
typedef struct fr_wake {
    uint64_t fw_us;
    ipstate_t *fw_state;
} fr_wake_t;

/* What became of entries. (ips_stat_t) */
typedef struct fr_state_stats {
    uint64_t added[3];    /* of TCP, UDP, and either ICMP */
    uint64_t full;        /* not made: too many of one sum, */
    uint64_t maximum_ref; /* a rule's own limit, */
    uint64_t maximum;     /* the table's, */
    uint64_t no_memory;
    uint64_t expired, closed; /* ended; of TCP all are closed ones */
} fr_state_stats_t;

/* Zeroed, it is empty. */
typedef struct fr_states {
    memory_t *is_memory;  /* NULL: the process' */
    fr_pool_t is_pool;    /* where entries lie */
    ipstate_t **is_table; /* [is_size], by sum, the newest entry of each first; then twice as many
                           * by both ends, but for entries that wait; NULL: there was none yet */
    size_t is_size;       /* a power of two */
    size_t is_count;
    fr_wake_t *is_heap; /* [is_count], fr_expire.c */
    size_t is_heap_room;
    char (*is_names)[LIFNAMSIZ]; /* [is_name_count] of interfaces; an entry has numbers of them */
    size_t is_name_count;
    fr_src_t **is_srcs; /* [is_src_size], fr_srctrack.c */
    size_t is_src_size, is_src_count;
    size_t is_wild; /* entries that have not seen the other side's address yet */
    uint64_t is_made, is_hits, is_misses; /* ever */
    fr_state_stats_t is_stats;
} fr_states_t;

/* Looks for the connection of a packet, or of the packet that an ICMP error quotes.
 * => Returns whether there is one; then *pass is its verdict, and the packet is FI_STATE. A TCP
 *    segment outside of its window belongs to no connection: it becomes FI_OOW. (fr_checkstate) */
bool fr_checkstate(struct fr_info *fin, uint32_t *pass);

/* Makes an entry for a packet that fin_fr has passed or blocked.
 * => Returns false if it cannot be made: the packet does not begin anything, there is such an entry
 * already, or a limit of the rule is reached. (fr_addstate) */
bool fr_addstate(struct fr_info *fin, uint32_t pass);

/* How many entries there are. */
size_t fr_state_count(const fr_states_t *states);

/* An entry, for callers that read the table; it is valid only during the call. */
typedef struct fr_state_view {
    i6addr_t src, dst; /* of the first packet */
    uint16_t sport, dport;
    uint8_t v, p;
    const frentry_t *rule;
    uint32_t pass; /* the verdict for its packets */
    bool block;
    uint64_t left_us; /* how long it lives on without a packet */
    /* [0] of the initiator, [1] of the other side; then [0] in, [1] out */
    uint64_t packets[2][2], bytes[2][2];
    const char *ifnames[2][2]; /* where they were seen, [out][rev]; empty: not yet */
    uint16_t query_id;         /* of ICMP */
    uint8_t query_type;
    uint32_t tag;              /* `set-tag(log=...)`, or FR_NOLOGTAG */
    const struct tcpinfo *tcp; /* of TCP */
} fr_state_view_t;

/* Shows all entries, oldest first, or newest first.
 * => Returns 0, or ENOMEM; then none was shown. */
int fr_state_each(const fr_states_t *states, uint64_t now_us, bool newest_first,
                  void (*func)(void *arg, const fr_state_view_t *view), void *arg);

/* How entries are spread over the lists of the table. */
typedef struct fr_buckets {
    size_t active; /* entries that live */
    size_t ended;  /* those that do not, and are still there; */
    size_t closed; /* and of TCP */
    size_t size;   /* lists */
    size_t used;   /* lists that are not empty */
    size_t shortest, longest;
} fr_buckets_t;

fr_buckets_t fr_state_buckets(const fr_states_t *states, uint64_t now_us);

/* Ends all entries. */
void fr_states_fini(fr_states_t *states);

/* ---- TCP: fr_tcpinwindow.c, fr_tcp_age.c ---- */

/* The state of one side of a connection. (IPF_TCPS_*) */
typedef enum tcp_side {
    TCPS_LISTEN,
    TCPS_SYN_SENT,
    TCPS_SYN_RECEIVED,
    TCPS_HALF_ESTAB, /* found in progress, and seen from this side only */
    TCPS_ESTABLISHED,
    TCPS_CLOSE_WAIT,
    TCPS_FIN_WAIT_1,
    TCPS_CLOSING,
    TCPS_LAST_ACK,
    TCPS_FIN_WAIT_2,
    TCPS_TIME_WAIT,
    TCPS_CLOSED
} tcp_side_t;

/* One direction of a connection. */
typedef struct tcpdata {
    uint32_t td_end;    /* one past the highest sequence number that was sent */
    uint32_t td_maxend; /* what the other side allows to be sent */
    uint32_t td_maxwin; /* the largest window that was offered; at least 1 */
    uint8_t td_winscale;
    bool td_scale_seen;  /* it offered a window scale */
    bool td_scale_first; /* and has sent only SYNs since */
    bool td_sack;        /* it permits SACK */
    tcp_side_t td_state;
} tcpdata_t;

typedef struct tcpinfo {
    tcpdata_t ts_data[2]; /* [0] of the initiator */
    bool ts_fsm;          /* it began with a SYN */
    bool ts_strict;       /* from the rule: only segments in order; or any */
    bool ts_loose;
} tcpinfo_t;

/* Begins a connection with its first segment. (fr_addstate) */
void fr_tcpbegin(struct fr_info *fin, tcpinfo_t *ts);

/* What a segment does in a connection. (fr_tcpstate) */
typedef enum tcp_fit {
    TCP_OUT_OF_WINDOW,
    TCP_NO_TRANSITION, /* its side cannot send these flags now */
    TCP_FITS,
    TCP_FITS_NO_REFRESH /* and it does not extend the connection's life */
} tcp_fit_t;

/* Whether a segment belongs to a connection; if so, its windows and states are updated. The caller
 * has set fin_rev. A SYN with malformed options becomes FI_BAD. (fr_tcpstate, fr_tcpinwindow) */
tcp_fit_t fr_tcpstate(struct fr_info *fin, tcpinfo_t *ts);

/* Moves the states for a segment in the window. (fr_tcp_age)
 * => Returns anything but TCP_OUT_OF_WINDOW. */
tcp_fit_t fr_tcp_age(const struct fr_info *fin, tcpinfo_t *ts);

/* How long the connection may be silent after a segment from one side, in ticks. */
uint32_t fr_tcpttl(const struct fr_info *fin, const tcpinfo_t *ts, bool rev);

/* Whether both sides are closing when a SYN comes. */
bool fr_tcpclosing(const tcpinfo_t *ts);

#endif
