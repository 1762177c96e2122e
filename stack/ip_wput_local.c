/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ip_wput_local: the receiving half of the loopback path. The LOOPBACK_IN hooks, then snoop, then
 * the protocol that the packet has now. Solaris: inet/ip/ip.c; from build 129 on snoop looks before
 * the hooks (ire_send_local_v4).
 *
 * The interface stays that of the *original* destination, whatever a hook does to the packet. */
#include "stack/ip_path.h"

#include <assert.h>

IP_RARE static void tell_received(ip_stack_t *ips, const ill_t *ill, const mblk_t *mp,
                                  unsigned depth)
{
    ip_emit(ips, &(ip_event_t){
                     .kind = IP_EV_WPUT_LOCAL, .mp = mp, .ifname = ill->ill_name, .depth = depth});
}

IP_RARE static void tell_snoop(ip_stack_t *ips, const ill_t *ill, const mblk_t *mp)
{
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_SNOOP, .mp = mp, .ifname = ill->ill_name});
}

/* How deep delivery is nested in a build where it recursed. Here it never does: the depth belongs
 * to the packet that is being delivered. */
static unsigned nesting(ip_stack_t *ips)
{
    if (!ips->ips_build->ib_nested_delivery)
        return 0;
    if (ips->ips_depth + 1 > ips->ips_stats.depth_max)
        ips->ips_stats.depth_max = ips->ips_depth + 1;
    return (unsigned)ips->ips_depth + 1;
}

static bool is_told(const ip_stack_t *ips)
{
    return ip_probed(ips) && !ips->ips_passing_untold;
}

static void to_hooks(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    bool between = ips->ips_build->ib_snoop == IP_SNOOP_BETWEEN;
    if (between && is_told(ips))
        tell_snoop(ips, ill, mp);
    mp = fw_hooks(ips, IP_LOOPBACK_IN, ill, mp);
    if (mp == NULL)
        return;
    if (!between && is_told(ips))
        tell_snoop(ips, ill, mp);
    ips->ips_stats.loopback_packets++;
    ip_deliver(ips, ill, mp);
}

void ip_wput_local(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    assert(stack_entered() == ips && ill != NULL);
    unsigned depth = nesting(ips); /* it is counted, watched or not */
    if (is_told(ips))
        tell_received(ips, ill, mp, depth);
    mp = ip_fault(ips, IP_AT_LOOPBACK_IN, ill, mp, to_hooks);
    if (mp != NULL)
        to_hooks(ips, ill, mp);
}
