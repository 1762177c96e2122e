/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The classifier as a whole: made from a list, then changed rule by rule.
 */
#include "filter/classify/fr_tree.h"

#include <assert.h>

/* ---- all at once ---- */

static size_t count_pieces(const frentry_t *first)
{
    fr_key_t keys[KEYS_MAX];
    size_t count = 0;
    for (const frentry_t *fr = first; fr != NULL; fr = fr->fr_next)
        count += fr_keys_of_rule(fr, keys);
    return count;
}

static void fill_pieces(frentry_t *first, piece_t *pieces)
{
    fr_key_t keys[KEYS_MAX];
    for (frentry_t *fr = first; fr != NULL; fr = fr->fr_next) {
        size_t count = fr_keys_of_rule(fr, keys);
        for (size_t i = 0; i < count; i++)
            *pieces++ = (piece_t){keys[i], fr, fr->fr_label, (uint32_t)i};
    }
}

fr_classifier_t *fr_classifier_create(memory_t *memory, frentry_t *first)
{
    size_t count = count_pieces(first);
    fr_classifier_t *c = memory_zalloc(memory, sizeof(*c));
    piece_t *pieces = memory_alloc(memory, (count + 1) * sizeof(*pieces));
    bool built = c != NULL && pieces != NULL;
    if (built) {
        c->memory = memory;
        fill_pieces(first, pieces);
        built = tree_build(c, pieces, (uint32_t)count, &c->root);
    }
    memory_free(memory, pieces);
    if (built)
        return c;
    if (c != NULL)
        c->memory = memory;
    fr_classifier_free(c);
    return NULL;
}

/* ---- one after the other ---- */

/* Where the next branch is written. It can move when the tree grows, so it is found each time. */
typedef struct place {
    uint32_t node; /* 0: the root */
    int side;      /* of a node: -1 the rest, 0 and 1 those of a port, 2 that of `value` */
    uint32_t value;
} place_t;

static branch_t branch_at(const fr_classifier_t *c, const place_t *at)
{
    const node_t *node = &c->nodes[at->node];
    if (at->node == 0)
        return c->root;
    if (at->side < 0)
        return node->rest;
    if (at->side < 2)
        return node->to.side[at->side];
    return tree_find(node, at->value);
}

/* => Returns false if there is no memory. */
static bool set_branch(fr_classifier_t *c, const place_t *at, branch_t branch)
{
    node_t *node = &c->nodes[at->node];
    if (at->node == 0) {
        c->root = branch;
    } else if (at->side < 0) {
        node->rest = branch;
    } else if (at->side < 2) {
        node->to.side[at->side] = branch;
    } else {
        slot_t *slot = tree_slot(c, at->node, at->value);
        if (slot == NULL)
            return false;
        slot->branch = branch != BRANCH_NONE ? branch : BRANCH_GONE;
    }
    return true;
}

/* Where a key goes from a node. */
static place_t step(const node_t *node, uint32_t index, const fr_key_t *key)
{
    place_t next = {.node = index, .side = -1};
    if (node->mask != 0 && (key->mask[node->word] & node->mask) == node->mask) {
        next.side = 2;
        next.value = key->value[node->word];
    } else if (node->mask == 0 && key->high[node->word] < node->cut) {
        next.side = 0;
    } else if (node->mask == 0 && key->low[node->word] >= node->cut) {
        next.side = 1;
    }
    return next;
}

/* Whether a question is to be chosen anew. */
static bool is_outgrown(const node_t *node)
{
    return node->count > 2 * node->at_first + 16 || node->count * 4 < node->at_first;
}

static uint32_t length_of(const fr_classifier_t *c, branch_t branch)
{
    uint32_t length = 0;
    for (uint32_t i = branch >> 1; i != 0; i = c->cells[i].next)
        length++;
    return length;
}

/* A list is examined again when its length is a power of two. */
static bool is_worth_asking(uint32_t length)
{
    return length > LEAF_MAX && (length & (length - 1)) == 0;
}

/* Builds what is below a place anew; `count` pieces. */
static bool rebuild(fr_classifier_t *c, const place_t *at, uint32_t count)
{
    branch_t branch = branch_at(c, at);
    piece_t *pieces = memory_alloc(c->memory, (count + 1) * sizeof(*pieces));
    if (pieces == NULL)
        return false;
    uint32_t taken = tree_take(c, branch, pieces);
    assert(taken == count);
    bool built = tree_build(c, pieces, taken, &branch) && set_branch(c, at, branch);
    memory_free(c->memory, pieces);
    return built;
}

static bool add_to_list(fr_classifier_t *c, const place_t *at, const piece_t *piece)
{
    uint32_t cell = tree_new_cell(c, piece->fr, piece->label, piece->number);
    if (cell == 0)
        return false;
    branch_t first = branch_at(c, at);
    uint32_t before = 0, next = first >> 1;
    while (next != 0 && c->cells[next].label <= piece->label) {
        before = next;
        next = c->cells[next].next;
    }
    c->cells[cell].next = next & 0x0fffffffu;
    if (before != 0)
        c->cells[before].next = cell & 0x0fffffffu;
    else
        first = cell << 1;
    if (!set_branch(c, at, first))
        return false;
    uint32_t length = length_of(c, first);
    return !is_worth_asking(length) || rebuild(c, at, length);
}

static bool add_piece(fr_classifier_t *c, const piece_t *piece)
{
    place_t at = {0}, outgrown = {0};
    uint32_t count = 0; /* below `outgrown`; 0: nothing is */
    branch_t branch;
    while (is_node(branch = branch_at(c, &at))) {
        node_t *node = &c->nodes[branch >> 1];
        node->count++;
        if (piece->label < node->label)
            node->label = piece->label;
        if (count == 0 && is_outgrown(node)) {
            outgrown = at;
            count = node->count;
        }
        at = step(node, branch >> 1, &piece->key);
    }
    if (!add_to_list(c, &at, piece))
        return false;
    return count == 0 || rebuild(c, &outgrown, count);
}

bool fr_classifier_add(fr_classifier_t *c, frentry_t *fr)
{
    fr_key_t keys[KEYS_MAX];
    size_t count = fr_keys_of_rule(fr, keys);
    for (size_t i = 0; i < count; i++) {
        piece_t piece = {keys[i], fr, fr->fr_label, (uint32_t)i};
        if (!add_piece(c, &piece))
            return false;
    }
    return true;
}

static void remove_from_list(fr_classifier_t *c, const place_t *at, const piece_t *piece)
{
    branch_t first = branch_at(c, at);
    uint32_t before = 0, index = first >> 1;
    while (c->cells[index].fr != piece->fr || c->cells[index].key != piece->number) {
        before = index;
        index = c->cells[index].next;
        assert(index != 0);
    }
    uint32_t next = c->cells[index].next;
    if (before != 0)
        c->cells[before].next = next & 0x0fffffffu;
    else
        set_branch(c, at, next << 1);
    tree_free_cell(c, index);
}

static bool remove_piece(fr_classifier_t *c, const piece_t *piece)
{
    place_t at = {0}, outgrown = {0};
    uint32_t count = 0;
    bool found = false;
    branch_t branch;
    while (is_node(branch = branch_at(c, &at))) {
        node_t *node = &c->nodes[branch >> 1];
        node->count--;
        if (!found && is_outgrown(node)) {
            outgrown = at;
            count = node->count;
            found = true;
        }
        at = step(node, branch >> 1, &piece->key);
    }
    remove_from_list(c, &at, piece);
    return !found || rebuild(c, &outgrown, count);
}

bool fr_classifier_remove(fr_classifier_t *c, frentry_t *fr)
{
    fr_key_t keys[KEYS_MAX];
    size_t count = fr_keys_of_rule(fr, keys);
    for (size_t i = 0; i < count; i++) {
        piece_t piece = {keys[i], fr, fr->fr_label, (uint32_t)i};
        if (!remove_piece(c, &piece))
            return false;
    }
    return true;
}
