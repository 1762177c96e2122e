/* SPDX-License-Identifier: BSD-3-Clause
 *
 * socket and bind: which address and port a socket gets, and which sockets may share them. Linux:
 * inet_bind(), inet_csk_bind_conflict(); Solaris: tcp_bind_check(), tcp_bindi(). */
#include "stack/ipclassifier.h"
#include "stack/sonode.h"

#include <assert.h>
#include <errno.h>

in6_addr_t ip_any_of(int family)
{
    static const uint8_t any4[4];
    return family == AF_INET6 ? in6addr_any : ip_address_get(AF_INET, any4);
}

int so_socket(ip_stack_t *ips, int family, so_kind_t kind, sonode_t **sop)
{
    sonode_t *so = so_create(ips);
    assert(family == AF_INET || family == AF_INET6);
    *sop = so;
    if (so == NULL)
        return ENOMEM;
    so->so_type = kind == SO_KIND_DGRAM ? SO_UDP : SO_TCP;
    so->so_family = family;
    so->so_bound.ie_addr = so->so_local.ie_addr = ip_any_of(family);
    so->so_remote.ie_addr = ip_any_of(family);
    return 0;
}

/* ---- who may share it ---- */

static bool addresses_meet(const sonode_t *a, const sonode_t *b)
{
    if (so_is_any4(a) && so_is_in_way_of_any4(b))
        return true;
    return so_accepts_address(a, &b->so_local.ie_addr) ||
           so_accepts_address(b, &a->so_local.ie_addr);
}

/* Whether `so` may take the port of another socket. Linux: if both allow it and the other does not
 * listen. Solaris: TCP asks only the later socket, and a socket that is bound but not connected is
 * in its way. */
static bool may_share(const sonode_t *so, const sonode_t *other)
{
    bool reuse = so->so_options[SO_OPT_REUSEADDR] != 0;
    bool others = other->so_options[SO_OPT_REUSEADDR] != 0;
    if (so->so_type == SO_UDP)
        return reuse && others;
    if (other->so_listener)
        return false;
    if (so->so_stack->ips_build->ib_linux_sockets)
        return (reuse && others) || so_linux_port_is_free(other);
    return reuse && (other->so_open || other->so_connecting);
}

/* Whether a connection with a closed socket, most often in TIME_WAIT, is in the way. */
static bool is_left_over(const sonode_t *so)
{
    ip_stack_t *ips = so->so_stack;
    if (so->so_type != SO_TCP)
        return false;
    stack_enter(ips);
    bool found = tcp_lists_is_left_over(so);
    stack_leave(ips);
    return found;
}

bool so_is_hindered(const sonode_t *so)
{
    uint16_t port = so->so_local.ie_port;
    for (const sonode_t *other = so_on_port(so->so_stack, port); other != NULL;
         other = other->so_port_next) {
        if (other != so && other->so_type == so->so_type && other->so_local.ie_port == port &&
            addresses_meet(so, other) && !may_share(so, other))
            return true;
    }
    return is_left_over(so);
}

/* ---- bind ---- */

int so_bind_any(sonode_t *so)
{
    if (so->so_port_link != NULL)
        return 0;
    uint16_t port = so_anonymous_port(so->so_stack, so->so_type, 0);
    if (port == 0)
        return EAGAIN;
    in6_addr_t address = so->so_local.ie_addr;
    so_set_local(so, &address, port);
    return 0;
}

static int address_error(const sonode_t *so, const in6_addr_t *address)
{
    int family = ip_address_family(address);
    if (so->so_family == AF_INET && family != AF_INET)
        return EAFNOSUPPORT;
    if (family == AF_INET && so->so_family == AF_INET6 && so->so_options[SO_OPT_V6ONLY] != 0)
        return EINVAL;
    if (!ip_address_is_any(address) && !ip_is_local(so->so_stack, address))
        return EADDRNOTAVAIL;
    return 0;
}

int so_bind(sonode_t *so, const ip_endpoint_t *local)
{
    bool is_linux = so->so_stack->ips_build->ib_linux_sockets;
    if (is_linux && so->so_type == SO_TCP && so_linux_port_is_free(so))
        so_unset_local(so);
    bool is_open = is_linux && so->so_type == SO_TCP ? !so_linux_is_closed(so)
                                                     : so->so_connecting || so->so_open;
    if (so->so_port_link != NULL || so->so_type == SO_ICMP || is_open)
        return EINVAL;
    int error = address_error(so, &local->ie_addr);
    if (error != 0)
        return error;
    ip_endpoint_t before = so->so_local;
    so->so_local = *local;
    if (local->ie_port == 0)
        error = so_bind_any(so);
    else if (so_is_hindered(so))
        error = EADDRINUSE;
    else
        so_set_local(so, &local->ie_addr, local->ie_port);
    if (error != 0) {
        so->so_local = before;
        return error;
    }
    so->so_port_is_new = true;
    so->so_has_address = !ip_address_is_any(&local->ie_addr);
    so->so_has_port = local->ie_port != 0 || !so->so_stack->ips_build->ib_linux_sockets;
    so->so_bound = so->so_has_port ? so->so_local : *local;
    if (is_linux && so->so_has_address && so->so_family == AF_INET6 &&
        ip_address_family(&local->ie_addr) == AF_INET6)
        so->so_options[SO_OPT_V6ONLY] = 1; /* it can be only for IPv6 */
    return 0;
}

/* ---- names ---- */

ip_endpoint_t so_sockname(const sonode_t *so)
{
    return so->so_local;
}

/* On Linux a connection that is over no longer has a peer. */
int so_peername(const sonode_t *so, ip_endpoint_t *remote)
{
    bool is_over = so->so_stack->ips_build->ib_linux_sockets && so_linux_is_closed(so);
    *remote = so->so_remote;
    if (so->so_type == SO_UDP)
        return so->so_connected ? 0 : ENOTCONN;
    return so->so_open && !is_over ? 0 : ENOTCONN;
}

int so_family(const sonode_t *so)
{
    return so->so_family;
}

uint16_t so_free_port(ip_stack_t *ips, bool udp)
{
    stack_enter(ips);
    uint16_t port = so_anonymous_port(ips, udp ? SO_UDP : SO_TCP, 0);
    stack_leave(ips);
    return port;
}
