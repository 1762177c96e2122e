/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Findings that depend on a rule's neighbours: those before it that take its packets, and those
 * after it that decide instead.
 */
#include "filter/fr_covers.h"
#include "filter/fr_quick.h"
#include "filter/fr_state_impl.h"
#include "filter/ipf_check_impl.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

typedef struct list_check {
    fr_quick_t *ends;  /* `quick` rules that end the walk whenever they match */
    fr_quick_t *later; /* from the list's end: rules that decide whenever they match */
    const frentry_t **rules;
    bool *skippable; /* an earlier `skip` can pass over it */
    bool *told;
    size_t count;
    const frgroup_t *group; /* the one that was looked at last */
    bool group_ends;
} list_check_t;

/* ---- what ends the walk ---- */

static bool is_quick(const frentry_t *fr)
{
    uint32_t command = fr->fr_flags & FR_CMDMASK;
    return (fr->fr_flags & FR_QUICK) != 0 && !FR_ISLOG(fr->fr_flags) && command != FR_SKIP &&
           command != FR_CALL && command != FR_DECAPS && (fr->fr_flags & FR_CALLNOW) == 0;
}

static bool may_end(const frentry_t *fr)
{
    return is_quick(fr) && fr->fr_grp == NULL;
}

/* Whether all that can decide in the group of a `quick` head is `quick`, too. What no rule of the
 * group matches, or cannot keep, the head decides. A group without rules may be one that a program
 * fills. Heads that follow each other often have one group. */
static bool group_ends(list_check_t *list, const frgroup_t *group)
{
    if (group == list->group)
        return list->group_ends;
    const frentry_t *fr = group->fg_list.frl_head;
    list->group = group;
    list->group_ends = fr != NULL;
    for (; fr != NULL && list->group_ends; fr = fr->fr_next)
        list->group_ends = may_end(fr);
    return list->group_ends;
}

/* Whether the walk ends at a rule whenever it matches. A `log` rule decides nothing, `keep state`
 * can fail, and in a group a rule without `quick` can decide. */
static bool ends_the_walk(list_check_t *list, const frentry_t *fr)
{
    return is_quick(fr) && (fr->fr_flags & FR_KEEPSTATE) == 0 &&
           (fr->fr_grp == NULL || group_ends(list, fr->fr_grp));
}

/* Whether a finding about the rule alone says that nothing matches it (ipf_check_rule.c). */
static bool is_told_empty(const frentry_t *fr)
{
    return (fr->fr_tcpf & ~fr->fr_tcpfm) != 0 || fr_ports_none(&fr->fr_sport) ||
           fr_ports_none(&fr->fr_dport);
}

static void check_covered(check_t *check, list_check_t *list, size_t i)
{
    const frentry_t *fr = list->rules[i], *cover = NULL;
    list->told[i] = is_told_empty(fr);
    if (!list->told[i])
        cover = fr_quick_find(list->ends, fr);
    list->told[i] |= cover != NULL;
    if (cover != NULL)
        ipf_check_warn(check, IPF_WARN_COVERED, fr->fr_line, fr->fr_column,
                       "this rule can never match: the 'quick' rule in line %d takes all of its "
                       "packets",
                       cover->fr_line);
}

/* ---- what a later rule decides ---- */

/* Whether a rule only decides, so that it has no effect if another rule decides. */
static bool only_decides(const frentry_t *fr)
{
    uint32_t command = fr->fr_flags & FR_CMDMASK;
    return (fr->fr_flags & FR_QUICK) == 0 && !FR_ISLOG(fr->fr_flags) && fr->fr_grp == NULL &&
           (command == FR_BLOCK || command == FR_PASS);
}

static bool always_decides(const check_t *check, const frentry_t *fr)
{
    uint32_t command = fr->fr_flags & FR_CMDMASK;
    bool oow = check->how->build != NULL && check->how->build->ifb_oow_is_passed_over;
    bool can_fail = (fr->fr_flags & FR_KEEPSTATE) != 0 && (oow || (fr->fr_flags & FR_QUICK) != 0);
    return !FR_ISLOG(fr->fr_flags) && (command == FR_BLOCK || command == FR_PASS) && !can_fail;
}

bool ipf_check_same_verdict(const frentry_t *a, const frentry_t *b)
{
    return ((a->fr_flags ^ b->fr_flags) & ~(FR_QUICK | FR_INQUE | FR_OUTQUE)) == 0 &&
           a->fr_icode == b->fr_icode && b->fr_grp == NULL;
}

static void check_overridden(check_t *check, list_check_t *list, size_t i)
{
    const frentry_t *fr = list->rules[i];
    const frentry_t *later = only_decides(fr) ? fr_quick_find(list->later, fr) : NULL;
    if (later == NULL || list->told[i])
        return;
    list->told[i] = true;
    if (ipf_check_same_verdict(fr, later))
        ipf_check_warn(check, IPF_WARN_OVERRIDDEN, fr->fr_line, fr->fr_column,
                       "this rule changes nothing: the rule in line %d matches all of its packets, "
                       "too, and says the same of them",
                       later->fr_line);
    else
        ipf_check_warn(
            check, IPF_WARN_OVERRIDDEN, fr->fr_line, fr->fr_column,
            "this rule never decides: the last match does, and the rule in line %d comes "
            "later and matches all of its packets; 'quick' here would end the search",
            later->fr_line);
}

/* ---- lists ---- */

/* Warns of a `skip` over more rules than there are: the rule that was meant to follow is not in
 * this list. */
static void check_skip(check_t *check, const frentry_t *skip)
{
    uint32_t follow = 0;
    for (const frentry_t *fr = skip->fr_next; fr != NULL && follow <= skip->fr_arg;
         fr = fr->fr_next)
        follow++;
    if (follow < skip->fr_arg)
        ipf_check_warn(check, IPF_WARN_SKIP, skip->fr_line, skip->fr_column,
                       "'skip %u' passes over more rules than follow in its list, which are %u",
                       skip->fr_arg, follow);
}

static bool list_begin(list_check_t *own, const fr_list_t *list)
{
    *own = (list_check_t){.ends = fr_quick_create(), .later = fr_quick_create()};
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next)
        own->count++;
    own->rules = calloc(own->count + 1, sizeof(const frentry_t *));
    own->skippable = calloc(own->count + 1, sizeof(bool));
    own->told = calloc(own->count + 1, sizeof(bool));
    if (own->ends == NULL || own->later == NULL || own->rules == NULL || own->skippable == NULL ||
        own->told == NULL)
        return false;
    size_t i = 0;
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next)
        own->rules[i++] = fr;
    return true;
}

static void list_end(list_check_t *own)
{
    fr_quick_destroy(own->ends);
    fr_quick_destroy(own->later);
    free(own->rules);
    free(own->skippable);
    free(own->told);
}

static bool add_if(fr_quick_t *quick, const frentry_t *fr, bool wanted)
{
    return !wanted || fr_quick_add(quick, fr);
}

static bool check_forward(check_t *check, list_check_t *list)
{
    uint64_t skipped = 0; /* rules that an earlier `skip` can pass over */
    for (size_t i = 0; i < list->count && !check->no_memory; i++) {
        const frentry_t *fr = list->rules[i];
        list->skippable[i] = skipped > 0;
        check_covered(check, list, i);
        if (!add_if(list->ends, fr, ends_the_walk(list, fr) && skipped == 0))
            return false;
        skipped -= skipped > 0;
        if (FR_ISSKIP(fr->fr_flags)) {
            check_skip(check, fr);
            skipped = fr->fr_arg > skipped ? fr->fr_arg : skipped;
        }
    }
    return true;
}

static bool check_backward(check_t *check, list_check_t *list)
{
    for (size_t i = list->count; i-- > 0 && !check->no_memory;) {
        const frentry_t *fr = list->rules[i];
        check_overridden(check, list, i);
        if (!add_if(list->later, fr, always_decides(check, fr) && !list->skippable[i]))
            return false;
    }
    return true;
}

static void check_reach(check_t *check, reach_check_t *reach, const list_check_t *own,
                        const fr_list_t *list)
{
    for (size_t i = 0; i < own->count && !check->no_memory; i++) {
        if (!own->told[i])
            ipf_check_reach(check, reach, list, i, only_decides(own->rules[i]));
    }
}

/* Pairs of rules are compared first, which finds most, and names one rule. Where a rule is missing
 * that was not understood, no more can be said. */
static void check_list(check_t *check, reach_check_t *reach, const fr_list_t *list)
{
    list_check_t own;
    if (!list_begin(&own, list) || !check_forward(check, &own) || !check_backward(check, &own))
        check->no_memory = true;
    else if (check->errors == 0)
        check_reach(check, reach, &own, list);
    list_end(&own);
}

/* ---- groups ---- */

static const frgroup_t *find_group(const check_t *check, const char *name, bool account)
{
    const frgroup_t *group = check->set.frs_groups;
    while (group != NULL && (strcmp(group->fg_name, name) != 0 || group->fg_account != account))
        group = group->fg_next;
    return group;
}

/* A group without rules may be one that a program fills. But a group for the other direction is
 * never entered. */
static void check_heads(check_t *check)
{
    for (const head_t *head = check->heads; head != NULL; head = head->next) {
        const char *name = head->fr.fr_grhead;
        const frgroup_t *group = find_group(check, name, FR_ISACCOUNT(head->fr.fr_flags));
        uint32_t inout = head->fr.fr_flags & (FR_INQUE | FR_OUTQUE);
        if (group != NULL && group->fg_inout != 0 && group->fg_inout != inout)
            ipf_check_warn(check, IPF_WARN_GROUP, head->line, head->column,
                           "group '%s' is for '%s' packets: this '%s' rule does not head it", name,
                           group->fg_inout == FR_OUTQUE ? "out" : "in",
                           inout == FR_OUTQUE ? "out" : "in");
    }
}

void ipf_check_lists(check_t *check)
{
    reach_check_t reach;
    ipf_check_reach_begin(check, &reach);
    for (size_t i = 0; i < 2; i++) {
        check_list(check, &reach, &check->set.frs_list[i]);
        check_list(check, &reach, &check->set.frs_acct[i]);
    }
    for (const frgroup_t *group = check->set.frs_groups; group != NULL; group = group->fg_next)
        check_list(check, &reach, &group->fg_list);
    ipf_check_reach_end(check, &reach);
    check_heads(check);
}
