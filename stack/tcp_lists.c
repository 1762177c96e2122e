/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Keeps lwIP's lists of connections in such an order that lwIP, which searches them from the front,
 * finds at once what it looks for. Also a hash of the connections by their two ends, and one by
 * their own port.
 *
 * lwIP puts the endpoint of each segment at the front of its list. Here that is done before lwIP
 * searches, with a second list in the same order that can be followed backward. lwIP compares a
 * segment for a listener, or for TIME_WAIT, with all active connections first: so the lists are
 * hidden from it meanwhile. What belongs to a connection lies in its pcb (ext_args). */
#include "stack/ip_path.h"
#include "stack/ipclassifier.h"
#include "stack/sonode.h"
#include "stack/tcp_endpoint.h"

#include <assert.h>

static void **arg_of(struct tcp_pcb *pcb, int which)
{
    return &pcb->ext_args[which].data;
}

static struct tcp_pcb *pcb_in(struct tcp_pcb *pcb, int which)
{
    return pcb->ext_args[which].data;
}

static size_t bucket_of(const ip_stack_t *ips, uint16_t local, uint16_t remote)
{
    uint32_t hash = ((uint32_t)remote << 16 | local) * 2654435761u;
    return (hash ^ hash >> 16) & (ips->ips_pcb_chains - 1);
}

/* Its own port, which lwIP sets to 0 before it frees the connection. */
static uint16_t port_of(const struct tcp_pcb *pcb)
{
    return (uint16_t)(uintptr_t)pcb->ext_args[PCB_PORT].data;
}

static struct tcp_pcb **by_ends(ip_stack_t *ips, const struct tcp_pcb *pcb)
{
    return &ips->ips_by_ends[bucket_of(ips, port_of(pcb), pcb->remote_port)];
}

static struct tcp_pcb *first_on_port(const ip_stack_t *ips, uint16_t port)
{
    return ips->ips_by_port[port & (ips->ips_pcb_chains - 1)];
}

static struct tcp_pcb **by_port(ip_stack_t *ips, uint16_t port)
{
    return &ips->ips_by_port[port & (ips->ips_pcb_chains - 1)];
}

/* ---- the second list ---- */

static void push_front(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    struct tcp_pcb *second = ips->ips_first_pcb;
    *arg_of(pcb, PCB_PREV) = NULL;
    *arg_of(pcb, PCB_NEXT) = second;
    if (second != NULL)
        *arg_of(second, PCB_PREV) = pcb;
    ips->ips_first_pcb = pcb;
}

static void take_out(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    struct tcp_pcb *prev = pcb_in(pcb, PCB_PREV), *next = pcb_in(pcb, PCB_NEXT);
    if (prev != NULL)
        *arg_of(prev, PCB_NEXT) = next;
    else if (ips->ips_first_pcb == pcb)
        ips->ips_first_pcb = next;
    if (next != NULL)
        *arg_of(next, PCB_PREV) = prev;
    *arg_of(pcb, PCB_PREV) = *arg_of(pcb, PCB_NEXT) = NULL;
}

/* ---- the hashes ---- */

static void chain_by_ends(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    struct tcp_pcb **chain = by_ends(ips, pcb);
    *arg_of(pcb, PCB_BY_ENDS) = *chain;
    *chain = pcb;
}

static void unchain_by_ends(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    struct tcp_pcb **chain = by_ends(ips, pcb);
    struct tcp_pcb *before = NULL, *at = *chain;
    while (at != pcb) {
        before = at;
        at = pcb_in(at, PCB_BY_ENDS);
    }
    if (before != NULL)
        *arg_of(before, PCB_BY_ENDS) = *arg_of(pcb, PCB_BY_ENDS);
    else
        *chain = pcb_in(pcb, PCB_BY_ENDS);
}

static void chain_by_port(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    struct tcp_pcb **chain = by_port(ips, port_of(pcb));
    *arg_of(pcb, PCB_BY_PORT_PREV) = NULL;
    *arg_of(pcb, PCB_BY_PORT) = *chain;
    if (*chain != NULL)
        *arg_of(*chain, PCB_BY_PORT_PREV) = pcb;
    *chain = pcb;
}

/* All that a server has accepted is on one port, so a chain can be long: it leads both ways. */
static void unchain_by_port(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    struct tcp_pcb *prev = pcb_in(pcb, PCB_BY_PORT_PREV), *next = pcb_in(pcb, PCB_BY_PORT);
    if (prev != NULL)
        *arg_of(prev, PCB_BY_PORT) = next;
    else
        *by_port(ips, port_of(pcb)) = next;
    if (next != NULL)
        *arg_of(next, PCB_BY_PORT_PREV) = prev;
}

/* lwIP frees a connection. */
static void freed(u8_t id, void *data)
{
    struct tcp_pcb *pcb = data;
    ip_stack_t *ips = stack_entered();
    (void)id;
    assert(pcb != NULL); /* the callback is set together with it */
    unchain_by_ends(ips, pcb);
    unchain_by_port(ips, pcb);
    ips->ips_ports_full[true] = false;
    ips->ips_pcb_count--;
    take_out(ips, pcb);
    tcp_timer_forget(ips, pcb);
    if (ips->ips_delivered == pcb)
        ips->ips_delivered = NULL;
}

void tcp_lists_begin(ip_stack_t *ips)
{
    ips->ips_by_ends = ips->ips_few_chains;
    ips->ips_by_port = ips->ips_few_chains + PCB_BUCKETS;
    ips->ips_pcb_chains = PCB_BUCKETS;
}

void tcp_lists_end(ip_stack_t *ips)
{
    if (ips->ips_by_ends != ips->ips_few_chains)
        memory_free(ips->ips_memory, ips->ips_by_ends);
    tcp_lists_begin(ips);
}

/* Twice as many chains, if there is memory for them. */
static void grow(ip_stack_t *ips)
{
    struct tcp_pcb **old = ips->ips_by_ends;
    size_t old_size = ips->ips_pcb_chains, size = 2 * old_size;
    struct tcp_pcb **table = memory_zalloc(ips->ips_memory, 2 * size * sizeof(struct tcp_pcb *));
    if (table == NULL)
        return;
    ips->ips_by_ends = table;
    ips->ips_by_port = table + size;
    ips->ips_pcb_chains = size;
    for (size_t i = 0; i < old_size; i++) {
        for (struct tcp_pcb *pcb = old[i], *next; pcb != NULL; pcb = next) {
            next = pcb_in(pcb, PCB_BY_ENDS);
            chain_by_ends(ips, pcb);
            chain_by_port(ips, pcb);
        }
    }
    if (old != ips->ips_few_chains)
        memory_free(ips->ips_memory, old);
}

void tcp_lists_insert(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    static const struct tcp_ext_arg_callbacks callbacks = {.destroy = freed};
    assert(pcb_in(pcb, PCB_SELF) == NULL);
    *arg_of(pcb, PCB_SELF) = pcb;
    *arg_of(pcb, PCB_PORT) = (void *)(uintptr_t)pcb->local_port;
    tcp_ext_arg_set_callbacks(pcb, PCB_SELF, &callbacks);
    if (ips->ips_pcb_count++ >= ips->ips_pcb_chains)
        grow(ips);
    chain_by_ends(ips, pcb);
    chain_by_port(ips, pcb);
    push_front(ips, pcb);
    tcp_window_keep(pcb);
    tcp_timer_touch(ips, pcb);
}

static inline bool is_address(const ip_addr_t *ip, const in6_addr_t *address)
{
    if (IP_IS_V4(ip))
        return ip_address_family(address) == AF_INET &&
               memcmp(&ip_2_ip4(ip)->addr, address->s6_addr + 12, 4) == 0;
    return memcmp(ip_2_ip6(ip)->addr, address, sizeof(*address)) == 0;
}

struct tcp_pcb *tcp_lists_find(const ip_stack_t *ips, const ip_endpoint_t *local,
                               const ip_endpoint_t *remote)
{
    struct tcp_pcb *pcb = ips->ips_by_ends[bucket_of(ips, local->ie_port, remote->ie_port)];
    if (pcb == NULL)
        return NULL;
    for (; pcb != NULL; pcb = pcb_in(pcb, PCB_BY_ENDS)) {
        if (pcb->remote_port == remote->ie_port && pcb->local_port == local->ie_port &&
            is_address(&pcb->remote_ip, &remote->ie_addr) &&
            is_address(&pcb->local_ip, &local->ie_addr))
            return pcb;
    }
    return NULL;
}

bool tcp_lists_port_is_used(const ip_stack_t *ips, uint16_t port)
{
    struct tcp_pcb *pcb = first_on_port(ips, port);
    while (pcb != NULL && pcb->local_port != port)
        pcb = pcb_in(pcb, PCB_BY_PORT);
    return pcb != NULL;
}

/* What is kept of a socket for when it is gone. */
enum { HAD_REUSE = 1, WAS_IN_WAY_OF_ANY4 = 2 };

void tcp_lists_keep_options(struct tcp_pcb *pcb, const sonode_t *so)
{
    uintptr_t kept = (so->so_options[SO_OPT_REUSEADDR] != 0 ? HAD_REUSE : 0) |
                     (so_is_in_way_of_any4(so) ? WAS_IN_WAY_OF_ANY4 : 0);
    *arg_of(pcb, PCB_OPTIONS) = (void *)kept;
}

static bool had(const struct tcp_pcb *pcb, uintptr_t what)
{
    return ((uintptr_t)pcb->ext_args[PCB_OPTIONS].data & what) != 0;
}

static bool may_reuse(const struct tcp_pcb *pcb, const sonode_t *so)
{
    bool both = !so->so_stack->ips_build->ib_linux_sockets || had(pcb, HAD_REUSE);
    return so->so_options[SO_OPT_REUSEADDR] != 0 && both;
}

static bool is_left_over(const struct tcp_pcb *pcb, const sonode_t *so)
{
    in6_addr_t local = from_lwip(&pcb->local_ip);
    return !may_reuse(pcb, so) && pcb->local_port == so->so_local.ie_port &&
           so_of_pcb(pcb) == NULL &&
           (so_accepts_address(so, &local) || (so_is_any4(so) && had(pcb, WAS_IN_WAY_OF_ANY4)));
}

bool tcp_lists_is_left_over(const sonode_t *so)
{
    const struct tcp_pcb *pcb = first_on_port(so->so_stack, so->so_local.ie_port);
    while (pcb != NULL && !is_left_over(pcb, so))
        pcb = pcb->ext_args[PCB_BY_PORT].data;
    return pcb != NULL;
}

static struct tcp_pcb *first_half_open(const ip_stack_t *ips, const struct tcp_pcb *listener)
{
    struct tcp_pcb *pcb = first_on_port(ips, listener->local_port);
    while (pcb != NULL && (pcb->state != SYN_RCVD || (const void *)pcb->listener != listener))
        pcb = pcb_in(pcb, PCB_BY_PORT);
    return pcb;
}

/* A hook may open and close others while a RST is sent: so the search begins anew after each. */
void tcp_lists_end_half_open(ip_stack_t *ips, const struct tcp_pcb *listener)
{
    struct tcp_pcb *pcb;
    while ((pcb = first_half_open(ips, listener)) != NULL)
        tcp_abandon(pcb, !ips->ips_build->ib_linux_sockets);
}

unsigned tcp_lists_unsent_acks(const struct tcp_pcb *pcb)
{
    return (unsigned)(uintptr_t)pcb->ext_args[PCB_UNSENT_ACKS].data;
}

void tcp_lists_count_unsent_ack(struct tcp_pcb *pcb)
{
    *arg_of(pcb, PCB_UNSENT_ACKS) = (void *)(uintptr_t)(tcp_lists_unsent_acks(pcb) + 1);
}

/* ---- the front ---- */

/* The connection before it in lwIP's list. The second list knows it, unless a hook has connected
 * while another connect was sending. */
static struct tcp_pcb *before(struct tcp_pcb *pcb)
{
    struct tcp_pcb *prev = pcb_in(pcb, PCB_PREV);
    if (prev != NULL && prev->next == pcb)
        return prev;
    for (prev = tcp_active_pcbs; prev != NULL && prev->next != pcb;)
        prev = prev->next;
    return prev;
}

static void to_front(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    if (tcp_active_pcbs == pcb)
        return;
    struct tcp_pcb *prev = before(pcb);
    assert(prev != NULL); /* an active connection is in the list */
    prev->next = pcb->next;
    pcb->next = tcp_active_pcbs;
    tcp_active_pcbs = pcb;
    take_out(ips, pcb);
    push_front(ips, pcb);
}

/* ---- hiding ---- */

/* Hides all connections from lwIP, which would search all of them. */
static void hide(ip_stack_t *ips)
{
    assert(!ips->ips_hidden); /* who comes meanwhile has them shown: stack_enter() */
    ips->ips_hidden = true;
    ips->ips_hidden_active = tcp_active_pcbs;
    tcp_active_pcbs = NULL;
}

/* Connections that were made meanwhile are at the front. */
void tcp_lists_show(ip_stack_t *ips)
{
    if (!ips->ips_hidden)
        return;
    ips->ips_hidden = false;
    struct tcp_pcb **end = &tcp_active_pcbs;
    while (*end != NULL) {
        if (pcb_in(*end, PCB_SELF) == NULL)
            tcp_lists_insert(ips, *end);
        end = &(*end)->next;
    }
    *end = ips->ips_hidden_active;
}

bool tcp_lists_deliver(ip_stack_t *ips, struct tcp_pcb *pcb, ill_t *ill, mblk_t *mp,
                       const ip_header_t *iph)
{
    if (pcb == NULL || pcb->state == TIME_WAIT) {
        hide(ips);
        tcp_tw_pcbs = pcb;
        ip_to_lwip(ill, mp, iph);
        tcp_tw_pcbs = NULL;
        tcp_lists_show(ips);
        return false;
    }
    to_front(ips, pcb);
    tcp_timer_touch(ips, pcb);
    ips->ips_delivered = pcb;
    ip_to_lwip(ill, mp, iph);
    bool is_there = ips->ips_delivered != NULL;
    ips->ips_delivered = NULL;
    if (!is_there || pcb->state != TIME_WAIT)
        return is_there;
    take_out(ips, pcb);
    tcp_time_wait_append(ips, pcb);
    return false;
}
