/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Proves that two filters decide the same. A cell of packets is walked through the rules of both,
 * as apply() in fr_firewall.c does with a packet. Where a rule matches only some of its packets,
 * the cell is divided there, so only bounds of rules that are reached divide anything. */
#include "filter/fr_prove_impl.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 64 /* `keep state quick` rules in one walk: each is passed over if it cannot */
#define DEPTH_MAX 16 /* of groups in groups */
#define DOUBT_MAX 50 /* cells that differ, whose packets do not, before it gives up */

#define LOG_BITS   (FR_LOG | FR_LOGBODY | FR_LOGFIRST)
#define NO_VERDICT (LOG_BITS | FR_QUICK | FR_INQUE | FR_OUTQUE)
#define KEEP_BITS  (FR_KEEPSTATE | FR_KEEPFRAG)

/* What is done with a packet. */
typedef struct decision {
    uint32_t pass;
    uint8_t icode;
    const frentry_t *fr; /* the last rule that matched; NULL */
} decision_t;

/* A walk: first what rules that keep state and are quick do, each if no earlier one can keep it;
 * last what is done if none of them can. */
typedef struct walk {
    decision_t tries[TRIES_MAX + 1];
    size_t count;
    const frentry_t *fr;
    uint8_t icode;
    int depth;
    bool too_many; /* more than there is room for */
} walk_t;

typedef struct cells {
    cell_t *list;
    size_t count, room;
} cells_t;

typedef struct prove {
    ipf_stack_t *ifs[2];
    cell_names_t names;
    cells_t cells;      /* those that are left */
    const cell_t *cell; /* that is walked */
    cell_cut_t cut;     /* where it is to be divided */
    uint64_t work;
    fr_proof_t *proof;
    size_t doubts;
    walk_t walks[2];
} prove_t;

/* ---- what cannot be compared ---- */

static const char *no_address(const fraddr_t *fra)
{
    if (fra->fra_type == FRI_POOL || fra->fra_type == FRI_HASH || fra->fra_table != NULL)
        return "an address of a pool";
    if (fra->fra_type != FRI_NORMAL)
        return "an interface's address";
    return cell_is_prefix(&fra->fra_mask) ? NULL : "a mask that is no prefix";
}

/* What a rule says that is not compared; NULL if it is. */
static const char *not_compared(const frentry_t *fr)
{
    const frentry_rare_t *rare = fr->fr_rare;
    if (FR_ISCALL(fr->fr_flags) || (fr->fr_flags & FR_CALLNOW) != 0)
        return "'call'";
    if (FR_ISACCOUNT(fr->fr_flags) && (fr->fr_flags & (KEEP_BITS | FR_RETMASK)) != 0)
        return "'count' that keeps something";
    if (FR_ISDECAPS(fr->fr_flags))
        return "'decapsulate'";
    if ((fr->fr_flags & FR_LOGORBLOCK) != 0)
        return "'or-block'";
    if (fr->fr_pps != 0 || fr->fr_statemax != 0 || fr->fr_maxsrcs != 0 || fr->fr_maxpersrc != 0)
        return "a limit";
    if (fr->fr_rulettl != 0)
        return "'rule-ttl'";
    if (fr_asks_tag(fr) || fr->fr_logtag != FR_NOLOGTAG || fr->fr_matchlogtag != FR_NOLOGTAG)
        return "a tag";
    if (fr->fr_icmpgrp != NULL || rare->fr_icmphead[0] != '\0')
        return "'icmp-head'";
    if (rare->fr_vianames[0][0] != '\0' || rare->fr_vianames[1][0] != '\0')
        return "'in-via' or 'out-via'";
    if ((fr->fr_mflx & (FI_BAD | FI_STATE)) != 0)
        return "'with bad' or 'with state'";
    const char *why = no_address(&fr->fr_src);
    return why != NULL ? why : no_address(&fr->fr_dst);
}

static bool give_up(prove_t *prove, const char *why)
{
    prove->proof->result = FR_NOT_PROVED;
    snprintf(prove->proof->text, sizeof(prove->proof->text), "%s", why);
    return false;
}

static bool look_at(prove_t *prove, int which, const fr_list_t *list)
{
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next) {
        const char *why = not_compared(fr);
        if (why == NULL && !cell_names_add(&prove->names, fr->fr_ifnames[0]))
            why = "one interface too many";
        if (why == NULL)
            continue;
        prove->proof->which = which;
        prove->proof->line = fr->fr_line;
        return give_up(prove, why);
    }
    return true;
}

/* Rules that count have no verdict, but they, too, can keep state. */
static bool look_at_all(prove_t *prove)
{
    bool comparable = true;
    for (int which = 0; which < 2; which++) {
        const fr_ruleset_t *set = &prove->ifs[which]->ifs_rules;
        for (size_t out = 0; comparable && out < 2; out++)
            comparable = look_at(prove, which, &set->frs_list[out]) &&
                         look_at(prove, which, &set->frs_acct[out]);
        for (const frgroup_t *group = set->frs_groups; comparable && group != NULL;
             group = group->fg_next)
            comparable = look_at(prove, which, &group->fg_list);
    }
    return comparable;
}

/* ---- the walk of a cell ---- */

static void note(walk_t *walk, uint32_t pass)
{
    if (walk->count > TRIES_MAX)
        walk->too_many = true;
    else
        walk->tries[walk->count++] = (decision_t){pass, walk->icode, walk->fr};
}

/* One list of rules. */
typedef struct list_scan {
    int rulen, next; /* the rule's number, and that of the first one that is not skipped */
    uint32_t pass;
    bool ends;
} list_scan_t;

/* => Returns false if the cell must be divided: prove->cut. */
static bool scan_list(prove_t *prove, walk_t *walk, const fr_list_t *list, uint32_t *pass);

/* A quick rule ends the walk; one that keeps state only if it can. Then `before` is the verdict. */
static void apply_quick(walk_t *walk, const frentry_t *fr, list_scan_t *scan, uint32_t before)
{
    if ((scan->pass & FR_QUICK) == 0)
        return;
    scan->ends = (scan->pass & FR_KEEPSTATE) == 0 || FR_ISAUTH(scan->pass);
    if (scan->ends)
        return;
    if (walk->fr != fr)
        note(walk, scan->pass); /* what is done if a rule of its group has kept it */
    walk->fr = fr;
    note(walk, scan->pass);
    scan->pass = before;
}

/* What a rule that matches does.
 * => Returns false if the cell must be divided. */
static bool apply(prove_t *prove, walk_t *walk, const frentry_t *fr, list_scan_t *scan)
{
    uint32_t before = scan->pass;
    walk->fr = fr;
    if (FR_ISSKIP(fr->fr_flags)) {
        bool whole = fr->fr_arg > (uint32_t)(INT_MAX - 1 - scan->rulen);
        scan->next = whole ? INT_MAX : scan->rulen + 1 + (int)fr->fr_arg;
        return true;
    }
    if (!FR_ISLOG(fr->fr_flags))
        scan->pass = fr->fr_flags;
    if ((fr->fr_flags & FR_RETICMP) != 0)
        walk->icode = fr->fr_icode;
    if (fr->fr_grp != NULL) {
        walk->fr = NULL;
        if (!scan_list(prove, walk, &fr->fr_grp->fg_list, &scan->pass))
            return false;
        if (walk->fr == NULL)
            walk->fr = fr;
    }
    apply_quick(walk, fr, scan, before);
    return true;
}

static bool scan_list(prove_t *prove, walk_t *walk, const fr_list_t *list, uint32_t *pass)
{
    list_scan_t scan = {.pass = *pass};
    const ipf_build_t *build = prove->ifs[0]->ifs_build;
    if (walk->depth >= DEPTH_MAX)
        return true;
    walk->depth++;
    for (const frentry_t *fr = list->frl_head; fr != NULL && !scan.ends; fr = fr->fr_next) {
        if (scan.rulen >= scan.next) {
            prove->work -= prove->work > 0;
            cell_match_t match = cell_matches(prove->cell, fr, &prove->names, build, &prove->cut);
            if (match == CELL_SOME || (match == CELL_ALL && !apply(prove, walk, fr, &scan)))
                return false;
        }
        scan.rulen++;
    }
    walk->depth--;
    *pass = scan.pass;
    return true;
}

/* => Returns false if the cell must be divided. */
static bool walk_cell(prove_t *prove, int which)
{
    walk_t *walk = &prove->walks[which];
    const ipf_stack_t *ifs = prove->ifs[which];
    uint32_t pass = ifs->ifs_fr_pass;
    walk->count = 0;
    walk->fr = NULL;
    walk->icode = 0;
    walk->depth = 0;
    if (!scan_list(prove, walk, &ifs->ifs_rules.frs_list[prove->cell->out], &pass))
        return false;
    note(walk, pass);
    return true;
}

/* ---- decisions ---- */

static bool same_dest(const frdest_t *a, const frdest_t *b)
{
    return strcmp(a->fd_name, b->fd_name) == 0 && a->fd_family == b->fd_family &&
           memcmp(&a->fd_ip, &b->fd_ip, sizeof(a->fd_ip)) == 0;
}

/* What an entry takes from its rule. */
static bool same_keeping(const frentry_t *a, const frentry_t *b)
{
    return a->fr_flags == b->fr_flags && a->fr_nolog == b->fr_nolog && a->fr_icode == b->fr_icode &&
           memcmp(a->fr_age, b->fr_age, sizeof(a->fr_age)) == 0 &&
           strcmp(a->fr_ifnames[0], b->fr_ifnames[0]) == 0 &&
           strcmp(a->fr_ifnames[1], b->fr_ifnames[1]) == 0 &&
           a->fr_src.fra_negated == b->fr_src.fra_negated &&
           a->fr_dst.fra_negated == b->fr_dst.fra_negated;
}

static bool same_decision(const decision_t *a, const decision_t *b)
{
    static const frentry_t nothing = {.fr_rare = &fr_says_nothing};
    const frentry_t *fr = a->fr != NULL ? a->fr : &nothing,
                    *other = b->fr != NULL ? b->fr : &nothing;
    uint32_t keeps = (a->pass | b->pass) & KEEP_BITS, mask = keeps != 0 ? 0 : NO_VERDICT;
    if (FR_ISPASS(a->pass) || FR_ISBLOCK(a->pass))
        mask |= FR_NOMATCH; /* a rule says so, or nobody has said otherwise */
    if (((a->pass ^ b->pass) & ~mask) != 0)
        return false;
    if ((a->pass & FR_RETICMP) != 0 && a->icode != b->icode)
        return false;
    return same_dest(&fr->fr_rare->fr_tif, &other->fr_rare->fr_tif) &&
           same_dest(&fr->fr_rare->fr_rif, &other->fr_rare->fr_rif) &&
           same_dest(&fr->fr_rare->fr_dif, &other->fr_rare->fr_dif) &&
           (keeps == 0 || same_keeping(fr, other));
}

static bool same_walks(const walk_t *a, const walk_t *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = same_decision(&a->tries[i], &b->tries[i]);
    return same;
}

static bool packets_differ(const fr_info_t fin[2], const uint32_t pass[2])
{
    decision_t a = {pass[0], fin[0].fin_icode, fin[0].fin_fr};
    decision_t b = {pass[1], fin[1].fin_icode, fin[1].fin_fr};
    return !same_decision(&a, &b);
}

/* ---- all cells ---- */

static bool push(prove_t *prove, const cell_t *cell)
{
    cells_t *cells = &prove->cells;
    if (cell_is_empty(cell))
        return true;
    if (cells->count == cells->room) {
        size_t room = cells->room == 0 ? 64 : cells->room * 2;
        cell_t *list = realloc(cells->list, room * sizeof(*list));
        if (list == NULL)
            return give_up(prove, "there is no memory");
        cells->list = list;
        cells->room = room;
    }
    cells->list[cells->count++] = *cell;
    return true;
}

/* Compares the decisions about a cell. => Returns whether to go on. */
static bool compare(prove_t *prove, const cell_t *cell)
{
    fr_proof_t *proof = prove->proof;
    proof->cells++;
    if (prove->walks[0].too_many || prove->walks[1].too_many)
        return give_up(prove, "too many rules keep state of the same packet");
    if (same_walks(&prove->walks[0], &prove->walks[1]))
        return true;
    if (cell_try(cell, prove->ifs, &prove->names, packets_differ, proof->text,
                 sizeof(proof->text))) {
        proof->result = FR_DIFFERS;
        return false;
    }
    return ++prove->doubts < DOUBT_MAX;
}

/* => Returns whether to go on. */
static bool take_cell(prove_t *prove)
{
    cell_t cell = prove->cells.list[--prove->cells.count];
    prove->cell = &cell;
    if (walk_cell(prove, 0) && walk_cell(prove, 1))
        return compare(prove, &cell);
    cell_t second = cell_divide(&cell, &prove->cut);
    if (prove->work == 0)
        return give_up(prove, "there are too many kinds of packets to compare");
    return push(prove, &second) && push(prove, &cell);
}

static void prove_all(prove_t *prove)
{
    bool on = true; /* `in` and IPv4 are looked at first, since they are pushed last */
    for (int i = 0; on && i < 4; i++) {
        cell_t whole = cell_whole(i < 2, i % 2 == 0 ? 6 : 4, &prove->names);
        on = push(prove, &whole);
    }
    while (on && prove->cells.count > 0)
        on = take_cell(prove);
    if (prove->doubts > 0 && prove->proof->result == FR_PROVED)
        (void)give_up(prove, "packets may differ that are not made here, such as those with IP "
                             "options or AH, or for which no state can be kept");
}

void fr_prove_same(ipf_stack_t *old, ipf_stack_t *new, uint64_t work, fr_proof_t *proof)
{
    *proof = (fr_proof_t){.result = FR_PROVED, .which = -1};
    prove_t *prove = calloc(1, sizeof(*prove));
    if (prove == NULL) {
        proof->result = FR_NOT_PROVED;
        snprintf(proof->text, sizeof(proof->text), "there is no memory");
        return;
    }
    prove->ifs[0] = old;
    prove->ifs[1] = new;
    prove->work = work;
    prove->proof = proof;
    if (old->ifs_fr_pass != new->ifs_fr_pass || old->ifs_build != new->ifs_build)
        (void)give_up(prove, "the filters are not of one kind");
    else if (look_at_all(prove))
        prove_all(prove);
    free(prove->cells.list);
    free(prove);
}
