/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether two loaded filters decide the same about every packet. No counterpart in Solaris.
 */
#ifndef LO0SIM_FILTER_FR_PROVE_H
#define LO0SIM_FILTER_FR_PROVE_H

#include "filter/ipf.h"

#include <stdint.h>

typedef enum fr_proved {
    FR_PROVED,    /* they decide the same about every packet */
    FR_DIFFERS,   /* a packet was found about which they do not */
    FR_NOT_PROVED /* neither is known */
} fr_proved_t;

typedef struct fr_proof {
    fr_proved_t result;
    uint64_t cells; /* kinds of packets that were compared */
    int which; /* FR_NOT_PROVED because of a rule: 0 the old filter's, 1 the new one's; or -1 */
    int line;  /* that rule's */
    char text[160]; /* FR_DIFFERS: the packet. FR_NOT_PROVED: why */
} fr_proof_t;

/* The work that is worth waiting for: some second. */
#define FR_PROVE_WORK 20000000u

/* Compares what two filters do with every packet that belongs to no state and no fragment kept
 * before: pass or block, with which answer, kept how, sent where. Equal decisions keep equal
 * states, so what belongs to them is equal, too. What is logged and counted is not compared.
 *
 * The packets are divided where a rule that is reached has a bound, until each of both walks
 * treats all packets of a cell alike. `work`: the most rules that are compared with a cell. A
 * packet that differs is judged by both filters before it is told; they forget their states.
 *
 * Not proved are rules whose effect depends on more than the packet: limits, rates, pools,
 * addresses of interfaces, tags, `call`, `decapsulate`, `or-block`, `icmp-head`, `rule-ttl`, `with
 * bad`, `count` that keeps state, and masks that are no prefix. */
void fr_prove_same(ipf_stack_t *old, ipf_stack_t *new, uint64_t work, fr_proof_t *proof);

#endif
