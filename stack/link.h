/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A wire between hosts: it has a latency and a rate, and loses nothing. Packets travel as IP;
 * there are no frames, no ARP and no neighbour discovery on it.
 */
#ifndef LO0SIM_STACK_LINK_H
#define LO0SIM_STACK_LINK_H

#include "stack/hook.h"
#include "stack/ip_address.h"
#include "stack/vclock.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct link link_t;
struct ip_stack;

/* A wire without hosts. A packet of n bytes occupies its sender's end for n * 8 / rate_bps seconds,
 * and arrives latency_us after its last bit has left. `rate_bps` 0: it takes no time.
 * => Returns NULL if there is no memory. `clock` stays the caller's and must outlive the wire; the
 *    caller ends it with link_destroy(), after the hosts on it. */
link_t *link_create(vclock_t *clock, uint64_t latency_us, uint64_t rate_bps);
void link_destroy(link_t *link);

/* Puts a host's interface on the wire.
 * => Returns 0; ENXIO if the host has no such interface, EBUSY if it is on a wire already, ENOSPC
 *    if LINK_HOSTS_MAX hosts are on this wire. */
#define LINK_HOSTS_MAX 16
int link_attach(link_t *link, struct ip_stack *ips, const char *ifname);

/* Sends a packet from a host to the other host on the wire that owns `next_hop`, which link_has()
 * must have told of: takes `mp`.
 * => Returns false if there is no memory: then the packet is lost. */
bool link_send(link_t *link, const struct ip_stack *from, const in6_addr_t *next_hop, mblk_t *mp);

/* Drops the packets that are on their way. */
void link_flush(link_t *link);

/* Whether another host on the wire than `from` has an address. */
bool link_has(const link_t *link, const struct ip_stack *from, const in6_addr_t *address);

#endif
