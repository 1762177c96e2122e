/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the fan-outs share: reporting which endpoint a packet found, and handing it to lwIP.
 */
#include "stack/ip_path.h"

#include <assert.h>
#include <stddef.h>

#include "lwip/ip.h"
#include "lwip/pbuf.h"

void ip_found(ip_stack_t *ips, const char *fanout, const mblk_t *mp, const ip_header_t *iph,
              const char *state, const char *text)
{
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_FANOUT,
                               .mp = mp,
                               .event = fanout,
                               .state = state,
                               .reason = text,
                               .local = {iph->iph_dst, get16(iph->iph_payload + 2)},
                               .remote = {iph->iph_src, get16(iph->iph_payload)}});
}

static void free_packet(struct pbuf *p)
{
    freemsg((mblk_t *)((uint8_t *)p - offsetof(mblk_t, b_own)));
}

/* lwIP compares a packet's destination with its interface's address, but the packet can be for
 * another of 127/8: so the interface has that one meanwhile. */
static void input_for(const in6_addr_t *address, struct pbuf *p, struct netif *netif)
{
    ip_addr_t own = netif->ip_addr;
    netif->ip_addr = to_lwip(address);
    ip_input(p, netif);
    netif->ip_addr = own;
}

/* The packet becomes lwIP's without a copy: its pbuf lies in the message. After the packet's own
 * length there can be bytes that a hook left. */
void ip_to_lwip(ill_t *ill, mblk_t *mp, const ip_header_t *iph)
{
    struct pbuf_custom *custom = (struct pbuf_custom *)mp->b_own;
    uint16_t length = (uint16_t)(iph->iph_length + iph->iph_payload_length);
    _Static_assert(sizeof(*custom) <= sizeof(mp->b_own), "a pbuf lies in a message");
    assert(mp->b_rptr + length <= mp->b_wptr);
    custom->custom_free_function = free_packet;
    struct pbuf *p = pbuf_alloced_custom(PBUF_RAW, length, PBUF_REF, custom, mp->b_rptr, length);
    if (iph->iph_family == AF_INET &&
        !ip_address_same(&iph->iph_dst, &ill->ill_address[FAMILY_INET]))
        input_for(&iph->iph_dst, p, &ill->ill_netif);
    else
        ip_input(p, &ill->ill_netif);
}
