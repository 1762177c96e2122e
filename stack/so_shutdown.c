/* SPDX-License-Identifier: BSD-3-Clause
 *
 * shutdown, and a connect to AF_UNSPEC. Linux: inet_shutdown() (net/ipv4/af_inet.c),
 * tcp_disconnect() (net/ipv4/tcp.c), __udp_disconnect() (net/ipv4/datagram.c).
 */
#include "stack/sonode.h"
#include "stack/tcp_endpoint.h"

#include <errno.h>

static bool is_linux(const sonode_t *so)
{
    return so->so_stack->ips_build->ib_linux_sockets;
}

/* ---- a connect to AF_UNSPEC ---- */

/* tcp_disconnect(): the socket becomes as good as new, except its options, what bind() gave it, and
 * its pending error. */
static void disconnect(sonode_t *so, int error)
{
    enum tcp_state state = so_linux_state(so);
    struct tcp_pcb *pcb = so->so_pcb;
    bool reset = state == SYN_RCVD || state == ESTABLISHED || state == FIN_WAIT_1 ||
                 state == FIN_WAIT_2 || state == CLOSE_WAIT;
    if (state == LISTEN) {
        so_stop_listening(so);
    } else if (state == SYN_SENT) {
        so_give_up(so);
    } else if (pcb != NULL) {
        so_detach(so);
        tcp_timer_touch(so->so_stack, pcb);
        if (reset)
            tcp_abort(pcb);
        else if (pcb->state != TIME_WAIT)
            tcp_abandon(pcb, 0);
    }
    int pending = reset || state == SYN_SENT ? error : so->so_error;
    so_reset(so);
    so->so_error = pending;
}

static int disconnect_linux(sonode_t *so)
{
    stack_enter(so->so_stack);
    disconnect(so, ECONNRESET);
    stack_leave(so->so_stack);
    so->so_ss = SO_UNCONNECTED;
    so_changed(so);
    return 0;
}

static void disconnect_dgram(sonode_t *so)
{
    so->so_remote = (ip_endpoint_t){ip_any_of(so->so_family), 0};
    so->so_connected = false;
    if (!so->so_has_port)
        so_unset_local(so);
    so->so_local = so->so_bound;
}

int so_disconnect(sonode_t *so)
{
    so_catch_up(so);
    if (so->so_type == SO_TCP && is_linux(so))
        return disconnect_linux(so);
    if (so->so_type != SO_UDP)
        return EOPNOTSUPP;
    disconnect_dgram(so);
    return 0;
}

/* ---- shutdown ---- */

/* A socket that is neither open nor opening remembers the directions for later. */
static int shutdown_linux(sonode_t *so, unsigned how)
{
    enum tcp_state state = so_linux_state(so);
    if (so->so_ss == SO_CONNECTING)
        so->so_ss = state == SYN_SENT || state == SYN_RCVD || state == CLOSED ? SO_DISCONNECTING
                                                                              : SO_CONNECTED;
    if (state == SYN_SENT || (state == LISTEN && (how & SO_SHUT_READ) != 0))
        return disconnect_linux(so);
    if (state == LISTEN)
        return 0;
    so->so_cantrcvmore |= (how & SO_SHUT_READ) != 0;
    so->so_cantsendmore |= (how & SO_SHUT_WRITE) != 0;
    bool sends_fin = state == ESTABLISHED || state == CLOSE_WAIT || state == SYN_RCVD;
    if (sends_fin && (how & SO_SHUT_WRITE) != 0) {
        stack_enter(so->so_stack);
        tcp_timer_touch(so->so_stack, so->so_pcb);
        tcp_shutdown(so->so_pcb, 0, 1);
        stack_leave(so->so_stack);
    }
    so_changed(so);
    return state == CLOSED ? ENOTCONN : 0;
}

static void end_sending(sonode_t *so)
{
    if (so->so_cantsendmore)
        return;
    so->so_cantsendmore = true;
    stack_enter(so->so_stack);
    tcp_unfuse(so, "a FIN is to come");
    if (so->so_pcb != NULL) {
        tcp_timer_touch(so->so_stack, so->so_pcb);
        tcp_shutdown(so->so_pcb, 0, 1);
    }
    stack_leave(so->so_stack);
}

/* Solaris requires a connection. A datagram socket on Linux remembers the directions without one.
 */
int so_shutdown_how(sonode_t *so, unsigned how)
{
    so_catch_up(so);
    if (so->so_type == SO_TCP && is_linux(so))
        return shutdown_linux(so, how);
    bool refused = so->so_type == SO_TCP ? !so->so_open || so->so_error != 0 : !so->so_connected;
    if (refused && !is_linux(so))
        return ENOTCONN;
    if ((how & SO_SHUT_READ) != 0)
        so->so_cantrcvmore = true;
    if ((how & SO_SHUT_WRITE) != 0)
        end_sending(so);
    so_changed(so);
    return refused ? ENOTCONN : 0;
}

int so_shutdown(sonode_t *so)
{
    if (so->so_type != SO_TCP)
        return ENOTCONN;
    return so_shutdown_how(so, SO_SHUT_WRITE);
}
