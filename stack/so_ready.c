/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What of a socket is ready: it only looks. Linux: tcp_poll(), datagram_poll().
 */
#include "stack/ip_impl.h"

#include <errno.h>
#include <string.h>

static unsigned ready_stream(const sonode_t *so)
{
    unsigned ready = so->so_error != 0 || so->so_connect_errno != 0 ? SO_READY_ERR : 0;
    if (so->so_connecting)
        return ready;
    if (so->so_connect_errno != 0)
        return ready | SO_READY_IN | SO_READY_OUT | SO_READY_HUP | SO_READY_RDHUP;
    if (so->so_rcvlen > 0 || so->so_cantrcvmore || so->so_error != 0)
        ready |= SO_READY_IN;
    if (so->so_cantrcvmore)
        ready |= SO_READY_RDHUP;
    if (so->so_cantrcvmore && so->so_cantsendmore)
        ready |= SO_READY_HUP;
    if (so->so_cantsendmore || so->so_pcb == NULL || tcp_sndbuf(so->so_pcb) > 0)
        ready |= SO_READY_OUT;
    return ready;
}

unsigned so_ready(const sonode_t *so)
{
    if (so->so_type != SO_TCP)
        return SO_READY_OUT | (so->so_dgrams != NULL ? SO_READY_IN : 0) |
               (so->so_error != 0 ? SO_READY_IN | SO_READY_ERR : 0);
    if (so->so_listener)
        return so->so_acceptq != NULL ? SO_READY_IN : 0;
    return ready_stream(so);
}

size_t so_readable(const sonode_t *so)
{
    if (so->so_type == SO_TCP)
        return so->so_rcvlen;
    return so->so_dgrams != NULL ? so->so_dgrams->dg_length : 0;
}

int so_peek(const sonode_t *so, void *buffer, size_t max, size_t *received, ip_endpoint_t *from)
{
    *received = 0;
    *from = so->so_remote;
    if (so->so_type != SO_TCP) {
        if (so->so_dgrams == NULL)
            return so->so_error != 0 ? so->so_error : EAGAIN;
        *received = so->so_dgrams->dg_length < max ? so->so_dgrams->dg_length : max;
        memcpy(buffer, so->so_dgrams->dg_bytes, *received);
        *from = so->so_dgrams->dg_from;
        return 0;
    }
    if (so->so_rcvlen == 0) {
        if (so->so_error != 0)
            return so->so_error;
        return so->so_cantrcvmore ? 0 : EAGAIN;
    }
    *received = so->so_rcvlen < max ? so->so_rcvlen : max;
    memcpy(buffer, so->so_rcvbuf, *received);
    return 0;
}
