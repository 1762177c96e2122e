/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Says of a packet, on standard output, which rules are asked, which match and which do not, and
 * why; then the verdict, and whose it is.
 */
#ifndef LO0SIM_SIM_RUN_RULES_WHY_H
#define LO0SIM_SIM_RUN_RULES_WHY_H

#include "filter/ipf.h"
#include "sim/ipftest/ipftest_packet.h"
#include "sim/packet/packet.h"

#include <stdbool.h>

typedef struct rules_why_options {
    bool hex;      /* the packets are written in hexadecimal; else as words (ipftest_packet.h) */
    bool unplaced; /* the rules were typed one by one: their lines are not told */
    /* Is told of each packet after what is said of it, unless its headers are cut; NULL: nobody. */
    void (*judged)(void *arg, const struct packet *packet);
    void *arg;
} rules_why_options_t;

/* Judges each packet of a text by the rules of `ifs`, which finds the states of those before. The
 * filter's probe and its fr_why() are set meanwhile.
 * => Returns how many packets there were; -1 where one cannot be read, with packets->line and
 * packets->error set. */
int rules_why(ipf_stack_t *ifs, const rules_why_options_t *options, ipftest_input_t *packets);

#endif
