/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What Linux' calls on a stream return, depending on the state of its endpoint and on what
 * connect() has reported: inet_stream_connect(), inet_listen() (net/ipv4/af_inet.c), tcp_sendmsg(),
 * tcp_recvmsg() (net/ipv4/tcp.c). Measured by script/kernel-check. */
#include "stack/sonode.h"

#include <errno.h>

/* A socket whose endpoint is in TIME_WAIT is closed: Linux keeps TIME_WAIT without it. */
enum tcp_state so_linux_state(const sonode_t *so)
{
    if (so->so_listener)
        return LISTEN;
    return so->so_pcb == NULL || so->so_pcb->state == TIME_WAIT ? CLOSED : so->so_pcb->state;
}

bool so_linux_is_closed(const sonode_t *so)
{
    return so_linux_state(so) == CLOSED;
}

/* ---- data ---- */

int so_linux_send_error(sonode_t *so)
{
    enum tcp_state state = so_linux_state(so);
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
    if (so_linux_state(so) == LISTEN)
        return ENOTCONN;
    if (so->so_fin)
        return 0;
    if (so->so_error != 0)
        return so_take_pending(so);
    if (so->so_cantrcvmore)
        return 0;
    return so_linux_state(so) == CLOSED ? ENOTCONN : EAGAIN;
}

/* ---- connect ---- */

int so_linux_connect_refusal(const sonode_t *so)
{
    switch (so->so_ss) {
    case SO_CONNECTED:
        return EISCONN;
    case SO_DISCONNECTING:
        return EINVAL;
    case SO_CONNECTING:
        return EALREADY;
    default:
        return so_linux_state(so) != CLOSED ? EISCONN : 0;
    }
}

/* ---- its own end ---- */

bool so_linux_port_is_free(const sonode_t *so)
{
    bool was_open = so->so_open || so->so_connect_errno != 0;
    return was_open && so_linux_is_closed(so) && !so->so_has_port && !so->so_port_is_new;
}

int so_linux_listen_refusal(const sonode_t *so)
{
    enum tcp_state state = so_linux_state(so);
    return so->so_ss != SO_UNCONNECTED || (state != CLOSED && state != LISTEN) ? EINVAL : 0;
}
