/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The stack's own RST, for a segment that nobody is there for. Solaris: inet/tcp/tcp.c
 * (tcp_xmit_listeners_reset, tcp_xmit_early_reset).
 *
 * The packet is used again in place, and goes out through ip_wput_ire: it makes its own pass
 * through both hooks.
 */
#include "stack/in_cksum.h"
#include "stack/ip_impl.h"

#include <string.h>

#define TCP_IPV4_TTL 64
#define IPOPT_EOL    0

/* The TCP header of the answer, in place of the segment's own: RFC 9293 section 3.10.7.1. */
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

static void turn_ip(uint8_t *iph, size_t header)
{
    swap_fields(iph + 12, iph + 16, 4);
    memset(iph + IPH_MIN, IPOPT_EOL, header - IPH_MIN);
    put16(iph + 2, (uint16_t)(header + TCPH_MIN));
    put16(iph + 4, 0);
    iph[8] = TCP_IPV4_TTL;
    put16(iph + 10, 0);
    put16(iph + 10, in_cksum(iph, header));
}

void tcp_xmit_listeners_reset(ip_stack_t *ips, mblk_t *mp)
{
    uint8_t *iph = mp->b_rptr;
    size_t header = (size_t)(iph[0] & 0x0f) * 4;
    uint8_t *tcph = iph + header;
    uint8_t flags = tcph[13];

    if ((flags & TCP_RST) != 0) {
        ip_discard(ips, mp, "a RST is not answered");
        return;
    }
    if ((flags & (TCP_ACK | TCP_SYN)) == 0) {
        ip_discard(ips, mp, "neither ACK nor SYN: not answered");
        return;
    }
    size_t total = (size_t)iph[2] << 8 | iph[3];
    turn_tcp(tcph, total - header - (size_t)(tcph[12] >> 4) * 4);
    turn_ip(iph, header);
    mp->b_wptr = tcph + TCPH_MIN;
    put16(tcph + 16, in_cksum_pseudo(iph + 12, iph + 16, 4, IPPROTO_TCP, tcph, TCPH_MIN));

    ips->ips_stats.resets_sent++;
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_RESET, .mp = mp, .ifname = LO0_IFNAME});
    ip_wput_ire(ips, mp);
}
