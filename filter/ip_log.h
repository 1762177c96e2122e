/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The log: what `log` has kept of packets, until it is read. Solaris: ip_log.c, ipflog() and
 * /dev/ipl; ipmon (ipmon.h) turns it into text.
 *
 * A record holds the packet as it was when it was logged, which is before any rewrite. Consecutive
 * packets that are the same to the filter are one record with a count (ipl_suppress). */
#ifndef LO0SIM_FILTER_IP_LOG_H
#define LO0SIM_FILTER_IP_LOG_H

#include "filter/fr_memory.h"
#include "filter/ipf_rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fr_info;

#define IPL_BODY_MAX 128   /* bytes that `log body` keeps after the headers */
#define IPL_MAX      65536 /* the default number of records of a log */

/* One record. Solaris: iplog_t and ipflog_t in one. */
typedef struct iplog {
    uint64_t ipl_time_us; /* virtual time of the first packet */
    uint32_t ipl_count;   /* how many packets it counts */
    char fl_ifname[LIFNAMSIZ];
    char fl_group[FR_GROUPLEN]; /* the rule's; "-1" if no rule decided */
    int fl_rule;                /* its number there, from 1; -1 */
    uint32_t fl_flags;          /* FR_*: the verdict, or a `log` rule's own flags */
    uint32_t fl_lflags;         /* FI_* */
    uint32_t fl_logtag;
    uint16_t fl_loglevel;
    bool fl_dir; /* out */

    /* What the filter knows of the packet. */
    uint8_t fl_v, fl_p, fl_tos, fl_ttl, fl_tcpf;
    uint16_t fl_sport, fl_dport, fl_icmp;
    i6addr_t fl_src, fl_dst;
    uint32_t fl_hlen; /* of the IP header, bytes */
    uint32_t fl_plen; /* of the packet, as its header says */
    uint32_t fl_off;  /* fragment offset, bytes */

    size_t fl_length; /* of what is kept of the packet */
    uint8_t fl_bytes[];
} iplog_t;

/* Zeroed, it is empty and takes IPL_MAX records. */
typedef struct ip_log {
    memory_t *ipl_memory; /* NULL: the process' */
    iplog_t **ipl_records;
    size_t ipl_used, ipl_room;
    size_t ipl_max;   /* records that it takes, if ipl_limited */
    bool ipl_limited; /* ip_log_limit() was called */
} ip_log_t;

/* Logs a packet: `flags` is the verdict, or the flags of a `log` rule.
 * => Returns false if the log is full, or there is no memory: the packet was not logged. */
bool ipflog(struct fr_info *fin, uint32_t flags);

/* Sets how many records the log takes. Those that it has stay. */
void ip_log_limit(ip_log_t *log, size_t records);

/* Drops all records. */
void ip_log_clear(ip_log_t *log);

/* Drops all records and frees the log, which is empty then. */
void ip_log_fini(ip_log_t *log);

#endif
