/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The classifier finds the rules of a list that can match a packet, in the order of the list,
 * without looking at the others. Solaris has no counterpart: it walks the list. So does scan_all()
 * in fr_firewall.c, which the classifier's answers are compared with.
 *
 * It is a tree of questions. A node asks the packet for some bits of one word of its key
 * (fr_key.h), such as the first 24 bits of its source, or whether a port is below a number. Rules
 * that ask for these bits, too, are below a branch for their value, found by a hash. Rules that do
 * not are below one more branch, the rest. So each key of a rule is in one place only, and at each
 * node a packet goes to at most two branches:
 *
 *     rule 1  from 10.1.1.0/24 port = 22          source, 24 bits?
 *     rule 2  from 10.1.1.0/24 port = 80            10.1.1 -> port, 16 bits?   22 -> 1   80 -> 2
 *     rule 3  from 10.9.0.0/24                      10.9.0 -> 3
 *     rule 4  proto udp                             rest   -> 4
 *
 * A packet from 10.9.0.7 meets rule 3 and rule 4, however many others there are. Below the last
 * question is a short list of rules, which are compared one after the other. A node knows the first
 * rule below it, and a search goes to the branch with the earliest rule first. So it does not look
 * for rules that a `quick` rule makes unnecessary.
 *
 * To choose a node's question, it is counted in a sample of its rules how many would remain for a
 * packet. Rules that come later go where they belong. When a part of the tree has grown to twice
 * its size, or lost three quarters of it, its questions are chosen anew. docs/performance.md says
 * what else was tried. */
#ifndef LO0SIM_FILTER_CLASSIFY_FR_CLASSIFIER_H
#define LO0SIM_FILTER_CLASSIFY_FR_CLASSIFIER_H

#include "filter/classify/fr_key.h"
#include "stack/memory.h"

typedef struct fr_classifier fr_classifier_t;

/* A classifier of the rules of a list, beginning with `first`, in the order of fr_next and of
 * fr_label. The rules must stay, and what they match must not change.
 * => Returns NULL if there is no memory. */
fr_classifier_t *fr_classifier_create(memory_t *memory, frentry_t *first);

/* NULL is allowed. */
void fr_classifier_free(fr_classifier_t *c);

/* Adds one rule, whose fr_label says where it stands among the others.
 * => Returns false if there is no memory: then the classifier must be freed. */
bool fr_classifier_add(fr_classifier_t *c, frentry_t *fr);

/* Removes a rule; it is not looked at afterwards.
 * => Returns false as fr_classifier_add() does. */
bool fr_classifier_remove(fr_classifier_t *c, frentry_t *fr);

/* The rules have new labels, in the same order. */
void fr_classifier_relabel(fr_classifier_t *c);

/* How many bytes of memory it uses. */
size_t fr_classifier_size(const fr_classifier_t *c);

/* ---- searching ---- */

#define FR_SEARCH_MAX 200 /* branches that wait */

/* A search, as of fr_search_begin(). */
typedef struct fr_search {
    const fr_classifier_t *fs_classifier;
    const fr_packet_key_t *fs_packet;
    uint32_t fs_label;                  /* of the last rule that was found */
    bool fs_full;                       /* too many branches: the search has ended before its end */
    size_t fs_count;                    /* of fs_waiting: a heap of label << 32 | branch */
    uint64_t fs_waiting[FR_SEARCH_MAX]; /* not initialised */
} fr_search_t;

/* Begins a search for a packet; its key must stay. */
void fr_search_begin(fr_search_t *search, const fr_classifier_t *c, const fr_packet_key_t *packet);

/* The next rule that can match, in the order of the list.
 * => Returns NULL if there is no other. With fs_full, rules after the one with fs_label (all, if it
 *    is 0) can still match. */
frentry_t *fr_search_next(fr_search_t *search);

#endif
