/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table as ipfstat, ipftest and scenarios see it: its entries in the order in which they
 * were made, and how they are spread over the lists. Solaris: fr_stgetent()
 * (ip_state.c).
 */
#include "filter/fr_state_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t fr_state_count(const fr_states_t *states)
{
    return states->is_count;
}

static int by_age(const void *a, const void *b)
{
    const ipstate_t *x = *(ipstate_t *const *)a, *y = *(ipstate_t *const *)b;
    return (x->is_number > y->is_number) - (x->is_number < y->is_number);
}

/* All entries, oldest first. The caller frees the array. NULL if there is no memory. */
static const ipstate_t **list_all(const fr_states_t *states)
{
    const ipstate_t **all =
        memory_zalloc(fr_memory(states->is_memory), (states->is_count + 1) * sizeof(ipstate_t *));
    size_t count = 0;
    for (size_t i = 0; all != NULL && states->is_table != NULL && i < states->is_size; i++) {
        for (const ipstate_t *is = states->is_table[i]; is != NULL; is = is->is_next)
            all[count++] = is;
    }
    if (count > 0)
        qsort(all, count, sizeof(ipstate_t *), by_age);
    return all;
}

static fr_state_view_t view_of(const fr_states_t *states, const ipstate_t *is, uint64_t now_us)
{
    fr_state_view_t view = {.src = is->is_src,
                            .dst = is->is_dst,
                            .sport = is->is_sport,
                            .dport = is->is_dport,
                            .v = is->is_v,
                            .p = is->is_p,
                            .rule = is->is_rule,
                            .pass = is->is_pass,
                            .block = !FR_ISPASS(is->is_pass),
                            .left_us = is->is_die_us - now_us,
                            .query_id = is->is_icmpid,
                            .query_type = is->is_icmptype,
                            .tag = is->is_rule->fr_logtag,
                            .tcp = &is->is_tcp};
    memcpy(view.bytes, is->is_bytes, sizeof(view.bytes));
    for (size_t i = 0; i < 4; i++) {
        view.ifnames[i / 2][i % 2] = fr_state_name_of(states, is->is_ifnames[i / 2][i % 2]);
        view.packets[i / 2][i % 2] = is->is_pkts[i / 2][i % 2];
    }
    return view;
}

int fr_state_each(const fr_states_t *states, uint64_t now_us, bool newest_first,
                  void (*func)(void *arg, const fr_state_view_t *view), void *arg)
{
    const ipstate_t **all = list_all(states);
    if (all == NULL)
        return ENOMEM;
    for (size_t i = 0; i < states->is_count; i++) {
        const ipstate_t *is = all[newest_first ? states->is_count - 1 - i : i];
        if (is->is_die_us <= now_us)
            continue;
        fr_state_view_t view = view_of(states, is, now_us);
        func(arg, &view);
    }
    memory_free(fr_memory(states->is_memory), all);
    return 0;
}

fr_buckets_t fr_state_buckets(const fr_states_t *states, uint64_t now_us)
{
    fr_buckets_t buckets = {.size = states->is_size, .shortest = SIZE_MAX};
    if (states->is_table == NULL)
        return (fr_buckets_t){0};
    for (size_t i = 0; i < states->is_size; i++) {
        size_t length = 0;
        for (const ipstate_t *is = states->is_table[i]; is != NULL; is = is->is_next) {
            bool live = is->is_die_us > now_us;
            length += live;
            if (!live)
                *(is->is_p == IPPROTO_TCP ? &buckets.closed : &buckets.ended) += 1;
        }
        buckets.active += length;
        buckets.used += length > 0;
        buckets.shortest = length < buckets.shortest ? length : buckets.shortest;
        buckets.longest = length > buckets.longest ? length : buckets.longest;
    }
    return buckets;
}
