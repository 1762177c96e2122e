/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A connection's data and its end. Solaris: sockfs.
 */
#include "stack/sonode.h"
#include "stack/tcp_endpoint.h"

#include <errno.h>
#include <string.h>

static bool is_linux(const sonode_t *so)
{
    return so->so_stack->ips_build->ib_linux_sockets;
}

/* What keeps a stream from sending, or 0. */
static int refuse_sending(sonode_t *so)
{
    if (so->so_type != SO_TCP)
        return ENOTCONN;
    if (is_linux(so))
        return so_linux_send_error(so);
    if (!so->so_open)
        return ENOTCONN;
    if (so->so_error != 0)
        return so_take_pending(so);
    return so->so_cantsendmore || so->so_pcb == NULL ? EPIPE : 0;
}

size_t so_room(const sonode_t *so)
{
    size_t used = so->so_sndmax - so->so_pcb->snd_buf;
    size_t buffer = (size_t)so->so_options[SO_OPT_SNDBUF];
    return buffer > used ? buffer - used : 0;
}

#define WRITE_MAX 49152 /* at once */

/* Into lwIP. */
static int write_out(sonode_t *so, const void *data, size_t chunk, size_t *sent)
{
    ip_stack_t *ips = so->so_stack;
    stack_enter(ips);
    bool is_idle = so->so_pcb->unsent == NULL && so->so_pcb->unacked == NULL;
    tcp_timer_touch(ips, so->so_pcb);
    while (*sent < chunk) {
        size_t n = chunk - *sent < WRITE_MAX ? chunk - *sent : WRITE_MAX;
        err_t err =
            tcp_write(so->so_pcb, (const uint8_t *)data + *sent, (u16_t)n, TCP_WRITE_FLAG_COPY);
        if (err != ERR_OK)
            break;
        *sent += n;
        tcp_queue_grows(so->so_pcb, n);
    }
    if (*sent > 0) {
        tcp_ack_data_sent(ips, so->so_pcb);
        tcp_output(so->so_pcb);
        tcp_send_full(so->so_pcb);
    }
    stack_leave(ips);
    if (ip_verdict(ips) != 0)
        return ip_verdict(ips);
    return *sent > 0 ? 0 : is_idle ? ENOMEM : EAGAIN;
}

int so_send(sonode_t *so, const void *data, size_t length, size_t *sent)
{
    ip_stack_t *ips = so->so_stack;
    *sent = 0;
    so_catch_up(so);
    int refused = refuse_sending(so);
    if (refused != 0)
        return refused;
    stack_enter(ips);
    ips->ips_send_error = 0;
    bool fused = length > 0 && tcp_fuse_output(so, data, length, sent);
    stack_leave(ips);
    if (fused)
        return *sent > 0 ? 0 : EAGAIN;
    size_t room = so_room(so);
    size_t chunk = length < room ? length : room;
    if (chunk == 0)
        return length == 0 ? 0 : EAGAIN;
    return write_out(so, data, chunk, sent);
}

/* What a call gets that finds nothing to receive. */
static int nothing_to_receive(sonode_t *so)
{
    if (is_linux(so))
        return so_linux_recv_error(so);
    if (!so->so_open)
        return ENOTCONN;
    if (so->so_error != 0)
        return so_take_pending(so);
    return so->so_cantrcvmore ? 0 : EAGAIN;
}

int so_recv(sonode_t *so, void *buffer, size_t max, size_t *received)
{
    *received = 0;
    so_catch_up(so);
    if (so->so_type != SO_TCP)
        return ENOTCONN;
    if (so->so_rcvlen == 0)
        return nothing_to_receive(so);
    size_t n = so->so_rcvlen < max ? so->so_rcvlen : max;
    memcpy(buffer, so->so_rcvbuf + so->so_rcvfirst, n);
    so->so_rcvlen -= n;
    so->so_rcvfirst = so->so_rcvlen == 0 ? 0 : so->so_rcvfirst + n;
    *received = n;
    if (so->so_peer != NULL) {
        tcp_fuse_received(so, n);
    } else if (so->so_pcb != NULL) {
        stack_enter(so->so_stack);
        tcp_timer_touch(so->so_stack, so->so_pcb);
        so_open_window(so);
        stack_leave(so->so_stack);
    }
    return 0;
}

/* ---- close ---- */

bool so_is_lingering(const sonode_t *so)
{
    const struct tcp_pcb *pcb = so->so_pcb;
    return so->so_open && pcb != NULL &&
           (pcb->unsent != NULL || pcb->unacked != NULL || pcb->state == FIN_WAIT_1 ||
            pcb->state == CLOSING || pcb->state == LAST_ACK);
}

/* Solaris and Linux send a RST where the peer believes in a connection. */
static void end_pcb(sonode_t *so, struct tcp_pcb *pcb, bool reset)
{
    bool unread = is_linux(so) && so->so_rcvlen > 0 && pcb->state != TIME_WAIT;
    bool is_ending = is_linux(so) && !unread && (pcb->state == CLOSING || pcb->state == LAST_ACK);
    tcp_timer_touch(so->so_stack, pcb);
    if (so->so_rcvlen == 0 && pcb->state != SYN_SENT)
        pcb->rcv_wnd = TCP_WND_MAX(pcb); /* else lwIP believes in data that was not read */
    so_free(so);
    if (!reset && !unread)
        tcp_close(pcb);
    else if (pcb->state == SYN_SENT || is_ending) /* Linux: tcp_need_reset() */
        tcp_abandon(pcb, 0);
    else
        tcp_abort(pcb);
}

static void end(sonode_t *so, bool reset)
{
    ip_stack_t *ips = so->so_stack;
    so_catch_up(so);
    stack_enter(ips);
    if (so->so_listener)
        so_stop_listening(so);
    struct tcp_pcb *pcb = so->so_pcb;
    tcp_unfuse(so, reset ? "a RST is to come" : "a FIN is to come");
    if (pcb != NULL)
        end_pcb(so, pcb, reset && pcb->state != TIME_WAIT);
    else
        so_free(so);
    stack_leave(ips);
}

void so_close(sonode_t *so)
{
    if (so != NULL)
        end(so, so->so_type == SO_TCP && so->so_options[SO_OPT_LINGER] == 0);
}

void so_abort(sonode_t *so)
{
    if (so != NULL)
        end(so, true);
}
