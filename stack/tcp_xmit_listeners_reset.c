/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stack's own RST, for a segment that has no endpoint. Solaris: inet/tcp/tcp.c
 * (tcp_xmit_listeners_reset, tcp_xmit_early_reset).
 *
 * The packet is reused in place and leaves through ip_wput_ire, so it passes both hooks itself. */
#include "stack/in_cksum.h"
#include "stack/ip_path.h"

#include <string.h>

#define TCP_TTL_OF_RESETS 64 /* tcp_ipv4_ttl */
#define IPOPT_EOL         0
#define US_PER_S          1000000u

/* Overwrites the segment's TCP header with the answer's: RFC 9293 section 3.10.7.1. */
static void turn_tcp(uint8_t *tcph, size_t payload)
{
    uint8_t flags = tcph[13];
    uint32_t seq = get32(tcph + 4);
    uint32_t ack = get32(tcph + 8);
    bool has_ack = (flags & TCP_ACK) != 0;
    uint32_t syn_fin = ((flags & TCP_SYN) != 0) + ((flags & TCP_FIN) != 0);

    swap_fields(tcph, tcph + 2, 2);
    put32(tcph + 4, has_ack ? ack : 0);
    put32(tcph + 8, has_ack ? 0 : seq + (uint32_t)payload + syn_fin);
    tcph[12] = (TCPH_MIN / 4) << 4;
    tcph[13] = has_ack ? TCP_RST : TCP_RST | TCP_ACK;
    memset(tcph + 14, 0, 6); /* window, checksum, urgent pointer */
}

/* IP options become EOL; the identifier is 0. */
static void turn_ip(uint8_t *ip, const ip_header_t *iph)
{
    size_t size = ip_address_size(iph->iph_family), at = ip_src_at(iph->iph_family);
    swap_fields(ip + at, ip + at + size, size);
    if (iph->iph_family == AF_INET6) {
        put16(ip + 4, TCPH_MIN);
        ip[7] = TCP_TTL_OF_RESETS;
        return;
    }
    memset(ip + IPH_MIN, IPOPT_EOL, iph->iph_length - IPH_MIN);
    put16(ip + 2, (uint16_t)(iph->iph_length + TCPH_MIN));
    put16(ip + 4, 0);
    ip[8] = TCP_TTL_OF_RESETS;
    put16(ip + 10, 0);
    put16(ip + 10, in_cksum(ip, iph->iph_length));
}

/* Why a segment is not answered; NULL if it is. */
static const char *refusal(const ip_stack_t *ips, const ip_header_t *iph)
{
    uint8_t flags = iph->iph_payload[13];
    if ((flags & TCP_RST) != 0)
        return "a RST is not answered";
    if ((flags & (TCP_ACK | TCP_SYN)) == 0 && !ips->ips_build->ib_linux_sockets)
        return "neither ACK nor SYN: not answered";
    if (ip_address_is_any(&iph->iph_src) || ip_address_is_multicast(&iph->iph_src))
        return "its source is no host: not answered";
    return NULL;
}

void tcp_xmit_listeners_reset(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph)
{
    const char *why = refusal(ips, iph);
    if (why == NULL &&
        !ip_limit_take(ips, &ips->ips_reset_limit, US_PER_S, ips->ips_build->ib_resets_per_s)) {
        ips->ips_stats.resets_limited++;
        why = "over the limit of the stack's own RSTs: not answered";
    }
    if (why != NULL) {
        ip_discard(ips, NULL, mp, why);
        return;
    }
    ip_header_t answer = *iph;
    uint8_t *tcph = iph->iph_payload;
    turn_tcp(tcph, iph->iph_payload_length - (size_t)(tcph[12] >> 4) * 4);
    turn_ip(mp->b_rptr, iph);
    mp->b_wptr = tcph + TCPH_MIN;
    answer.iph_payload_length = TCPH_MIN; /* swapping the addresses does not change the sum */
    put16(tcph + 16, ip_payload_cksum(&answer, IPPROTO_TCP));

    ips->ips_stats.resets_sent++;
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_RESET, .mp = mp});
    ip_wput_ire(ips, mp);
}
