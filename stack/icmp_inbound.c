/* SPDX-License-Identifier: BSD-3-Clause
 *
 * icmp_inbound: an ICMP message has arrived. Echo requests are answered; errors are handed to the
 * endpoint whose packet they quote; raw sockets get a copy of everything. Solaris: icmp_inbound(),
 * icmp_inbound_error_fanout() (inet/ip/ip.c) and icmp_inbound_v6() (inet/ip/ip6.c).
 */
#include "stack/icmp6_types.h"
#include "stack/icmp_impl.h"
#include "stack/in_cksum.h"
#include "stack/ip_path.h"
#include "stack/sonode.h"

#include <netinet/ip_icmp.h>

#define QUOTE_MIN 8 /* of the quoted packet, after its IP header: ports and a sequence number */

static const char name[] = "icmp_inbound";

static void seen(ip_stack_t *ips, const mblk_t *mp, bool answered, const char *reason)
{
    ip_emit(
        ips,
        &(ip_event_t){
            .kind = IP_EV_FANOUT, .mp = mp, .event = name, .answered = answered, .reason = reason});
}

/* ---- echo ---- */

/* The request becomes the reply, in place, and goes out through both hooks. */
static void answer_echo(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph)
{
    uint8_t *ip = mp->b_rptr, *icmp = iph->iph_payload;
    bool v4 = iph->iph_family == AF_INET;
    size_t at = ip_src_at(iph->iph_family), size = ip_address_size(iph->iph_family);

    swap_fields(ip + at, ip + at + size, size);
    icmp[0] = v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
    put16(icmp + 2, 0);
    if (v4) {
        put16(icmp + 2, in_cksum(icmp, iph->iph_payload_length));
        put16(ip + 4, 0);
        ip[8] = ips->ips_build->ib_icmp_ttl;
        put16(ip + 10, 0);
        put16(ip + 10, in_cksum(ip, iph->iph_length));
    } else {
        put16(icmp + 2, ip_payload_cksum(iph, IPPROTO_ICMPV6));
        ip[7] = ips->ips_build->ib_icmp_ttl;
    }
    mp->b_wptr = icmp + iph->iph_payload_length;
    ip_emit(ips,
            &(ip_event_t){.kind = IP_EV_ICMP, .mp = mp, .event = name, .icmp = IP_ICMP_ECHO_REPLY});
    ip_wput_ire(ips, mp);
}

/* ---- errors ---- */

/* The header of the packet that an error quotes, which can be cut off after its first bytes.
 * => Returns false if not enough of it is there. */
static bool read_quoted(const ip_header_t *iph, ip_header_t *quoted)
{
    uint8_t *ip = iph->iph_payload + ICMPH_LEN;
    size_t size = iph->iph_payload_length - ICMPH_LEN;
    bool v4 = iph->iph_family == AF_INET;
    size_t header = v4 ? (size > 0 ? (size_t)(ip[0] & 0x0f) * 4 : 0) : IP6H_LEN;
    if (header < IPH_MIN || size < header + QUOTE_MIN || ip[0] >> 4 != (v4 ? 4 : 6))
        return false;
    size_t at = ip_src_at(iph->iph_family);
    *quoted = (ip_header_t){
        .iph_family = iph->iph_family,
        .iph_src = ip_address_get(iph->iph_family, ip + at),
        .iph_dst = ip_address_get(iph->iph_family, ip + at + ip_address_size(iph->iph_family)),
        .iph_proto = v4 ? ip[9] : ip[6],
        .iph_length = (uint16_t)header,
        .iph_payload = ip + header,
        .iph_payload_length = size - header};
    return true;
}

static void error_fanout(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph)
{
    uint8_t type = iph->iph_payload[0], code = iph->iph_payload[1];
    ip_header_t quoted;
    icmp_errno_t means = icmp_errno(ips->ips_build->ib_linux_errnos, iph->iph_family, type, code);
    if (!read_quoted(iph, &quoted)) {
        ip_discard(ips, NULL, mp, "the ICMP error quotes too little of its packet");
        return;
    }
    if (quoted.iph_proto == IPPROTO_TCP)
        tcp_icmp_error(ips, mp, &quoted, &means);
    else if (quoted.iph_proto == IPPROTO_UDP)
        udp_icmp_error(ips, mp, &quoted, means.ie_udp);
    else
        seen(ips, mp, false, "an error for raw sockets only");
    freemsg(mp);
}

/* The checksum is verified, on loopback, too. */
void icmp_inbound(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph)
{
    bool v4 = iph->iph_family == AF_INET;
    if (iph->iph_payload_length < ICMPH_LEN) {
        ip_discard(ips, NULL, mp, "ICMP header cut short");
        return;
    }
    if ((v4 ? in_cksum(iph->iph_payload, iph->iph_payload_length)
            : ip_payload_cksum(iph, IPPROTO_ICMPV6)) != 0) {
        ips->ips_stats.icmp_cksum_errors++;
        ip_discard(ips, NULL, mp, "bad ICMP checksum");
        return;
    }
    so_raw_input(ips, mp, iph);
    if (iph->iph_payload[0] == (v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST)) {
        seen(ips, mp, true, "echo request: answered");
        answer_echo(ips, mp, iph);
    } else if (icmp_is_error(iph->iph_family, iph->iph_payload[0])) {
        error_fanout(ips, mp, iph);
    } else {
        seen(ips, mp, false, "for raw sockets only");
        freemsg(mp);
    }
}
