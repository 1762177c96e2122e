/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Builds the classifier's tree from the top: chooses a question for some rules, then for those
 * below each branch. */
#include "filter/classify/fr_tree.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLE      64
#define MASKS_MAX   8 /* tried for a word */
#define TALLY_SIZE  (2 * SAMPLE)
#define KNOWN_TIMES 32 /* costs are in parts of a rule */

/* What all packets here have in common by the questions above, so that nothing is asked twice. */
typedef struct known {
    uint32_t mask[KEY_WORDS];
    uint16_t low[KEY_RANGES], high[KEY_RANGES];
} known_t;

typedef struct question {
    uint32_t mask; /* 0: of a port */
    uint8_t word;
    uint16_t cut;
    uint32_t cost; /* rules that remain for a packet, in the sample, times KNOWN_TIMES */
} question_t;

/* Pieces are moved as numbers. */
typedef struct build {
    fr_classifier_t *c;
    const piece_t *pieces;
    uint32_t *order;  /* numbers of pieces */
    uint32_t *sorted; /* the same, while a part is divided */
    uint32_t *group;  /* and to which branch each goes */
} build_t;

typedef struct sample {
    const piece_t *piece[SAMPLE];
    uint32_t count;
} sample_t;

/* ---- the choice ---- */

/* How often each value has been seen. */
typedef struct tally {
    uint32_t value[TALLY_SIZE];
    uint8_t count[TALLY_SIZE];
} tally_t;

static unsigned add_to_tally(tally_t *tally, uint32_t value)
{
    uint32_t i = hash_word(value) % TALLY_SIZE;
    while (tally->count[i] != 0 && tally->value[i] != value)
        i = (i + 1) % TALLY_SIZE;
    tally->value[i] = value;
    return ++tally->count[i];
}

/* The rest always remains; of the others those with the same value, on average. */
static uint32_t cost_of(uint32_t rest, uint32_t squares, uint32_t asked)
{
    return rest * KNOWN_TIMES + squares * KNOWN_TIMES / asked;
}

static void try_mask(const sample_t *sample, size_t word, uint32_t mask, question_t *best)
{
    tally_t tally;
    uint32_t asked = 0, squares = 0;
    memset(tally.count, 0, sizeof(tally.count));
    for (uint32_t i = 0; i < sample->count; i++) {
        const fr_key_t *key = &sample->piece[i]->key;
        if ((key->mask[word] & mask) != mask)
            continue;
        squares += 2 * add_to_tally(&tally, key->value[word] & mask) - 1;
        asked++;
    }
    uint32_t cost = cost_of(sample->count - asked, squares, asked);
    if (cost < best->cost)
        *best = (question_t){.mask = mask, .word = (uint8_t)word, .cost = cost};
}

/* Tries the masks of the rules for a word, and what all of them share. The longest comes first, so
 * that it wins if others are equally good. */
static void try_word(const sample_t *sample, size_t word, question_t *best)
{
    uint32_t masks[MASKS_MAX + 1], count = 0, shared = UINT32_MAX;
    for (uint32_t i = 0; i < sample->count; i++) {
        uint32_t mask = sample->piece[i]->key.mask[word], at = 0;
        if (mask == 0)
            continue;
        shared &= mask;
        while (at < count && masks[at] != mask)
            at++;
        if (at == count && count < MASKS_MAX)
            masks[count++] = mask;
    }
    if (count == 0)
        return;
    masks[count++] = shared;
    for (uint32_t at = 0; at < count; at++) {
        if (masks[at] != 0)
            try_mask(sample, word, masks[at], best);
    }
}

static void try_cut(const sample_t *sample, size_t port, uint32_t cut, question_t *best)
{
    uint32_t below = 0, above = 0;
    for (uint32_t i = 0; i < sample->count; i++) {
        below += sample->piece[i]->key.high[port] < cut;
        above += sample->piece[i]->key.low[port] >= cut;
    }
    if (below + above == 0)
        return;
    uint32_t cost =
        cost_of(sample->count - below - above, below * below + above * above, below + above);
    if (cost < best->cost)
        *best = (question_t){.word = (uint8_t)port, .cut = (uint16_t)cut, .cost = cost};
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Cuts a port where half of the rules have begun, or half have ended. */
static void try_port(const sample_t *sample, const known_t *known, size_t port, question_t *best)
{
    uint32_t begins[SAMPLE], ends[SAMPLE], begin_count = 0, end_count = 0;
    for (uint32_t i = 0; i < sample->count; i++) {
        const fr_key_t *key = &sample->piece[i]->key;
        if (key->low[port] > known->low[port])
            begins[begin_count++] = key->low[port];
        if (key->high[port] < known->high[port])
            ends[end_count++] = key->high[port] + 1u;
    }
    qsort(begins, begin_count, sizeof(*begins), by_number);
    qsort(ends, end_count, sizeof(*ends), by_number);
    if (begin_count > 0)
        try_cut(sample, port, begins[begin_count / 2], best);
    if (end_count > 0)
        try_cut(sample, port, ends[end_count / 2], best);
}

/* Bits that all of the sample ask for with the same answer: the question tells them from other
 * packets, though not from each other. => Returns false if there are none. */
static bool guard_by_bits(const sample_t *sample, const known_t *known, question_t *guard)
{
    for (size_t word = 0; word < KEY_WORDS; word++) {
        uint32_t mask = ~known->mask[word], value = sample->piece[0]->key.value[word];
        for (uint32_t i = 0; i < sample->count; i++) {
            const fr_key_t *key = &sample->piece[i]->key;
            mask &= key->mask[word] & ~(key->value[word] ^ value);
        }
        if (mask != 0) {
            *guard = (question_t){.mask = mask, .word = (uint8_t)word};
            return true;
        }
    }
    return false;
}

static bool guard_by_port(const sample_t *sample, const known_t *known, question_t *guard)
{
    for (size_t port = 0; port < KEY_RANGES; port++) {
        uint16_t low = UINT16_MAX, high = 0;
        for (uint32_t i = 0; i < sample->count; i++) {
            const fr_key_t *key = &sample->piece[i]->key;
            low = key->low[port] < low ? key->low[port] : low;
            high = key->high[port] > high ? key->high[port] : high;
        }
        *guard = (question_t){.word = (uint8_t)port, .cut = low};
        if (low > known->low[port])
            return true;
        guard->cut = (uint16_t)(high + 1);
        if (high < known->high[port])
            return true;
    }
    return false;
}

/* => Returns false if no question helps: the rules become a list. */
static bool choose(const sample_t *sample, const known_t *known, question_t *best)
{
    uint32_t all = sample->count * KNOWN_TIMES;
    *best = (question_t){.cost = all - KNOWN_TIMES / 2}; /* half a rule is not worth a question */
    uint32_t worth = best->cost;
    for (size_t word = 0; word < KEY_WORDS; word++)
        try_word(sample, word, best);
    for (size_t port = 0; port < KEY_RANGES; port++)
        try_port(sample, known, port, best);
    return best->cost < worth || guard_by_bits(sample, known, best) ||
           guard_by_port(sample, known, best);
}

/* ---- the branches ---- */

static bool build(const build_t *b, uint32_t begin, uint32_t end, const known_t *known,
                  branch_t *branch);

static bool build_list(const build_t *b, uint32_t begin, uint32_t end, branch_t *branch)
{
    uint32_t next = 0;
    for (uint32_t i = end; i > begin; i--) {
        const piece_t *piece = &b->pieces[b->order[i - 1]];
        uint32_t cell = tree_new_cell(b->c, piece->fr, piece->label, piece->number);
        if (cell == 0)
            return false;
        b->c->cells[cell].next = next & 0x0fffffffu;
        next = cell;
    }
    *branch = next << 1;
    return true;
}

/* Divides order[begin, end) by group[]: the order within each stays. `starts` has `groups` + 1
 * zeroed places; afterwards each group is from its start to the next one's. */
static void divide(const build_t *b, uint32_t begin, uint32_t end, uint32_t *starts,
                   uint32_t groups)
{
    for (uint32_t i = begin; i < end; i++)
        starts[b->group[i]]++;
    uint32_t at = begin;
    for (uint32_t i = 0; i <= groups; i++) {
        uint32_t count = starts[i];
        starts[i] = at;
        at += count;
    }
    for (uint32_t i = begin; i < end; i++)
        b->sorted[starts[b->group[i]]++] = b->order[i];
    memcpy(&b->order[begin], &b->sorted[begin], (end - begin) * sizeof(*b->order));
    for (uint32_t i = groups; i > 0; i--)
        starts[i] = starts[i - 1];
    starts[0] = begin;
}

/* Group 0 is the rest; the others are numbered in their slots, in place of a branch.
 * => Returns how many there are; 0 if there is no memory. */
static uint32_t group_by_bits(const build_t *b, uint32_t begin, uint32_t end, uint32_t index)
{
    uint32_t groups = 1, mask = b->c->nodes[index].mask;
    size_t word = b->c->nodes[index].word;
    for (uint32_t i = begin; i < end; i++) {
        const fr_key_t *key = &b->pieces[b->order[i]].key;
        b->group[i] = 0;
        if ((key->mask[word] & mask) != mask)
            continue;
        slot_t *slot = tree_slot(b->c, index, key->value[word]);
        if (slot == NULL)
            return 0;
        if (slot->branch == BRANCH_GONE)
            slot->branch = (groups++ << 1) | 1;
        b->group[i] = slot->branch >> 1;
    }
    return groups;
}

static bool build_slots(const build_t *b, uint32_t index, const uint32_t *starts, uint32_t groups,
                        const known_t *known)
{
    known_t below = *known;
    size_t word = b->c->nodes[index].word;
    below.mask[word] |= b->c->nodes[index].mask;
    for (uint32_t group = 1; group < groups; group++) {
        branch_t branch;
        uint32_t value = b->pieces[b->order[starts[group]]].key.value[word];
        if (!build(b, starts[group], starts[group + 1], &below, &branch))
            return false;
        tree_slot(b->c, index, value)->branch = branch; /* it is there */
    }
    return true;
}

static bool branch_by_bits(const build_t *b, uint32_t begin, uint32_t end, const known_t *known,
                           uint32_t index)
{
    branch_t rest = BRANCH_NONE;
    uint32_t groups = group_by_bits(b, begin, end, index);
    uint32_t *starts =
        groups != 0 ? memory_zalloc(b->c->memory, (groups + 1) * sizeof(*starts)) : NULL;
    if (starts == NULL)
        return false;
    divide(b, begin, end, starts, groups);
    bool built = build(b, starts[0], starts[1], known, &rest) &&
                 build_slots(b, index, starts, groups, known);
    memory_free(b->c->memory, starts);
    b->c->nodes[index].rest = rest;
    return built;
}

static bool branch_by_port(const build_t *b, uint32_t begin, uint32_t end, const known_t *known,
                           uint32_t index)
{
    size_t port = b->c->nodes[index].word;
    uint16_t cut = b->c->nodes[index].cut;
    uint32_t starts[4] = {0};
    branch_t rest, below, above;
    known_t low = *known, high = *known;
    low.high[port] = (uint16_t)(cut - 1);
    high.low[port] = cut;
    for (uint32_t i = begin; i < end; i++) {
        const fr_key_t *key = &b->pieces[b->order[i]].key;
        b->group[i] = key->high[port] < cut ? 1 : (key->low[port] >= cut ? 2 : 0);
    }
    divide(b, begin, end, starts, 3);
    if (!build(b, starts[0], starts[1], known, &rest) ||
        !build(b, starts[1], starts[2], &low, &below) ||
        !build(b, starts[2], starts[3], &high, &above))
        return false;
    node_t *node = &b->c->nodes[index];
    node->rest = rest;
    node->to.side[0] = below;
    node->to.side[1] = above;
    return true;
}

static bool build_node(const build_t *b, uint32_t begin, uint32_t end, const known_t *known,
                       const question_t *question, branch_t *branch)
{
    uint32_t index = tree_new_node(b->c);
    if (index == 0)
        return false;
    node_t *node = &b->c->nodes[index];
    node->label = b->pieces[b->order[begin]].label;
    node->count = node->at_first = end - begin;
    node->mask = question->mask;
    node->word = question->word;
    node->cut = question->cut;
    *branch = index << 1 | 1;
    return question->mask != 0 ? branch_by_bits(b, begin, end, known, index)
                               : branch_by_port(b, begin, end, known, index);
}

static bool build(const build_t *b, uint32_t begin, uint32_t end, const known_t *known,
                  branch_t *branch)
{
    sample_t sample = {.count = end - begin < SAMPLE ? end - begin : SAMPLE};
    question_t question;
    *branch = BRANCH_NONE;
    if (begin == end)
        return true;
    if (end - begin <= LEAF_MAX)
        return build_list(b, begin, end, branch);
    for (uint32_t i = 0; i < sample.count; i++) {
        uint64_t at = (uint64_t)i * (end - begin) / sample.count;
        sample.piece[i] = &b->pieces[b->order[begin + at]];
    }
    return choose(&sample, known, &question) ? build_node(b, begin, end, known, &question, branch)
                                             : build_list(b, begin, end, branch);
}

bool tree_build(fr_classifier_t *c, piece_t *pieces, uint32_t count, branch_t *branch)
{
    known_t known = {.high = {UINT16_MAX, UINT16_MAX}};
    uint32_t *numbers = memory_alloc(c->memory, 3 * sizeof(*numbers) * (count + 1));
    if (numbers == NULL)
        return false;
    build_t b = {.c = c,
                 .pieces = pieces,
                 .order = numbers,
                 .sorted = numbers + count + 1,
                 .group = numbers + 2 * (size_t)(count + 1)};
    for (uint32_t i = 0; i < count; i++)
        b.order[i] = i;
    bool built = build(&b, 0, count, &known, branch);
    memory_free(c->memory, numbers);
    return built;
}
