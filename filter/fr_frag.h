/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fragment table: datagrams of which a fragment has met a rule with `keep frags`, or has made
 * or hit a state entry. Solaris: ip_frag.c.
 *
 * Later fragments of such a datagram have no ports to compare: they get the verdict of that rule,
 * without the state table and the rules.
 */
#ifndef LO0SIM_FILTER_FR_FRAG_H
#define LO0SIM_FILTER_FR_FRAG_H

#include "filter/fr_memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fr_info;

typedef struct ipfr ipfr_t;

/* Zeroed, it is empty. */
typedef struct fr_frags {
    memory_t *ipfr_memory; /* NULL: the process' */
    ipfr_t *ipfr_table;
} fr_frags_t;

/* Makes an entry for a fragment that met fin_fr with the verdict `pass`.
 * => Returns false if none can be made: it is not a fragment or a bad one, it is not the first one
 * and `pass` is strict, there is an entry already, or there are too many. (fr_newfrag) */
bool fr_newfrag(struct fr_info *fin, uint32_t pass);

/* Looks for the entry that a fragment belongs to.
 * => Returns whether an entry serves it; then *pass is its verdict, and fin_fr and
 *    fin_rule are those of the fragment that made it. No entry serves a fragment that
 *    overlaps the first one: it is FI_BAD. (fr_knownfrag) */
bool fr_knownfrag(struct fr_info *fin, uint32_t *pass);

/* How many entries there are. */
size_t fr_frag_count(const fr_frags_t *frags);

/* Ends all entries. */
void fr_frags_fini(fr_frags_t *frags);

#endif
