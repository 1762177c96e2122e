/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether one rule matches all packets that another matches. No counterpart in Solaris.
 */
#ifndef LO0SIM_FILTER_FR_COVERS_H
#define LO0SIM_FILTER_FR_COVERS_H

#include "filter/ipf_rule.h"

#include <stdbool.h>

/* Whether `a` certainly matches every packet that `b` matches; both have the same direction. */
bool fr_covers(const frentry_t *a, const frentry_t *b);

/* The ports for which a comparison holds: one range or two. A range that ends below its
 * beginning is empty. */
typedef struct fr_port_ranges {
    int low[2], high[2];
} fr_port_ranges_t;

fr_port_ranges_t fr_port_ranges(const frpcmp_t *port);

/* Whether `a` holds for every port for which `b` holds. */
bool fr_ports_cover(const frpcmp_t *a, const frpcmp_t *b);

/* Whether a comparison holds for no port at all, or for every port. */
bool fr_ports_none(const frpcmp_t *port);
bool fr_ports_all(const frpcmp_t *port);

/* Whether `a` and `b`, of the same family, have no address in common. Negated addresses and those
 * of interfaces can be anything. */
bool fr_addresses_apart(const fraddr_t *a, const fraddr_t *b);

#endif
