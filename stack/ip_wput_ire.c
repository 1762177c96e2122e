/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ip_wput_ire: a packet leaves the transport. On loopback (the branch "nullstq") it meets the
 * LOOPBACK_OUT hooks and goes on to ip_wput_local; to anywhere else it meets the PHYSICAL_OUT hooks
 * and goes onto the wire. Solaris: inet/ip/ip.c.
 */
#include "stack/in_cksum.h"
#include "stack/ip_path.h"

#include <assert.h>

#include "lwip/pbuf.h"

#define ID_AT   4
#define SUM_AT  10
#define FRAG_DF 0x4000

/* The identifier and DF (path MTU discovery is on) are ours, drawn from the seed. They stand
 * together, and the header's checksum changes by them. */
static void write_ident(ip_stack_t *ips, mblk_t *mp)
{
    uint8_t *iph = mp->b_rptr;
    uint32_t value = (uint32_t)ips->ips_ident++ << 16 | FRAG_DF;
    put16(iph + SUM_AT, in_cksum_update32(get16(iph + SUM_AT), get32(iph + ID_AT), value));
    put32(iph + ID_AT, value);
}

/* A copy, never a reference: with one, lwIP would silently not retransmit. */
static void output(struct netif *netif, const struct pbuf *p)
{
    ip_stack_t *ips = netif->state;
    if (ips->ips_is_muted)
        return;
    mblk_t *mp = allocb_unset(ips->ips_memory, p->tot_len);
    if (mp == NULL) {
        ips->ips_stats.out_discards++;
        ip_tell_no_memory(ips);
        return;
    }
    if (p->len == p->tot_len) /* the usual case: of one piece */
        memcpy(mp->b_wptr, p->payload, p->len);
    else
        pbuf_copy_partial(p, mp->b_wptr, p->tot_len, 0);
    mp->b_wptr += p->tot_len;
    if (mp->b_rptr[0] >> 4 == 4)
        write_ident(ips, mp);
    ip_wput_ire(ips, mp);
}

/* Always ERR_OK: with an error lwIP would send again every 500 ms. */
err_t ill_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *address)
{
    (void)address;
    output(netif, p);
    return ERR_OK;
}

err_t ill_output_ip6(struct netif *netif, struct pbuf *p, const ip6_addr_t *address)
{
    (void)address;
    output(netif, p);
    return ERR_OK;
}

/* A packet's next hop, while it may be held back. */
static void keep_next_hop(mblk_t *mp, const in6_addr_t *next_hop)
{
    memcpy(mp->b_own, next_hop, sizeof(*next_hop));
}

static void to_wire(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    in6_addr_t dst;
    memcpy(&dst, mp->b_own, sizeof(dst));
    mp = fw_hooks(ips, IP_PHYSICAL_OUT, ill, mp);
    if (mp != NULL)
        ip_xmit(ips, ill, mp, &dst);
}

static void to_local(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    mp = fw_hooks(ips, IP_LOOPBACK_OUT, ill, mp);
    if (mp != NULL)
        ip_wput_local(ips, ill, mp);
}

static void onto_link(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    in6_addr_t next_hop;
    uint32_t packet = mp->b_packet;
    memcpy(&next_hop, mp->b_own, sizeof(next_hop));
    if (!link_has(ill->ill_link, ips, &next_hop)) {
        ip_emit(ips, &(ip_event_t){.kind = IP_EV_WIRE,
                                   .packet = packet,
                                   .ifname = ill->ill_name,
                                   .wire = IP_WIRE_NO_HOST});
        ip_seek_neighbour(ips, ill, mp, &next_hop);
        return;
    }
    if (!link_send(ill->ill_link, ips, &next_hop, mp))
        ip_emit(ips, &(ip_event_t){.kind = IP_EV_WIRE,
                                   .packet = packet,
                                   .ifname = ill->ill_name,
                                   .wire = IP_WIRE_NO_MEMORY});
}

void ip_xmit(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const in6_addr_t *next_hop)
{
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_WIRE,
                               .mp = mp,
                               .ifname = ill->ill_name,
                               .wire = ill->ill_link != NULL ? IP_WIRE_SENT : IP_WIRE_NO_LINK});
    if (ill->ill_link == NULL) {
        ip_seek_neighbour(ips, ill, mp, next_hop);
        return;
    }
    keep_next_hop(mp, next_hop);
    mp = ip_fault(ips, IP_AT_WIRE, ill, mp, onto_link);
    if (mp != NULL)
        onto_link(ips, ill, mp);
}

IP_RARE static void tell_sent(ip_stack_t *ips, const ill_t *ill, const mblk_t *mp)
{
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_WPUT_IRE,
                               .mp = mp,
                               .ifname = ill != NULL ? ill->ill_name : NULL});
}

void ip_wput_ire(ip_stack_t *ips, mblk_t *mp)
{
    in6_addr_t dst;
    assert(stack_entered() == ips);
    const char *fault = ip_header_dst(mp, &dst);
    ill_t *ill = fault == NULL ? ill_of_local(ips, &dst) : NULL;
    ill_t *wire = fault == NULL && ill == NULL ? ill_of_onlink(ips, &dst) : NULL;

    mp->b_packet = ++ips->ips_last_packet;
    if (ip_probed(ips))
        tell_sent(ips, ill != NULL ? ill : wire, mp);
    if (wire != NULL) {
        keep_next_hop(mp, &dst);
        mp = ip_fault(ips, IP_AT_PHYSICAL_OUT, wire, mp, to_wire);
        if (mp != NULL)
            to_wire(ips, wire, mp);
    } else if (ill == NULL) {
        ip_discard(ips, NULL, mp, fault != NULL ? fault : "no route to its destination");
    } else {
        mp = ip_fault(ips, IP_AT_LOOPBACK_OUT, ill, mp, to_local);
        if (mp != NULL)
            to_local(ips, ill, mp);
    }
}
