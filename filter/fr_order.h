/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rules of a list by number: to find `@N`, the end of a collection, and the number of a rule
 * that matched. Solaris has no counterpart: it counts while it walks.
 *
 * Rules lie in blocks of about 64, so that inserting one in the middle moves few others. */
#ifndef LO0SIM_FILTER_FR_ORDER_H
#define LO0SIM_FILTER_FR_ORDER_H

#include "filter/ipf_rule.h"
#include "stack/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fr_block fr_block_t;

/* Zeroed, it is empty. */
typedef struct fr_order {
    fr_block_t **fo_blocks;
    uint32_t *fo_firsts; /* the number of each block's first rule */
    uint32_t fo_blocks_used, fo_blocks_room;
    uint32_t fo_count; /* of rules */
} fr_order_t;

/* Inserts a rule so that it has the number `at`, from 0 to fo_count.
 * => Returns false if there is no memory: then nothing has changed. */
bool fr_order_insert(fr_order_t *order, memory_t *memory, uint32_t at, frentry_t *fr);

void fr_order_remove(fr_order_t *order, memory_t *memory, frentry_t *fr);

void fr_order_fini(fr_order_t *order, memory_t *memory);

/* The number of a rule, from 0. */
uint32_t fr_order_number(const fr_order_t *order, const frentry_t *fr);

/* The rule with a number, which is below fo_count. */
frentry_t *fr_order_at(const fr_order_t *order, uint32_t number);

/* How many rules have a collection number below `collect`. The rules are in the order of these
 * numbers. */
uint32_t fr_order_below(const fr_order_t *order, uint64_t collect);

#endif
