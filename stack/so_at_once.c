/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Makes a socket, binds it, and lets it listen or begin to connect, in one call. */
#include "stack/sonode.h"

#include <errno.h>

int so_connect_from(ip_stack_t *ips, const ip_endpoint_t *local, const in6_addr_t *address,
                    uint16_t port, sonode_t **sop)
{
    sonode_t *so;
    *sop = NULL;
    if (port == 0)
        return EINVAL;
    int error = so_socket(ips, ip_address_family(address), SO_KIND_STREAM, &so);
    if (error != 0)
        return error;
    bool bound = local->ie_port != 0 || !ip_address_is_any(&local->ie_addr);
    ip_endpoint_t own = *local;
    if (ip_address_is_any(&own.ie_addr))
        own.ie_addr = so->so_local.ie_addr;
    if (bound)
        error = so_bind(so, &own);
    if (error == 0)
        error = so_connect_to(so, &(ip_endpoint_t){*address, port});
    if (error == EINPROGRESS)
        *sop = so;
    else
        so_close(so);
    return error;
}

int so_connect(ip_stack_t *ips, const in6_addr_t *address, uint16_t port, sonode_t **sop)
{
    ip_endpoint_t any = {in6addr_any, 0};
    return so_connect_from(ips, &any, address, port, sop);
}

int so_listen(ip_stack_t *ips, const in6_addr_t *address, uint16_t port, int backlog,
              sonode_t **sop)
{
    sonode_t *so;
    *sop = NULL;
    if (port == 0 || backlog < 0)
        return EINVAL;
    int error = so_socket(ips, ip_address_family(address), SO_KIND_STREAM, &so);
    if (error != 0)
        return error;
    so->so_options[SO_OPT_REUSEADDR] = 1; /* as servers do */
    error = so_bind(so, &(ip_endpoint_t){*address, port});
    if (error == 0)
        error = so_listen_on(so, backlog);
    if (error == 0)
        *sop = so;
    else
        so_close(so);
    return error;
}

int so_udp(ip_stack_t *ips, const in6_addr_t *address, uint16_t port, sonode_t **sop)
{
    sonode_t *so;
    *sop = NULL;
    int error = so_socket(ips, ip_address_family(address), SO_KIND_DGRAM, &so);
    if (error != 0)
        return error;
    error = so_bind(so, &(ip_endpoint_t){*address, port});
    if (error == 0)
        error = so_udp_open(so);
    if (error == 0)
        *sop = so;
    else
        so_close(so);
    return error == EAGAIN ? EADDRNOTAVAIL : error;
}
