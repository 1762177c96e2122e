/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One packet through the filter, without hooks. Solaris: fr_check() (inet/ipf/fil.c).
 */
#ifndef LO0SIM_FILTER_FR_CHECK_H
#define LO0SIM_FILTER_FR_CHECK_H

#include "filter/ipf.h"
#include "stack/hook.h"

#include <stdbool.h>
#include <stdint.h>

/* The packet came through a loopback hook: its checksums are not verified, and a reply to it cannot
 * be sent. Only this flag distinguishes loopback from a wire. */
#define FI_NOCKSUM         0x20000000u
#define IPF_IS_LOOPBACK(f) (((f)&FI_NOCKSUM) != 0)

/* How a packet came to the filter. */
typedef struct qpktinfo {
    const char *qpi_ifname; /* the interface it is judged on; "" if that is not known */
    phy_if_t qpi_ill;       /* the same, as an index */
    uint32_t qpi_flags;     /* FI_NOCKSUM */
    size_t qpi_left;        /* ipftest: how many bytes can be read from the packet's beginning,
                             * including what an earlier packet left after its end; 0: only its own
                             */
} qpktinfo_t;

/* Judges the packet *mp: parses it, finds the rule, logs, answers, counts. `out` chooses the list.
 * *mp is one IPv4 or IPv6 packet in network order.
 * => Returns 0 if the packet goes on: passed, or turned into its own reply (which is counted as
 *    blocked). Then the packet stays the caller's, in the same buffer.
 * => Returns 0 with *mp NULL if the packet could not be turned into a reply, or if its rule has
 *    sent it elsewhere (`to`): it was freed.
 * => Returns an errno (ENETUNREACH, or ECONNRESET for an outbound return-rst) if the packet is
 *    blocked: it was freed and *mp is NULL. */
int fr_check(ipf_stack_t *ifs, const qpktinfo_t *qpi, bool out, mblk_t **mp);

#endif
