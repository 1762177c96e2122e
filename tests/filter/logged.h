/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets through fr_check() on loopback, and the filter's log as ipmon prints it.
 */
#ifndef LO0SIM_TESTS_FILTER_LOGGED_H
#define LO0SIM_TESTS_FILTER_LOGGED_H

#include "filter/ipf.h"
#include "tests/filter/packet.h"

#include <stdbool.h>

/* How a line of the log begins at time 0. */
#define AT "16/06/2009 15:30:00.000000 lo0 "

/* => Returns the log, printed with IPMON_* of `how`, in a buffer that the next call reuses. */
const char *log_of(const ipf_stack_t *ifs, unsigned how);

/* Takes the packet `m`, or one made of `packet`, through fr_check() on lo0. */
void check_mblk(ipf_stack_t *ifs, bool out, mblk_t *m);
void check(ipf_stack_t *ifs, bool out, const packet_t *packet);

#endif
