/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What Linux' calls on a stream say, by the state of its endpoint and by what connect() has told:
 * inet_stream_connect(), inet_shutdown(), inet_listen() (net/ipv4/af_inet.c), tcp_sendmsg(),
 * tcp_recvmsg(), tcp_disconnect() (net/ipv4/tcp.c). Facts; measured by script/kernel-check.
 */
#include "stack/ip_impl.h"

#include <assert.h>
#include <errno.h>

/* A socket whose endpoint is in TIME_WAIT is closed: Linux keeps TIME_WAIT without it. */
static enum tcp_state state_of(const sonode_t *so)
{
    if (so->so_listener)
        return LISTEN;
    return so->so_pcb == NULL || so->so_pcb->state == TIME_WAIT ? CLOSED : so->so_pcb->state;
}

bool so_linux_is_closed(const sonode_t *so)
{
    return state_of(so) == CLOSED;
}

/* ---- data ---- */

int so_linux_send_error(sonode_t *so)
{
    enum tcp_state state = state_of(so);
    bool is_open = state == ESTABLISHED || state == CLOSE_WAIT;
    if (!is_open && so->so_error != 0)
        return so_take_pending(so);
    if (state == SYN_SENT || state == SYN_RCVD)
        return EAGAIN;
    if (!is_open)
        return EPIPE;
    if (so->so_error != 0)
        return so_take_pending(so);
    return so->so_cantsendmore ? EPIPE : 0;
}

int so_linux_recv_error(sonode_t *so)
{
    if (state_of(so) == LISTEN)
        return ENOTCONN;
    if (so->so_fin)
        return 0;
    if (so->so_error != 0)
        return so_take_pending(so);
    if (so->so_cantrcvmore)
        return 0;
    return state_of(so) == CLOSED ? ENOTCONN : EAGAIN;
}

/* ---- connect ---- */

/* tcp_disconnect(): the socket is as good as new, but for its options, what bind() gave it, and its
 * pending error. */
static void disconnect(sonode_t *so, int error)
{
    enum tcp_state state = state_of(so);
    struct tcp_pcb *pcb = so->so_pcb;
    bool reset = state == SYN_RCVD || state == ESTABLISHED || state == FIN_WAIT_1 ||
                 state == FIN_WAIT_2 || state == CLOSE_WAIT;
    if (state == LISTEN) {
        so_stop_listening(so);
    } else if (state == SYN_SENT) {
        so_abandon_connect(so, error);
    } else if (pcb != NULL) {
        so_detach(so);
        tcp_timer_touch(so->so_stack, pcb);
        if (reset)
            tcp_abort(pcb);
    }
    int pending = reset || state == SYN_SENT ? error : so->so_error;
    so_reset(so);
    so->so_error = pending;
}

int so_linux_disconnect(sonode_t *so)
{
    stack_enter(so->so_stack);
    disconnect(so, ECONNRESET);
    stack_leave(so->so_stack);
    so->so_ss = SO_UNCONNECTED;
    so_changed(so);
    return 0;
}

int so_linux_outcome(sonode_t *so)
{
    if (state_of(so) != CLOSED) {
        so->so_ss = SO_CONNECTED;
        return 0;
    }
    int error = so_take_pending(so);
    so_reset(so);
    so->so_ss = SO_UNCONNECTED;
    return error != 0 ? error : ECONNABORTED;
}

int so_linux_connect_refusal(sonode_t *so)
{
    switch (so->so_ss) {
    case SO_CONNECTED:
        return EISCONN;
    case SO_DISCONNECTING:
        return EINVAL;
    case SO_CONNECTING:
        return EALREADY;
    default:
        return state_of(so) != CLOSED ? EISCONN : 0;
    }
}

/* ---- shutdown ---- */

/* What is neither open nor about to be keeps the directions, for when it is. */
int so_linux_shutdown(sonode_t *so, unsigned how)
{
    enum tcp_state state = state_of(so);
    if (so->so_ss == SO_CONNECTING)
        so->so_ss = state == SYN_SENT || state == SYN_RCVD || state == CLOSED ? SO_DISCONNECTING
                                                                              : SO_CONNECTED;
    if (state == SYN_SENT || (state == LISTEN && (how & SO_SHUT_READ) != 0))
        return so_linux_disconnect(so);
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

/* ---- its own end ---- */

void so_linux_closed(sonode_t *so)
{
    bool was_open = so->so_open || so->so_connect_errno != 0;
    if (was_open && state_of(so) == CLOSED && !so->so_has_port)
        so_unset_local(so);
}

int so_linux_listen_refusal(const sonode_t *so)
{
    enum tcp_state state = state_of(so);
    return so->so_ss != SO_UNCONNECTED || (state != CLOSED && state != LISTEN) ? EINVAL : 0;
}
