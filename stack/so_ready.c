/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a socket is ready for. Linux: tcp_poll(), inet_csk_listen_poll(), datagram_poll(). */
#include "stack/sonode.h"

#include <errno.h>
#include <string.h>

/* Whether a connection is closed in both directions (TCP_CLOSE), or was never opened. */
static bool is_closed(const sonode_t *so)
{
    return !so->so_connecting && so->so_pcb == NULL;
}

static unsigned ready_stream(const sonode_t *so)
{
    unsigned ready = so->so_error != 0 || so->so_errqueue ? SO_READY_ERR : 0;
    if (so->so_connecting && !so->so_stack->ips_build->ib_linux_sockets)
        return ready;
    if (is_closed(so) || (so->so_cantrcvmore && so->so_cantsendmore))
        ready |= SO_READY_HUP;
    if (so->so_rcvlen > 0 || so->so_cantrcvmore)
        ready |= SO_READY_IN;
    if (so->so_cantrcvmore)
        ready |= SO_READY_RDHUP;
    if (so->so_connecting)
        return ready;
    if (so->so_cantsendmore || so->so_pcb == NULL || so_room(so) > 0)
        ready |= SO_READY_OUT;
    return ready;
}

unsigned so_ready(sonode_t *so)
{
    so_catch_up(so);
    if (so->so_type != SO_TCP) {
        unsigned shut = so->so_cantrcvmore ? SO_READY_IN | SO_READY_RDHUP : 0;
        if (so->so_cantrcvmore && so->so_cantsendmore)
            shut |= SO_READY_HUP;
        return SO_READY_OUT | shut | (so->so_dgrams != NULL ? SO_READY_IN : 0) |
               (so->so_error != 0 ? SO_READY_ERR : 0);
    }
    if (so->so_listener)
        return so_can_accept(so) ? SO_READY_IN : 0;
    return ready_stream(so);
}

uint64_t so_change_count(const sonode_t *so)
{
    return so->so_changes;
}

size_t so_readable(const sonode_t *so)
{
    if (so->so_type == SO_TCP)
        return so->so_rcvlen;
    return so->so_dgrams != NULL ? so->so_dgrams->dg_length : 0;
}

static int peek_dgram(sonode_t *so, void *buffer, size_t max, size_t *received, ip_endpoint_t *from)
{
    if (so->so_error != 0)
        return so_take_pending(so);
    if (so->so_dgrams == NULL)
        return so->so_cantrcvmore && !so->so_stack->ips_build->ib_linux_sockets ? 0 : EAGAIN;
    *received = so->so_dgrams->dg_length < max ? so->so_dgrams->dg_length : max;
    memcpy(buffer, so->so_dgrams->dg_bytes, *received);
    *from = so->so_dgrams->dg_from;
    return 0;
}

int so_peek(sonode_t *so, void *buffer, size_t max, size_t *received, ip_endpoint_t *from)
{
    so_catch_up(so);
    *received = 0;
    *from = so->so_remote;
    if (so->so_type != SO_TCP)
        return peek_dgram(so, buffer, max, received, from);
    if (so->so_rcvlen == 0)
        return so_recv(so, buffer, max, received); /* there is nothing to leave */
    *received = so->so_rcvlen < max ? so->so_rcvlen : max;
    memcpy(buffer, so->so_rcvbuf + so->so_rcvfirst, *received);
    return 0;
}
