/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Puts any packet into the path at one of its stations: for tests that need packets which no
 * endpoint would send. (net_inject() is Solaris' call, for filters.) */
#include "stack/ip_path.h"

#include <errno.h>

/* The interface on which the packet is: the one that owns its destination, or whose wire leads
 * there. A packet whose header cannot be read is on the first of its kind. */
static ill_t *ill_for(ip_stack_t *ips, mblk_t *mp, bool by_wire)
{
    ip_header_t iph;
    if (ip_header_read(mp, &iph) != NULL)
        return ips->ips_ill_count > by_wire ? &ips->ips_ills[by_wire] : NULL;
    return by_wire ? ill_of_onlink(ips, &iph.iph_dst) : ill_of_local(ips, &iph.iph_dst);
}

/* From the wire it comes in on the interface that has one, whatever its destination. */
static ill_t *ill_with_wire(ip_stack_t *ips)
{
    return ips->ips_ill_count > 1 ? &ips->ips_ills[1] : NULL;
}

static ill_t *ill_at(ip_stack_t *ips, ip_station_t station, mblk_t *mp)
{
    switch (station) {
    case IP_STATION_RPUT:
    case IP_STATION_DELIVER_WIRE:
        return ill_with_wire(ips);
    case IP_STATION_XMIT:
        return ill_for(ips, mp, true);
    default:
        return ill_for(ips, mp, false);
    }
}

static void put(ip_stack_t *ips, ip_station_t station, ill_t *ill, mblk_t *mp)
{
    ip_header_t iph = {0};
    switch (station) {
    case IP_STATION_WPUT_IRE:
        ip_wput_ire(ips, mp);
        break;
    case IP_STATION_WPUT_LOCAL:
        ip_wput_local(ips, ill, mp);
        break;
    case IP_STATION_XMIT:
        ip_header_read(mp, &iph);
        ip_xmit(ips, ill, mp, &iph.iph_dst);
        break;
    case IP_STATION_RPUT:
        ip_rput(ips, ill, mp);
        break;
    default:
        ip_deliver(ips, ill, mp);
    }
}

int ip_inject(ip_stack_t *ips, ip_station_t station, mblk_t *mp)
{
    stack_enter(ips);
    ill_t *ill = station != IP_STATION_WPUT_IRE ? ill_at(ips, station, mp) : NULL;
    bool is_possible = station == IP_STATION_WPUT_IRE || ill != NULL;
    if (is_possible) {
        ips->ips_injected++;
        if (station != IP_STATION_WPUT_IRE && station != IP_STATION_RPUT)
            mp->b_packet = ++ips->ips_last_packet; /* these two number it themselves */
        put(ips, station, ill, mp);
    }
    stack_leave(ips);
    return is_possible ? 0 : EADDRNOTAVAIL;
}
