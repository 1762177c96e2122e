/* SPDX-License-Identifier: BSD-3-Clause
 *
 * connect: the SYN, the SYNs after it, and the end of waiting.
 *
 * lwIP has a schedule of its own; it is switched off (rto at its maximum) and the SYNs leave when
 * the era says, to the millisecond. Once connected, lwIP has its timer back.
 */
#include "stack/ip_impl.h"

#include <errno.h>

#define RTO_NEVER 0x7fff

static void abort_timeout(void *arg);
static void syn_timeout(void *arg);

static void set_syn_timer(sonode_t *so)
{
    const syn_schedule_t *schedule = &so->so_stack->ips_build->ib_syns;
    if (so->so_syns < schedule->sy_count)
        vclock_set(so->so_stack->ips_clock, &so->so_syn_timer,
                   so->so_started_us + schedule->sy_at_us[so->so_syns], syn_timeout, so);
}

static void syn_timeout(void *arg)
{
    sonode_t *so = arg;
    ip_stack_t *ips = so->so_stack;

    stack_enter(ips);
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_TIMER,
                               .local = so->so_local,
                               .remote = so->so_remote,
                               .state = "SYN_SENT",
                               .timer = IP_TIMER_SYN});
    so->so_syns++;
    set_syn_timer(so);
    if (tcp_rexmit_rto_prepare(so->so_pcb) == ERR_OK)
        tcp_rexmit_rto_commit(so->so_pcb);
    stack_leave(ips);
}

static void abort_timeout(void *arg)
{
    sonode_t *so = arg;
    ip_stack_t *ips = so->so_stack;

    stack_enter(ips);
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_TIMER,
                               .local = so->so_local,
                               .remote = so->so_remote,
                               .state = "SYN_SENT",
                               .timer = IP_TIMER_CONNECT});
    so_abandon_connect(so, so->so_client_errno != 0 ? so->so_client_errno : ETIMEDOUT);
    stack_leave(ips);
}

static err_t connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
    (void)error;
    sonode_t *so = arg;
    pcb->rto = so->so_rto;
    so_connect_done(so, 0);
    return ERR_OK;
}

/* The port is known to be free: tcp_bind(), which looks through all endpoints for it, is not asked.
 * lwIP has its list of bound endpoints for those that it is given there. */
static err_t send_syn(sonode_t *so, struct tcp_pcb *pcb)
{
    ip_addr_t remote = to_lwip(&so->so_remote.ie_addr);
    pcb->local_ip = to_lwip(&so->so_local.ie_addr);
    pcb->local_port = so->so_local.ie_port;
    so->so_rto = pcb->rto;
    pcb->rto = RTO_NEVER;
    err_t err = tcp_connect(pcb, &remote, so->so_remote.ie_port, connected);
    if (err == ERR_OK)
        tcp_lists_insert(so->so_stack, pcb);
    return err;
}

static int start(sonode_t *so, uint16_t port)
{
    ip_stack_t *ips = so->so_stack;
    bool v6 = ip_address_family(&so->so_remote.ie_addr) == AF_INET6;
    struct tcp_pcb *pcb = tcp_new_ip_type(v6 ? IPADDR_TYPE_V6 : IPADDR_TYPE_V4);
    if (pcb == NULL)
        return ENOMEM;
    /* The port that is called would be a connection to itself. */
    if (port == 0)
        port = so_anonymous_port(ips, SO_TCP, so->so_remote.ie_port);
    if (port == 0) {
        tcp_abandon(pcb, 0);
        return EADDRNOTAVAIL;
    }
    so_set_local(so, &so->so_local.ie_addr, port);
    so_attach(so, pcb);
    so->so_connecting = true;
    so->so_started_us = vclock_now(ips->ips_clock);
    so->so_syns = 1;
    set_syn_timer(so);
    vclock_set(ips->ips_clock, &so->so_abort_timer,
               so->so_started_us + ips->ips_build->ib_syns.sy_abort_us, abort_timeout, so);
    ip_emit(ips,
            &(ip_event_t){.kind = IP_EV_CONNECT, .local = so->so_local, .remote = so->so_remote});
    ips->ips_send_error = 0;
    if (send_syn(so, pcb) != ERR_OK) {
        so_detach(so);
        tcp_abandon(pcb, 0);
        return ENOMEM;
    }
    if (ip_verdict(ips) != 0)
        so_abandon_connect(so, ip_verdict(ips));
    return 0;
}

int so_connect(ip_stack_t *ips, const in6_addr_t *address, uint16_t port, sonode_t **sop)
{
    ip_endpoint_t any = {in6addr_any, 0};
    return so_connect_from(ips, &any, address, port, sop);
}

uint16_t so_free_port(ip_stack_t *ips, bool udp)
{
    stack_enter(ips);
    uint16_t port = so_anonymous_port(ips, udp ? SO_UDP : SO_TCP, 0);
    stack_leave(ips);
    return port;
}

int so_connect_from(ip_stack_t *ips, const ip_endpoint_t *local, const in6_addr_t *address,
                    uint16_t port, sonode_t **sop)
{
    in6_addr_t remote = *address, source;
    *sop = NULL;
    if (port == 0)
        return EINVAL;
    if (ip_address_is_any(&remote)) /* as tcp_connect_ipv4() does */
        remote = ip_address_loopback(ip_address_family(&remote));
    if (!ip_source_for(ips, &remote, &source))
        return ENETUNREACH;
    if (!ip_address_is_any(&local->ie_addr)) {
        if (!ip_is_local(ips, &local->ie_addr))
            return EADDRNOTAVAIL;
        source = local->ie_addr;
    }
    sonode_t *so = so_create(ips);
    if (so == NULL)
        return ENOMEM;
    so->so_local.ie_addr = source;
    so->so_remote = (ip_endpoint_t){remote, port};
    stack_enter(ips);
    int error = start(so, local->ie_port);
    if (error != 0)
        so_free(so);
    stack_leave(ips);
    if (error != 0)
        return error;
    *sop = so;
    return EINPROGRESS;
}

int so_connect_error(const sonode_t *so)
{
    return so->so_connecting ? EINPROGRESS : so->so_connect_errno;
}
