/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Searching the classifier: the branches that a packet can take, the one with the first rule first.
 */
#include "filter/classify/fr_tree.h"

/* ---- what waits: a heap ---- */

static void wait_for(fr_search_t *search, branch_t branch)
{
    if (branch <= BRANCH_GONE)
        return;
    if (search->fs_count == FR_SEARCH_MAX) {
        search->fs_full = true;
        return;
    }
    uint64_t item = (uint64_t)tree_label(search->fs_classifier, branch) << 32 | branch;
    size_t at = search->fs_count++;
    for (; at > 0 && search->fs_waiting[(at - 1) / 2] > item; at = (at - 1) / 2)
        search->fs_waiting[at] = search->fs_waiting[(at - 1) / 2];
    search->fs_waiting[at] = item;
}

static branch_t take_first(fr_search_t *search)
{
    uint64_t first = search->fs_waiting[0], last = search->fs_waiting[--search->fs_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= search->fs_count)
            break;
        if (child + 1 < search->fs_count &&
            search->fs_waiting[child + 1] < search->fs_waiting[child])
            child++;
        if (search->fs_waiting[child] >= last)
            break;
        search->fs_waiting[at] = search->fs_waiting[child];
        at = child;
    }
    search->fs_waiting[at] = last;
    return (branch_t)first;
}

/* ---- the search ---- */

/* Where the packet goes from a node: to the branches of its answer and of the rest. If nothing else
 * waits, and one of them is empty, the other is next without waiting. */
static branch_t ask_packet(fr_search_t *search, const node_t *node)
{
    const fr_packet_key_t *packet = search->fs_packet;
    branch_t answer = node->mask != 0 ? tree_find(node, packet->value[node->word])
                                      : node->to.side[packet->port[node->word] >= node->cut];
    if (search->fs_count == 0 && answer <= BRANCH_GONE)
        return node->rest;
    if (search->fs_count == 0 && node->rest <= BRANCH_GONE)
        return answer;
    wait_for(search, answer);
    wait_for(search, node->rest);
    return search->fs_full ? BRANCH_NONE : take_first(search);
}

void fr_search_begin(fr_search_t *search, const fr_classifier_t *c, const fr_packet_key_t *packet)
{
    search->fs_classifier = c;
    search->fs_packet = packet;
    search->fs_label = 0;
    search->fs_full = false;
    search->fs_count = 0;
    wait_for(search, c->root);
}

frentry_t *fr_search_next(fr_search_t *search)
{
    const fr_classifier_t *c = search->fs_classifier;
    while (search->fs_count > 0 && !search->fs_full) {
        branch_t branch = take_first(search);
        while (is_node(branch) && branch != BRANCH_GONE)
            branch = ask_packet(search, &c->nodes[branch >> 1]);
        if (branch <= BRANCH_GONE)
            continue;
        const cell_t *cell = &c->cells[branch >> 1];
        wait_for(search, cell->next << 1);
        if (cell->label == search->fs_label)
            continue; /* another key of the same rule */
        if (search->fs_full)
            break; /* the caller goes on with it */
        search->fs_label = cell->label;
        return cell->fr;
    }
    return NULL;
}
