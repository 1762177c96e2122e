/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A socket as such: its place in its host's list, what it has buffered, its pending error, and who
 * is woken by changes. Solaris: struct sonode (sockfs).
 *
 * lwIP's callbacks come while lwIP is at work; they only note what happened. A timer of the
 * same instant wakes those that wait.
 */
#include "stack/sonode.h"
#include "stack/ip_path.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define DGRAMS_MAX 256 /* waiting on one socket; more are dropped */

sonode_t *so_create(ip_stack_t *ips)
{
    sonode_t *so = memory_zalloc(ips->ips_memory, sizeof(*so));
    if (so == NULL)
        return NULL;
    memory_hold(ips->ips_memory, MEMORY_SOCKETS, MEMORY_PER_SOCKET);
    so->so_stack = ips;
    so->so_family = AF_INET6;
    so_options_init(so);
    so->so_sndmax = TCP_SND_BUF;
    so->so_last_dgram = &so->so_dgrams;
    so->so_next = ips->ips_sockets;
    so->so_link = &ips->ips_sockets;
    if (so->so_next != NULL)
        so->so_next->so_link = &so->so_next;
    ips->ips_sockets = so;
    ips->ips_so_count++;
    return so;
}

/* ---- by port ---- */

#define SO_CHAINS_MAX 65536 /* one for each port */

void so_ports_begin(ip_stack_t *ips)
{
    ips->ips_so_by_port = ips->ips_few_so_chains;
    ips->ips_so_chains = PCB_BUCKETS;
}

void so_ports_end(ip_stack_t *ips)
{
    if (ips->ips_so_by_port != ips->ips_few_so_chains)
        memory_free(ips->ips_memory, ips->ips_so_by_port);
    so_ports_begin(ips);
}

static sonode_t **chain_of(ip_stack_t *ips, uint16_t port)
{
    return &ips->ips_so_by_port[port & (ips->ips_so_chains - 1)];
}

sonode_t *so_on_port(const ip_stack_t *ips, uint16_t port)
{
    return ips->ips_so_by_port[port & (ips->ips_so_chains - 1)];
}

/* Twice as many chains, if there is memory for them. A chain becomes two; in each its sockets are
 * in the order that they had, since the order decides who is found. */
static void grow(ip_stack_t *ips)
{
    sonode_t **old = ips->ips_so_by_port;
    size_t old_size = ips->ips_so_chains;
    sonode_t **table = memory_zalloc(ips->ips_memory, 2 * old_size * sizeof(sonode_t *));
    if (table == NULL)
        return;
    ips->ips_so_by_port = table;
    ips->ips_so_chains = 2 * old_size;
    for (size_t i = 0; i < old_size; i++) {
        sonode_t **ends[2] = {&table[i], &table[old_size + i]};
        for (sonode_t *so = old[i]; so != NULL; so = so->so_port_next) {
            sonode_t ***end = &ends[(so->so_local.ie_port & old_size) != 0];
            so->so_port_link = *end;
            **end = so;
            *end = &so->so_port_next;
        }
        *ends[0] = *ends[1] = NULL;
    }
    if (old != ips->ips_few_so_chains)
        memory_free(ips->ips_memory, old);
}

/* Listeners are before all others, which are many on a port with many connections. */
static void link_port(sonode_t *so)
{
    ip_stack_t *ips = so->so_stack;
    if (ips->ips_so_count > ips->ips_so_chains && ips->ips_so_chains < SO_CHAINS_MAX)
        grow(ips);
    sonode_t **link = chain_of(ips, so->so_local.ie_port);
    while (!so->so_listener && *link != NULL && (*link)->so_listener)
        link = &(*link)->so_port_next;
    so->so_port_next = *link;
    so->so_port_link = link;
    if (*link != NULL)
        (*link)->so_port_link = &so->so_port_next;
    *link = so;
}

void so_set_local(sonode_t *so, const in6_addr_t *address, uint16_t port)
{
    assert(so->so_port_link == NULL);
    so->so_local = (ip_endpoint_t){*address, port};
    link_port(so);
}

void so_set_listener(sonode_t *so, bool is)
{
    bool linked = so->so_port_link != NULL;
    so_unset_local(so);
    so->so_listener = is;
    if (linked)
        link_port(so);
}

void so_unset_local(sonode_t *so)
{
    if (so->so_port_link == NULL)
        return;
    *so->so_port_link = so->so_port_next;
    so->so_stack->ips_ports_full[so->so_type == SO_TCP] = false;
    if (so->so_port_next != NULL)
        so->so_port_next->so_port_link = so->so_port_link;
    so->so_port_link = NULL;
    so->so_port_next = NULL;
}

/* ---- what is to be done ---- */

#define SETTLE_MAX 1024

/* In the order in which the clock would do it. A loop of packets is not followed for ever: the rest
 * of it has its turn with the clock. */
void so_settle(sonode_t *so)
{
    ip_stack_t *ips = so->so_stack;
    if (lwip_is_entered())
        return;
    for (unsigned n = 0; n < SETTLE_MAX; n++) {
        if (!later_run_one(ips->ips_injects, &ips->ips_squeue.sq_drain) && !squeue_run_one(ips))
            return;
    }
}

void so_catch_up(sonode_t *so)
{
    if (so->so_stack->ips_build->ib_linux_sockets)
        so_settle(so);
}

static void notify(void *arg)
{
    sonode_t *so = arg;
    if (so->so_notify != NULL)
        so->so_notify(so->so_notify_arg);
}

static bool is_awaited(const sonode_t *so)
{
    return so->so_notify != NULL && (so->so_awaited == NULL || so->so_awaited(so->so_notify_arg));
}

void so_changed(sonode_t *so)
{
    vclock_t *clock = so->so_stack->ips_clock;
    so->so_changes++;
    if (is_awaited(so) && !vtimer_is_set(&so->so_notify_timer))
        vclock_set_relay(clock, &so->so_notify_timer, notify, so);
}

void so_set_notify(sonode_t *so, so_notify_t func, so_awaited_t awaited, void *arg)
{
    so->so_notify = func;
    so->so_awaited = awaited;
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

uint8_t *so_reserve(sonode_t *so, size_t length)
{
    size_t needed = so->so_rcvlen + length;
    if (so->so_rcvfirst + needed > so->so_rcvsize && so->so_rcvfirst > 0) {
        memmove(so->so_rcvbuf, so->so_rcvbuf + so->so_rcvfirst, so->so_rcvlen);
        so->so_rcvfirst = 0;
    }
    if (needed > so->so_rcvsize) {
        size_t size = so->so_rcvsize == 0 ? 2048 : so->so_rcvsize;
        while (size < needed)
            size *= 2;
        uint8_t *buffer = memory_realloc(so->so_stack->ips_memory, so->so_rcvbuf, size);
        if (buffer == NULL)
            return NULL;
        memory_hold(so->so_stack->ips_memory, MEMORY_UNREAD, size - so->so_rcvsize);
        so->so_rcvbuf = buffer;
        so->so_rcvsize = size;
    }
    return so->so_rcvbuf + so->so_rcvfirst + so->so_rcvlen;
}

bool so_append(sonode_t *so, const void *data, size_t length)
{
    uint8_t *to = so_reserve(so, length);
    if (to == NULL)
        return false;
    memcpy(to, data, length);
    so->so_rcvlen += length;
    return true;
}

int so_take_error(sonode_t *so)
{
    int error = so_take_pending(so);
    if (error != 0 || !so->so_stack->ips_build->ib_linux_sockets)
        return error;
    error = so->so_client_errno; /* sk_err_soft */
    so->so_client_errno = 0;
    return error;
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

uint64_t so_take_ports_tried(ip_stack_t *ips)
{
    uint64_t tried = ips->ips_ports_tried;
    ips->ips_ports_tried = 0;
    return tried;
}

void so_connect_done(sonode_t *so, int error)
{
    ip_stack_t *ips = so->so_stack;

    assert(so->so_connecting); /* a connect ends once */
    so->so_connecting = false;
    freemsg(so->so_peer_syn);
    so->so_peer_syn = NULL;
    so->so_connect_errno = error;
    so->so_open = error == 0;
    if (error == 0) {
        if (ips->ips_build->ib_linux_sockets)
            so->so_client_errno = 0; /* its SYN has got through */
        so_apply_options(so);
    } else {
        so->so_error = error;
        so->so_cantsendmore = so->so_cantrcvmore = true;
    }
    vclock_cancel(ips->ips_clock, &so->so_syn_timer);
    vclock_cancel(ips->ips_clock, &so->so_abort_timer);
    ip_emit(ips, &(ip_event_t){.kind = error == 0 ? IP_EV_CONNECTED : IP_EV_ERRNO,
                               .local = so->so_local,
                               .remote = so->so_remote,
                               .error = error});
    so_changed(so);
}

dgram_t *so_append_dgram(sonode_t *so, const ip_endpoint_t *from, size_t length)
{
    if (so->so_dgram_count == DGRAMS_MAX)
        return NULL;
    dgram_t *dgram = memory_alloc(so->so_stack->ips_memory, sizeof(*dgram) + length);
    if (dgram == NULL) {
        ip_tell_no_memory(so->so_stack);
        return NULL;
    }
    memory_hold(so->so_stack->ips_memory, MEMORY_UNREAD, MEMORY_PER_PACKET + length);
    dgram->dg_next = NULL;
    dgram->dg_from = *from;
    dgram->dg_length = length;
    *so->so_last_dgram = dgram;
    so->so_last_dgram = &dgram->dg_next;
    so->so_dgram_count++;
    so_changed(so);
    return dgram;
}

void so_drop_dgram(sonode_t *so)
{
    dgram_t *dgram = so->so_dgrams;
    assert(dgram != NULL && so->so_dgram_count > 0);
    so->so_dgrams = dgram->dg_next;
    if (so->so_dgrams == NULL)
        so->so_last_dgram = &so->so_dgrams;
    so->so_dgram_count--;
    memory_let_go(so->so_stack->ips_memory, MEMORY_UNREAD, MEMORY_PER_PACKET + dgram->dg_length);
    memory_free(so->so_stack->ips_memory, dgram);
}

void so_dgram_free(sonode_t *so)
{
    while (so->so_dgrams != NULL)
        so_drop_dgram(so);
    if (so->so_udp != NULL)
        udp_remove(so->so_udp);
    so->so_udp = NULL;
}
