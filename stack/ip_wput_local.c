/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ip_wput_local: the receiving half of the loopback path. The LOOPBACK_IN hooks, then snoop, then
 * the protocol that the packet has now. Solaris: inet/ip/ip.c.
 *
 * Delivery goes through a queue, never by recursion: the sender is still inside its own send (its
 * squeue), and nested delivery once overflowed the kernel's stack (CR 6847298).
 */
#include "stack/in_cksum.h"
#include "stack/ip_impl.h"

/* Why the IP header cannot be delivered, or NULL. A hook may have left anything here. */
static const char *header_fault(const mblk_t *mp)
{
    const uint8_t *iph = mp->b_rptr;
    size_t size = msgdsize(mp);

    if (size < IPH_MIN || iph[0] >> 4 != 4)
        return size > 0 && iph[0] >> 4 == 6 ? "IPv6 is not modelled" : "not an IP packet";
    size_t header = (size_t)(iph[0] & 0x0f) * 4;
    size_t total = (size_t)iph[2] << 8 | iph[3];
    if (header < IPH_MIN || total < header || total > size)
        return "bad IP length";
    if (in_cksum(iph, header) != 0)
        return "bad IP checksum";
    if ((iph[6] & 0x3f) != 0 || iph[7] != 0)
        return "a fragment: reassembly is not modelled";
    if (iph[9] != IPPROTO_TCP)
        return "not TCP: other protocols are not modelled";
    return NULL;
}

void ip_wput_local(ip_stack_t *ips, mblk_t *mp)
{
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_WPUT_LOCAL, .mp = mp, .ifname = LO0_IFNAME});
    mp = fw_hooks(ips, NH_LOOPBACK_IN, LO0_IFINDEX, 0, mp);
    if (mp == NULL)
        return;
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_SNOOP, .mp = mp, .ifname = LO0_IFNAME});
    ips->ips_stats.loopback_packets++;

    const char *fault = header_fault(mp);
    if (fault != NULL)
        ip_discard(ips, mp, fault);
    else
        squeue_enter(ips, mp);
}
