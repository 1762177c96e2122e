/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Findings about rules that no packet reaches, whichever other rules together keep them away.
 */
#include "filter/fr_reach.h"
#include "filter/ipf_check_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the lines of rules ---- */

typedef struct lines {
    int line[FR_REACH_BY];
    size_t count;
} lines_t;

static int by_number(const void *left, const void *right)
{
    const int *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* A line can make several rules. */
static lines_t lines_of(const frentry_t *const *rules, size_t count)
{
    lines_t lines = {.count = 0};
    for (size_t i = 0; i < count; i++)
        lines.line[i] = rules[i]->fr_line;
    if (count > 0)
        qsort(lines.line, count, sizeof(lines.line[0]), by_number);
    for (size_t i = 0; i < count; i++) {
        if (lines.count == 0 || lines.line[lines.count - 1] != lines.line[i])
            lines.line[lines.count++] = lines.line[i];
    }
    return lines;
}

void ipf_check_say_lines(const int *lines, size_t count, char *text, size_t size)
{
    size_t shown = count < IPF_CHECK_LINES ? count : IPF_CHECK_LINES;
    int at = snprintf(text, size, "line%s", count == 1 ? "" : "s");
    for (size_t i = 0; i < shown; i++) {
        const char *before = i == 0 ? " " : i + 1 == count ? " and " : ", ";
        at += snprintf(text + at, size - (size_t)at, "%s%d", before, lines[i]);
    }
    if (count > shown)
        snprintf(text + at, size - (size_t)at, " and more");
}

typedef struct said {
    char lines[80];
    bool one;
} said_t;

static said_t say(const frentry_t *const *rules, size_t count)
{
    said_t said;
    lines_t lines = lines_of(rules, count);
    ipf_check_say_lines(lines.line, lines.count, said.lines, sizeof(said.lines));
    said.one = lines.count == 1;
    return said;
}

static bool all_skip(const frentry_t *const *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!FR_ISSKIP(rules[i]->fr_flags))
            return false;
    }
    return true;
}

static bool any_skips(const frentry_t *const *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (FR_ISSKIP(rules[i]->fr_flags))
            return true;
    }
    return false;
}

/* ---- no packet matches ---- */

/* The line of the rule that heads a rule's group; 0 if there are several. */
static int head_line(const check_t *check, const frentry_t *fr)
{
    int line = 0;
    for (const head_t *head = check->heads; head != NULL; head = head->next) {
        if (strcmp(head->fr.fr_grhead, fr->fr_group) != 0 ||
            ((head->fr.fr_flags ^ fr->fr_flags) & (FR_INQUE | FR_OUTQUE)) != 0)
            continue;
        if (line != 0 && line != head->fr.fr_line)
            return 0;
        line = head->fr.fr_line;
    }
    return line;
}

static void say_not_headed(check_t *check, const frentry_t *fr)
{
    char where[60] = "a rule that heads its group";
    int line = head_line(check, fr);
    if (line != 0)
        snprintf(where, sizeof(where), "the head of its group, in line %d", line);
    ipf_check_warn(check, IPF_WARN_COVERED, fr->fr_line, fr->fr_column,
                   "this rule can never match: no packet matches both it and %s", where);
}

static void say_never(check_t *check, const frentry_t *fr, const fr_reach_answer_t *answer)
{
    said_t by = say(answer->takers, answer->taker_count);
    bool skips = any_skips(answer->takers, answer->taker_count);
    if (answer->is_empty) {
        ipf_check_warn(check, IPF_WARN_COVERED, fr->fr_line, fr->fr_column,
                       "this rule can never match: no packet has all that it asks for");
    } else if (answer->taker_count == 0) {
        say_not_headed(check, fr);
    } else if (skips && all_skip(answer->takers, answer->taker_count)) {
        ipf_check_warn(check, IPF_WARN_COVERED, fr->fr_line, fr->fr_column,
                       "this rule can never match: 'skip' in %s passes over it with all of its "
                       "packets",
                       by.lines);
    } else {
        ipf_check_warn(check, IPF_WARN_COVERED, fr->fr_line, fr->fr_column,
                       "this rule can never match: the '%s' rule%s in %s take%s all of its packets",
                       skips ? "quick' and 'skip" : "quick", by.one ? "" : "s", by.lines,
                       by.one ? "s" : "");
    }
}

static void say_stateless(check_t *check, const frentry_t *fr, const fr_reach_answer_t *answer)
{
    said_t by = say(answer->takers, answer->taker_count);
    ipf_check_warn(check, IPF_WARN_COVERED, fr->fr_line, fr->fr_column,
                   "this rule can only match packets that make no state, such as malformed ones: "
                   "the 'quick%s' rule%s in %s take%s all others, and what belongs to them",
                   by.one ? " ... keep state" : "", by.one ? "" : "s", by.lines, by.one ? "s" : "");
}

/* ---- no packet is decided ---- */

static bool all_say_the_same(const frentry_t *fr, const fr_reach_answer_t *answer)
{
    for (size_t i = 0; i < answer->decider_count; i++) {
        if (!ipf_check_same_verdict(fr, answer->deciders[i]))
            return false;
    }
    return answer->taker_count == 0;
}

static void say_undecided(check_t *check, const frentry_t *fr, const fr_reach_answer_t *answer)
{
    said_t later = say(answer->deciders, answer->decider_count);
    said_t before = say(answer->takers, answer->taker_count);
    if (all_say_the_same(fr, answer))
        ipf_check_warn(check, IPF_WARN_OVERRIDDEN, fr->fr_line, fr->fr_column,
                       "this rule changes nothing: the rule%s in %s match%s all of its packets, "
                       "too, and say%s the same of them",
                       later.one ? "" : "s", later.lines, later.one ? "es" : "",
                       later.one ? "s" : "");
    else if (answer->taker_count == 0)
        ipf_check_warn(check, IPF_WARN_OVERRIDDEN, fr->fr_line, fr->fr_column,
                       "this rule never decides: the last match does, and the rule%s in %s come%s "
                       "later and match%s all of its packets; 'quick' here would end the search",
                       later.one ? "" : "s", later.lines, later.one ? "s" : "",
                       later.one ? "es" : "");
    else
        ipf_check_warn(check, IPF_WARN_OVERRIDDEN, fr->fr_line, fr->fr_column,
                       "this rule never decides: some of its packets do not come to it, by %s, and "
                       "all others match a later rule, in %s",
                       before.lines, later.lines);
}

/* ---- all rules ---- */

static bool is_about_deciding(const fr_reach_answer_t *answer)
{
    return answer->result == FR_NEVER && answer->decider_count > 0;
}

/* => Returns whether the answer is known. */
static bool judge(check_t *check, fr_reach_t *reach, const fr_list_t *list, size_t number,
                  bool decides)
{
    const frentry_t *fr = fr_order_at(&list->frl_order, (uint32_t)number);
    fr_reach_answer_t answer, decided = {.result = FR_REACHED};
    /* There a rule that is not `quick` lets the walk go on, even if it does not decide. */
    decides = decides && !fr_reach_is_headed_by_quick(reach, list);
    if (decides)
        fr_reach_ask(reach, list, number, true, &decided);
    if (decided.result == FR_REACH_UNKNOWN)
        return false;
    if (decides && decided.result == FR_REACHED)
        return true;
    fr_reach_ask(reach, list, number, false, &answer);
    if (decided.result == FR_REACH_NO_MEMORY || answer.result == FR_REACH_NO_MEMORY)
        check->no_memory = true;
    else if (answer.result == FR_NEVER)
        say_never(check, fr, &answer);
    else if (answer.result == FR_STATELESS)
        say_stateless(check, fr, &answer);
    else if (answer.result == FR_REACHED && is_about_deciding(&decided))
        say_undecided(check, fr, &decided);
    return answer.result != FR_REACH_UNKNOWN;
}

void ipf_check_reach_begin(check_t *check, reach_check_t *own)
{
    static const ipf_build_t solaris = {0};
    const ipf_build_t *build = check->how->build != NULL ? check->how->build : &solaris;
    uint64_t work = check->how->work != 0 ? check->how->work : FR_REACH_WORK;
    *own = (reach_check_t){.reach = fr_reach_create(&check->set, build, work)};
    if (own->reach == NULL)
        check->no_memory = true;
}

void ipf_check_reach(check_t *check, reach_check_t *own, const fr_list_t *list, size_t number,
                     bool decides)
{
    const frentry_t *fr = fr_order_at(&list->frl_order, (uint32_t)number);
    if (judge(check, own->reach, list, number, decides))
        return;
    if (own->unknown++ == 0 || fr->fr_line < own->line) {
        own->line = fr->fr_line;
        own->column = fr->fr_column;
    }
}

void ipf_check_reach_end(check_t *check, reach_check_t *own)
{
    char more[60] = "";
    if (own->unknown > 1)
        snprintf(more, sizeof(more), "; so it is with %zu more", own->unknown - 1);
    if (own->unknown > 0)
        ipf_check_warn(check, IPF_WARN_COVERED, own->line, own->column,
                       "whether a packet reaches this rule has not been found out: there are too "
                       "many kinds of packets%s",
                       more);
    fr_reach_destroy(own->reach);
}
