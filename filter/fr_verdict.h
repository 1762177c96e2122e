/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A verdict in a word. IPFilter: what ipf_check() returns to ipftest.
 */
#ifndef LO0SIM_FILTER_FR_VERDICT_H
#define LO0SIM_FILTER_FR_VERDICT_H

#include "filter/fr_check.h"

/* Judges a packet without further effect; it stays the caller's.
 * => Returns "pass", "block", "block return-rst", "block return-icmp", "block return-icmp-as-dest",
 *    "nomatch", "bad-packet", "auth", "preauth" or "account". */
const char *fr_verdict(ipf_stack_t *ifs, const qpktinfo_t *qpi, bool out, mblk_t *m);

/* Sets the time for fr_verdict(), in microseconds: for pps and states. */
void fr_verdict_set_time(ipf_stack_t *ifs, uint64_t now_us);

#endif
