/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The switch on the protocol that a packet has now, and what its branches share. Solaris: the end
 * of ip_wput_local() and of ip_input() (inet/ip/ip.c).
 */
#include "stack/in_cksum.h"
#include "stack/ip_impl.h"

#include "lwip/ip.h"
#include "lwip/pbuf.h"

#define IPV4_DF 0x4000u

void ip_found(ip_stack_t *ips, const char *fanout, const mblk_t *mp, const ip_header_t *iph,
              const char *state, const char *text)
{
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_FANOUT,
                               .mp = mp,
                               .event = fanout,
                               .state = state,
                               .text = text,
                               .local = {iph->iph_dst, get16(iph->iph_payload + 2)},
                               .remote = {iph->iph_src, get16(iph->iph_payload)}});
}

/* Behind the packet's own length there may be bytes that a hook left. */
void ip_to_lwip(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    ip_header_t iph;
    ip_header_read(mp, &iph);
    struct pbuf *p =
        pbuf_alloc(PBUF_RAW, (u16_t)(iph.iph_length + iph.iph_payload_length), PBUF_RAM);
    if (p == NULL) {
        ip_discard(ips, ill, mp, "no memory");
        return;
    }
    pbuf_take(p, mp->b_rptr, p->tot_len);
    freemsg(mp);
    ip_input(p, &ill->ill_netif);
}

void ip_write_header(ip_stack_t *ips, uint8_t *ip, const in6_addr_t *src, const in6_addr_t *dst,
                     uint8_t protocol, uint8_t ttl, size_t payload)
{
    int family = ip_address_family(src);
    size_t at = ip_src_at(family), size = ip_address_size(family);
    ip_address_put(src, ip + at);
    ip_address_put(dst, ip + at + size);
    if (family == AF_INET6) {
        put32(ip, 0x60000000);
        put16(ip + 4, (uint16_t)payload);
        ip[6] = protocol;
        ip[7] = ttl;
        return;
    }
    put16(ip, 0x4500);
    put16(ip + 2, (uint16_t)(IPH_MIN + payload));
    put16(ip + 4, ips->ips_ident++);
    put16(ip + 6, IPV4_DF);
    ip[8] = ttl;
    ip[9] = protocol;
    put16(ip + 10, 0);
    put16(ip + 10, in_cksum(ip, IPH_MIN));
}

bool ip_limit_take(ip_stack_t *ips, ip_limit_t *limit, uint64_t window_us, uint32_t most)
{
    uint64_t window = vclock_now(ips->ips_clock) / window_us;
    if (limit->il_window != window) {
        limit->il_window = window;
        limit->il_count = 0;
    }
    if (most != 0 && limit->il_count >= most)
        return false;
    limit->il_count++;
    return true;
}

void ip_fanout(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    ip_header_t iph;
    ip_header_read(mp, &iph);
    /* A hook may have given the packet a destination that is another interface's, or nobody's. */
    ill_t *owner = ill_of_local(ips, &iph.iph_dst);
    bool v6 = iph.iph_family == AF_INET6;

    if (owner == NULL)
        ip_discard(ips, ill, mp, "its destination is not the host's");
    else if (iph.iph_proto == IPPROTO_TCP)
        ip_fanout_tcp(ips, owner, mp, &iph);
    else if (iph.iph_proto == IPPROTO_UDP)
        ip_fanout_udp(ips, owner, mp, &iph);
    else if (iph.iph_proto == (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
        icmp_inbound(ips, mp, &iph);
    else
        ip_discard(ips, ill, mp, "not TCP, UDP or ICMP: other protocols are not modelled");
}
