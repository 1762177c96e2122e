/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the files that carry out faults: fault_box.c, faults of packets and of the box;
 * fault_flow.c, faults of connections.
 */
#ifndef LO0SIM_SIM_CORE_FAULT_IMPL_H
#define LO0SIM_SIM_CORE_FAULT_IMPL_H

#include "sim/core/box.h"
#include "sim/core/fault.h"
#include "sim/core/isn.h"
#include "sim/packet/packet.h"

#define FAULT_FAMILIES 2
#define FAULT_EVENTS   3

typedef struct flow flow_t;

struct box_faults {
    box_t *box;
    fault_t list[FAULTS_MAX];
    char *texts[FAULTS_MAX]; /* the faults' texts; `list` points into them */
    size_t count;
    uint64_t seen[FAULTS_MAX]; /* packets counted for a whole host */
    uint64_t random;           /* for chances: a sequence of their own */
    isn_table_t *isns;         /* for patterns; NULL: no pattern yet */
    flow_t *flows;
    uint64_t choices;            /* instants with several events, since the first fault of order */
    uint64_t blocks[FAULTS_MAX]; /* of `fail allocation`: how many there had been */
    fault_tally_t tallies[FAULTS_MAX]; /* `came` of some is counted elsewhere */
    uint64_t connections;
    char wrong[400]; /* why the last was not added */
    bool hooked;     /* the hooks of faults of connections are there */
    hook_t hooks[FAULT_FAMILIES][FAULT_EVENTS];
};

static inline void keep_most(uint64_t *most, uint64_t number)
{
    if (number > *most)
        *most = number;
}

/* The connection that a segment belongs to, and which end sends it.
 * => Returns NULL: its SYN was not seen. */
flow_t *fault_flow_of(box_faults_t *faults, const struct packet *packet, int *direction);

/* How many packets of a kind fault `i` has counted of a connection. */
uint64_t *fault_flow_seen(flow_t *flow, size_t i);

/* Registers the hooks, once.
 * => Returns false if there is no memory. */
bool fault_flows_begin(box_faults_t *faults);
void fault_flows_end(box_faults_t *faults);

#endif
