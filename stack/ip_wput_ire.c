/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ip_wput_ire: a packet leaves TCP. On loopback it meets the LOOPBACK_OUT hooks and goes on to
 * ip_wput_local. Solaris: inet/ip/ip.c, the branch "nullstq".
 *
 * There is no wire yet: whatever comes here is for lo0.
 */
#include "stack/in_cksum.h"
#include "stack/ip_impl.h"

#include "lwip/pbuf.h"

#define ID_AT    4
#define FRAG_AT  6
#define SUM_AT   10
#define IP_DF_HI 0x40

/* The identifier and DF (path MTU discovery is on) are ours, drawn from the seed. */
static void write_ident(ip_stack_t *ips, mblk_t *mp)
{
    uint8_t *iph = mp->b_rptr;
    put16(iph + ID_AT, ips->ips_ident++);
    iph[FRAG_AT] = IP_DF_HI;
    iph[FRAG_AT + 1] = 0;
    put16(iph + SUM_AT, 0);
    put16(iph + SUM_AT, in_cksum(iph, (size_t)(iph[0] & 0x0f) * 4));
}

/* A copy, never a reference: with one, lwIP would silently not retransmit. And always ERR_OK: with
 * an error it would send again every 500 ms. */
err_t lo0_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *address)
{
    (void)address;
    ip_stack_t *ips = netif->state;
    mblk_t *mp = allocb(p->tot_len);
    if (mp == NULL)
        return ERR_OK;
    pbuf_copy_partial(p, mp->b_wptr, p->tot_len, 0);
    mp->b_wptr += p->tot_len;
    write_ident(ips, mp);
    if (ips->ips_in_tick)
        ip_emit(ips, &(ip_event_t){.kind = IP_EV_TIMER, .text = "lwIP's timer"});
    ip_wput_ire(ips, mp);
    return ERR_OK;
}

void ip_wput_ire(ip_stack_t *ips, mblk_t *mp)
{
    mp->b_packet = ++ips->ips_last_packet;
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_WPUT_IRE, .mp = mp, .ifname = LO0_IFNAME});
    mp = fw_hooks(ips, NH_LOOPBACK_OUT, 0, LO0_IFINDEX, mp);
    if (mp != NULL)
        ip_wput_local(ips, mp);
}
