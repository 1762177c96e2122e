/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A set of rules: the in and out lists, the accounting lists, and the groups. Solaris: ipfilter[],
 * ipacct[], ipfgroups[] and frrequest() (fil.c).
 */
#ifndef LO0SIM_FILTER_FRREQUEST_H
#define LO0SIM_FILTER_FRREQUEST_H

#include "filter/fr_memory.h"
#include "filter/fr_order.h"
#include "filter/ipf_rule.h"

#include <stddef.h>

typedef struct fr_index fr_index_t; /* finds an equal rule */
struct fr_classifier;               /* classify/fr_classifier.h */

/* The rules of one list, in the order in which they are walked. */
typedef struct fr_list {
    frentry_t *frl_head;
    frentry_t *frl_tail;
    fr_order_t frl_order;                 /* the same, by number */
    struct fr_classifier *frl_classifier; /* NULL: the list is walked */
} fr_list_t;

/* A group: its rules and their direction. */
struct frgroup {
    frgroup_t *fg_next;
    frgroup_t *fg_same; /* of those with the same hash */
    char fg_name[FR_GROUPLEN];
    uint32_t fg_inout; /* FR_INQUE or FR_OUTQUE; 0 if not known yet */
    bool fg_account;
    size_t fg_ref; /* how many rules are in it or head it */
    fr_list_t fg_list;
};

/* Zeroed, it is empty. */
typedef struct fr_ruleset {
    memory_t *frs_memory;  /* NULL: the process' */
    fr_list_t frs_list[2]; /* [0] in, [1] out */
    fr_list_t frs_acct[2]; /* `count` rules */
    frgroup_t *frs_groups; /* in the order in which they were headed */
    frgroup_t *frs_last_group;
    frgroup_t **frs_buckets; /* the same, by name: a power of two */
    size_t frs_bucket_count, frs_group_count;
    size_t frs_count;
    size_t frs_duplicates;
    bool frs_sealed;        /* rules come singly from now on */
    bool frs_no_memory;     /* a group could not be made; whoever asked for it takes this back */
    fr_index_t *frs_index;  /* NULL: it is made when a rule is looked for */
    frentry_t *frs_removed; /* rules removed from their lists, that states still refer to */
} fr_ruleset_t;

/* Adds a copy of `fr` to its list: after all rules whose collection number is not greater, or at
 * its `@N` among those with its collection number. This can be done at any time: a set that is in
 * use stays usable, and keeps what it knows of its rules.
 * => Returns 0, and *same is the copy; EEXIST if there is an equal rule: `fr` is counted and not
 *    added, and *same is the old one; ESRCH if `fr` is in a group that no rule heads, or that is
 *    for the other direction; ENOMEM. */
int frrequest(fr_ruleset_t *set, const frentry_t *fr, const frentry_t **same);

/* Finds the rule that is equal to `fr`. A rule that contains a table is equal to no other.
 * => Returns 0; ESRCH if there is no such rule; ENOMEM. */
int frfind(fr_ruleset_t *set, const frentry_t *fr, frentry_t **found);

/* Takes a rule of the set out of its list. The states that it has made stay, so it stays in memory
 * until the set ends.
 * => Returns 0; ENOMEM: then nothing has changed. */
int frremove(fr_ruleset_t *set, frentry_t *fr);

/* The group of a name.
 * => Returns NULL if there is none. */
frgroup_t *fr_findgroup(const fr_ruleset_t *set, const char *name, bool account);

/* The group of a name; makes it if it does not exist. `inout`: the direction of its rules, FR_INQUE
 * or FR_OUTQUE; 0 if it is not known yet. Groups of `count` rules have a name space of their own.
 * => Returns NULL if the group is for another direction, or if there is no memory: then
 *    frs_no_memory is set. */
frgroup_t *fr_addgroup(fr_ruleset_t *set, const char *name, uint32_t inout, bool account);

/* Takes frs_no_memory back.
 * => Returns whether it was set. */
bool fr_group_failed(fr_ruleset_t *set);

/* => Returns true if the rule's group exists, and has rules of the other direction. */
bool fr_group_is_other(const fr_ruleset_t *set, const frentry_t *fr);

/* All rules have been added for now: frees what only frrequest() needs, and makes the classifiers
 * of long lists. */
void fr_ruleset_seal(fr_ruleset_t *set);

/* Frees the rules; the set is empty afterwards. */
void fr_ruleset_fini(fr_ruleset_t *set);

#endif
