/* SPDX-License-Identifier: BSD-3-Clause
 *
 * listen and accept.
 */
#include "stack/ip_impl.h"

#include <errno.h>

/* Whether an address that is no certain one covers another. */
static bool any_takes(const in6_addr_t *any, const in6_addr_t *address)
{
    return IN6_IS_ADDR_UNSPECIFIED(any) ||
           (ip_address_is_any(any) && ip_address_family(any) == ip_address_family(address));
}

/* Whether another listener has the port at this address. A connection on the port is no hindrance:
 * servers set SO_REUSEADDR. */
static bool is_listened_on(const ip_stack_t *ips, const in6_addr_t *address, uint16_t port)
{
    for (const sonode_t *so = so_on_port(ips, port); so != NULL; so = so->so_port_next) {
        if (so->so_listener && so->so_local.ie_port == port &&
            (so_accepts_address(so, address) || any_takes(address, &so->so_local.ie_addr)))
            return true;
    }
    return false;
}

/* A connection is established. Until it is accepted it counts against the backlog. */
static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    sonode_t *listener = arg;
    if (err != ERR_OK || pcb == NULL || listener == NULL)
        return ERR_VAL;
    sonode_t *so = so_create(listener->so_stack);
    if (so == NULL)
        return ERR_MEM;
    so_attach(so, pcb);
    in6_addr_t local = from_lwip(&pcb->local_ip);
    so_set_local(so, &local, pcb->local_port);
    so->so_remote = (ip_endpoint_t){from_lwip(&pcb->remote_ip), pcb->remote_port};
    tcp_backlog_delayed(pcb);

    sonode_t **link = &listener->so_acceptq;
    while (*link != NULL)
        link = &(*link)->so_acceptq_next;
    *link = so;
    so->so_acceptor = listener;
    so_changed(listener);
    return ERR_OK;
}

/* => Returns 0, and the listening endpoint is the socket's. */
static int start(sonode_t *so, int backlog)
{
    bool both = IN6_IS_ADDR_UNSPECIFIED(&so->so_local.ie_addr);
    ip_addr_t local = to_lwip(&so->so_local.ie_addr);
    struct tcp_pcb *pcb = tcp_new_ip_type(both               ? IPADDR_TYPE_ANY
                                          : IP_IS_V6(&local) ? IPADDR_TYPE_V6
                                                             : IPADDR_TYPE_V4);
    if (both)
        local = *IP_ANY_TYPE;
    if (pcb == NULL)
        return ENOMEM;
    ip_set_option(pcb, SOF_REUSEADDR);
    struct tcp_pcb *listener = NULL;
    err_t err = tcp_bind(pcb, &local, so->so_local.ie_port);
    if (err == ERR_OK)
        listener = tcp_listen_with_backlog_and_err(pcb, (u8_t)backlog, &err);
    if (listener == NULL) {
        tcp_abandon(pcb, 0);
        return err == ERR_MEM ? ENOMEM : EADDRINUSE;
    }
    so->so_listener = true;
    so->so_pcb = listener;
    tcp_arg(listener, so);
    tcp_accept(listener, on_accept);
    return 0;
}

int so_listen(ip_stack_t *ips, const in6_addr_t *address, uint16_t port, int backlog,
              sonode_t **sop)
{
    *sop = NULL;
    if (port == 0 || backlog < 1 || backlog > 255)
        return EINVAL;
    if (!ip_address_is_any(address) && !ip_is_local(ips, address))
        return EADDRNOTAVAIL;
    if (is_listened_on(ips, address, port))
        return EADDRINUSE;
    sonode_t *so = so_create(ips);
    if (so == NULL)
        return ENOMEM;
    so_set_local(so, address, port);
    stack_enter(ips);
    int error = start(so, backlog);
    if (error != 0)
        so_free(so);
    stack_leave(ips);
    if (error == 0)
        *sop = so;
    return error;
}

int so_accept(sonode_t *so, sonode_t **child)
{
    *child = NULL;
    if (!so->so_listener)
        return EINVAL;
    if (so->so_acceptq == NULL)
        return EAGAIN;
    *child = so->so_acceptq;
    so->so_acceptq = (*child)->so_acceptq_next;
    (*child)->so_acceptq_next = NULL;
    (*child)->so_acceptor = NULL;
    if ((*child)->so_pcb != NULL) {
        stack_enter(so->so_stack);
        tcp_backlog_accepted((*child)->so_pcb);
        stack_leave(so->so_stack);
    }
    return 0;
}
