/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The lists of a set, what each of their rules can do, and which rules head them. */
#include "filter/fr_reach_impl.h"

#include <stdlib.h>
#include <string.h>

/* ---- one rule ---- */

/* Whether cell_matches() tells exactly which packets it matches. */
static bool is_vague(const frentry_t *fr, cell_names_t *names)
{
    const frentry_rare_t *rare = fr->fr_rare;
    return !cell_is_range(&fr->fr_src) || !cell_is_range(&fr->fr_dst) || fr_asks_tag(fr) ||
           fr->fr_matchlogtag != FR_NOLOGTAG || rare->fr_vianames[0][0] != '\0' ||
           rare->fr_vianames[1][0] != '\0' || !cell_names_add(names, fr->fr_ifnames[0]);
}

static uint8_t does_of(const frentry_t *fr, cell_names_t *names)
{
    uint32_t flags = fr->fr_flags, command = flags & FR_CMDMASK;
    bool verdict = !FR_ISLOG(flags) && (command == FR_BLOCK || command == FR_PASS);
    bool keeps = (flags & FR_QUICK) != 0 && (flags & FR_KEEPSTATE) != 0 && !FR_ISAUTH(flags);
    bool limited = keeps && (fr->fr_statemax != 0 || fr->fr_maxsrcs != 0);
    bool ends = (flags & FR_QUICK) != 0 && !limited &&
                (verdict || command == FR_ACCOUNT || command == FR_AUTH || command == FR_PREAUTH);
    if (is_vague(fr, names))
        return REACH_VAGUE;
    if ((flags & FR_CALLNOW) != 0)
        return 0;
    if (FR_ISSKIP(flags))
        return REACH_SKIPS;
    uint8_t does = (verdict && !limited ? REACH_DECIDES : 0) | (keeps ? REACH_KEEPS : 0);
    if (fr->fr_grp != NULL)
        return does | REACH_HEADS | (ends ? REACH_ENDS_AS_HEAD : 0);
    return FR_ISLOG(flags) ? REACH_LOGS : does | (ends ? REACH_ENDS : 0);
}

/* ---- lists ---- */

static bool list_fill(reach_list_t *own, cell_names_t *names)
{
    const uint8_t stops = REACH_ENDS | REACH_SKIPS | REACH_HEADS | REACH_LOGS;
    size_t i = 0;
    for (const frentry_t *fr = own->list->frl_head; fr != NULL; fr = fr->fr_next)
        own->count++;
    own->rules = calloc(own->count + 1, sizeof(const frentry_t *));
    own->does = calloc(own->count + 1, sizeof(*own->does));
    own->skips = calloc(own->count + 1, sizeof(*own->skips));
    if (own->rules == NULL || own->does == NULL || own->skips == NULL)
        return false;
    for (const frentry_t *fr = own->list->frl_head; fr != NULL; fr = fr->fr_next, i++) {
        own->rules[i] = fr;
        own->does[i] = does_of(fr, names);
        own->can_stop |= (own->does[i] & stops) != 0;
        if (FR_ISSKIP(fr->fr_flags))
            own->skips[own->skip_count++] = i;
    }
    return true;
}

static reach_list_t *list_add(reach_lists_t *lists, const fr_list_t *list, bool out)
{
    reach_list_t *own = calloc(1, sizeof(*own));
    if (own == NULL)
        return NULL;
    own->list = list;
    own->out = out;
    HASH_ADD_PTR(lists->by_list, list, own);
    if (own->hh.tbl == NULL) {
        free(own);
        return NULL;
    }
    return list_fill(own, &lists->names) ? own : NULL;
}

reach_list_t *reach_lists_find(const reach_lists_t *lists, const fr_list_t *list)
{
    reach_list_t *own;
    HASH_FIND_PTR(lists->by_list, &list, own);
    return own;
}

/* ---- heads ---- */

static bool head_add(reach_list_t *group, reach_list_t *list, size_t number)
{
    size_t count = group->head_count;
    if ((count & (count - 1)) == 0) { /* room for 1, 2, 4, 8... */
        reach_head_t *heads = realloc(group->heads, (count > 0 ? count * 2 : 1) * sizeof(*heads));
        if (heads == NULL)
            return false;
        group->heads = heads;
    }
    group->heads[group->head_count++] = (reach_head_t){list, number};
    group->has_quick_head |= (list->rules[number]->fr_flags & FR_QUICK) != 0;
    return true;
}

static bool find_heads(reach_lists_t *lists)
{
    reach_list_t *list, *next;
    HASH_ITER(hh, lists->by_list, list, next)
    {
        for (size_t i = 0; i < list->count; i++) {
            const frgroup_t *headed = list->rules[i]->fr_grp, *errors = list->rules[i]->fr_icmpgrp;
            reach_list_t *group = headed ? reach_lists_find(lists, &headed->fg_list) : NULL;
            reach_list_t *called = errors ? reach_lists_find(lists, &errors->fg_list) : NULL;
            if (called != NULL)
                called->is_called = true;
            if (group != NULL && !head_add(group, list, i))
                return false;
        }
    }
    return true;
}

/* A `call` finds a group by an address, so it can enter each. */
static bool calls(const reach_lists_t *lists)
{
    reach_list_t *list, *next;
    HASH_ITER(hh, lists->by_list, list, next)
    {
        for (size_t i = 0; i < list->count; i++) {
            if ((list->rules[i]->fr_flags & FR_CALLNOW) != 0 || FR_ISCALL(list->rules[i]->fr_flags))
                return true;
        }
    }
    return false;
}

bool reach_lists_init(reach_lists_t *lists, const fr_ruleset_t *set)
{
    *lists = (reach_lists_t){0};
    for (size_t out = 0; out < 2; out++) {
        if (list_add(lists, &set->frs_list[out], out == 1) == NULL ||
            list_add(lists, &set->frs_acct[out], out == 1) == NULL)
            return false;
    }
    for (const frgroup_t *group = set->frs_groups; group != NULL; group = group->fg_next) {
        reach_list_t *list = list_add(lists, &group->fg_list, group->fg_inout == FR_OUTQUE);
        if (list == NULL)
            return false;
        list->is_group = true;
    }
    if (!find_heads(lists))
        return false;
    bool called = calls(lists);
    reach_list_t *list, *next;
    HASH_ITER(hh, lists->by_list, list, next)
    {
        list->is_called |= list->is_group && (called || list->head_count == 0);
    }
    return true;
}

void reach_lists_fini(reach_lists_t *lists)
{
    reach_list_t *list, *next;
    HASH_ITER(hh, lists->by_list, list, next)
    {
        HASH_DEL(lists->by_list, list);
        free(list->rules);
        free(list->does);
        free(list->skips);
        free(list->heads);
        free(list);
    }
}
