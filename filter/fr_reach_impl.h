/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files of fr_reach share. */
#ifndef LO0SIM_FILTER_FR_REACH_IMPL_H
#define LO0SIM_FILTER_FR_REACH_IMPL_H

#include "filter/classify/fr_classifier.h"
#include "filter/fr_cell.h"
#include "filter/fr_hash.h"
#include "filter/fr_reach.h"

/* ---- packets (fr_reach_packet.c) ---- */

/* A packet of a cell: a cell of one packet, all of whose bits are known.
 * => Returns false if no packet can be in the cell. */
bool reach_packet(const cell_t *cell, cell_t *packet);

/* The same packet for classifiers. */
void reach_key(const cell_t *packet, const cell_names_t *names, fr_packet_key_t *key);

/* Whether a state can be made of the packets of a cell, apart from the table's limits
 * (begins_nothing() in fr_addstate.c).
 * => Returns CELL_SOME, and *cut is where to divide the cell, if it depends on the packet. */
cell_match_t reach_keeps(const cell_t *cell, cell_cut_t *cut);

/* ---- lists (fr_reach_lists.c) ---- */

/* What a rule can do to packets that it matches. */
#define REACH_VAGUE        1u /* whether it matches is not known for sure; then none of the others */
#define REACH_ENDS         2u /* `quick`, without a group: it ends the walk, if a state can be kept */
#define REACH_SKIPS        4u
#define REACH_HEADS        8u  /* a group with rules */
#define REACH_DECIDES      16u /* its verdict is that of its packets, unless a later one is */
#define REACH_KEEPS        32u /* `quick ... keep state`: if no state can be kept, it is passed over */
#define REACH_ENDS_AS_HEAD 64u  /* `quick`: it ends the walk if its group leaves that to it */
#define REACH_LOGS         128u /* it only logs, so what a `quick` head says stands, and ends it */

struct reach_list;

typedef struct reach_head {
    struct reach_list *list;
    size_t number;
} reach_head_t;

typedef struct reach_list {
    const fr_list_t *list;
    const frentry_t **rules;
    uint8_t *does; /* of each rule: REACH_* */
    size_t count;
    size_t *skips; /* the numbers of its `skip` rules, in order */
    size_t skip_count;
    reach_head_t *heads; /* of the group */
    size_t head_count;
    bool out, is_group, has_quick_head;
    bool is_called; /* a group that is also entered in another way, or in one that is not known */
    bool can_stop;  /* one of its rules ends the walk or skips, or one of a group that it heads */
    UT_hash_handle hh;
} reach_list_t;

typedef struct reach_lists {
    reach_list_t *by_list; /* uthash, by the list's address */
    cell_names_t names;
} reach_lists_t;

/* => Returns false if there is no memory; reach_lists_fini() is due in any case. */
bool reach_lists_init(reach_lists_t *lists, const fr_ruleset_t *set);
void reach_lists_fini(reach_lists_t *lists);

/* => Returns NULL if the list is not of the set. */
reach_list_t *reach_lists_find(const reach_lists_t *lists, const fr_list_t *list);

/* ---- a packet's walk (fr_reach_walk.c) ---- */

#define REACH_DEPTH 16u /* of groups in groups, as in fr_firewall.c */
#define REACH_FACTS 64u

typedef enum reach_fact_kind {
    FACT_MATCHES, /* the packet matches the rule */
    FACT_MISSES,
    FACT_KEEPS /* a state can be made of the packet */
} reach_fact_kind_t;

typedef struct reach_fact {
    reach_fact_kind_t kind;
    const frentry_t *fr;
} reach_fact_t;

/* A rule on the way to the one that is asked about, which is the first. */
typedef struct reach_step {
    reach_list_t *list;
    size_t number;
    frentry_t asks; /* what is asked of packets on the way: at most what the rule asks */
} reach_step_t;

struct fr_reach {
    reach_lists_t lists;
    const ipf_build_t *build;
    uint64_t work, left; /* for all rules, and for the one that is asked about */
    bool no_memory;

    reach_step_t way[REACH_DEPTH];
    size_t steps;
    bool decides;
    cell_t *cells; /* those of the way that are left */
    size_t count, room;
    cell_t packet;
    fr_packet_key_t key; /* its key */
    reach_fact_t facts[REACH_FACTS];
    size_t fact_count;
    bool stateless; /* packets were left out of which no state can be made */
    fr_reach_answer_t *answer;
    const fr_reach_answer_t *only; /* rules that may keep packets away; NULL: all */
};

/* cell_matches(), counted. */
cell_match_t reach_compare(fr_reach_t *reach, const cell_t *cell, const frentry_t *fr,
                           cell_cut_t *cut);

/* Whether reach->packet, whose key is reach->key, does not come to the rule on whose way it is, or
 * is not decided by it. Then it is noted by which rule, and why in the facts: it is so for all
 * packets of the way for which they hold. */
bool reach_is_kept_away(fr_reach_t *reach);

#endif
