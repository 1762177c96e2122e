/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Address pools: tables of addresses that rules ask by number or name, and maps from addresses to
 * groups. ippool.conf(5) and ippool(8) of IPFilter; Solaris: ip_lookup.c, ip_pool.c, ip_htable.c.
 */
#ifndef LO0SIM_FILTER_IP_LOOKUP_H
#define LO0SIM_FILTER_IP_LOOKUP_H

#include "filter/ipf.h"
#include "filter/ipf_rule.h"
#include "stack/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ip_table_type {
    IP_TREE,     /* `pool/...` */
    IP_HASH,     /* `hash/...` */
    IP_GROUP_MAP /* what `call now srcgrpmap/N` asks */
} ip_table_type_t;

/* An address with its mask, in host order. The address has no bits outside the mask. */
typedef struct ip_node {
    i6addr_t in_addr;
    i6addr_t in_mask;
    uint8_t in_family; /* 4 or 6 */
    uint8_t in_bits;
    bool in_negated;
    char in_group[FR_GROUPLEN]; /* a map's; empty: the table's */
} ip_node_t;

typedef struct ip_table {
    struct ip_table *ipt_next;
    ip_table_type_t ipt_type;
    char ipt_role[8];
    char ipt_name[LIFNAMSIZ]; /* a number, too; empty: a rule has it inline, or nobody asks */
    bool ipt_named;           /* said with `name` */
    uint32_t ipt_inout;       /* a map's: FR_INQUE or FR_OUTQUE */
    uint32_t ipt_size, ipt_seed;
    char ipt_group[FR_GROUPLEN];
    ip_node_t *ipt_nodes; /* in the order in which they were said */
    size_t ipt_count, ipt_room;
    unsigned ipt_refs;
    memory_t *ipt_memory; /* where it comes from; NULL: the process' */
} ip_table_t;

/* An empty table with one reference, from `memory`; NULL is the process' memory.
 * => Returns NULL if there is no memory. */
ip_table_t *ip_table_create(memory_t *memory, ip_table_type_t type);

void ip_table_hold(ip_table_t *table);

/* Drops a reference; `table` may be NULL. The last one frees the table. */
void ip_table_drop(ip_table_t *table);

/* => Returns false if there is no memory. */
bool ip_table_add(ip_table_t *table, const ip_node_t *node);

/* The node with the longest mask that contains an address of `family` (4 or 6).
 * => Returns NULL if there is none. */
const ip_node_t *ip_table_find(const ip_table_t *table, const i6addr_t *address, int family);

/* Whether a rule that asks this table matches: the table has the address, and not negated. */
bool ip_table_has(const ip_table_t *table, const i6addr_t *address, int family);

/* The group of a map for an address.
 * => Returns NULL if there is none. */
const char *ip_map_find(const ip_table_t *map, const i6addr_t *address, int family);

/* The table of a list by its name or number.
 * => Returns NULL if there is none. */
ip_table_t *ip_tables_find(ip_table_t *tables, ip_table_type_t type, const char *name);

/* The table's two lines, as ippool prints them, each with its end. `reverse`: the last node first.
 * => Returns NULL if there is no memory. The caller frees the text. */
char *ip_table_text(const ip_table_t *table, bool reverse);

/* Parses text[length] as ippool.conf and appends its tables, from `memory` (NULL: the process'), to
 * *tables.
 * => Returns 0; EINVAL with *error filled in; ENOMEM. On an error *tables is unchanged. */
int ip_tables_parse(const char *text, size_t length, memory_t *memory, ip_table_t **tables,
                    ipf_error_t *error);

void ip_tables_free(ip_table_t *tables);

#endif
