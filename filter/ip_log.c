/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records of the log. Solaris: ipflog() and ipllog() (ip_log.c).
 */
#include "filter/ip_log.h"

#include "filter/fr_impl.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The most that is kept of a packet without its body: the header of an ICMP error, then the longest
 * IPv4 header of the packet that it quotes, and 8 bytes after that. */
#define TRANSPORT_KEPT 76u

/* ---- what is kept ---- */

/* The length of the transport header, as far as it is known. */
static uint32_t transport_header(const fr_info_t *fin)
{
    if (fin->fin_off != 0)
        return 0;
    if (fin->fin_p == IPPROTO_TCP && fr_there(fin) >= 20)
        return (fin->fin_m->b_rptr[fin->fin_hlen + 12] >> 4) * 4u;
    return 8;
}

static size_t kept_length(const fr_info_t *fin, uint32_t flags)
{
    size_t size = msgdsize(fin->fin_m), kept = fin->fin_hlen + TRANSPORT_KEPT;
    size_t with_body = (size_t)fin->fin_hlen + transport_header(fin) + IPL_BODY_MAX;
    if ((flags & FR_LOGBODY) != 0 && with_body > kept)
        kept = with_body;
    return kept < size ? kept : size;
}

static void fill(const fr_info_t *fin, uint32_t flags, iplog_t *record)
{
    const frentry_t *rule = fin->fin_fr;
    const char *group = rule == NULL ? "-1" : rule->fr_group[0] != '\0' ? rule->fr_group : "0";
    record->ipl_time_us = fr_now(fin);
    record->ipl_count = 1;
    snprintf(record->fl_ifname, sizeof(record->fl_ifname), "%s", fin->fin_qpi->qpi_ifname);
    snprintf(record->fl_group, sizeof(record->fl_group), "%s", group);
    record->fl_rule = fin->fin_fr != NULL ? fin->fin_rule + 1 : -1;
    record->fl_flags = flags;
    record->fl_lflags = fin->fin_flx;
    record->fl_logtag = rule != NULL ? rule->fr_logtag : FR_NOLOGTAG;
    record->fl_loglevel = rule != NULL ? rule->fr_loglevel : FR_NOLOGLEVEL;
    record->fl_dir = fin->fin_out;
    record->fl_v = fin->fin_v;
    record->fl_p = fin->fin_p;
    record->fl_tos = fin->fin_tos;
    record->fl_ttl = fin->fin_ttl;
    record->fl_tcpf = fin->fin_tcpf;
    record->fl_sport = fin->fin_sport;
    record->fl_dport = fin->fin_dport;
    record->fl_icmp = fin->fin_icmp;
    record->fl_src = fin->fin_src;
    record->fl_dst = fin->fin_dst;
    record->fl_hlen = fin->fin_hlen;
    record->fl_plen = fin->fin_plen;
    record->fl_off = fin->fin_off;
}

/* ---- records ---- */

/* Whether two packets are the same to the filter. They may differ in what it does not compare, such
 * as IP identification or sequence number. Later fragments are never the same. */
static bool same(const iplog_t *a, const iplog_t *b)
{
    return a->fl_off == 0 && b->fl_off == 0 && strcmp(a->fl_ifname, b->fl_ifname) == 0 &&
           strcmp(a->fl_group, b->fl_group) == 0 && a->fl_rule == b->fl_rule &&
           a->fl_flags == b->fl_flags && a->fl_lflags == b->fl_lflags &&
           a->fl_logtag == b->fl_logtag && a->fl_loglevel == b->fl_loglevel &&
           a->fl_dir == b->fl_dir && a->fl_v == b->fl_v && a->fl_p == b->fl_p &&
           a->fl_tos == b->fl_tos && a->fl_ttl == b->fl_ttl && a->fl_tcpf == b->fl_tcpf &&
           a->fl_sport == b->fl_sport && a->fl_dport == b->fl_dport && a->fl_icmp == b->fl_icmp &&
           memcmp(&a->fl_src, &b->fl_src, sizeof(a->fl_src)) == 0 &&
           memcmp(&a->fl_dst, &b->fl_dst, sizeof(a->fl_dst)) == 0 && a->fl_hlen == b->fl_hlen &&
           a->fl_plen == b->fl_plen;
}

static bool reserve(ip_log_t *log)
{
    if (log->ipl_used < log->ipl_room)
        return true;
    size_t room = log->ipl_room > 0 ? log->ipl_room * 2 : 64;
    iplog_t **records =
        memory_realloc(fr_memory(log->ipl_memory), log->ipl_records, room * sizeof(iplog_t *));
    if (records == NULL)
        return false;
    log->ipl_records = records;
    log->ipl_room = room;
    return true;
}

bool ipflog(fr_info_t *fin, uint32_t flags)
{
    ip_log_t *log = &fin->fin_ifs->ifs_log;
    size_t length = kept_length(fin, flags);
    iplog_t record;
    fill(fin, flags, &record);
    record.fl_length = length;
    iplog_t *last = log->ipl_used > 0 ? log->ipl_records[log->ipl_used - 1] : NULL;
    if (last != NULL && same(last, &record)) {
        last->ipl_count++;
        return true;
    }
    if (log->ipl_used >= (log->ipl_limited ? log->ipl_max : IPL_MAX) || !reserve(log))
        return false;
    iplog_t *kept = memory_alloc(fr_memory(log->ipl_memory), sizeof(*kept) + length);
    if (kept == NULL)
        return false;
    memory_hold(fr_memory(log->ipl_memory), MEMORY_LOG, MEMORY_PER_PACKET + length);
    *kept = record;
    memcpy(kept->fl_bytes, fin->fin_m->b_rptr, length);
    log->ipl_records[log->ipl_used++] = kept;
    return true;
}

void ip_log_limit(ip_log_t *log, size_t records)
{
    log->ipl_max = records;
    log->ipl_limited = true;
}

void ip_log_clear(ip_log_t *log)
{
    memory_t *memory = fr_memory(log->ipl_memory);
    while (log->ipl_used > 0) {
        iplog_t *record = log->ipl_records[--log->ipl_used];
        memory_let_go(memory, MEMORY_LOG, MEMORY_PER_PACKET + record->fl_length);
        memory_free(memory, record);
    }
}

void ip_log_fini(ip_log_t *log)
{
    ip_log_clear(log);
    memory_free(fr_memory(log->ipl_memory), log->ipl_records);
    *log = (ip_log_t){.ipl_memory = log->ipl_memory};
}
