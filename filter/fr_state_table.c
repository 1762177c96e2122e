/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table: where entries lie. Solaris: ips_table, fr_stinsert() and fr_delstate()
 * (ip_state.c); IPFilter 6: ipf_state_insert(), ipf_state_del().
 *
 * An entry is in the list of its sum and, once its other side is known, in the list of its two
 * ends, so that many connections of one sum cost no more than one. Both kinds of lists are one
 * array, which grows with the entries.
 */
#include "filter/fr_state_impl.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define SIZE_FIRST 1024u /* a power of two */
#define TABLES     3u    /* lists by sums, and two for each by ends */

/* ---- lists ---- */

ipstate_t **fr_state_bucket(fr_states_t *states, uint32_t hv)
{
    return &states->is_table[(hv * UINT64_C(2654435761) >> 16) & (states->is_size - 1)];
}

/* One end of a connection. */
static uint64_t hash_end(const i6addr_t *address, uint16_t port)
{
    uint64_t hash = (port + UINT64_C(1)) * UINT64_C(0xbf58476d1ce4e5b9);
    for (size_t i = 0; i < 4; i++)
        hash = (hash ^ address->i6[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* The same for both ways. There are twice as many lists as entries, so most have one: each further
 * one is a line of memory that is waited for. */
static ipstate_t **ends_bucket(fr_states_t *states, uint64_t one, uint64_t other)
{
    uint64_t hash = (one + other) * UINT64_C(0x9e3779b97f4a7c15) >> 32;
    return &states->is_table[states->is_size + (hash & (2 * states->is_size - 1))];
}

static ipstate_t **ends_of(fr_states_t *states, const ipstate_t *is)
{
    return ends_bucket(states, hash_end(&is->is_src, is->is_sport),
                       hash_end(&is->is_dst, is->is_dport));
}

ipstate_t **fr_ends_bucket(fr_states_t *states, const fr_info_t *fin)
{
    bool ports = fr_has_ports(fin);
    return ends_bucket(states, hash_end(&fin->fin_src, ports ? fin->fin_sport : 0),
                       hash_end(&fin->fin_dst, ports ? fin->fin_dport : 0));
}

bool fr_states_begin(fr_states_t *states)
{
    memory_t *memory = fr_memory(states->is_memory);
    if (states->is_table != NULL)
        return true;
    states->is_table = memory_zalloc(memory, TABLES * SIZE_FIRST * sizeof(ipstate_t *));
    if (states->is_table != NULL)
        states->is_size = SIZE_FIRST;
    return states->is_table != NULL;
}

/* Puts the entries of a list, beginning with `is`, into another table, in their order. `tail` has
 * the last entry of each of its lists. */
static void spread(fr_states_t *states, ipstate_t *is, ipstate_t **tail, bool by_ends)
{
    while (is != NULL) {
        ipstate_t *next = by_ends ? is->is_ends_next : is->is_next;
        ipstate_t **bucket = by_ends ? ends_of(states, is) : fr_state_bucket(states, is->is_hv);
        ipstate_t **last = &tail[bucket - states->is_table];
        if (*last == NULL)
            *bucket = is;
        else
            *(by_ends ? &(*last)->is_ends_next : &(*last)->is_next) = is;
        *(by_ends ? &is->is_ends_next : &is->is_next) = NULL;
        *last = is;
        is = next;
    }
}

/* Twice as many lists, if there is memory for them. */
static void grow(fr_states_t *states)
{
    memory_t *memory = fr_memory(states->is_memory);
    size_t old_size = states->is_size, size = 2 * old_size;
    ipstate_t **old = states->is_table;
    size_t bytes = TABLES * size * sizeof(ipstate_t *);
    ipstate_t **table = memory_alloc(memory, bytes);
    ipstate_t **tail = memory_zalloc(memory, bytes);
    if (table != NULL) { /* before it is written to */
        memory_want_large_pages(table, bytes);
        memset(table, 0, bytes);
    }
    if (table != NULL && tail != NULL) {
        states->is_table = table;
        states->is_size = size;
        for (size_t i = 0; i < TABLES * old_size; i++)
            spread(states, old[i], tail, i >= old_size);
        table = old;
    }
    memory_free(memory, tail);
    memory_free(memory, table);
}

void fr_state_link(fr_states_t *states, ipstate_t *is)
{
    if (states->is_count >= states->is_size)
        grow(states);
    ipstate_t **link = fr_state_bucket(states, is->is_hv);
    is->is_next = *link;
    *link = is;
}

void fr_ends_link(fr_states_t *states, ipstate_t *is)
{
    ipstate_t **link = ends_of(states, is);
    is->is_ends_next = *link;
    *link = is;
}

static void unlink_sum(fr_states_t *states, const ipstate_t *is)
{
    ipstate_t **link = fr_state_bucket(states, is->is_hv);
    while (*link != is)
        link = &(*link)->is_next;
    *link = is->is_next;
}

void fr_state_move(fr_states_t *states, ipstate_t *is, uint32_t hv)
{
    unlink_sum(states, is);
    is->is_hv = hv;
    fr_state_link(states, is);
}

static void unlink_ends(fr_states_t *states, const ipstate_t *is)
{
    ipstate_t **link = ends_of(states, is);
    while (*link != is)
        link = &(*link)->is_ends_next;
    *link = is->is_ends_next;
}

void fr_state_end(fr_states_t *states, ipstate_t *is)
{
    assert(states->is_count > 0 && is->is_rule->fr_statecnt > 0);
    unlink_sum(states, is);
    if (!is->is_wild)
        unlink_ends(states, is);
    fr_expire_forget(states, is);
    if (is->is_rule->fr_maxsrcs != 0)
        fr_src_drop(states, is);
    is->is_rule->fr_statecnt--;
    *(is->is_p == IPPROTO_TCP ? &states->is_stats.closed : &states->is_stats.expired) += 1;
    states->is_count--;
    memory_let_go(fr_memory(states->is_memory), MEMORY_STATES, MEMORY_PER_STATE);
    states->is_wild -= is->is_wild;
    fr_pool_put(&states->is_pool, is);
}

/* ---- names of interfaces ---- */

/* There are few names, most of the time only one. */
uint16_t fr_state_name(fr_states_t *states, const char *name)
{
    size_t number = 1;
    if (name[0] == '\0')
        return 0;
    for (; number <= states->is_name_count; number++) {
        if (strcmp(states->is_names[number - 1], name) == 0)
            return (uint16_t)number;
    }
    if (number > UINT16_MAX)
        return 0;
    void *names = memory_realloc(fr_memory(states->is_memory), states->is_names,
                                 number * sizeof(*states->is_names));
    if (names == NULL)
        return 0;
    states->is_names = names;
    snprintf(states->is_names[number - 1], LIFNAMSIZ, "%s", name);
    states->is_name_count = number;
    return (uint16_t)number;
}

/* ---- the end ---- */

void fr_states_fini(fr_states_t *states)
{
    for (size_t i = 0; states->is_table != NULL && i < states->is_size; i++) {
        while (states->is_table[i] != NULL)
            fr_state_end(states, states->is_table[i]);
    }
    memory_free(fr_memory(states->is_memory), states->is_table);
    memory_free(fr_memory(states->is_memory), states->is_heap);
    memory_free(fr_memory(states->is_memory), states->is_names);
    fr_pool_fini(&states->is_pool, fr_memory(states->is_memory));
    memory_free(fr_memory(states->is_memory), states->is_srcs);
    *states = (fr_states_t){.is_memory = states->is_memory,
                            .is_made = states->is_made,
                            .is_hits = states->is_hits,
                            .is_misses = states->is_misses};
}
