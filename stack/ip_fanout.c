/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The switch on the protocol that a packet has now. Solaris: the end of ip_wput_local() and of
 * ip_input() (inet/ip/ip.c).
 */
#include "stack/icmp_impl.h"
#include "stack/ip_path.h"

void ip_fanout(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph)
{
    /* A hook can have changed the destination to another interface's, or to one nobody owns. */
    ill_t *owner = ill_of_local(ips, &iph->iph_dst);
    bool v6 = iph->iph_family == AF_INET6;

    if (owner == NULL)
        ip_discard(ips, ill, mp, "its destination is not the host's");
    else if (iph->iph_proto == IPPROTO_TCP)
        ip_fanout_tcp(ips, owner, mp, iph);
    else if (iph->iph_proto == IPPROTO_UDP)
        ip_fanout_udp(ips, owner, mp, iph);
    else if (iph->iph_proto == (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
        icmp_inbound(ips, mp, iph);
    else
        ip_discard(ips, ill, mp, "not TCP, UDP or ICMP: other protocols are not modelled");
}
