/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A log line, from left to right: time, interface, rule, action, source and destination, the
 * protocol's part, and marks.
 */
#include "filter/ipmon.h"

#include "filter/fr_impl.h"
#include "filter/ipf_put.h"
#include "filter/ipf_words.h"

#include <inttypes.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <time.h>

#define IPV4_MF 0x2000u
#define IPV4_DF 0x4000u

/* ---- when ---- */

static void put_time(ipf_out_t *o, uint64_t time_us)
{
    time_t seconds = (time_t)(IPMON_EPOCH + (int64_t)(time_us / 1000000));
    struct tm tm;
    gmtime_r(&seconds, &tm);
    if ((o->how & IPMON_SYSLOG) == 0)
        ipf_put(o, "%02d/%02d/%04d ", tm.tm_mday, tm.tm_mon + 1, tm.tm_year + 1900);
    ipf_put(o, "%02d:%02d:%02d.%06u ", tm.tm_hour, tm.tm_min, tm.tm_sec,
            (unsigned)(time_us % 1000000));
}

/* ---- the rule, and the action ---- */

typedef enum priority { PRIORITY_ERR = 3, PRIORITY_WARN, PRIORITY_NOTICE, PRIORITY_INFO } prio_t;

static char action_letter(const iplog_t *r, prio_t *priority)
{
    *priority = PRIORITY_INFO;
    if (FR_ISLOG(r->fl_flags))
        return 'L';
    *priority = PRIORITY_NOTICE;
    if (FR_ISPASS(r->fl_flags))
        return 'p';
    if (FR_ISBLOCK(r->fl_flags)) {
        *priority = PRIORITY_WARN;
        return 'b';
    }
    return 'n';
}

/* With -s: syslog's facility and priority. The rule's `level` overrides those of its action. */
static void put_syslog(ipf_out_t *o, const iplog_t *r)
{
    prio_t priority;
    uint32_t facility = 128; /* local0 */
    action_letter(r, &priority);
    if ((r->fl_lflags & FI_SHORT) != 0)
        priority = PRIORITY_ERR;
    uint32_t level = priority;
    if (r->fl_loglevel != FR_NOLOGLEVEL) {
        level = r->fl_loglevel & 7u;
        if (r->fl_loglevel >= 8)
            facility = r->fl_loglevel & ~7u;
    }
    static const char *const words[] = {"emerg",   "alert",  "crit", "err",
                                        "warning", "notice", "info", "debug"};
    ipf_put(o, "%s.%s ", ipf_name_of(ipf_facilities, facility)->name, words[level]);
}

static void put_rule(ipf_out_t *o, const iplog_t *r)
{
    prio_t priority;
    if (r->ipl_count > 1)
        ipf_put(o, "%" PRIu32 "x ", r->ipl_count);
    ipf_put(o, "%s @%s:%d ", r->fl_ifname, r->fl_group, r->fl_rule);
    ipf_put(o, "%s%c ", (r->fl_lflags & FI_SHORT) != 0 ? "S" : "", action_letter(r, &priority));
}

/* ---- source and destination ---- */

static void put_host(ipf_out_t *o, const i6addr_t *address, int family)
{
    static const i6addr_t loopback6 = {{0, 0, 0, 1}};
    bool loopback = family == 6 ? memcmp(address, &loopback6, sizeof(loopback6)) == 0
                                : address->i6[0] == 0x7f000001;
    if ((o->how & IPMON_NAMES) != 0 && loopback)
        ipf_put(o, "localhost");
    else
        ipf_put_ip(o, address, family);
}

static void put_port(ipf_out_t *o, uint8_t proto, uint16_t port)
{
    unsigned protos = proto == IPPROTO_UDP ? IPF_SERVICE_UDP : IPF_SERVICE_TCP;
    const char *name = (o->how & IPMON_NAMES) != 0 ? ipf_service_name(port, protos) : NULL;
    if (name != NULL)
        ipf_put(o, "%s", name);
    else
        ipf_put(o, "%u", port);
}

static void put_proto(ipf_out_t *o, uint8_t proto)
{
    const ipf_name_t *name = proto == IPPROTO_ICMPV6 ? NULL : ipf_name_of(ipf_protocols, proto);
    if (proto == IPPROTO_ICMPV6)
        ipf_put(o, "icmpv6");
    else if (name != NULL)
        ipf_put(o, "%s", name->name);
    else
        ipf_put(o, "%u", proto);
}

/* A packet, or one that an ICMP error quotes: the places of its addresses and lengths. */
typedef struct quoted {
    uint8_t v, p;
    uint16_t sport, dport;
    uint16_t id, fragment; /* the words of an IPv4 header */
    uint32_t off, hlen, plen;
    i6addr_t src, dst;
} quoted_t;

static bool has_ports(const quoted_t *q)
{
    return (q->p == IPPROTO_TCP || q->p == IPPROTO_UDP) && q->off == 0;
}

/* SRC[,SPORT] ARROW DST[,DPORT] PR PROTO len HLEN PLEN; a packet without ports has PLEN in
 * brackets, and a fragment its place. */
static void put_pair(ipf_out_t *o, const quoted_t *q, const char *arrow, bool icmp)
{
    bool ports = has_ports(q);
    put_host(o, &q->src, q->v);
    if (ports) {
        ipf_put(o, ",");
        put_port(o, q->p, q->sport);
    }
    ipf_put(o, " %s ", arrow);
    put_host(o, &q->dst, q->v);
    if (ports) {
        ipf_put(o, ",");
        put_port(o, q->p, q->dport);
    }
    ipf_put(o, " PR ");
    put_proto(o, q->p);
    ipf_put(o, ports || icmp ? " len %u %u" : " len %u (%u)", q->hlen, q->plen);
    if (ports || icmp || q->off == 0)
        return;
    ipf_put(o, " (frag %u:%u@%u%s%s)", q->id, q->plen - q->hlen, q->off,
            (q->fragment & IPV4_MF) != 0 ? "+" : "", (q->fragment & IPV4_DF) != 0 ? "-" : "");
}

/* ---- the protocol's part ---- */

static void put_tcp(ipf_out_t *o, const iplog_t *r)
{
    static const struct {
        uint8_t bit;
        char letter;
    } flags[] = {{0x10, 'A'}, {0x04, 'R'}, {0x02, 'S'}, {0x01, 'F'},
                 {0x20, 'U'}, {0x08, 'P'}, {0x40, 'E'}, {0x80, 'C'}};
    const uint8_t *tcp = r->fl_bytes + r->fl_hlen;
    ipf_put(o, " -");
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if ((r->fl_tcpf & flags[i].bit) != 0)
            ipf_put(o, "%c", flags[i].letter);
    }
    if ((o->how & IPMON_VERBOSE) != 0 && r->fl_length >= r->fl_hlen + 16)
        ipf_put(o, " %" PRIu32 " %" PRIu32 " %u", get32(tcp + 4), get32(tcp + 8), get16(tcp + 14));
}

static bool is_icmp(const quoted_t *q)
{
    return q->off == 0 && (q->v == 6 ? q->p == IPPROTO_ICMPV6 : q->p == IPPROTO_ICMP);
}

static bool is_icmp_error(const iplog_t *r)
{
    uint8_t type = (uint8_t)(r->fl_icmp >> 8);
    if (r->fl_v == 6)
        return type >= ICMP6_DST_UNREACH && type <= ICMP6_PARAM_PROB;
    return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
           type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

/* The kept part of the packet that an ICMP error quotes.
 * => Returns false if there is not even its IP header. */
static bool read_quoted(const iplog_t *r, quoted_t *q)
{
    size_t at = (size_t)r->fl_hlen + 8;
    const uint8_t *ip = r->fl_bytes + at;
    size_t size = r->fl_length > at ? r->fl_length - at : 0;
    *q = (quoted_t){.v = r->fl_v, .hlen = 40};
    if (size < (q->v == 6 ? 40u : 20u) || ip[0] >> 4 != q->v)
        return false;
    if (q->v == 4) {
        q->hlen = (ip[0] & 0x0fu) * 4;
        q->id = get16(ip + 4);
        q->fragment = get16(ip + 6);
        q->off = (q->fragment & 0x1fffu) << 3;
    }
    q->p = q->v == 6 ? ip[6] : ip[9];
    q->plen = q->v == 6 ? 40u + get16(ip + 4) : get16(ip + 2);
    for (size_t i = 0; i < (q->v == 6 ? 4u : 1u); i++) {
        q->src.i6[i] = get32(ip + (q->v == 6 ? 8 : 12) + 4 * i);
        q->dst.i6[i] = get32(ip + (q->v == 6 ? 24 : 16) + 4 * i);
    }
    if (size >= q->hlen + 4) {
        q->sport = get16(ip + q->hlen);
        q->dport = get16(ip + q->hlen + 2);
    }
    return true;
}

/* icmp TYPE/CODE, and for an error the packet that it is about. */
static void put_icmp(ipf_out_t *o, const iplog_t *r)
{
    static const char *const unreach[] = {
        "net",         "host",          "protocol",    "port",         "needfrag",    "srcfail",
        "net_unknown", "host_unknown",  "isolated",    "net_prohib",   "host_prohib", "tosnet",
        "toshost",     "filter_prohib", "host_preced", "preced_cutoff"};
    const ipf_name_t *type =
        ipf_name_of(r->fl_v == 6 ? ipf_icmp6_types : ipf_icmp_types, r->fl_icmp >> 8);
    unsigned code = r->fl_icmp & 0xff;
    quoted_t q;
    ipf_put(o, r->fl_v == 6 ? " icmpv6 " : " icmp ");
    if (type != NULL)
        ipf_put(o, "%s", type->name);
    else
        ipf_put(o, "%u", r->fl_icmp >> 8);
    if (r->fl_v == 4 && r->fl_icmp >> 8 == ICMP_DEST_UNREACH &&
        code < sizeof(unreach) / sizeof(unreach[0]))
        ipf_put(o, "/%s", unreach[code]);
    else
        ipf_put(o, "/%u", code);
    if (!is_icmp_error(r) || !read_quoted(r, &q))
        return;
    ipf_put(o, " for ");
    put_pair(o, &q, "-", is_icmp(&q));
}

/* ---- marks ---- */

static void put_marks(ipf_out_t *o, const iplog_t *r)
{
    static const struct {
        uint32_t bit;
        const char *word;
    } marks[] = {{FI_LOWTTL, "low-ttl"},
                 {FI_OOW, "OOW"},
                 {FI_BAD, "bad"},
                 {FI_NATED, "NAT"},
                 {FI_BADNAT, "bad-NAT"},
                 {FI_BADSRC, "bad-src"},
                 {FI_MULTICAST, "multicast"},
                 {FI_BROADCAST, "broadcast"}};
    if ((r->fl_flags & FR_KEEPSTATE) != 0)
        ipf_put(o, " K-S");
    if ((r->fl_flags & FR_KEEPFRAG) != 0)
        ipf_put(o, " K-F");
    ipf_put(o, r->fl_dir ? " OUT" : " IN");
    if (r->fl_logtag != FR_NOLOGTAG)
        ipf_put(o, " log-tag %" PRIu32, r->fl_logtag);
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if ((r->fl_lflags & marks[i].bit) != 0)
            ipf_put(o, " %s", marks[i].word);
    }
}

int ipmon_format(const iplog_t *r, unsigned how, char *buffer, size_t size)
{
    ipf_out_t o = {.buffer = buffer, .size = size, .how = how};
    quoted_t packet = {.v = r->fl_v,
                       .p = r->fl_p,
                       .sport = r->fl_sport,
                       .dport = r->fl_dport,
                       .off = r->fl_off,
                       .hlen = r->fl_hlen,
                       .plen = r->fl_plen,
                       .src = r->fl_src,
                       .dst = r->fl_dst};
    if (r->fl_v == 4 && r->fl_length >= 8) {
        packet.id = get16(r->fl_bytes + 4);
        packet.fragment = get16(r->fl_bytes + 6);
    }
    if ((how & IPMON_SYSLOG) != 0)
        put_syslog(&o, r);
    put_time(&o, r->ipl_time_us);
    put_rule(&o, r);
    put_pair(&o, &packet, "->", is_icmp(&packet));
    if (r->fl_p == IPPROTO_TCP && r->fl_off == 0)
        put_tcp(&o, r);
    else if (is_icmp(&packet))
        put_icmp(&o, r);
    put_marks(&o, r);
    return (int)o.length;
}

/* ---- bytes ---- */

/* Prints sixteen bytes a line, and beside them the printable ones. */
static void dump(const uint8_t *bytes, size_t length, ipf_line_t line, void *arg)
{
    for (size_t at = 0; at < length; at += 16) {
        char text[100] = "", ascii[17] = "";
        ipf_out_t o = {.buffer = text, .size = sizeof(text)};
        size_t count = length - at < 16 ? length - at : 16;
        for (size_t i = 0; i < count; i++) {
            uint8_t c = bytes[at + i];
            ipf_put(&o, "%s%02x", i > 0 ? " " : "", c);
            ascii[i] = c >= 0x20 && c < 0x7f ? (char)c : '.';
        }
        ipf_put(&o, "%*s%s", (int)(55 - o.length), "", ascii);
        line(arg, text);
    }
}

/* The beginning of the bytes after the headers. */
static size_t body_start(const iplog_t *r)
{
    size_t header = 8;
    if (r->fl_off != 0)
        header = 0;
    else if (r->fl_p == IPPROTO_TCP && r->fl_length > r->fl_hlen + 12)
        header = (r->fl_bytes[r->fl_hlen + 12] >> 4) * 4u;
    size_t start = r->fl_hlen + header;
    return start < r->fl_length ? start : r->fl_length;
}

void ipmon_lines(const ipf_stack_t *ifs, unsigned how, ipf_line_t line, void *arg)
{
    const ip_log_t *log = &ifs->ifs_log;
    for (size_t i = 0; i < log->ipl_used; i++) {
        const iplog_t *r = log->ipl_records[i];
        char text[600];
        ipmon_format(r, how, text, sizeof(text));
        line(arg, text);
        if ((how & IPMON_PACKET) != 0)
            dump(r->fl_bytes, r->fl_length, line, arg);
        else if ((how & IPMON_BODY) != 0 && (r->fl_flags & FR_LOGBODY) != 0)
            dump(r->fl_bytes + body_start(r), r->fl_length - body_start(r), line, arg);
    }
}
