/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether a socket is the one that a packet looks for, and which are in each other's way. */
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
