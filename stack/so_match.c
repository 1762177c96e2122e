/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether a socket is the one that a packet looks for, or the one that has sent it, and which are
 * in each other's way. */
#include "stack/sonode.h"

bool so_accepts_address(const sonode_t *so, const in6_addr_t *address)
{
    const in6_addr_t *own = &so->so_local.ie_addr;
    if (IN6_IS_ADDR_UNSPECIFIED(own))
        return so->so_options[SO_OPT_V6ONLY] == 0 || ip_address_family(address) == AF_INET6;
    if (ip_address_is_any(own))
        return ip_address_family(own) == ip_address_family(address);
    return ip_address_same(own, address);
}

bool so_is_any4(const sonode_t *so)
{
    return so->so_family == AF_INET && ip_address_is_any(&so->so_local.ie_addr);
}

bool so_is_in_way_of_any4(const sonode_t *so)
{
    return so->so_stack->ips_build->ib_linux_sockets && so->so_family == AF_INET6 &&
           so->so_options[SO_OPT_V6ONLY] == 0;
}

so_ends_t so_ends(const sonode_t *so)
{
    static const int protocols[] = {
        [SO_TCP] = IPPROTO_TCP, [SO_UDP] = IPPROTO_UDP, [SO_ICMP] = IPPROTO_ICMP};
    bool icmp6 = so->so_type == SO_ICMP && so->so_family == AF_INET6;
    return (so_ends_t){.se_stack = so->so_stack,
                       .se_protocol = icmp6 ? IPPROTO_ICMPV6 : protocols[so->so_type],
                       .se_local = so->so_local,
                       .se_remote = so->so_remote};
}

bool so_ends_send(const so_ends_t *ends, int protocol, const ip_endpoint_t *src,
                  const ip_endpoint_t *dst)
{
    ip_endpoint_t local = ends->se_local;
    if (ip_address_is_any(&local.ie_addr) && ip_is_local(ends->se_stack, &src->ie_addr))
        local.ie_addr = src->ie_addr;
    return protocol == ends->se_protocol && ip_endpoint_same(&local, src) &&
           (ends->se_remote.ie_port == 0 || ip_endpoint_same(&ends->se_remote, dst));
}
