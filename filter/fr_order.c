/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/fr_order.h"

#include <assert.h>
#include <string.h>

#define BLOCK_MAX   64u
#define BLOCK_FIRST 4u
#define BLOCKS_MORE 4u

struct fr_block {
    uint32_t position; /* in fo_blocks */
    uint16_t count, room;
    frentry_t **rules;
};

/* ---- finding ---- */

/* The last block that begins at or before a number. */
static uint32_t block_of(const fr_order_t *order, uint32_t number)
{
    uint32_t low = 0, high = order->fo_blocks_used;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (order->fo_firsts[middle] <= number)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The rule is where it was put, unless others were inserted before it. */
static uint32_t place_in(const fr_block_t *block, const frentry_t *fr)
{
    uint32_t i = fr->fr_place;
    if (i < block->count && block->rules[i] == fr)
        return i;
    i = 0;
    while (block->rules[i] != fr)
        i++;
    return i;
}

uint32_t fr_order_number(const fr_order_t *order, const frentry_t *fr)
{
    const fr_block_t *block = fr->fr_block;
    return order->fo_firsts[block->position] + place_in(block, fr);
}

frentry_t *fr_order_at(const fr_order_t *order, uint32_t number)
{
    assert(number < order->fo_count);
    uint32_t block = block_of(order, number);
    return order->fo_blocks[block]->rules[number - order->fo_firsts[block]];
}

uint32_t fr_order_below(const fr_order_t *order, uint64_t collect)
{
    uint32_t low = 0, high = order->fo_count;
    if (high > 0 && fr_order_at(order, high - 1)->fr_collect < collect)
        return high; /* the usual case */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (fr_order_at(order, middle)->fr_collect < collect)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- blocks ---- */

static bool reserve_blocks(fr_order_t *order, memory_t *memory)
{
    uint32_t room = order->fo_blocks_room * 2 + BLOCKS_MORE;
    if (order->fo_blocks_used < order->fo_blocks_room)
        return true;
    void *blocks = memory_realloc(memory, order->fo_blocks, room * sizeof(fr_block_t *));
    if (blocks == NULL)
        return false;
    order->fo_blocks = blocks;
    void *firsts = memory_realloc(memory, order->fo_firsts, room * sizeof(uint32_t));
    if (firsts == NULL)
        return false;
    order->fo_firsts = firsts;
    order->fo_blocks_room = room;
    return true;
}

static void renumber_blocks(fr_order_t *order, uint32_t from)
{
    for (uint32_t i = from; i < order->fo_blocks_used; i++)
        order->fo_blocks[i]->position = i;
}

/* Makes an empty block at a position. Its first rule will have the number `first`.
 * => Returns NULL if there is no memory. */
static fr_block_t *add_block(fr_order_t *order, memory_t *memory, uint32_t position, uint32_t first)
{
    if (!reserve_blocks(order, memory))
        return NULL;
    fr_block_t *block = memory_zalloc(memory, sizeof(*block));
    if (block == NULL)
        return NULL;
    uint32_t after = order->fo_blocks_used - position;
    memmove(&order->fo_blocks[position + 1], &order->fo_blocks[position],
            after * sizeof(fr_block_t *));
    memmove(&order->fo_firsts[position + 1], &order->fo_firsts[position], after * sizeof(uint32_t));
    order->fo_blocks[position] = block;
    order->fo_firsts[position] = first;
    order->fo_blocks_used++;
    renumber_blocks(order, position);
    return block;
}

static void remove_block(fr_order_t *order, memory_t *memory, uint32_t position)
{
    fr_block_t *block = order->fo_blocks[position];
    uint32_t after = --order->fo_blocks_used - position;
    memmove(&order->fo_blocks[position], &order->fo_blocks[position + 1],
            after * sizeof(fr_block_t *));
    memmove(&order->fo_firsts[position], &order->fo_firsts[position + 1], after * sizeof(uint32_t));
    renumber_blocks(order, position);
    memory_free(memory, block->rules);
    memory_free(memory, block);
}

static bool reserve_rule(fr_block_t *block, memory_t *memory)
{
    uint16_t room = block->room > 0 ? (uint16_t)(block->room * 2) : BLOCK_FIRST;
    if (block->count < block->room)
        return true;
    frentry_t **rules = memory_realloc(memory, block->rules, room * sizeof(frentry_t *));
    if (rules == NULL)
        return false;
    block->rules = rules;
    block->room = room;
    return true;
}

/* Moves the second half of a full block into a new one after it. */
static bool split(fr_order_t *order, memory_t *memory, uint32_t position)
{
    const uint32_t half = BLOCK_MAX / 2;
    frentry_t **rules = memory_alloc(memory, BLOCK_MAX * sizeof(frentry_t *));
    fr_block_t *more =
        rules != NULL ? add_block(order, memory, position + 1, order->fo_firsts[position] + half)
                      : NULL;
    if (more == NULL) {
        memory_free(memory, rules);
        return false;
    }
    fr_block_t *block = order->fo_blocks[position];
    memcpy(rules, block->rules + half, half * sizeof(frentry_t *));
    for (uint32_t i = 0; i < half; i++) {
        rules[i]->fr_block = more;
        rules[i]->fr_place = i;
    }
    *more = (fr_block_t){position + 1, half, BLOCK_MAX, rules};
    block->count = half;
    return true;
}

/* The block for a rule with the number `at`, with room for it. */
static fr_block_t *block_for(fr_order_t *order, memory_t *memory, uint32_t at)
{
    uint32_t used = order->fo_blocks_used, position = used > 0 ? block_of(order, at) : 0;
    bool full = used > 0 && order->fo_blocks[position]->count == BLOCK_MAX;
    fr_block_t *block;
    if (used == 0 || (full && at == order->fo_count)) {
        block = add_block(order, memory, used, at);
    } else {
        if (full && !split(order, memory, position))
            return NULL;
        block = order->fo_blocks[block_of(order, at)];
    }
    return block != NULL && reserve_rule(block, memory) ? block : NULL;
}

bool fr_order_insert(fr_order_t *order, memory_t *memory, uint32_t at, frentry_t *fr)
{
    assert(at <= order->fo_count);
    fr_block_t *block = block_for(order, memory, at);
    if (block == NULL)
        return false;
    uint32_t place = at - order->fo_firsts[block->position];
    memmove(&block->rules[place + 1], &block->rules[place],
            (block->count - place) * sizeof(frentry_t *));
    block->rules[place] = fr;
    block->count++;
    fr->fr_block = block;
    fr->fr_place = place;
    order->fo_count++;
    for (uint32_t i = block->position + 1; i < order->fo_blocks_used; i++)
        order->fo_firsts[i]++;
    return true;
}

void fr_order_remove(fr_order_t *order, memory_t *memory, frentry_t *fr)
{
    fr_block_t *block = fr->fr_block;
    uint32_t place = place_in(block, fr);
    block->count--;
    memmove(&block->rules[place], &block->rules[place + 1],
            (block->count - place) * sizeof(frentry_t *));
    order->fo_count--;
    for (uint32_t i = block->position + 1; i < order->fo_blocks_used; i++)
        order->fo_firsts[i]--;
    if (block->count == 0)
        remove_block(order, memory, block->position);
}

void fr_order_fini(fr_order_t *order, memory_t *memory)
{
    for (uint32_t i = 0; i < order->fo_blocks_used; i++) {
        memory_free(memory, order->fo_blocks[i]->rules);
        memory_free(memory, order->fo_blocks[i]);
    }
    memory_free(memory, order->fo_blocks);
    memory_free(memory, order->fo_firsts);
    *order = (fr_order_t){0};
}
