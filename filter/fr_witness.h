/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Makes the packets with which a client begins, for the filter to judge. No counterpart in Solaris.
 */
#ifndef LO0SIM_FILTER_FR_WITNESS_H
#define LO0SIM_FILTER_FR_WITNESS_H

#include "filter/ipf_rule.h"
#include "stack/hook.h"

#include <stdint.h>

/* A TCP segment or a UDP datagram, without data. */
typedef struct fr_witness {
    int version;   /* 4 or 6 */
    uint8_t proto; /* IPPROTO_TCP or IPPROTO_UDP */
    i6addr_t src, dst;
    uint16_t sport, dport;
    uint8_t flags; /* TCP: TH_*; 0: a SYN */
    uint32_t seq, ack;
} fr_witness_t;

/* The packet, with correct checksums.
 * => Returns NULL if there is no memory. The caller frees it. */
mblk_t *fr_witness_packet(const fr_witness_t *packet);

#endif
