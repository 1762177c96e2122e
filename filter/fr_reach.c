/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule is reached by ways: in its list, which begins the walk; or in a group, by a rule that
 * heads it, and the way to that. For each way the packets that match the rule and all heads are a
 * few cells. One packet of a cell is taken through the rules before the rule, and, to decide, after
 * it. If a rule keeps it away, this depends on a few facts: that this rule matches, and that no
 * `skip` passes over it. All packets for which the same facts hold are kept away, too, and the rest
 * of the cell is looked at next. */
#include "filter/fr_reach_impl.h"

#include <assert.h>
#include <stdlib.h>

#define FEW_BY 12u /* so many rules that keep packets away are made fewer, if it can be */

/* What makes it impossible to keep a state, apart from the rule and the table. */
#define MAKES_NO_STATE (FI_BAD | FI_SHORT | FI_OOW | FI_STATE)

/* ---- one way ---- */

static void push(fr_reach_t *reach, const cell_t *cell)
{
    if (reach->count == reach->room) {
        size_t room = reach->room > 0 ? reach->room * 2 : 64;
        cell_t *cells = realloc(reach->cells, room * sizeof(*cells));
        if (cells == NULL) {
            reach->no_memory = true;
            return;
        }
        reach->cells = cells;
        reach->room = room;
    }
    reach->cells[reach->count++] = *cell;
}

/* Whether a packet is in the first of the halves. */
static bool is_in_first(const cell_t *packet, const cell_cut_t *cut)
{
    if (cut->is_bit)
        return (packet->value[cut->where] & cut->bit) == 0;
    return !wide_less(cut->last, packet->from[cut->where]);
}

/* Whether a part of a cell is left out, since a rule would have to keep a state of its packets. */
static bool is_left_out(const reach_fact_t *fact, const cell_cut_t *cut, bool first)
{
    uint32_t keeps = FR_QUICK | FR_KEEPSTATE;
    return first && cut->is_bit && cut->where == CELL_FLX && (cut->bit & MAKES_NO_STATE) != 0 &&
           fact->kind != FACT_MISSES && (fact->fr->fr_flags & keeps) == keeps;
}

/* Takes away all packets of a cell for which the facts hold, as they do for the packet. */
static void take_away(fr_reach_t *reach, cell_t *cell)
{
    for (size_t i = 0; i < reach->fact_count; i++) {
        const reach_fact_t *fact = &reach->facts[i];
        for (;;) {
            cell_cut_t cut;
            cell_match_t match = fact->kind == FACT_KEEPS
                                     ? reach_keeps(cell, &cut)
                                     : reach_compare(reach, cell, fact->fr, &cut);
            if (match != CELL_SOME) {
                assert((match == CELL_ALL) == (fact->kind != FACT_MISSES));
                break;
            }
            cell_t second = cell_divide(cell, &cut);
            bool first = is_in_first(&reach->packet, &cut);
            if (is_left_out(fact, &cut, first))
                reach->stateless = true;
            else
                push(reach, first ? &second : cell);
            if (!first)
                *cell = second;
        }
    }
}

/* => Returns whether all of a cell is on the way; if not, its parts that may be are pushed. */
static bool is_on_the_way(fr_reach_t *reach, cell_t *cell)
{
    for (size_t i = reach->steps; i-- > 0;) {
        cell_cut_t cut;
        cell_match_t match = reach_compare(reach, cell, &reach->way[i].asks, &cut);
        if (match == CELL_NONE)
            return false;
        if (match == CELL_ALL)
            continue;
        cell_t second = cell_divide(cell, &cut);
        push(reach, &second);
        push(reach, cell);
        return false;
    }
    return true;
}

/* => Returns FR_NEVER if no packet comes through. */
static fr_reached_t try_way(fr_reach_t *reach)
{
    bool out = reach->way[0].list->out;
    cell_t four = cell_whole(out, 4, &reach->lists.names);
    cell_t six = cell_whole(out, 6, &reach->lists.names);
    reach->count = 0;
    push(reach, &six);
    push(reach, &four);
    while (reach->count > 0) {
        cell_t cell = reach->cells[--reach->count];
        if (reach->no_memory)
            return FR_REACH_NO_MEMORY;
        if (reach->left == 0)
            return FR_REACH_UNKNOWN;
        if (!is_on_the_way(reach, &cell) || !reach_packet(&cell, &reach->packet))
            continue;
        reach->answer->is_empty = false;
        reach_key(&reach->packet, &reach->lists.names, &reach->key);
        if (!reach_is_kept_away(reach))
            return reach->left == 0 ? FR_REACH_UNKNOWN : FR_REACHED;
        take_away(reach, &cell);
    }
    return reach->no_memory ? FR_REACH_NO_MEMORY : FR_NEVER;
}

/* ---- all ways ---- */

/* Leaves out what cells cannot tell. */
static void widen(frentry_t *asks)
{
    fraddr_t *const addresses[] = {&asks->fr_src, &asks->fr_dst};
    for (size_t i = 0; i < 2; i++) {
        if (!cell_is_range(addresses[i]))
            *addresses[i] = (fraddr_t){.fra_type = FRI_NORMAL};
    }
}

/* Adds a step to the way, and goes on to each head. */
static fr_reached_t try_from(fr_reach_t *reach, reach_list_t *list, size_t number)
{
    fr_reached_t result = FR_NEVER;
    if (reach->steps == REACH_DEPTH)
        return FR_NEVER; /* the walk does not go so deep */
    reach_step_t *step = &reach->way[reach->steps++];
    step->list = list;
    step->number = number;
    step->asks = *list->rules[number];
    widen(&step->asks);
    if (!list->is_group)
        result = try_way(reach);
    else if (list->is_called)
        result = FR_REACHED;
    for (size_t i = 0; result == FR_NEVER && i < list->head_count; i++)
        result = try_from(reach, list->heads[i].list, list->heads[i].number);
    reach->steps--;
    return result;
}

static fr_reached_t ask(fr_reach_t *reach, reach_list_t *list, size_t number,
                        fr_reach_answer_t *answer)
{
    *answer = (fr_reach_answer_t){.is_empty = true};
    reach->answer = answer;
    reach->stateless = false;
    reach->steps = 0;
    answer->result = try_from(reach, list, number);
    if (answer->result == FR_NEVER && reach->stateless)
        answer->result = FR_STATELESS;
    return answer->result;
}

/* Whether no packet has all that the rule asks for that was asked about last: each way begins with
 * it. */
static bool is_empty(fr_reach_t *reach)
{
    fr_reach_answer_t unread = {.result = FR_NEVER};
    reach_list_t alone = {.out = reach->way[0].list->out};
    reach->way[0].list = &alone;
    reach->steps = 1;
    reach->decides = false;
    reach->answer = &unread;
    return try_way(reach) == FR_NEVER;
}

static void leave_out(const frentry_t **rules, size_t *count, const frentry_t *fr)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (rules[i] != fr)
            rules[kept++] = rules[i];
    }
    *count = kept;
}

/* Leaves out each rule without which the others still keep all packets away. */
static void make_few(fr_reach_t *reach, reach_list_t *list, size_t number,
                     fr_reach_answer_t *answer)
{
    fr_reach_answer_t all = *answer;
    size_t takers = all.taker_count, count = takers + all.decider_count;
    for (size_t i = 0; count <= FEW_BY && count > 1 && i < count; i++) {
        const frentry_t *fr = i < takers ? all.takers[i] : all.deciders[i - takers];
        fr_reach_answer_t only = *answer, fewer;
        leave_out(only.takers, &only.taker_count, fr);
        leave_out(only.deciders, &only.decider_count, fr);
        reach->only = &only;
        if (ask(reach, list, number, &fewer) == answer->result)
            *answer = fewer;
    }
    reach->only = NULL;
}

void fr_reach_ask(fr_reach_t *reach, const fr_list_t *list, size_t number, bool decides,
                  fr_reach_answer_t *answer)
{
    reach_list_t *own = reach_lists_find(&reach->lists, list);
    assert(own != NULL && number < own->count);
    uint64_t most = reach->work < FR_REACH_WORK_ONE ? reach->work : FR_REACH_WORK_ONE;
    reach->left = most;
    reach->decides = decides;
    ask(reach, own, number, answer);
    if (answer->result == FR_NEVER || answer->result == FR_STATELESS)
        make_few(reach, own, number, answer);
    if (answer->result == FR_NEVER && answer->is_empty)
        answer->is_empty = is_empty(reach);
    reach->work -= most - reach->left;
}

bool fr_reach_is_headed_by_quick(const fr_reach_t *reach, const fr_list_t *list)
{
    const reach_list_t *own = reach_lists_find(&reach->lists, list);
    assert(own != NULL);
    return own->has_quick_head;
}

/* ---- the whole ---- */

fr_reach_t *fr_reach_create(const fr_ruleset_t *set, const ipf_build_t *build, uint64_t work)
{
    fr_reach_t *reach = calloc(1, sizeof(*reach));
    if (reach == NULL)
        return NULL;
    reach->build = build;
    reach->work = work;
    if (reach_lists_init(&reach->lists, set))
        return reach;
    fr_reach_destroy(reach);
    return NULL;
}

void fr_reach_destroy(fr_reach_t *reach)
{
    if (reach == NULL)
        return;
    reach_lists_fini(&reach->lists);
    free(reach->cells);
    free(reach);
}
