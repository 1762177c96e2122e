/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A neighbour that does not answer. Linux asks three times, a second apart (ARP, neighbour
 * solicitations; they are not shown). Then the packets that wait for the answer come back to the
 * host's own endpoints as an ICMP host unreachable: neigh_invalidate(), ipv4_link_failure().
 * Solaris drops them silently. */
#include "stack/ip_path.h"

#define SOUGHT_US 3000000

static void not_found(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    ip_header_t iph;
    (void)ill;
    if (ip_header_read(mp, &iph) == NULL)
        ips->ips_not_found(ips, mp, &iph);
    else
        freemsg(mp);
}

void ip_seek_neighbour(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const in6_addr_t *next_hop)
{
    uint64_t now_us = vclock_now(ips->ips_clock);
    bool is_sought =
        ips->ips_sought_until_us > now_us && ip_address_same(&ips->ips_sought, next_hop);
    if (!ips->ips_build->ib_linux_sockets) {
        freemsg(mp);
        return;
    }
    if (!is_sought) {
        ips->ips_sought = *next_hop;
        ips->ips_sought_until_us = now_us + SOUGHT_US;
    }
    if (!later_add(&ips->ips_injects, ips->ips_sought_until_us, not_found, ips, ill, mp))
        ip_discard(ips, ill, mp, "no memory");
}
