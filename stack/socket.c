/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A connection's data and its end. Solaris: sockfs.
 */
#include "stack/ip_impl.h"

#include <errno.h>
#include <string.h>

/* Whether it is, or was, a connection. */
static bool is_stream(const sonode_t *so)
{
    return so->so_type == SO_TCP && !so->so_listener && !so->so_connecting &&
           so->so_connect_errno == 0;
}

int so_send(sonode_t *so, const void *data, size_t length, size_t *sent)
{
    *sent = 0;
    if (!is_stream(so))
        return ENOTCONN;
    if (so->so_error != 0)
        return so_take_error(so);
    if (so->so_cantsendmore || so->so_pcb == NULL)
        return EPIPE;
    ip_stack_t *ips = so->so_stack;
    stack_enter(ips);
    ips->ips_send_error = 0;
    bool fused = length > 0 && tcp_fuse_output(so, data, length, sent);
    stack_leave(ips);
    if (fused)
        return *sent > 0 ? 0 : EAGAIN;
    size_t room = tcp_sndbuf(so->so_pcb);
    size_t chunk = length < room ? length : room;
    if (chunk == 0)
        return length == 0 ? 0 : EAGAIN;
    stack_enter(ips);
    bool is_idle = so->so_pcb->unsent == NULL && so->so_pcb->unacked == NULL;
    err_t err = tcp_write(so->so_pcb, data, (u16_t)chunk, TCP_WRITE_FLAG_COPY);
    if (err == ERR_OK) {
        *sent = chunk;
        tcp_output(so->so_pcb);
        tcp_timer_touch(ips, so->so_pcb);
    }
    stack_leave(ips);
    if (ip_verdict(ips) != 0)
        return ip_verdict(ips);
    return err == ERR_OK ? 0 : is_idle ? ENOMEM : EAGAIN;
}

int so_recv(sonode_t *so, void *buffer, size_t max, size_t *received)
{
    *received = 0;
    if (!is_stream(so))
        return ENOTCONN;
    if (so->so_rcvlen == 0) {
        if (so->so_error != 0)
            return so_take_error(so);
        return so->so_cantrcvmore ? 0 : EAGAIN;
    }
    size_t n = so->so_rcvlen < max ? so->so_rcvlen : max;
    memcpy(buffer, so->so_rcvbuf + so->so_rcvfirst, n);
    so->so_rcvlen -= n;
    so->so_rcvfirst = so->so_rcvlen == 0 ? 0 : so->so_rcvfirst + n;
    *received = n;
    if (so->so_peer != NULL) {
        tcp_fuse_received(so, n);
    } else if (so->so_pcb != NULL) {
        stack_enter(so->so_stack);
        tcp_recved(so->so_pcb, (u16_t)n);
        tcp_timer_touch(so->so_stack, so->so_pcb);
        stack_leave(so->so_stack);
    }
    return 0;
}

int so_shutdown(sonode_t *so)
{
    if (!is_stream(so) || so->so_error != 0)
        return ENOTCONN;
    if (so->so_cantsendmore)
        return 0;
    so->so_cantsendmore = true;
    stack_enter(so->so_stack);
    tcp_unfuse(so, "a FIN is to come");
    if (so->so_pcb != NULL) {
        tcp_timer_touch(so->so_stack, so->so_pcb);
        tcp_shutdown(so->so_pcb, 0, 1);
    }
    stack_leave(so->so_stack);
    return 0;
}

void so_close(sonode_t *so)
{
    if (so == NULL)
        return;
    ip_stack_t *ips = so->so_stack;
    stack_enter(ips);
    while (so->so_acceptq != NULL) {
        sonode_t *child = so->so_acceptq;
        struct tcp_pcb *child_pcb = child->so_pcb;
        so_free(child);
        tcp_abort(child_pcb);
    }
    struct tcp_pcb *pcb = so->so_pcb;
    bool is_listener = so->so_listener;
    tcp_unfuse(so, "a FIN is to come");
    so_free(so);
    if (pcb != NULL && !is_listener)
        tcp_timer_touch(ips, pcb);
    if (pcb != NULL)
        tcp_close(pcb);
    stack_leave(ips);
}
