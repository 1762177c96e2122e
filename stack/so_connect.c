/* SPDX-License-Identifier: BSD-3-Clause
 *
 * connect: the SYN, the SYNs after it, and the end of waiting.
 *
 * lwIP's own schedule is switched off (rto at its maximum). The SYNs leave when the era's schedule
 * says, to the millisecond. After the connect lwIP gets its timer back. */
#include "stack/ipclassifier.h"
#include "stack/sonode.h"
#include "stack/tcp_endpoint.h"

#include <errno.h>

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
    tcp_window_use(so->so_pcb);
    if (tcp_rexmit_rto_prepare(so->so_pcb) == ERR_OK)
        tcp_rexmit_rto_commit(so->so_pcb);
    stack_leave(ips);
}

/* 2 jiffies of 250 in a second: TCP_TIMEOUT_MIN. */
#define LINUX_SOON_US 8000

void so_syn_soon(sonode_t *so)
{
    ip_stack_t *ips = so->so_stack;
    if (so->so_syns == 1 && ips->ips_build->ib_linux_sockets)
        vclock_set(ips->ips_clock, &so->so_syn_timer, vclock_now(ips->ips_clock) + LINUX_SOON_US,
                   syn_timeout, so);
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
    (void)pcb;
    (void)error;
    so_connect_done(arg, 0);
    return ERR_OK;
}

/* The port is known to be free, so tcp_bind(), which searches all endpoints, is not called. lwIP's
 * list of bound endpoints is only for those that tcp_bind() was given. */
static err_t send_syn(sonode_t *so, struct tcp_pcb *pcb)
{
    ip_addr_t remote = to_lwip(&so->so_remote.ie_addr);
    pcb->local_ip = to_lwip(&so->so_local.ie_addr);
    pcb->local_port = so->so_local.ie_port;
    tcp_window_begin(so);
    err_t err = tcp_connect(pcb, &remote, so->so_remote.ie_port, connected);
    if (err == ERR_OK)
        tcp_lists_insert(so->so_stack, pcb);
    return err;
}

/* Takes back an address and port that bind() did not give the socket. Linux still shows the port;
 * one that bind() chose after the connection has ended stays. */
static void forget_local(sonode_t *so)
{
    uint16_t port = so->so_local.ie_port;
    if (!so->so_has_port && !so->so_port_is_new)
        so_unset_local(so);
    so->so_local = so->so_bound;
    if (!so->so_has_port && so->so_stack->ips_build->ib_linux_sockets)
        so->so_local.ie_port = port;
}

static void begin(sonode_t *so, struct tcp_pcb *pcb)
{
    ip_stack_t *ips = so->so_stack;
    so_attach(so, pcb);
    so->so_connecting = true;
    so->so_port_is_new = false;
    so->so_started_us = vclock_now(ips->ips_clock);
    so->so_started_injected = ips->ips_injected;
    so->so_syns = 1;
    set_syn_timer(so);
    vclock_set(ips->ips_clock, &so->so_abort_timer,
               so->so_started_us + ips->ips_build->ib_syns.sy_abort_us, abort_timeout, so);
    ip_emit(ips,
            &(ip_event_t){.kind = IP_EV_CONNECT, .local = so->so_local, .remote = so->so_remote});
    ips->ips_send_error = 0;
}

void so_give_up(sonode_t *so)
{
    struct tcp_pcb *pcb = so->so_pcb;
    vclock_t *clock = so->so_stack->ips_clock;
    so->so_connecting = false;
    freemsg(so->so_peer_syn);
    so->so_peer_syn = NULL;
    vclock_cancel(clock, &so->so_syn_timer);
    vclock_cancel(clock, &so->so_abort_timer);
    so_detach(so);
    tcp_abandon(pcb, 0);
}

/* Gives a socket without a port one, but not the port that it calls: that would be a connection to
 * itself. */
static int take_port(sonode_t *so)
{
    in6_addr_t address = so->so_local.ie_addr;
    if (so->so_port_link != NULL)
        return 0;
    uint16_t port = so_anonymous_port(so->so_stack, SO_TCP, so->so_remote.ie_port);
    if (port == 0)
        return EADDRNOTAVAIL;
    so_set_local(so, &address, port);
    return 0;
}

static int start(sonode_t *so)
{
    ip_stack_t *ips = so->so_stack;
    bool v6 = ip_address_family(&so->so_remote.ie_addr) == AF_INET6;
    struct tcp_pcb *pcb = tcp_new_ip_type(v6 ? IPADDR_TYPE_V6 : IPADDR_TYPE_V4);
    if (pcb == NULL)
        return ENOMEM;
    int error = take_port(so);
    if (error == 0 && ipcl_connected(ips, &so->so_local, &so->so_remote) != NULL)
        error = ips->ips_build->ib_linux_sockets ? EADDRNOTAVAIL : EADDRINUSE;
    if (error != 0) {
        tcp_abandon(pcb, 0);
        return error;
    }
    begin(so, pcb);
    if (send_syn(so, pcb) != ERR_OK) {
        so_give_up(so);
        return ENOMEM;
    }
    if (ip_verdict(ips) != 0)
        so_abandon_connect(so, ip_verdict(ips));
    return 0;
}

/* Chooses the address that it connects from.
 * => Returns 0 or an errno. */
static int choose_source(sonode_t *so, const in6_addr_t *remote)
{
    in6_addr_t source;
    int family = ip_address_family(remote);
    if (so->so_family == AF_INET && family == AF_INET6)
        return EAFNOSUPPORT;
    if (so->so_options[SO_OPT_V6ONLY] != 0 && family == AF_INET)
        return ENETUNREACH;
    if (!ip_source_for(so->so_stack, remote, &source))
        return ENETUNREACH;
    if (ip_address_is_any(&so->so_local.ie_addr))
        so->so_local.ie_addr = source;
    return ip_address_family(&so->so_local.ie_addr) == family ? 0 : ENETUNREACH;
}

static int connect_stream(sonode_t *so, const ip_endpoint_t *remote)
{
    ip_stack_t *ips = so->so_stack;
    ip_endpoint_t to = *remote;
    if (ip_address_is_any(&to.ie_addr)) /* as tcp_connect_ipv4() does */
        to.ie_addr = ip_address_loopback(ip_address_family(&to.ie_addr));
    int error = choose_source(so, &to.ie_addr);
    so->so_remote = to;
    stack_enter(ips);
    if (error == 0)
        error = start(so);
    stack_leave(ips);
    if (error == 0)
        return EINPROGRESS;
    forget_local(so);
    so->so_remote = (ip_endpoint_t){ip_any_of(so->so_family), 0};
    return error;
}

/* ---- how it went ---- */

static bool is_linux(const sonode_t *so)
{
    return so->so_stack->ips_build->ib_linux_sockets;
}

void so_reset(sonode_t *so)
{
    so->so_connect_errno = so->so_error = 0;
    if (!is_linux(so)) /* SO_ERROR still has it there */
        so->so_client_errno = 0;
    so->so_cantsendmore = so->so_cantrcvmore = so->so_open = so->so_told = so->so_fin = false;
    so->so_remote = (ip_endpoint_t){ip_any_of(so->so_family), 0};
    so->so_rcvlen = so->so_rcvfirst = 0;
    forget_local(so);
}

/* inet_stream_connect() for a connect that has ended. */
static int outcome_linux(sonode_t *so)
{
    if (so_linux_state(so) != CLOSED) {
        so->so_ss = SO_CONNECTED;
        return 0;
    }
    int error = so_take_pending(so);
    so_reset(so);
    so->so_ss = SO_UNCONNECTED;
    return error != 0 ? error : ECONNABORTED;
}

int so_connect_outcome(sonode_t *so)
{
    so_catch_up(so); /* Linux wakes connect() after all that its SYN has led to, a RST included */
    if (so->so_connecting)
        return EINPROGRESS;
    if (is_linux(so))
        return outcome_linux(so);
    if (so->so_connect_errno == 0) {
        so->so_told = true;
        return 0;
    }
    int error = so_take_pending(so);
    so_reset(so);
    return error != 0 ? error : ECONNABORTED;
}

bool so_has_connect(const sonode_t *so)
{
    return so->so_connecting || so->so_open || so->so_connect_errno != 0;
}

/* What a call returns because of the connect before it; 0 if it may begin. */
static int refuse_connecting(sonode_t *so)
{
    if (is_linux(so))
        return so_linux_connect_refusal(so);
    if (so->so_listener)
        return EOPNOTSUPP;
    if (so->so_connecting)
        return EALREADY;
    return so->so_open ? EISCONN : 0;
}

int so_connect_to(sonode_t *so, const ip_endpoint_t *remote)
{
    so_catch_up(so);
    if (so->so_type != SO_TCP)
        return so_udp_connect(so, &remote->ie_addr, remote->ie_port);
    bool is_told = is_linux(so) ? so->so_ss != SO_CONNECTING : so->so_connect_errno == 0;
    if (!is_told && !so->so_connecting)
        return so_connect_outcome(so);
    int error = refuse_connecting(so);
    if (error != 0)
        return error;
    if (remote->ie_port == 0 && !is_linux(so))
        return EADDRNOTAVAIL;
    int before = so->so_error; /* of an earlier connect */
    so->so_error = 0;
    error = connect_stream(so, remote);
    if (error == EINPROGRESS)
        so->so_ss = SO_CONNECTING;
    else
        so->so_error = before;
    return error;
}

int so_connect_error(const sonode_t *so)
{
    return so->so_connecting ? EINPROGRESS : so->so_connect_errno;
}
