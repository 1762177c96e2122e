/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Adds rules to a set, and removes them. Solaris: frrequest() (fil.c), which refuses a rule that it
 * already has with EEXIST.
 *
 * Rules are found by a hash, so that loading n of them takes n steps and not n * n; groups, too. */
#include "filter/frrequest.h"

#include "filter/classify/fr_classifier.h"
#include "filter/fnv.h"
#include "filter/fr_same.h"
#include "filter/ip_lookup.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CLASSIFIER_MIN 12      /* rules; shorter lists are walked */
#define LABEL_GAP      0x1000u /* between rules that are added at the end */

const frentry_rare_t fr_says_nothing;

/* ---- equal rules ---- */

typedef struct slot {
    uint64_t hash;
    frentry_t *fr; /* NULL: free */
} slot_t;

/* It lies where the rules lie: it is put back with them. */
struct fr_index {
    memory_t *memory;
    slot_t *slots;
    size_t size; /* a power of two, at least twice the number used */
    size_t used;
};

/* Whether a rule contains a table: the rule's text does not have the table's contents. */
static bool has_inline_table(const frentry_t *fr)
{
    const ip_table_t *src = fr->fr_src.fra_table, *dst = fr->fr_dst.fra_table;
    return (src != NULL && src->ipt_name[0] == '\0') || (dst != NULL && dst->ipt_name[0] == '\0');
}

/* The slot that holds a rule equal to `fr`, or the free one where that belongs. */
static slot_t *find_slot(const fr_index_t *index, uint64_t hash, const frentry_t *fr)
{
    size_t i = (size_t)hash & (index->size - 1);
    while (index->slots[i].fr != NULL &&
           (index->slots[i].hash != hash || !fr_same_rule(index->slots[i].fr, fr)))
        i = (i + 1) & (index->size - 1);
    return &index->slots[i];
}

static void put_slot(fr_index_t *index, slot_t slot)
{
    size_t i = (size_t)slot.hash & (index->size - 1);
    while (index->slots[i].fr != NULL)
        i = (i + 1) & (index->size - 1);
    index->slots[i] = slot;
}

static int index_grow(fr_index_t *index)
{
    fr_index_t more = *index;
    more.size = index->size == 0 ? 64 : index->size * 2;
    more.slots = memory_zalloc(index->memory, more.size * sizeof(*more.slots));
    if (more.slots == NULL)
        return ENOMEM;
    for (size_t i = 0; i < index->size; i++) {
        if (index->slots[i].fr != NULL)
            put_slot(&more, index->slots[i]);
    }
    memory_free(index->memory, index->slots);
    *index = more;
    return 0;
}

/* Makes sure that there is room for one more. */
static int index_reserve(fr_index_t *index)
{
    return (index->used + 1) * 2 > index->size ? index_grow(index) : 0;
}

static int index_add(fr_index_t *index, uint64_t hash, frentry_t *fr)
{
    int error = index_reserve(index);
    if (error == 0) {
        put_slot(index, (slot_t){hash, fr});
        index->used++;
    }
    return error;
}

/* Frees a slot; those after it move up. */
static void index_remove(fr_index_t *index, slot_t *slot)
{
    size_t most = index->size - 1, i = (size_t)(slot - index->slots);
    slot->fr = NULL;
    index->used--;
    for (i = (i + 1) & most; index->slots[i].fr != NULL; i = (i + 1) & most) {
        slot_t moved = index->slots[i];
        index->slots[i].fr = NULL;
        put_slot(index, moved);
    }
}

static int index_list(fr_index_t *index, const fr_list_t *list)
{
    int error = 0;
    for (frentry_t *fr = list->frl_head; fr != NULL && error == 0; fr = fr->fr_next) {
        if (!has_inline_table(fr))
            error = index_add(index, fr_rule_hash(fr), fr);
    }
    return error;
}

static void index_free(fr_ruleset_t *set)
{
    memory_t *memory = fr_memory(set->frs_memory);
    if (set->frs_index != NULL)
        memory_free(memory, set->frs_index->slots);
    memory_free(memory, set->frs_index);
    set->frs_index = NULL;
}

/* Makes sure that there is an index. */
static int index_make(fr_ruleset_t *set)
{
    if (set->frs_index != NULL)
        return 0;
    memory_t *memory = fr_memory(set->frs_memory);
    set->frs_index = memory_zalloc(memory, sizeof(*set->frs_index));
    if (set->frs_index == NULL)
        return ENOMEM;
    set->frs_index->memory = memory;
    int error = index_grow(set->frs_index);
    for (size_t i = 0; i < 2 && error == 0; i++) {
        error = index_list(set->frs_index, &set->frs_list[i]);
        if (error == 0)
            error = index_list(set->frs_index, &set->frs_acct[i]);
    }
    for (const frgroup_t *group = set->frs_groups; group != NULL && error == 0;
         group = group->fg_next)
        error = index_list(set->frs_index, &group->fg_list);
    if (error != 0)
        index_free(set);
    return error;
}

/* ---- groups ---- */

static size_t hash_group(const char *name, bool account)
{
    return fnv1a_32(FNV1A_32_BEGIN + (account ? 1 : 0), name);
}

static void put_group(fr_ruleset_t *set, frgroup_t *group)
{
    size_t i = hash_group(group->fg_name, group->fg_account) & (set->frs_bucket_count - 1);
    group->fg_same = set->frs_buckets[i];
    set->frs_buckets[i] = group;
}

/* Makes sure that there are as many buckets as groups, and one more.
 * => Returns false if there is no memory. */
static bool reserve_group(fr_ruleset_t *set)
{
    if (set->frs_group_count < set->frs_bucket_count)
        return true;
    memory_t *memory = fr_memory(set->frs_memory);
    size_t count = set->frs_bucket_count > 0 ? set->frs_bucket_count * 2 : 8;
    frgroup_t **buckets = memory_zalloc(memory, count * sizeof(frgroup_t *));
    if (buckets == NULL)
        return false;
    memory_free(memory, set->frs_buckets);
    set->frs_buckets = buckets;
    set->frs_bucket_count = count;
    for (frgroup_t *group = set->frs_groups; group != NULL; group = group->fg_next)
        put_group(set, group);
    return true;
}

frgroup_t *fr_findgroup(const fr_ruleset_t *set, const char *name, bool account)
{
    if (set->frs_bucket_count == 0)
        return NULL;
    frgroup_t *group = set->frs_buckets[hash_group(name, account) & (set->frs_bucket_count - 1)];
    while (group != NULL && (group->fg_account != account || strcmp(group->fg_name, name) != 0))
        group = group->fg_same;
    return group;
}

frgroup_t *fr_addgroup(fr_ruleset_t *set, const char *name, uint32_t inout, bool account)
{
    frgroup_t *group = fr_findgroup(set, name, account);
    if (group != NULL) {
        if (group->fg_inout == 0)
            group->fg_inout = inout;
        return group->fg_inout == inout ? group : NULL;
    }
    group = reserve_group(set) ? memory_zalloc(fr_memory(set->frs_memory), sizeof(*group)) : NULL;
    if (group == NULL) {
        set->frs_no_memory = true;
        return NULL;
    }
    memcpy(group->fg_name, name, FR_GROUPLEN);
    group->fg_inout = inout;
    group->fg_account = account;
    if (set->frs_last_group != NULL)
        set->frs_last_group->fg_next = group;
    else
        set->frs_groups = group;
    set->frs_last_group = group;
    set->frs_group_count++;
    put_group(set, group);
    return group;
}

bool fr_group_failed(fr_ruleset_t *set)
{
    bool failed = set->frs_no_memory;
    set->frs_no_memory = false;
    return failed;
}

bool fr_group_is_other(const fr_ruleset_t *set, const frentry_t *fr)
{
    const frgroup_t *group = fr_findgroup(set, fr->fr_group, FR_ISACCOUNT(fr->fr_flags));
    return group != NULL && group->fg_inout != 0 &&
           group->fg_inout != (fr->fr_flags & (FR_INQUE | FR_OUTQUE));
}

/* The group of a rule, if it exists and is for the rule's direction. */
static frgroup_t *group_of(const fr_ruleset_t *set, const frentry_t *fr)
{
    frgroup_t *group = fr_findgroup(set, fr->fr_group, FR_ISACCOUNT(fr->fr_flags));
    uint32_t inout = fr->fr_flags & (FR_INQUE | FR_OUTQUE);
    if (group == NULL || (group->fg_inout != 0 && group->fg_inout != inout))
        return NULL;
    group->fg_inout = inout;
    return group;
}

/* ---- lists ---- */

/* The number that a rule gets: after the rules of lower collections, and after N of its own (`@N`),
 * or after all of these. */
static uint32_t place_of(const fr_list_t *list, const frentry_t *fr)
{
    uint32_t end = fr_order_below(&list->frl_order, (uint64_t)fr->fr_collect + 1);
    if (fr->fr_insert == UINT32_MAX)
        return end;
    uint32_t begin = fr_order_below(&list->frl_order, fr->fr_collect);
    return fr->fr_insert < end - begin ? begin + fr->fr_insert : end;
}

/* Gives all rules new labels, as far apart as possible. */
static void relabel(const fr_list_t *list)
{
    uint32_t gap = UINT32_MAX / (list->frl_order.fo_count + 1), label = 0;
    if (gap > LABEL_GAP)
        gap = LABEL_GAP;
    for (frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next)
        fr->fr_label = label += gap;
    if (list->frl_classifier != NULL)
        fr_classifier_relabel(list->frl_classifier);
}

/* Gives a rule a label between those of its neighbours. If there is none, all rules get new labels.
 */
static void label(const fr_list_t *list, frentry_t *fr, const frentry_t *before)
{
    uint32_t low = before != NULL ? before->fr_label : 0;
    if (fr->fr_next != NULL && fr->fr_next->fr_label - low > 1)
        fr->fr_label = low + (fr->fr_next->fr_label - low) / 2;
    else if (fr->fr_next == NULL && UINT32_MAX - low > LABEL_GAP)
        fr->fr_label = low + LABEL_GAP;
    else
        relabel(list);
}

/* Without memory a list is walked. */
static void drop_classifier(fr_list_t *list)
{
    fr_classifier_free(list->frl_classifier);
    list->frl_classifier = NULL;
}

/* Called when a list has all its rules for now, or one more. */
static void classify(fr_list_t *list, memory_t *memory)
{
    if (list->frl_classifier != NULL || list->frl_order.fo_count < CLASSIFIER_MIN)
        return;
    relabel(list);
    list->frl_classifier = fr_classifier_create(memory, list->frl_head);
}

static bool insert(fr_list_t *list, memory_t *memory, frentry_t *fr)
{
    uint32_t at = place_of(list, fr);
    if (!fr_order_insert(&list->frl_order, memory, at, fr))
        return false;
    frentry_t *before = at > 0 ? fr_order_at(&list->frl_order, at - 1) : NULL;
    frentry_t **link = before != NULL ? &before->fr_next : &list->frl_head;
    fr->fr_next = *link;
    *link = fr;
    if (fr->fr_next == NULL)
        list->frl_tail = fr;
    if (list->frl_classifier != NULL) {
        label(list, fr, before);
        if (!fr_classifier_add(list->frl_classifier, fr))
            drop_classifier(list);
    }
    return true;
}

static void take_out(fr_list_t *list, memory_t *memory, frentry_t *fr)
{
    uint32_t at = fr_order_number(&list->frl_order, fr);
    frentry_t *before = at > 0 ? fr_order_at(&list->frl_order, at - 1) : NULL;
    if (list->frl_classifier != NULL && !fr_classifier_remove(list->frl_classifier, fr))
        drop_classifier(list);
    *(before != NULL ? &before->fr_next : &list->frl_head) = fr->fr_next;
    if (list->frl_tail == fr)
        list->frl_tail = before;
    fr_order_remove(&list->frl_order, memory, fr);
}

/* ---- rules ---- */

/* The groups that a rule names for others; makes those that do not exist. A group that exists and
 * is for the other direction is not used; nor is one that has rules by `icmp-head`.
 * => Returns false if there is no memory. */
static bool add_groups(fr_ruleset_t *set, frentry_t *fr)
{
    uint32_t inout = fr->fr_flags & (FR_INQUE | FR_OUTQUE);
    bool account = FR_ISACCOUNT(fr->fr_flags);
    frgroup_t *icmp = NULL, *head = NULL;
    if (fr->fr_rare->fr_icmphead[0] != '\0' && strcmp(fr->fr_rare->fr_icmphead, "0") != 0)
        icmp = fr_addgroup(set, fr->fr_rare->fr_icmphead, 0, account);
    if (fr->fr_grhead[0] != '\0' && strcmp(fr->fr_grhead, "0") != 0)
        head = fr_addgroup(set, fr->fr_grhead, inout, account);
    if (fr_group_failed(set))
        return false;
    if (icmp != NULL)
        icmp->fg_ref++;
    if (head != NULL)
        head->fg_ref++;
    fr->fr_icmpgrp = icmp;
    fr->fr_grp = head;
    return true;
}

/* A rule names these groups no longer; they stay. */
static void drop_groups(fr_ruleset_t *set, const frentry_t *fr)
{
    const frgroup_t *const groups[] = {fr->fr_grp, fr->fr_icmpgrp};
    for (size_t i = 0; i < 2; i++) {
        if (groups[i] != NULL)
            fr_findgroup(set, groups[i]->fg_name, groups[i]->fg_account)->fg_ref--;
    }
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

/* The list of a rule. `group`: the one it is in, or NULL. */
static fr_list_t *list_of(fr_ruleset_t *set, const frentry_t *fr, frgroup_t *group)
{
    bool out = (fr->fr_flags & FR_OUTQUE) != 0;
    if (group != NULL)
        return &group->fg_list;
    return FR_ISACCOUNT(fr->fr_flags) ? &set->frs_acct[out] : &set->frs_list[out];
}

/* => Returns NULL if there is no memory. */
static const frentry_rare_t *copy_rare(const memory_t *memory, const frentry_rare_t *rare)
{
    if (rare == &fr_says_nothing)
        return rare;
    frentry_rare_t *copy = memory_alloc(memory, sizeof(*copy));
    if (copy != NULL)
        *copy = *rare;
    return copy;
}

static void free_rule(memory_t *memory, frentry_t *fr)
{
    union {
        const frentry_rare_t *from;
        void *to;
    } rare = {fr->fr_rare};
    if (rare.from != &fr_says_nothing)
        memory_free(memory, rare.to);
    memory_let_go(memory, MEMORY_RULES, MEMORY_PER_RULE);
    memory_free(memory, fr);
}

/* Copies a rule and puts the copy where it belongs. */
static frentry_t *add_copy(fr_ruleset_t *set, fr_list_t *list, const frentry_t *fr)
{
    memory_t *memory = fr_memory(set->frs_memory);
    frentry_t *copy = memory_alloc(memory, sizeof(*copy));
    if (copy == NULL)
        return NULL;
    memory_hold(memory, MEMORY_RULES, MEMORY_PER_RULE);
    *copy = *fr;
    copy->fr_rare = copy_rare(memory, fr->fr_rare);
    if (copy->fr_rare == NULL || !add_groups(set, copy)) {
        free_rule(memory, copy);
        return NULL;
    }
    if (!insert(list, memory, copy)) {
        drop_groups(set, copy);
        free_rule(memory, copy);
        return NULL;
    }
    hold_tables(copy);
    set->frs_count++;
    if (set->frs_sealed)
        classify(list, memory);
    return copy;
}

int frrequest(fr_ruleset_t *set, const frentry_t *fr, const frentry_t **same)
{
    if (index_make(set) != 0 || index_reserve(set->frs_index) != 0)
        return ENOMEM;
    frgroup_t *group = fr->fr_group[0] != '\0' ? group_of(set, fr) : NULL;
    if (fr->fr_group[0] != '\0' && group == NULL)
        return ESRCH;
    bool comparable = !has_inline_table(fr);
    uint64_t hash = comparable ? fr_rule_hash(fr) : 0;
    const slot_t *slot = comparable ? find_slot(set->frs_index, hash, fr) : NULL;
    if (slot != NULL && slot->fr != NULL) {
        set->frs_duplicates++;
        *same = slot->fr;
        return EEXIST;
    }
    frentry_t *copy = add_copy(set, list_of(set, fr, group), fr);
    if (copy == NULL)
        return ENOMEM;
    if (group != NULL)
        group->fg_ref++;
    *same = copy;
    return comparable ? index_add(set->frs_index, hash, copy) : 0;
}

/* Packets no longer reach this rule, but its states still do. */
static void retire(fr_ruleset_t *set, frentry_t *fr)
{
    drop_groups(set, fr);
    fr->fr_block = NULL;
    fr->fr_next = set->frs_removed;
    set->frs_removed = fr;
}

static int find(fr_ruleset_t *set, const frentry_t *fr, slot_t **slot)
{
    if (index_make(set) != 0)
        return ENOMEM;
    *slot = has_inline_table(fr) ? NULL : find_slot(set->frs_index, fr_rule_hash(fr), fr);
    return *slot != NULL && (*slot)->fr != NULL ? 0 : ESRCH;
}

int frfind(fr_ruleset_t *set, const frentry_t *fr, frentry_t **found)
{
    slot_t *slot;
    int error = find(set, fr, &slot);
    if (error == 0)
        *found = slot->fr;
    return error;
}

int frremove(fr_ruleset_t *set, frentry_t *fr)
{
    slot_t *slot;
    int error = find(set, fr, &slot);
    if (error == ENOMEM)
        return error;
    if (error == 0)
        index_remove(set->frs_index, slot);
    bool account = FR_ISACCOUNT(fr->fr_flags);
    frgroup_t *group = fr->fr_group[0] != '\0' ? fr_findgroup(set, fr->fr_group, account) : NULL;
    take_out(list_of(set, fr, group), fr_memory(set->frs_memory), fr);
    if (group != NULL)
        group->fg_ref--;
    set->frs_count--;
    retire(set, fr);
    return 0;
}

void fr_ruleset_seal(fr_ruleset_t *set)
{
    memory_t *memory = fr_memory(set->frs_memory);
    index_free(set);
    set->frs_sealed = true;
    for (size_t i = 0; i < 2; i++) {
        classify(&set->frs_list[i], memory);
        classify(&set->frs_acct[i], memory);
    }
    for (frgroup_t *group = set->frs_groups; group != NULL; group = group->fg_next)
        classify(&group->fg_list, memory);
}

static void free_rules(frentry_t *fr, memory_t *memory)
{
    while (fr != NULL) {
        frentry_t *next = fr->fr_next;
        drop_tables(fr);
        free_rule(memory, fr);
        fr = next;
    }
}

static void free_list(fr_list_t *list, memory_t *memory)
{
    drop_classifier(list);
    fr_order_fini(&list->frl_order, memory);
    free_rules(list->frl_head, memory);
}

void fr_ruleset_fini(fr_ruleset_t *set)
{
    memory_t *memory = fr_memory(set->frs_memory);
    index_free(set);
    for (size_t i = 0; i < 2; i++) {
        free_list(&set->frs_list[i], memory);
        free_list(&set->frs_acct[i], memory);
    }
    free_rules(set->frs_removed, memory);
    while (set->frs_groups != NULL) {
        frgroup_t *group = set->frs_groups;
        set->frs_groups = group->fg_next;
        free_list(&group->fg_list, memory);
        memory_free(memory, group);
    }
    memory_free(memory, set->frs_buckets);
    *set = (fr_ruleset_t){.frs_memory = set->frs_memory};
}
