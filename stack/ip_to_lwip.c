/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the fan-outs share: telling which endpoint a packet found, and handing it to lwIP.
 */
#include "stack/ip_impl.h"

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
