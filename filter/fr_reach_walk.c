/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet's walk through the rules before and after one, as apply() in fr_firewall.c has it, to
 * find one that keeps the packet away, and what this depends on. */
#include "filter/fr_reach_impl.h"

#define ASKED_MAX 16u /* rules of a group that must not match */
#define NO_NUMBER SIZE_MAX

/* ---- the work ---- */

static void spend(fr_reach_t *reach)
{
    reach->left -= reach->left > 0;
}

cell_match_t reach_compare(fr_reach_t *reach, const cell_t *cell, const frentry_t *fr,
                           cell_cut_t *cut)
{
    spend(reach);
    return cell_matches(cell, fr, &reach->lists.names, reach->build, cut);
}

static bool packet_matches(fr_reach_t *reach, const frentry_t *fr)
{
    cell_cut_t cut;
    return reach_compare(reach, &reach->packet, fr, &cut) == CELL_ALL;
}

/* ---- the rules of a list that the packet may match ---- */

typedef struct cursor {
    const reach_list_t *list;
    size_t next;  /* without a classifier, or once it has given up: the number of the next rule */
    bool is_walk; /* without one */
    fr_search_t search;
} cursor_t;

static void cursor_begin(fr_reach_t *reach, cursor_t *cursor, const reach_list_t *list)
{
    cursor->list = list;
    cursor->next = 0;
    cursor->is_walk = list->list->frl_classifier == NULL;
    if (!cursor->is_walk)
        fr_search_begin(&cursor->search, list->list->frl_classifier, &reach->key);
}

/* => Returns the number of the next rule; NO_NUMBER after the last. */
static size_t cursor_next(fr_reach_t *reach, cursor_t *cursor)
{
    const reach_list_t *list = cursor->list;
    spend(reach);
    if (!cursor->is_walk) {
        const frentry_t *fr = fr_search_next(&cursor->search);
        if (fr != NULL) {
            size_t number = fr_order_number(&list->list->frl_order, fr);
            cursor->next = number + 1;
            return number;
        }
        if (!cursor->search.fs_full)
            return NO_NUMBER;
    }
    return cursor->next < list->count ? cursor->next++ : NO_NUMBER;
}

/* ---- facts ---- */

static bool note_fact(fr_reach_t *reach, reach_fact_kind_t kind, const frentry_t *fr)
{
    if (reach->fact_count == REACH_FACTS)
        return false;
    reach->facts[reach->fact_count++] = (reach_fact_t){kind, fr};
    return true;
}

static bool is_one_of(const frentry_t *const *rules, size_t count, const frentry_t *fr)
{
    for (size_t i = 0; i < count; i++) {
        if (rules[i] == fr)
            return true;
    }
    return false;
}

/* Notes a rule that keeps the packet away; `decides`: by deciding later.
 * => Returns false if it may not. */
static bool note_by(fr_reach_t *reach, const frentry_t *fr, bool decides)
{
    const fr_reach_answer_t *only = reach->only;
    fr_reach_answer_t *answer = reach->answer;
    const frentry_t **rules = decides ? answer->deciders : answer->takers;
    size_t *count = decides ? &answer->decider_count : &answer->taker_count;
    if (only != NULL && !is_one_of(decides ? only->deciders : only->takers,
                                   decides ? only->decider_count : only->taker_count, fr))
        return false;
    if (*count < FR_REACH_BY && !is_one_of(rules, *count, fr))
        rules[(*count)++] = fr;
    return true;
}

/* Notes whether the packet matches the `skip` rules after number `from` that can pass over number
 * `to`, or over one of each other.
 * => Returns false if this is not known. */
static bool note_skips(fr_reach_t *reach, const reach_list_t *list, size_t from, size_t to)
{
    for (size_t i = list->skip_count; i-- > 0;) {
        size_t number = list->skips[i];
        const frentry_t *skip = list->rules[number];
        spend(reach);
        if (from != NO_NUMBER && number <= from)
            break;
        if (number >= to || number + skip->fr_arg < to)
            continue;
        if ((list->does[number] & REACH_VAGUE) != 0 ||
            !note_fact(reach, packet_matches(reach, skip) ? FACT_MATCHES : FACT_MISSES, skip))
            return false;
        to = number;
    }
    return true;
}

/* That the packet has come to a rule after number `from`, and matches it. */
static bool note_comes(fr_reach_t *reach, const reach_list_t *list, size_t from, size_t number)
{
    return note_fact(reach, FACT_MATCHES, list->rules[number]) &&
           note_skips(reach, list, from, number);
}

/* That a state can be made of the packet, if a rule must keep one. */
static bool note_keeps(fr_reach_t *reach, const reach_list_t *list, size_t number)
{
    cell_cut_t cut;
    if ((list->does[number] & REACH_KEEPS) == 0)
        return true;
    return reach_keeps(&reach->packet, &cut) == CELL_ALL &&
           note_fact(reach, FACT_KEEPS, list->rules[number]);
}

static bool note_applies(fr_reach_t *reach, const reach_list_t *list, size_t from, size_t number)
{
    return note_comes(reach, list, from, number) && note_keeps(reach, list, number);
}

/* ---- what comes before the rule ---- */

static bool is_taken(fr_reach_t *reach, const reach_list_t *list, size_t before, size_t depth,
                     const reach_step_t *head);

/* Whether a rule of a group leaves it to a `quick` head to end the walk, or ends it itself. */
static bool leaves_the_end(const frentry_t *fr)
{
    if (fr->fr_grp != NULL || (fr->fr_flags & FR_CALLNOW) != 0)
        return false;
    return FR_ISLOG(fr->fr_flags) || FR_ISSKIP(fr->fr_flags) || (fr->fr_flags & FR_QUICK) != 0;
}

/* That a `quick` head would end the walk if its group ended before number `before`: no rule decides
 * that is not `quick`, and a state can be kept if one must be. */
static bool note_stands(fr_reach_t *reach, const reach_list_t *list, size_t number,
                        const reach_list_t *group, size_t before)
{
    size_t asked = 0;
    if ((list->does[number] & REACH_ENDS_AS_HEAD) == 0 || !note_keeps(reach, list, number))
        return false;
    for (size_t i = 0; i < before && i < group->count; i++) {
        const frentry_t *fr = group->rules[i];
        if (leaves_the_end(fr))
            continue;
        if (++asked > ASKED_MAX || (group->does[i] & REACH_VAGUE) != 0 ||
            packet_matches(reach, fr) || !note_fact(reach, FACT_MISSES, fr))
            return false;
    }
    return true;
}

/* A program may fill a group without rules. */
static bool head_ends(fr_reach_t *reach, const reach_list_t *list, size_t number,
                      const reach_list_t *group)
{
    return group->count > 0 && note_stands(reach, list, number, group, NO_NUMBER) &&
           note_by(reach, list->rules[number], false);
}

/* In the group of a `quick` head a rule that only logs ends the walk, as what the head says stands
 * (apply() in fr_firewall.c). */
static bool log_ends(fr_reach_t *reach, const reach_list_t *list, size_t number,
                     const reach_step_t *head)
{
    return head != NULL && note_comes(reach, list, NO_NUMBER, number) &&
           note_stands(reach, head->list, head->number, list, number) &&
           note_by(reach, list->rules[number], false);
}

/* Whether a rule that the packet has reached and matches ends the walk. */
static bool ends(fr_reach_t *reach, const reach_list_t *list, size_t number, size_t depth)
{
    const frentry_t *fr = list->rules[number];
    if ((list->does[number] & REACH_ENDS) != 0)
        return note_applies(reach, list, NO_NUMBER, number) && note_by(reach, fr, false);
    const reach_list_t *group = reach_lists_find(&reach->lists, &fr->fr_grp->fg_list);
    return group != NULL && depth < REACH_DEPTH && note_comes(reach, list, NO_NUMBER, number) &&
           (is_taken(reach, group, NO_NUMBER, depth + 1, NULL) ||
            head_ends(reach, list, number, group));
}

/* The number of the first rule that a `skip` does not pass over. */
static size_t after_skip(const frentry_t *skip, size_t number)
{
    return number + 1 + skip->fr_arg;
}

/* What a rule does to the packet that has come to it and matches.
 * => Returns whether it takes it; the facts say why. */
static bool takes(fr_reach_t *reach, const reach_list_t *list, size_t number, size_t depth,
                  const reach_step_t *head)
{
    size_t before = reach->fact_count;
    uint8_t does = list->does[number];
    bool taken = (does & REACH_LOGS) != 0 ? log_ends(reach, list, number, head)
                                          : ends(reach, list, number, depth);
    if (!taken)
        reach->fact_count = before;
    return taken;
}

static bool is_passed_over(fr_reach_t *reach, const reach_list_t *list, size_t skip)
{
    size_t before = reach->fact_count;
    if (note_comes(reach, list, NO_NUMBER, skip) && note_by(reach, list->rules[skip], false))
        return true;
    reach->fact_count = before;
    return false;
}

/* Whether the packet's walk over a list does not come to number `before`. NO_NUMBER: whether it
 * ends in the list. `head`: the rule by which it came to the list; NULL: it does not matter. */
static bool is_taken(fr_reach_t *reach, const reach_list_t *list, size_t before, size_t depth,
                     const reach_step_t *head)
{
    const uint8_t wanted = REACH_ENDS | REACH_SKIPS | REACH_HEADS | REACH_LOGS;
    cursor_t cursor;
    size_t next = 0, number;
    if (!list->can_stop)
        return false;
    cursor_begin(reach, &cursor, list);
    while ((number = cursor_next(reach, &cursor)) < before && reach->left > 0) {
        const frentry_t *fr = list->rules[number];
        bool skips = (list->does[number] & REACH_SKIPS) != 0;
        if (number < next || (list->does[number] & wanted) == 0 || !packet_matches(reach, fr))
            continue;
        if (!skips && takes(reach, list, number, depth, head))
            return true;
        if (!skips)
            continue;
        next = after_skip(fr, number);
        if (before != NO_NUMBER && next > before && is_passed_over(reach, list, number))
            return true;
    }
    return false;
}

/* ---- what comes after it ---- */

static bool is_decided(fr_reach_t *reach, const reach_list_t *list, size_t from, size_t depth);

/* Whether a rule that comes after number `from`, and that the packet matches, decides about it; or
 * one of the group that it heads. */
static bool decides(fr_reach_t *reach, const reach_list_t *list, size_t from, size_t number,
                    size_t depth)
{
    const frentry_t *fr = list->rules[number];
    size_t before = reach->fact_count;
    if ((list->does[number] & REACH_DECIDES) != 0 && note_applies(reach, list, from, number) &&
        note_by(reach, fr, true))
        return true;
    reach->fact_count = before;
    if ((list->does[number] & REACH_HEADS) == 0 || depth >= REACH_DEPTH)
        return false;
    const reach_list_t *group = reach_lists_find(&reach->lists, &fr->fr_grp->fg_list);
    if (group != NULL && note_comes(reach, list, from, number) &&
        is_decided(reach, group, NO_NUMBER, depth + 1))
        return true;
    reach->fact_count = before;
    return false;
}

/* Whether a rule after number `from` of a list, or any for NO_NUMBER, decides about the packet. */
static bool is_decided(fr_reach_t *reach, const reach_list_t *list, size_t from, size_t depth)
{
    const uint8_t wanted = REACH_DECIDES | REACH_SKIPS | REACH_HEADS;
    cursor_t cursor;
    size_t next = 0, number;
    cursor_begin(reach, &cursor, list);
    while ((number = cursor_next(reach, &cursor)) != NO_NUMBER && reach->left > 0) {
        const frentry_t *fr = list->rules[number];
        if ((from != NO_NUMBER && number <= from) || number < next ||
            (list->does[number] & wanted) == 0 || !packet_matches(reach, fr))
            continue;
        if ((list->does[number] & REACH_SKIPS) != 0)
            next = after_skip(fr, number);
        else if (decides(reach, list, from, number, depth))
            return true;
    }
    return false;
}

bool reach_is_kept_away(fr_reach_t *reach)
{
    reach->fact_count = 0;
    for (size_t i = reach->steps; i-- > 0;) {
        const reach_step_t *step = &reach->way[i], *head = i + 1 < reach->steps ? step + 1 : NULL;
        if (is_taken(reach, step->list, step->number, reach->steps - i, head))
            return true;
    }
    for (size_t i = 0; reach->decides && i < reach->steps; i++) {
        if (is_decided(reach, reach->way[i].list, reach->way[i].number, reach->steps - i))
            return true;
    }
    return false;
}
