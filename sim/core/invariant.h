/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Invariants, which hold whatever the rules, the hooks and the faults are. They are checked with
 * every event of the stack and the filter, and at the end.
 *
 *   - time does not go back
 *   - a packet that was eaten, lost or discarded does not go on; a hook that returned anything but
 *     0 has eaten it; a packet that the filter blocks does not go on unless it became a reply
 *   - a packet passes the hooks of an event once
 *   - a packet that has become a reply does not become one again, nor does a packet sent in answer
 *     to it
 *   - the lengths and checksums of a packet are correct unless a fault or a foreign hook touched it
 *   - a RST or an ICMP error ends the endpoint that it is for, and no other
 *   - a RST is not answered by a RST (RFC 9293, section 3.5.2)
 *   - an endpoint moves only along TCP's diagram (RFC 9293, section 3.3.2)
 *   - the filter's counters add up: each packet that it was asked about was passed or blocked
 *
 * Leaks are found when a box is drained (box_drain()).
 */
#ifndef LO0SIM_SIM_CORE_INVARIANT_H
#define LO0SIM_SIM_CORE_INVARIANT_H

#include "filter/ipf.h"
#include "stack/ip_stack.h"

typedef struct invariants invariants_t;

/* => Returns NULL if there is no memory in `memory`. The caller ends it with invariants_destroy().
 */
invariants_t *invariants_create(memory_t *memory);
void invariants_destroy(invariants_t *invariants);

/* Checks an event of a host's stack (`host` tells hosts apart), or of the box' filter. */
void invariants_ip(invariants_t *invariants, const void *host, uint64_t now_us,
                   const ip_event_t *event);
void invariants_ipf(invariants_t *invariants, const ipf_event_t *event);

/* A process has made a call: what it sends from now on answers no packet. */
void invariants_call(invariants_t *invariants);

/* Checks the counters, between two events. */
void invariants_count(invariants_t *invariants, const ipf_stack_t *ifs);

/* Tells what of the invariants is bookkeeping: what is remembered of an event that is over. */
void invariants_bookkeeping(invariants_t *invariants, memory_bookkeeping_t tell, void *arg);

/* The same of what is known of a host's packets, but for those that are still under way, ascending
 * in numbers[count]: the numbers of all others do not come again. */
void invariants_packets_bookkeeping(const invariants_t *invariants, const void *host,
                                    const uint32_t *numbers, size_t count,
                                    memory_bookkeeping_t tell, void *arg);

/* The first broken invariant, in words; NULL if all hold. */
const char *invariants_broken(const invariants_t *invariants);

#endif
