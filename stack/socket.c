/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sockets: what happens to an endpoint becomes what its application sees. Solaris: sockfs.
 *
 * lwIP's callbacks come while lwIP is at work; they only note what happened. Whoever waits is
 * told by a timer of the same instant.
 */
#include "stack/ip_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static u8_t ext_arg_id(void)
{
    return 0; /* LWIP_TCP_PCB_NUM_EXT_ARGS is 1: the first and only */
}

/* ---- making and ending ---- */

sonode_t *so_create(ip_stack_t *ips)
{
    sonode_t *so = calloc(1, sizeof(*so));
    if (so == NULL)
        return NULL;
    so->so_stack = ips;
    so->so_last_dgram = &so->so_dgrams;
    so->so_next = ips->ips_sockets;
    so->so_link = &ips->ips_sockets;
    if (so->so_next != NULL)
        so->so_next->so_link = &so->so_next;
    ips->ips_sockets = so;
    ips->ips_so_count++;
    return so;
}

/* Takes a connection out of the accept queue of its listener. */
static void leave_acceptq(sonode_t *so)
{
    if (so->so_acceptor == NULL)
        return;
    sonode_t **link = &so->so_acceptor->so_acceptq;
    while (*link != so)
        link = &(*link)->so_acceptq_next;
    *link = so->so_acceptq_next;
    so->so_acceptor = NULL;
}

/* Frees a socket, but not its endpoint. */
void so_free(sonode_t *so)
{
    ip_stack_t *ips = so->so_stack;

    leave_acceptq(so);
    while (so->so_acceptq != NULL)
        leave_acceptq(so->so_acceptq);
    tcp_unfuse(so, NULL);
    so_detach(so);
    so_dgram_free(so);
    vclock_cancel(ips->ips_clock, &so->so_syn_timer);
    vclock_cancel(ips->ips_clock, &so->so_abort_timer);
    vclock_cancel(ips->ips_clock, &so->so_notify_timer);
    *so->so_link = so->so_next;
    if (so->so_next != NULL)
        so->so_next->so_link = so->so_link;
    ips->ips_so_count--;
    free(so->so_rcvbuf);
    free(so);
}

/* ---- telling ---- */

static void notify(void *arg)
{
    sonode_t *so = arg;
    if (so->so_notify != NULL)
        so->so_notify(so->so_notify_arg);
}

void so_changed(sonode_t *so)
{
    vclock_t *clock = so->so_stack->ips_clock;
    if (!vtimer_is_set(&so->so_notify_timer))
        vclock_set(clock, &so->so_notify_timer, vclock_now(clock), notify, so);
}

void so_set_notify(sonode_t *so, so_notify_t func, void *arg)
{
    so->so_notify = func;
    so->so_notify_arg = arg;
}

/* The connection is gone: soisdisconnected(). */
void so_fail(sonode_t *so, int error)
{
    so->so_error = error;
    so->so_cantsendmore = true;
    so->so_cantrcvmore = true;
    if (error != 0)
        ip_emit(so->so_stack, &(ip_event_t){.kind = IP_EV_ERRNO,
                                            .local = so->so_local,
                                            .remote = so->so_remote,
                                            .error = error});
    so_changed(so);
}

/* ---- lwIP's callbacks ---- */

/* What an application sees when lwIP drops its endpoint; 0 for an end that is none of its
 * business (solaris-facts: RST by state). */
static int error_by_cause(const ip_stack_t *ips, err_t err)
{
    if (ips->ips_in_tick)
        return ETIMEDOUT;
    if (err == ERR_CLSD || ips->ips_fanout_state == CLOSING || ips->ips_fanout_state == LAST_ACK)
        return 0;
    return ECONNRESET;
}

/* lwIP has dropped the endpoint. It frees it before this call or, after a RST, behind it:
 * on_destroyed() must not come once more, since the socket may be gone by then. */
static void on_error(void *arg, err_t err)
{
    sonode_t *so = arg;
    ip_stack_t *ips = so->so_stack;

    tcp_unfuse(so, NULL);
    if (so->so_pcb != NULL)
        tcp_ext_arg_set(so->so_pcb, ext_arg_id(), NULL);
    so->so_pcb = NULL;
    if (so->so_connecting) {
        so_connect_done(so, ips->ips_in_tick ? ETIMEDOUT : ECONNREFUSED);
        return;
    }
    int error = error_by_cause(ips, err);
    if (so->so_acceptor != NULL) {
        /* Nobody has it yet: the listener forgets it, as Solaris takes back its T_CONN_IND. */
        so_free(so);
        return;
    }
    so_fail(so, error);
}

/* Room for `length` more bytes behind what is buffered. */
static uint8_t *reserve(sonode_t *so, size_t length)
{
    size_t needed = so->so_rcvlen + length;
    if (needed > so->so_rcvsize) {
        size_t size = so->so_rcvsize == 0 ? 2048 : so->so_rcvsize;
        while (size < needed)
            size *= 2;
        so->so_rcvbuf = realloc(so->so_rcvbuf, size);
        if (so->so_rcvbuf == NULL)
            abort();
        so->so_rcvsize = size;
    }
    return so->so_rcvbuf + so->so_rcvlen;
}

void so_append(sonode_t *so, const void *data, size_t length)
{
    memcpy(reserve(so, length), data, length);
    so->so_rcvlen += length;
}

static void append(sonode_t *so, const struct pbuf *p)
{
    pbuf_copy_partial(p, reserve(so, p->tot_len), p->tot_len, 0);
    so->so_rcvlen += p->tot_len;
}

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)pcb;
    (void)err;
    sonode_t *so = arg;
    if (p == NULL) {
        so->so_cantrcvmore = true;
    } else {
        append(so, p);
        pbuf_free(p);
    }
    so_changed(so);
    return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t length)
{
    (void)pcb;
    (void)length;
    so_changed(arg);
    return ERR_OK;
}

/* lwIP frees an endpoint in TIME_WAIT without any other word. */
static void on_destroyed(u8_t id, void *data)
{
    (void)id;
    if (data != NULL)
        ((sonode_t *)data)->so_pcb = NULL;
}

static const struct tcp_ext_arg_callbacks ext_arg_callbacks = {.destroy = on_destroyed};

void so_attach(sonode_t *so, struct tcp_pcb *pcb)
{
    so->so_pcb = pcb;
    tcp_arg(pcb, so);
    tcp_err(pcb, on_error);
    tcp_recv(pcb, on_recv);
    tcp_sent(pcb, on_sent);
    tcp_ext_arg_set_callbacks(pcb, ext_arg_id(), &ext_arg_callbacks);
    tcp_ext_arg_set(pcb, ext_arg_id(), so);
}

void so_detach(sonode_t *so)
{
    struct tcp_pcb *pcb = so->so_pcb;
    if (pcb == NULL)
        return;
    so->so_pcb = NULL;
    if (so->so_listener) {
        tcp_arg(pcb, NULL);
        return;
    }
    tcp_arg(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_ext_arg_set(pcb, ext_arg_id(), NULL);
}

/* ---- data ---- */

int so_take_error(sonode_t *so)
{
    int error = so->so_error;
    so->so_error = 0;
    return error;
}

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
    err_t err = tcp_write(so->so_pcb, data, (u16_t)chunk, TCP_WRITE_FLAG_COPY);
    if (err == ERR_OK) {
        *sent = chunk;
        tcp_output(so->so_pcb);
    }
    stack_leave(ips);
    if (ip_verdict(ips) != 0)
        return ip_verdict(ips);
    return err == ERR_OK ? 0 : EAGAIN;
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
    memcpy(buffer, so->so_rcvbuf, n);
    memmove(so->so_rcvbuf, so->so_rcvbuf + n, so->so_rcvlen - n);
    so->so_rcvlen -= n;
    *received = n;
    if (so->so_peer != NULL) {
        tcp_fuse_received(so, n);
    } else if (so->so_pcb != NULL) {
        stack_enter(so->so_stack);
        tcp_recved(so->so_pcb, (u16_t)n);
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
    if (so->so_pcb != NULL)
        tcp_shutdown(so->so_pcb, 0, 1);
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
    tcp_unfuse(so, "a FIN is to come");
    so_free(so);
    if (pcb != NULL)
        tcp_close(pcb);
    stack_leave(ips);
}

/* ---- small questions ---- */

bool so_accepts_address(const sonode_t *so, const in6_addr_t *address)
{
    const in6_addr_t *own = &so->so_local.ie_addr;
    if (IN6_IS_ADDR_UNSPECIFIED(own))
        return true;
    if (ip_address_is_any(own))
        return ip_address_family(own) == ip_address_family(address);
    return ip_address_same(own, address);
}

ip_endpoint_t so_local(const sonode_t *so)
{
    return so->so_local;
}

ip_endpoint_t so_remote(const sonode_t *so)
{
    return so->so_remote;
}

size_t so_count(const ip_stack_t *ips)
{
    return ips->ips_so_count;
}
