/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether all packets that one rule matches are matched by another. No counterpart in Solaris.
 */
#ifndef LO0SIM_FILTER_FR_COVERS_H
#define LO0SIM_FILTER_FR_COVERS_H

#include "filter/ipf_rule.h"

#include <stdbool.h>

/* Whether `a` matches every packet that `b` matches; both are of one direction. It is said of what
 * is certain only: false means that it is not known to. */
bool fr_covers(const frentry_t *a, const frentry_t *b);

/* Whether each port for which `b` holds is one for which `a` does. */
bool fr_ports_cover(const frpcmp_t *a, const frpcmp_t *b);

/* Whether a comparison holds for no port at all, or for every one though it compares. */
bool fr_ports_none(const frpcmp_t *port);
bool fr_ports_all(const frpcmp_t *port);

/* Whether no address is both in `a` and in `b`, which are of one family. Negated ones and those of
 * interfaces may be anything. */
bool fr_addresses_apart(const fraddr_t *a, const fraddr_t *b);

#endif
