/* SPDX-License-Identifier: BSD-3-Clause
 *
 * listen and accept.
 */
#include "stack/ipclassifier.h"
#include "stack/sonode.h"

#include <errno.h>
#include <string.h>

#define SOMAXCONN_LINUX 4096

bool so_can_accept(const sonode_t *so)
{
    return so->so_acceptq != NULL &&
           so->so_acceptq->so_accept_at_us <= vclock_now(so->so_stack->ips_clock);
}

static void become_acceptable(void *arg)
{
    sonode_t *so = arg;
    if (so->so_acceptor != NULL)
        so_changed(so->so_acceptor);
}

/* Linux: a socket that starts to listen after shutdown() gets connections with a direction already
 * shut down. */
static void inherit_shutdown(const sonode_t *listener, sonode_t *so)
{
    if (!so->so_stack->ips_build->ib_linux_sockets)
        return;
    so->so_cantrcvmore = listener->so_cantrcvmore;
    so->so_cantsendmore = listener->so_cantsendmore;
    if (so->so_cantsendmore)
        tcp_shutdown(so->so_pcb, 0, 1);
}

/* A connection is established and waits to be accepted. It inherits its listener's options. */
static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    sonode_t *listener = arg;
    if (err != ERR_OK || pcb == NULL || listener == NULL)
        return ERR_VAL;
    sonode_t *so = so_create(listener->so_stack);
    if (so == NULL) {
        ip_tell_no_memory(listener->so_stack);
        return ERR_MEM;
    }
    so_attach(so, pcb);
    so->so_family = listener->so_family;
    memcpy(so->so_options, listener->so_options, sizeof(so->so_options));
    so->so_open = so->so_told = true;
    so->so_ss = SO_CONNECTED;
    in6_addr_t local = from_lwip(&pcb->local_ip);
    so_set_local(so, &local, pcb->local_port);
    so->so_remote = (ip_endpoint_t){from_lwip(&pcb->remote_ip), pcb->remote_port};
    so_apply_options(so);
    inherit_shutdown(listener, so);
    sonode_t **link = &listener->so_acceptq;
    while (*link != NULL)
        link = &(*link)->so_acceptq_next;
    *link = so;
    so->so_acceptor = listener;
    listener->so_acceptq_count++;
    vclock_t *clock = so->so_stack->ips_clock;
    so->so_accept_at_us = vclock_now(clock) + so->so_stack->ips_accept_delay_us;
    so->so_stack->ips_stats.accepts_delayed += so->so_stack->ips_accept_delay_us > 0;
    if (so_can_accept(listener))
        so_changed(listener);
    else
        vclock_set(clock, &so->so_accept_timer, so->so_accept_at_us, become_acceptable, so);
    return ERR_OK;
}

/* How many may wait. Linux refuses if more than the backlog are waiting, Solaris if as many as the
 * backlog are, which is at least tcp_conn_req_min. */
static size_t queue_of(const sonode_t *so, int backlog)
{
    if (so->so_stack->ips_build->ib_linux_sockets)
        return backlog < 0 ? SOMAXCONN_LINUX : (size_t)backlog + 1;
    return backlog < 1 ? 1 : (size_t)backlog;
}

/* The port is known to be free, so tcp_bind() is not called. What lwIP counts in its backlog are
 * connections that are not established yet.
 * => Returns 0, and the socket has a listening endpoint. */
static int start(sonode_t *so)
{
    bool both = IN6_IS_ADDR_UNSPECIFIED(&so->so_local.ie_addr);
    bool v6only = so->so_options[SO_OPT_V6ONLY] != 0;
    ip_addr_t local = to_lwip(&so->so_local.ie_addr);
    struct tcp_pcb *pcb = tcp_new_ip_type(both && !v6only    ? IPADDR_TYPE_ANY
                                          : IP_IS_V6(&local) ? IPADDR_TYPE_V6
                                                             : IPADDR_TYPE_V4);
    if (both && !v6only)
        local = *IP_ANY_TYPE;
    if (pcb == NULL)
        return ENOMEM;
    ip_set_option(pcb, SOF_REUSEADDR);
    pcb->local_ip = local;
    pcb->local_port = so->so_local.ie_port;
    err_t err;
    struct tcp_pcb *listener = tcp_listen_with_backlog_and_err(pcb, UINT8_MAX, &err);
    if (listener == NULL) {
        pcb->local_port = 0; /* it is in no list */
        tcp_abandon(pcb, 0);
        return err == ERR_MEM ? ENOMEM : EADDRINUSE;
    }
    so->so_pcb = listener;
    tcp_arg(listener, so);
    tcp_accept(listener, on_accept);
    return 0;
}

int so_listen_on(sonode_t *so, int backlog)
{
    if (so->so_type != SO_TCP)
        return EOPNOTSUPP;
    bool is_linux = so->so_stack->ips_build->ib_linux_sockets;
    if (is_linux ? so_linux_listen_refusal(so) != 0
                 : so->so_open || so->so_connecting || so->so_connect_errno != 0)
        return EINVAL;
    so->so_acceptq_max = queue_of(so, backlog);
    if (so->so_listener)
        return 0;
    stack_enter(so->so_stack);
    int error = so_bind_any(so);
    so_set_listener(so, true);
    if (error == 0 && so_is_hindered(so))
        error = EADDRINUSE;
    if (error == 0)
        error = start(so);
    so->so_port_is_new = so->so_port_is_new && error != 0;
    if (error != 0)
        so_set_listener(so, false);
    stack_leave(so->so_stack);
    return error;
}

void so_stop_listening(sonode_t *so)
{
    struct tcp_pcb *pcb = so->so_pcb;
    while (so->so_acceptq != NULL) {
        sonode_t *child = so->so_acceptq;
        struct tcp_pcb *child_pcb = child->so_pcb;
        so_free(child);
        if (child_pcb != NULL)
            tcp_abort(child_pcb);
    }
    if (pcb != NULL)
        tcp_lists_end_half_open(so->so_stack, pcb);
    so_detach(so);
    so_set_listener(so, false);
    if (pcb != NULL)
        tcp_close(pcb);
}

int so_accept(sonode_t *so, sonode_t **child)
{
    *child = NULL;
    if (!so->so_listener)
        return so->so_type == SO_TCP ? EINVAL : EOPNOTSUPP;
    so_catch_up(so);
    if (!so_can_accept(so))
        return EAGAIN;
    *child = so->so_acceptq;
    so->so_acceptq = (*child)->so_acceptq_next;
    so->so_acceptq_count--;
    (*child)->so_acceptq_next = NULL;
    (*child)->so_acceptor = NULL;
    return 0;
}
