/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The classifier's tree, for the files of this folder.
 */
#ifndef LO0SIM_FILTER_CLASSIFY_FR_TREE_H
#define LO0SIM_FILTER_CLASSIFY_FR_TREE_H

#include "filter/classify/fr_classifier.h"

#define LEAF_MAX 4u /* a longer list becomes a question, if that divides it */

/* A branch: index << 1, | 1 if it leads to a node; else it leads to the first cell of a list. */
typedef uint32_t branch_t;

#define BRANCH_NONE 0u
#define BRANCH_GONE 1u /* in a slot: removed */

static inline bool is_node(branch_t branch)
{
    return (branch & 1) != 0;
}

/* A rule in a list, ordered by label. */
typedef struct cell {
    frentry_t *fr;
    uint32_t label;
    uint32_t next : 28; /* index; 0: the last */
    uint32_t key : 4;   /* which of the rule's keys */
} cell_t;

/* The hash of a value under a node's mask, and the value's branch. The hash is one to one. */
typedef struct slot {
    uint32_t hash;
    branch_t branch; /* BRANCH_NONE: the slot is free */
} slot_t;

/* A question. */
typedef struct node {
    uint32_t label;    /* the lowest of the rules below, or lower */
    uint32_t count;    /* cells below */
    uint32_t at_first; /* the same when the question was chosen */
    uint32_t mask;     /* of the bits asked for; 0: asks for a port */
    branch_t rest;     /* rules that the question does not tell apart */
    uint8_t word;      /* of the key; or KEY_SPORT, KEY_DPORT */
    uint8_t size_log;  /* of the slots; one is always free */
    uint16_t cut;      /* of a port: the first one not below */
    union {
        slot_t *slots;
        branch_t side[2]; /* of a port: rules for ports below the cut, and others */
    } to;
    uint32_t used; /* slots */
} node_t;

struct fr_classifier {
    memory_t *memory;
    branch_t root;
    node_t *nodes; /* from 1; the same with cells */
    cell_t *cells;
    uint32_t node_count, node_room, free_node; /* free ones are linked by label */
    uint32_t cell_count, cell_room, free_cell; /* and by next */
    size_t slot_bytes;
};

/* One key of a rule, while a tree is being built. */
typedef struct piece {
    fr_key_t key;
    frentry_t *fr;
    uint32_t label;
    uint32_t number; /* which of the rule's keys */
} piece_t;

/* murmur3's last step: one to one. */
static inline uint32_t hash_word(uint32_t x)
{
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return x ^ x >> 16;
}

/* A zeroed node, an unlinked cell.
 * => Returns its index; 0 if there is no memory. */
uint32_t tree_new_node(fr_classifier_t *c);
uint32_t tree_new_cell(fr_classifier_t *c, frentry_t *fr, uint32_t label, uint32_t key);

/* Frees a node with its slots, not what is below it. */
void tree_free_node(fr_classifier_t *c, uint32_t index);
void tree_free_cell(fr_classifier_t *c, uint32_t index);

/* The slot of a value under a node's mask; makes it if there is none.
 * => Returns NULL if there is no memory. */
slot_t *tree_slot(fr_classifier_t *c, uint32_t index, uint32_t value);

/* The branch of a value under a node's mask; BRANCH_NONE if it has none. */
branch_t tree_find(const node_t *node, uint32_t value);

/* The label of the first rule below a branch, which must not be empty. */
static inline uint32_t tree_label(const fr_classifier_t *c, branch_t branch)
{
    uint32_t index = branch >> 1;
    return is_node(branch) ? c->nodes[index].label : c->cells[index].label;
}

/* Makes a branch of pieces[count], which are in the order of their labels; they are reordered.
 * => Returns false if there is no memory: then the whole tree must be freed. */
bool tree_build(fr_classifier_t *c, piece_t *pieces, uint32_t count, branch_t *branch);

/* Moves all keys below a branch out of the tree into pieces[], in the order of their labels.
 * => Returns how many there were. `pieces` has room for them. */
uint32_t tree_take(fr_classifier_t *c, branch_t branch, piece_t *pieces);

#endif
