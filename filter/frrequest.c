/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Adding rules to a set. Solaris: frrequest() (fil.c), which refuses a rule that it has already
 * with EEXIST.
 *
 * Two rules are the same if they have the same canonical text. A hash of it finds the candidates,
 * so that loading n rules takes n steps and not n * n.
 */
#include "filter/frrequest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* More than the longest canonical text. */
#define RULE_TEXT_MAX 512

typedef struct slot {
    uint64_t hash;
    const frentry_t *fr; /* NULL: free */
} slot_t;

struct fr_index {
    slot_t *slots;
    size_t size; /* a power of two, at least twice the number used */
    size_t used;
};

/* FNV-1a. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
    return hash;
}

/* The slot that holds the rule with this text, or the free one where it belongs. */
static slot_t *find_slot(const fr_index_t *index, uint64_t hash, const char *text)
{
    size_t i = (size_t)hash & (index->size - 1);
    for (; index->slots[i].fr != NULL; i = (i + 1) & (index->size - 1)) {
        char other[RULE_TEXT_MAX];
        if (index->slots[i].hash != hash)
            continue;
        ipf_rule_text(index->slots[i].fr, other, sizeof(other));
        if (strcmp(text, other) == 0)
            break;
    }
    return &index->slots[i];
}

static int index_grow(fr_index_t *index)
{
    size_t size = index->size == 0 ? 64 : index->size * 2;
    slot_t *slots = calloc(size, sizeof(*slots));
    if (slots == NULL)
        return ENOMEM;
    for (size_t i = 0; i < index->size; i++) {
        if (index->slots[i].fr == NULL)
            continue;
        size_t j = (size_t)index->slots[i].hash & (size - 1);
        while (slots[j].fr != NULL)
            j = (j + 1) & (size - 1);
        slots[j] = index->slots[i];
    }
    free(index->slots);
    index->slots = slots;
    index->size = size;
    return 0;
}

/* Makes sure that there is an index with room for one more. */
static int index_reserve(fr_ruleset_t *set)
{
    if (set->frs_index == NULL)
        set->frs_index = calloc(1, sizeof(*set->frs_index));
    if (set->frs_index == NULL)
        return ENOMEM;
    if ((set->frs_index->used + 1) * 2 > set->frs_index->size)
        return index_grow(set->frs_index);
    return 0;
}

int frrequest(fr_ruleset_t *set, const frentry_t *fr, const frentry_t **same)
{
    char text[RULE_TEXT_MAX];

    if (index_reserve(set) != 0)
        return ENOMEM;
    ipf_rule_text(fr, text, sizeof(text));
    uint64_t hash = hash_text(text);
    slot_t *slot = find_slot(set->frs_index, hash, text);
    if (slot->fr != NULL) {
        set->frs_duplicates++;
        *same = slot->fr;
        return EEXIST;
    }

    frentry_t *copy = malloc(sizeof(*copy));
    if (copy == NULL)
        return ENOMEM;
    *copy = *fr;
    copy->fr_next = NULL;
    size_t list = (fr->fr_flags & FR_OUTQUE) != 0;
    if (set->frs_tail[list] != NULL)
        set->frs_tail[list]->fr_next = copy;
    else
        set->frs_head[list] = copy;
    set->frs_tail[list] = copy;
    set->frs_count++;
    *slot = (slot_t){hash, copy};
    set->frs_index->used++;
    return 0;
}

void fr_ruleset_seal(fr_ruleset_t *set)
{
    if (set->frs_index != NULL)
        free(set->frs_index->slots);
    free(set->frs_index);
    set->frs_index = NULL;
}

void fr_ruleset_fini(fr_ruleset_t *set)
{
    fr_ruleset_seal(set);
    for (size_t list = 0; list < 2; list++) {
        frentry_t *fr = set->frs_head[list];
        while (fr != NULL) {
            frentry_t *next = fr->fr_next;
            free(fr);
            fr = next;
        }
    }
    *set = (fr_ruleset_t){0};
}
