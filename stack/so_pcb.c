/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A socket and its endpoint in lwIP: lwIP's callbacks, and how the two are separated. Translates
 * what happens to an endpoint into what its application sees. */
#include "stack/sonode.h"
#include "stack/tcp_endpoint.h"

#include <assert.h>
#include <errno.h>

/* Takes a connection out of the accept queue of its listener. */
static void leave_acceptq(sonode_t *so)
{
    if (so->so_acceptor == NULL)
        return;
    sonode_t **link = &so->so_acceptor->so_acceptq;
    while (*link != so)
        link = &(*link)->so_acceptq_next;
    *link = so->so_acceptq_next;
    so->so_acceptor->so_acceptq_count--;
    so->so_acceptor = NULL;
}

/* Frees a socket, but not its endpoint. */
void so_free(sonode_t *so)
{
    ip_stack_t *ips = so->so_stack;

    assert(ips->ips_so_count > 0 && *so->so_link == so);
    leave_acceptq(so);
    while (so->so_acceptq != NULL)
        leave_acceptq(so->so_acceptq);
    tcp_unfuse(so, NULL);
    so_detach(so);
    so_dgram_free(so);
    vclock_cancel(ips->ips_clock, &so->so_syn_timer);
    vclock_cancel(ips->ips_clock, &so->so_abort_timer);
    vclock_cancel(ips->ips_clock, &so->so_notify_timer);
    vclock_cancel(ips->ips_clock, &so->so_accept_timer);
    so_unset_local(so);
    *so->so_link = so->so_next;
    if (so->so_next != NULL)
        so->so_next->so_link = so->so_link;
    ips->ips_so_count--;
    freemsg(so->so_peer_syn);
    memory_let_go(ips->ips_memory, MEMORY_UNREAD, so->so_rcvsize);
    memory_let_go(ips->ips_memory, MEMORY_SOCKETS, MEMORY_PER_SOCKET);
    memory_free(ips->ips_memory, so->so_rcvbuf);
    memory_free(ips->ips_memory, so);
}

/* The errno that an application sees when lwIP drops its endpoint; 0 if it sees none
 * (solaris-facts: RST by state). */
static int error_by_cause(const sonode_t *so, err_t err)
{
    const ip_stack_t *ips = so->so_stack;
    if (ips->ips_timed_out)
        return so->so_client_errno != 0 ? so->so_client_errno : ETIMEDOUT;
    if (err == ERR_CLSD)
        return 0;
    if (ips->ips_build->ib_linux_sockets)
        return ips->ips_fanout_state == CLOSE_WAIT ? EPIPE : ECONNRESET;
    bool is_over = ips->ips_fanout_state == CLOSING || ips->ips_fanout_state == LAST_ACK;
    return is_over && err == ERR_RST ? 0 : ECONNRESET; /* a SYN in the window is always told */
}

/* lwIP has dropped the endpoint. It frees it before this call, or after the call in case of a RST.
 * Then on_destroyed() must not be called again, since the socket may be gone by then. */
static void on_error(void *arg, err_t err)
{
    sonode_t *so = arg;
    ip_stack_t *ips = so->so_stack;

    tcp_unfuse(so, NULL);
    if (so->so_pcb != NULL)
        tcp_ext_arg_set(so->so_pcb, PCB_SO, NULL);
    so->so_pcb = NULL;
    if (so->so_connecting) {
        so_connect_done(so, ips->ips_timed_out ? ETIMEDOUT : ECONNREFUSED);
        return;
    }
    int error = error_by_cause(so, err);
    if (so->so_acceptor != NULL && !ips->ips_build->ib_linux_sockets) {
        /* It was not accepted yet: the listener forgets it, as Solaris takes back its T_CONN_IND.
         */
        so_free(so);
        return;
    }
    so_fail(so, error);
}

static bool append(sonode_t *so, const struct pbuf *p)
{
    uint8_t *to = so_reserve(so, p->tot_len);
    if (to == NULL)
        return false;
    pbuf_copy_partial(p, to, p->tot_len, 0);
    so->so_rcvlen += p->tot_len;
    return true;
}

/* If there is no memory to take the data, lwIP keeps it and offers it again later. */
static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)pcb;
    (void)err;
    sonode_t *so = arg;
    if (p == NULL) {
        so->so_fin = true;
        so->so_cantrcvmore = true;
    } else if (!append(so, p)) {
        ip_emit(so->so_stack, &(ip_event_t){.kind = IP_EV_DISCARD,
                                            .local = so->so_local,
                                            .reason = "no memory: it is taken later"});
        return ERR_MEM;
    } else {
        pbuf_free(p);
    }
    so_changed(so);
    return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t length)
{
    tcp_queue_shrinks(pcb, length);
    so_changed(arg);
    return ERR_OK;
}

/* For an endpoint in TIME_WAIT this is lwIP's only notice that it is freed. */
static void on_destroyed(u8_t id, void *data)
{
    (void)id;
    if (data != NULL)
        ((sonode_t *)data)->so_pcb = NULL;
}

static const struct tcp_ext_arg_callbacks ext_arg_callbacks = {.destroy = on_destroyed};

void so_attach(sonode_t *so, struct tcp_pcb *pcb)
{
    assert(so->so_pcb == NULL && so_of_pcb(pcb) == NULL); /* one socket has one endpoint */
    so->so_pcb = pcb;
    tcp_arg(pcb, so);
    tcp_err(pcb, on_error);
    tcp_recv(pcb, on_recv);
    tcp_sent(pcb, on_sent);
    tcp_ext_arg_set_callbacks(pcb, PCB_SO, &ext_arg_callbacks);
    tcp_ext_arg_set(pcb, PCB_SO, so);
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
    tcp_ext_arg_set(pcb, PCB_SO, NULL);
}

void so_abandon_connect(sonode_t *so, int error)
{
    struct tcp_pcb *pcb = so->so_pcb;
    assert(so->so_connecting && pcb != NULL);
    so_detach(so);
    tcp_abandon(pcb, 0);
    so_connect_done(so, error);
}
