/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fragment table: datagrams one of whose fragments has met a rule with `keep frags`, or has
 * made or hit a state entry. Solaris: ip_frag.c.
 *
 * Later fragments of such a datagram have no ports to compare: they get the verdict of that rule,
 * without the state table and the rules. */
#ifndef LO0SIM_FILTER_FR_FRAG_H
#define LO0SIM_FILTER_FR_FRAG_H

#include "filter/fr_memory.h"
#include "filter/ipf_rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fr_info;

typedef struct ipfr ipfr_t;

/* What became of fragments. (ipfrstat_t) */
typedef struct fr_frag_stats {
    uint64_t made, expired, hits;
    uint64_t again;     /* a first fragment that came again */
    uint64_t too_short; /* it was not looked for */
    uint64_t no_memory, exists;
} fr_frag_stats_t;

/* Zeroed, it is empty. */
typedef struct fr_frags {
    memory_t *ipfr_memory; /* NULL: the process' */
    ipfr_t *ipfr_table;
    fr_frag_stats_t ipfr_stats;
} fr_frags_t;

/* An entry, for callers that read the table. */
typedef struct fr_frag_view {
    i6addr_t src, dst;
    uint8_t v, p;
    uint32_t id;
    uint64_t left_us; /* how long it lives on */
    uint64_t packets, bytes;
    bool seen0; /* the first fragment was there */
} fr_frag_view_t;

/* Shows all entries that live, oldest first. */
void fr_frag_each(const fr_frags_t *frags, uint64_t now_us,
                  void (*func)(void *arg, const fr_frag_view_t *view), void *arg);

/* Makes an entry for a fragment that met fin_fr with the verdict `pass`.
 * => Returns false if it cannot be made: the packet is no fragment or a bad one, it is not the
 *    first one and `pass` is strict, there is an entry already, or there are too many. (fr_newfrag)
 */
bool fr_newfrag(struct fr_info *fin, uint32_t pass);

/* Looks for the entry that a fragment belongs to.
 * => Returns whether there is one; then *pass is its verdict, and fin_fr and fin_rule are those of
 *    the fragment that made it. A fragment that overlaps the first one has no entry: it becomes
 *    FI_BAD. (fr_knownfrag) */
bool fr_knownfrag(struct fr_info *fin, uint32_t *pass);

/* How many entries there are. */
size_t fr_frag_count(const fr_frags_t *frags);

/* Ends all entries. */
void fr_frags_fini(fr_frags_t *frags);

#endif
