/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stack's own ICMP errors: port unreachable, for a datagram that no socket takes; host
 * unreachable; and time exceeded, for one whose fragments have not all come. Solaris:
 * icmp_unreachable(), icmp_time_exceeded(), icmp_pkt() (inet/ip/ip.c) and their counterparts in
 * ip6.c; Linux: icmp_send() (net/ipv4/icmp.c).
 *
 * It goes out through ip_wput_ire: it makes its own pass through both hooks.
 */
#include "stack/icmp6_types.h"
#include "stack/icmp_impl.h"
#include "stack/in_cksum.h"
#include "stack/ip_path.h"

#include <netinet/ip_icmp.h>

#define WINDOW_US   100000u /* ip_icmp_err_interval: 100 ms */
#define IP6_MIN_MTU 1280u

#define TOS_INTERNETWORK_CONTROL 0xc0

/* How much of a packet is quoted: with IPv4 its header and some more bytes, with IPv6 as much as
 * fits into the smallest MTU. */
static size_t quote_length(const ip_stack_t *ips, const ip_header_t *iph)
{
    size_t all = iph->iph_length + iph->iph_payload_length;
    size_t most = iph->iph_family == AF_INET ? iph->iph_length + ips->ips_build->ib_icmp_quote
                                             : IP6_MIN_MTU - IP6H_LEN - ICMPH_LEN;
    return all < most ? all : most;
}

static void fill_cksum(const mblk_t *mp, uint8_t *icmp, size_t size)
{
    ip_header_t iph;
    ip_header_read(mp, &iph);
    put16(icmp + 2, iph.iph_family == AF_INET ? in_cksum(icmp, size)
                                              : ip_payload_cksum(&iph, IPPROTO_ICMPV6));
}

/* Linux: an ICMP error has the precedence of RFC 1812, 4.3.2.5, and may be fragmented. */
static void fill_ip_linux(uint8_t *ip)
{
    ip[1] = TOS_INTERNETWORK_CONTROL;
    put16(ip + 6, 0);
    put16(ip + 10, 0);
    put16(ip + 10, in_cksum(ip, IPH_MIN));
}

/* A type and code of each family. */
typedef struct icmp_error {
    uint8_t type4, code4, type6, code6;
    const char *function;
    ip_icmp_t kind;
} icmp_error_t;

static const icmp_error_t port_unreachable = {ICMP_DEST_UNREACH,  ICMP_PORT_UNREACH,
                                              ICMP6_DST_UNREACH,  ICMP6_DST_UNREACH_NOPORT,
                                              "icmp_unreachable", IP_ICMP_PORT_UNREACHABLE};
static const icmp_error_t host_unreachable = {ICMP_DEST_UNREACH,  ICMP_HOST_UNREACH,
                                              ICMP6_DST_UNREACH,  ICMP6_DST_UNREACH_ADDR,
                                              "icmp_unreachable", IP_ICMP_HOST_UNREACHABLE};
static const icmp_error_t time_exceeded = {.type4 = ICMP_TIME_EXCEEDED,
                                           .code4 = ICMP_EXC_FRAGTIME,
                                           .function = "icmp_time_exceeded",
                                           .kind = IP_ICMP_REASSEMBLY_TIME_EXCEEDED};

/* An error about a packet, to who sent it. */
static mblk_t *build(ip_stack_t *ips, const mblk_t *about, const ip_header_t *iph,
                     const in6_addr_t *from, const icmp_error_t *error)
{
    bool v4 = iph->iph_family == AF_INET;
    size_t quote = quote_length(ips, iph), header = v4 ? IPH_MIN : IP6H_LEN;
    mblk_t *mp = allocb_from(ips->ips_memory, header + ICMPH_LEN + quote);
    if (mp == NULL)
        return NULL;
    uint8_t *icmp = mp->b_rptr + header;
    mp->b_wptr += header + ICMPH_LEN + quote;
    ip_write_header(ips, mp->b_rptr, from, &iph->iph_src, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
                    ips->ips_build->ib_icmp_ttl, ICMPH_LEN + quote);
    if (v4 && ips->ips_build->ib_linux_errnos)
        fill_ip_linux(mp->b_rptr);
    icmp[0] = v4 ? error->type4 : error->type6;
    icmp[1] = v4 ? error->code4 : error->code6;
    memcpy(icmp + ICMPH_LEN, about->b_rptr, quote);
    fill_cksum(mp, icmp, ICMPH_LEN + quote);
    return mp;
}

/* Takes `about`. */
static void send_error(ip_stack_t *ips, mblk_t *about, const ip_header_t *iph,
                       const in6_addr_t *from, const icmp_error_t *error)
{
    mblk_t *mp = build(ips, about, iph, from, error);
    if (mp == NULL) {
        ip_discard(ips, NULL, about, "no memory");
        return;
    }
    freemsg(about);
    ips->ips_stats.icmp_sent++;
    ip_emit(ips, &(ip_event_t){
                     .kind = IP_EV_ICMP, .mp = mp, .event = error->function, .icmp = error->kind});
    ip_wput_ire(ips, mp);
}

/* Why a packet gets no error, or NULL. Counts those that do. */
static const char *refusal(ip_stack_t *ips, const ip_header_t *iph)
{
    if (ip_address_is_any(&iph->iph_src) || ip_address_is_multicast(&iph->iph_src) ||
        ip_address_is_multicast(&iph->iph_dst))
        return "no host sent it: not answered";
    if (ip_limit_take(ips, &ips->ips_icmp_limit, WINDOW_US, ips->ips_build->ib_icmp_burst))
        return NULL;
    ips->ips_stats.icmp_limited++;
    return "over the limit of the stack's own ICMP errors: not answered";
}

void icmp_unreachable(ip_stack_t *ips, mblk_t *about, const ip_header_t *iph)
{
    const char *why = refusal(ips, iph);
    if (why != NULL)
        ip_discard(ips, NULL, about, why);
    else
        send_error(ips, about, iph, &iph->iph_dst, &port_unreachable);
}

/* RFC 1122 section 3.2.2: no error is about an ICMP error. On Linux one's own packet from one's own
 * address, without a route from its sending, is a martian. */
void icmp_reassembly_exceeded(ip_stack_t *ips, mblk_t *about, const ip_header_t *iph)
{
    bool is_error = iph->iph_proto == IPPROTO_ICMP && iph->iph_payload_length > 0 &&
                    icmp_is_error(AF_INET, iph->iph_payload[0]);
    bool is_martian = ips->ips_build->ib_linux_sockets && ip_is_local(ips, &iph->iph_src);
    const char *why = is_error     ? "an ICMP error: not answered"
                      : is_martian ? "it is one's own: not answered"
                                   : refusal(ips, iph);
    if (why != NULL)
        ip_discard(ips, NULL, about, why);
    else
        send_error(ips, about, iph, &iph->iph_dst, &time_exceeded);
}

/* From itself to itself: Linux' icmp_send() of a packet of the host's own. */
void icmp_host_unreachable(ip_stack_t *ips, mblk_t *about, const ip_header_t *iph)
{
    send_error(ips, about, iph, &iph->iph_src, &host_unreachable);
}
