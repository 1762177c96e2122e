/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What always holds, whatever the rules, the hooks and the faults: looked at with every event of
 * the stack and the filter, and at the end.
 *
 *   - time does not go back
 *   - a packet that was eaten, lost or discarded does not go on; a hook that returned something but
 * 0 has eaten; a block of the filter's that became no reply is obeyed
 *   - a packet meets the hooks of an event once
 *   - what has become a reply does not become one again, nor does what is sent in answer to it
 *   - a packet that no fault and no foreign hook has touched has lengths and checksums that hold
 *   - a RST or an ICMP error ends the endpoint that it is for, and no other
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

/* => Returns NULL if there is no memory. The caller ends it with invariants_destroy(). */
invariants_t *invariants_create(void);
void invariants_destroy(invariants_t *invariants);

/* An event of a host's stack (`host` tells hosts apart), or of the box' filter. */
void invariants_ip(invariants_t *invariants, const void *host, uint64_t now_us,
                   const ip_event_t *event);
void invariants_ipf(invariants_t *invariants, const ipf_event_t *event);

/* Looks at the counters, between two events. */
void invariants_count(invariants_t *invariants, const ipf_stack_t *ifs);

/* What was broken first, in words; NULL: nothing. */
const char *invariants_broken(const invariants_t *invariants);

#endif
