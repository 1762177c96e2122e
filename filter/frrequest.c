/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Adding rules to a set. Solaris: frrequest() (fil.c), which refuses a rule that it has already
 * with EEXIST.
 *
 * Two rules are the same if they have the same canonical text. A hash of it finds the candidates,
 * so that loading n rules takes n steps and not n * n.
 */
#include "filter/frrequest.h"

#include "filter/fr_candidates.h"
#include "filter/ip_lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
        char other[IPF_RULE_TEXT_MAX];
        if (index->slots[i].hash != hash)
            continue;
        ipf_rule_format(index->slots[i].fr, IPF_TEXT_FAMILY, other, sizeof(other));
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

static frgroup_t *find_group(const fr_ruleset_t *set, const char *name, bool account)
{
    frgroup_t *group = set->frs_groups;
    while (group != NULL && (group->fg_account != account || strcmp(group->fg_name, name) != 0))
        group = group->fg_next;
    return group;
}

frgroup_t *fr_addgroup(fr_ruleset_t *set, const char *name, uint32_t inout, bool account)
{
    frgroup_t *group = find_group(set, name, account);
    if (group != NULL) {
        if (group->fg_inout == 0)
            group->fg_inout = inout;
        return group->fg_inout == inout ? group : NULL;
    }
    group = memory_zalloc(fr_memory(set->frs_memory), sizeof(*group));
    if (group == NULL)
        abort();
    memcpy(group->fg_name, name, FR_GROUPLEN);
    group->fg_inout = inout;
    group->fg_account = account;
    frgroup_t **link = &set->frs_groups;
    while (*link != NULL)
        link = &(*link)->fg_next;
    *link = group;
    return group;
}

bool fr_group_is_other(const fr_ruleset_t *set, const frentry_t *fr)
{
    const frgroup_t *group = find_group(set, fr->fr_group, FR_ISACCOUNT(fr->fr_flags));
    return group != NULL && group->fg_inout != 0 &&
           group->fg_inout != (fr->fr_flags & (FR_INQUE | FR_OUTQUE));
}

/* Whether a rule may be in its group: that exists, and is for the rule's direction. */
static frgroup_t *group_of(const fr_ruleset_t *set, const frentry_t *fr)
{
    frgroup_t *group = find_group(set, fr->fr_group, FR_ISACCOUNT(fr->fr_flags));
    uint32_t inout = fr->fr_flags & (FR_INQUE | FR_OUTQUE);
    if (group == NULL || (group->fg_inout != 0 && group->fg_inout != inout))
        return NULL;
    group->fg_inout = inout;
    return group;
}

static void insert(fr_list_t *list, frentry_t *fr)
{
    frentry_t **link = &list->frl_head;
    uint32_t left = fr->fr_insert; /* of its collection's rules, before it; UINT32_MAX: all */
    if (left == UINT32_MAX && list->frl_tail != NULL &&
        list->frl_tail->fr_collect <= fr->fr_collect) {
        link = &list->frl_tail->fr_next; /* the usual case, in one step */
    } else {
        for (; *link != NULL && (*link)->fr_collect <= fr->fr_collect; link = &(*link)->fr_next) {
            if ((*link)->fr_collect == fr->fr_collect && left != UINT32_MAX && left-- == 0)
                break;
        }
    }
    fr->fr_next = *link;
    *link = fr;
    if (fr->fr_next == NULL)
        list->frl_tail = fr;
}

/* The groups that a rule names for others, made if they are not there. One that is there already,
 * and for another direction, is not used; no more is one that has rules by `icmp-head`. */
static void add_groups(fr_ruleset_t *set, frentry_t *fr)
{
    uint32_t inout = fr->fr_flags & (FR_INQUE | FR_OUTQUE);
    bool account = FR_ISACCOUNT(fr->fr_flags);
    frgroup_t *icmp = NULL, *head = NULL;
    if (fr->fr_icmphead[0] != '\0' && strcmp(fr->fr_icmphead, "0") != 0)
        icmp = fr_addgroup(set, fr->fr_icmphead, 0, account);
    if (fr->fr_grhead[0] != '\0' && strcmp(fr->fr_grhead, "0") != 0)
        head = fr_addgroup(set, fr->fr_grhead, inout, account);
    if (icmp != NULL)
        icmp->fg_ref++;
    if (head != NULL)
        head->fg_ref++;
    fr->fr_icmpgrp = icmp;
    fr->fr_grp = head;
}

static void hold_tables(frentry_t *fr)
{
    ip_table_t *const tables[] = {fr->fr_src.fra_table, fr->fr_dst.fra_table, fr->fr_map};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (tables[i] != NULL)
            ip_table_hold(tables[i]);
    }
}

static void drop_tables(frentry_t *fr)
{
    ip_table_drop(fr->fr_src.fra_table);
    ip_table_drop(fr->fr_dst.fra_table);
    ip_table_drop(fr->fr_map);
}

/* The text does not say what is in a table that stands in the rule. */
static bool has_inline_table(const frentry_t *fr)
{
    const ip_table_t *src = fr->fr_src.fra_table, *dst = fr->fr_dst.fra_table;
    return (src != NULL && src->ipt_name[0] == '\0') || (dst != NULL && dst->ipt_name[0] == '\0');
}

/* A copy of a rule, put where it belongs. */
static frentry_t *add_copy(fr_ruleset_t *set, fr_list_t *list, const frentry_t *fr)
{
    frentry_t *copy = memory_alloc(fr_memory(set->frs_memory), sizeof(*copy));
    if (copy == NULL)
        return NULL;
    *copy = *fr;
    hold_tables(copy);
    add_groups(set, copy);
    insert(list, copy);
    set->frs_count++;
    return copy;
}

int frrequest(fr_ruleset_t *set, const frentry_t *fr, const frentry_t **same)
{
    char text[IPF_RULE_TEXT_MAX];

    if (index_reserve(set) != 0)
        return ENOMEM;
    bool out = (fr->fr_flags & FR_OUTQUE) != 0;
    frgroup_t *group = fr->fr_group[0] != '\0' ? group_of(set, fr) : NULL;
    if (fr->fr_group[0] != '\0' && group == NULL)
        return ESRCH;
    fr_list_t *list = group != NULL                ? &group->fg_list
                      : FR_ISACCOUNT(fr->fr_flags) ? &set->frs_acct[out]
                                                   : &set->frs_list[out];
    ipf_rule_format(fr, IPF_TEXT_FAMILY, text, sizeof(text));
    uint64_t hash = hash_text(text);
    slot_t *slot = find_slot(set->frs_index, hash, text);
    bool comparable = !has_inline_table(fr);
    if (slot->fr != NULL && comparable) {
        set->frs_duplicates++;
        *same = slot->fr;
        return EEXIST;
    }
    frentry_t *copy = add_copy(set, list, fr);
    if (copy == NULL)
        return ENOMEM;
    if (group != NULL)
        group->fg_ref++;
    if (comparable) {
        *slot = (slot_t){hash, copy};
        set->frs_index->used++;
    }
    return 0;
}

void fr_ruleset_seal(fr_ruleset_t *set)
{
    memory_t *memory = fr_memory(set->frs_memory);
    if (set->frs_index != NULL)
        free(set->frs_index->slots);
    free(set->frs_index);
    set->frs_index = NULL;
    for (size_t i = 0; i < 2; i++) {
        fr_candidates_build(&set->frs_list[i], memory);
        fr_candidates_build(&set->frs_acct[i], memory);
    }
    for (frgroup_t *group = set->frs_groups; group != NULL; group = group->fg_next)
        fr_candidates_build(&group->fg_list, memory);
}

static void free_list(fr_list_t *list, memory_t *memory)
{
    fr_candidates_free(list);
    while (list->frl_head != NULL) {
        frentry_t *fr = list->frl_head;
        list->frl_head = fr->fr_next;
        drop_tables(fr);
        memory_free(memory, fr);
    }
}

void fr_ruleset_fini(fr_ruleset_t *set)
{
    memory_t *memory = fr_memory(set->frs_memory);
    if (set->frs_index != NULL)
        free(set->frs_index->slots);
    free(set->frs_index);
    for (size_t i = 0; i < 2; i++) {
        free_list(&set->frs_list[i], memory);
        free_list(&set->frs_acct[i], memory);
    }
    while (set->frs_groups != NULL) {
        frgroup_t *group = set->frs_groups;
        set->frs_groups = group->fg_next;
        free_list(&group->fg_list, memory);
        memory_free(memory, group);
    }
    *set = (fr_ruleset_t){.frs_memory = set->frs_memory};
}
