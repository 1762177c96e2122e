/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet's way through a host, station by station: out, in, up to its endpoint, and where it can
 * wait on its way. */
#ifndef LO0SIM_STACK_IP_PATH_H
#define LO0SIM_STACK_IP_PATH_H

#include "stack/ip_impl.h"

/* A packet leaves the host's transport: takes `mp`. It takes the loopback path to one of the host's
 * own addresses, and the wire to any other address.
 * => Sets ips_send_error to what the hooks' verdict means for a caller that is sending. */
void ip_wput_ire(ip_stack_t *ips, mblk_t *mp);

/* netif->output for lwIP: copies the packet, writes its identifier, and calls ip_wput_ire(). */
err_t ill_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *address);
err_t ill_output_ip6(struct netif *netif, struct pbuf *p, const ip6_addr_t *address);

/* Puts a packet onto the wire, past all hooks: takes `mp`. */
void ip_xmit(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const in6_addr_t *next_hop);

/* The receiving half of the loopback path, for the interface that owns the destination: takes
 * `mp`. */
void ip_wput_local(ip_stack_t *ips, ill_t *ill, mblk_t *mp);

/* A packet comes from the wire: takes `mp`. (ip_rput, ip_input) */
void ip_rput(ip_stack_t *ips, ill_t *ill, mblk_t *mp);

/* The end of both paths: discards what cannot be delivered, and queues the rest for ip_fanout().
 * Takes `mp`. */
void ip_deliver(ip_stack_t *ips, ill_t *ill, mblk_t *mp);

/* After the hooks: hands a packet to the transport that it is addressed to. Takes `mp`. */
void ip_fanout(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph);

/* Runs an event's hooks over a packet, if there are any (Solaris: the macro FW_HOOKS).
 * => Returns the packet, perhaps another one; NULL if it was eaten.
 * => Takes `mp` if it returns NULL; otherwise the caller owns what it returns. */
mblk_t *fw_hooks(ip_stack_t *ips, ip_hook_event_t event, const ill_t *ill, mblk_t *mp);

/* Finds the endpoint for a packet and hands it over: takes `mp`. */
void ip_fanout_tcp(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph);
void ip_fanout_udp(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph);

/* Reports which endpoint a packet found. `fanout` is the function's name. */
void ip_found(ip_stack_t *ips, const char *fanout, const mblk_t *mp, const ip_header_t *iph,
              const char *state, const char *text);

/* Hands a packet to lwIP, on the interface that owns its destination: takes `mp`. */
void ip_to_lwip(ill_t *ill, mblk_t *mp, const ip_header_t *iph);

/* Answers a segment that has no endpoint, if it must be answered: takes `mp`. */
void tcp_xmit_listeners_reset(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph);

/* A fragment has come: takes `mp`.
 * => Returns its datagram if that is complete now; the caller owns it. Else NULL. */
mblk_t *ip_reass(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph);
void ip_reass_flush(ip_stack_t *ips);

/* The next hop of a packet does not answer: takes `mp`. */
void ip_seek_neighbour(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const in6_addr_t *next_hop);

/* Writes the header of a packet that the stack sends by itself, with `payload` bytes after it; DF
 * is set. */
void ip_write_header(ip_stack_t *ips, uint8_t *ip, const in6_addr_t *src, const in6_addr_t *dst,
                     uint8_t protocol, uint8_t ttl, size_t payload);

/* Whether one more can be sent in this window of time; always if `most` is 0. */
bool ip_limit_take(ip_stack_t *ips, ip_limit_t *limit, uint64_t window_us, uint32_t most);

/* squeue.c: queues a packet for `func`: takes `mp`. */
void squeue_init(ip_stack_t *ips, ip_fanout_t func);
void squeue_enter(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph);
void squeue_flush(ip_stack_t *ips);

/* Hands on the first of the queued packets now.
 * => Returns false if there is none. */
bool squeue_run_one(ip_stack_t *ips);

/* later.c: hands a packet to func(ips, ill) at a given time. The list keeps it until then, at an
 * address that does not change; later_flush() frees what is still in the list.
 * => Returns false if there is no memory; then `mp` is still the caller's. */
bool later_add(later_t **list, uint64_t at_us, ip_recv_t func, ip_stack_t *ips, ill_t *ill,
               mblk_t *mp);
void later_flush(later_t **list);

/* Calls each(arg, mp) for each packet of a list, or of the queue.
 * => Returns how many there are. */
size_t later_each(const later_t *list, void (*each)(void *arg, const mblk_t *mp), void *arg);
size_t ip_held_each(const ip_held_t *list, void (*each)(void *arg, const mblk_t *mp), void *arg);
size_t squeue_each(const squeue_t *sq, void (*each)(void *arg, const mblk_t *mp), void *arg);

/* Hands on now the packet of the list that is due first, if it is due by now and before `other`, a
 * timer that need not be set.
 * => Returns false if there is no such packet. */
bool later_run_one(const later_t *list, const vtimer_t *other);

/* net_inject.c */
extern const net_protocol_t ip_net_protocols[FAMILY_COUNT];

/* ip_fault.c: applies the fault that a packet suffers at a place, if a fault function is set. If
 * the packet is held back, `go_on` takes it on from there.
 * => Returns the packet, which can be another one; NULL if it does not go on now. */
mblk_t *ip_suffer(ip_stack_t *ips, ip_place_t place, ill_t *ill, mblk_t *mp, ip_recv_t go_on);
void ip_held_flush(ip_stack_t *ips);

static inline mblk_t *ip_fault(ip_stack_t *ips, ip_place_t place, ill_t *ill, mblk_t *mp,
                               ip_recv_t go_on)
{
    return ips->ips_fault != NULL ? ip_suffer(ips, place, ill, mp, go_on) : mp;
}

/* ip_discard.c: ends a packet and reports why; `ill` is its interface, or NULL. */
void ip_discard(ip_stack_t *ips, const ill_t *ill, mblk_t *mp, const char *why);

#endif
