/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The classifier's tree: nodes, cells and slots, and what is below a branch.
 */
#include "filter/classify/fr_tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST_LOG 2

/* ---- nodes and cells: arrays with free lists ---- */

/* Makes room for one more of `size` bytes.
 * => Returns false if there is no memory. */
static bool reserve(const fr_classifier_t *c, void **array, uint32_t count, uint32_t *room,
                    size_t size)
{
    if (count + 1 < *room)
        return true;
    uint32_t more = *room + *room / 2 + 8;
    void *moved = memory_realloc(c->memory, *array, more * size);
    if (moved == NULL)
        return false;
    *array = moved;
    *room = more;
    return true;
}

uint32_t tree_new_node(fr_classifier_t *c)
{
    uint32_t index = c->free_node;
    void *array = c->nodes;
    if (index != 0) {
        c->free_node = c->nodes[index].label;
    } else {
        if (!reserve(c, &array, c->node_count + 1, &c->node_room, sizeof(node_t)))
            return 0;
        c->nodes = array;
        index = ++c->node_count;
    }
    c->nodes[index] = (node_t){.label = UINT32_MAX};
    return index;
}

uint32_t tree_new_cell(fr_classifier_t *c, frentry_t *fr, uint32_t label, uint32_t key)
{
    uint32_t index = c->free_cell;
    void *array = c->cells;
    if (index != 0) {
        c->free_cell = c->cells[index].next;
    } else {
        if (!reserve(c, &array, c->cell_count + 1, &c->cell_room, sizeof(cell_t)))
            return 0;
        c->cells = array;
        index = ++c->cell_count;
    }
    c->cells[index] = (cell_t){.fr = fr, .label = label, .key = key & (KEYS_MAX - 1)};
    return index;
}

void tree_free_node(fr_classifier_t *c, uint32_t index)
{
    node_t *node = &c->nodes[index];
    if (node->mask != 0 && node->to.slots != NULL) {
        c->slot_bytes -= sizeof(slot_t) << node->size_log;
        memory_free(c->memory, node->to.slots);
    }
    node->to.slots = NULL;
    node->label = c->free_node;
    c->free_node = index;
}

void tree_free_cell(fr_classifier_t *c, uint32_t index)
{
    c->cells[index].next = c->free_cell & 0x0fffffffu;
    c->free_cell = index;
}

/* ---- slots ---- */

/* The slot of a hash, or the free one where it belongs. */
static slot_t *find(const node_t *node, uint32_t hash)
{
    uint32_t most = (UINT32_C(1) << node->size_log) - 1, i = hash & most;
    while (node->to.slots[i].branch != BRANCH_NONE && node->to.slots[i].hash != hash)
        i = (i + 1) & most;
    return &node->to.slots[i];
}

branch_t tree_find(const node_t *node, uint32_t value)
{
    branch_t branch = find(node, hash_word(value & node->mask))->branch;
    return branch == BRANCH_GONE ? BRANCH_NONE : branch;
}

/* Doubles the slots, without those that were removed. */
static bool grow(fr_classifier_t *c, node_t *node)
{
    slot_t *old = node->to.slots;
    uint32_t old_size = old != NULL ? UINT32_C(1) << node->size_log : 0;
    uint8_t log = old != NULL ? (uint8_t)(node->size_log + 1) : SLOTS_FIRST_LOG;
    slot_t *slots = memory_zalloc(c->memory, sizeof(slot_t) << log);
    if (slots == NULL)
        return false;
    c->slot_bytes += (sizeof(slot_t) << log) - old_size * sizeof(slot_t);
    node->to.slots = slots;
    node->size_log = log;
    node->used = 0;
    for (uint32_t i = 0; i < old_size; i++) {
        if (old[i].branch <= BRANCH_GONE)
            continue;
        *find(node, old[i].hash) = old[i];
        node->used++;
    }
    memory_free(c->memory, old);
    return true;
}

slot_t *tree_slot(fr_classifier_t *c, uint32_t index, uint32_t value)
{
    node_t *node = &c->nodes[index];
    uint32_t hash = hash_word(value & node->mask);
    if (node->to.slots == NULL && !grow(c, node))
        return NULL;
    slot_t *slot = find(node, hash);
    if (slot->branch != BRANCH_NONE)
        return slot;
    if ((node->used + 1) * 4 > UINT32_C(3) << node->size_log) {
        if (!grow(c, node))
            return NULL;
        slot = find(node, hash);
    }
    *slot = (slot_t){hash, BRANCH_GONE};
    node->used++;
    return slot;
}

/* ---- all of it ---- */

static void take_list(fr_classifier_t *c, uint32_t index, piece_t *pieces, uint32_t *count)
{
    while (index != 0) {
        cell_t cell = c->cells[index];
        fr_key_t keys[KEYS_MAX];
        fr_keys_of_rule(cell.fr, keys);
        pieces[(*count)++] = (piece_t){keys[cell.key], cell.fr, cell.label, cell.key};
        tree_free_cell(c, index);
        index = cell.next;
    }
}

/* The depth of a tree is bounded by the bits that can be asked. */
static void take(fr_classifier_t *c, branch_t branch, piece_t *pieces, uint32_t *count)
{
    uint32_t index = branch >> 1;
    if (branch <= BRANCH_GONE)
        return;
    if (!is_node(branch)) {
        take_list(c, index, pieces, count);
        return;
    }
    const node_t *node = &c->nodes[index];
    take(c, node->rest, pieces, count);
    if (node->mask == 0) {
        take(c, node->to.side[0], pieces, count);
        take(c, node->to.side[1], pieces, count);
    }
    for (uint32_t i = 0; node->mask != 0 && i < UINT32_C(1) << node->size_log; i++)
        take(c, node->to.slots[i].branch, pieces, count);
    tree_free_node(c, index);
}

static int by_label(const void *a, const void *b)
{
    const piece_t *x = a, *y = b;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

uint32_t tree_take(fr_classifier_t *c, branch_t branch, piece_t *pieces)
{
    uint32_t count = 0;
    take(c, branch, pieces, &count);
    qsort(pieces, count, sizeof(*pieces), by_label);
    return count;
}

/* The label of what is below a branch, when labels have changed. */
static uint32_t relabel(fr_classifier_t *c, branch_t branch)
{
    uint32_t index = branch >> 1, label = UINT32_MAX;
    if (branch <= BRANCH_GONE)
        return label;
    if (!is_node(branch)) {
        for (uint32_t i = index; i != 0; i = c->cells[i].next)
            c->cells[i].label = c->cells[i].fr->fr_label;
        return c->cells[index].label;
    }
    node_t *node = &c->nodes[index];
    const branch_t few[3] = {node->rest, node->mask == 0 ? node->to.side[0] : BRANCH_NONE,
                             node->mask == 0 ? node->to.side[1] : BRANCH_NONE};
    for (size_t i = 0; i < 3; i++) {
        uint32_t below = relabel(c, few[i]);
        label = below < label ? below : label;
    }
    for (uint32_t i = 0; node->mask != 0 && i < UINT32_C(1) << node->size_log; i++) {
        uint32_t below = relabel(c, node->to.slots[i].branch);
        label = below < label ? below : label;
    }
    node->label = label;
    return label;
}

void fr_classifier_relabel(fr_classifier_t *c)
{
    relabel(c, c->root);
}

size_t fr_classifier_size(const fr_classifier_t *c)
{
    return sizeof(*c) + c->node_room * sizeof(node_t) + c->cell_room * sizeof(cell_t) +
           c->slot_bytes;
}

void fr_classifier_free(fr_classifier_t *c)
{
    if (c == NULL)
        return;
    for (uint32_t i = 1; i <= c->node_count; i++) {
        if (c->nodes[i].mask != 0)
            memory_free(c->memory, c->nodes[i].to.slots);
    }
    memory_free(c->memory, c->nodes);
    memory_free(c->memory, c->cells);
    memory_free(c->memory, c);
}
