/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `max-srcs` and `max-per-src`: the sources of the entries of a rule. Solaris and IPFilter:
 * fr_srctrack.
 */
#include "filter/fr_state_impl.h"

#define SIZE_FIRST 64

/* The part of the address by which sources are distinguished. */
typedef struct source {
    i6addr_t addr;
    uint8_t v; /* 0: all sources of the rule */
} source_t;

/* How many entries a source has; or how many sources a rule has. */
struct fr_src {
    fr_src_t *next;
    const frentry_t *rule;
    source_t source;
    uint32_t count;
};

static const source_t all_sources;

/* IPv6 sources are distinguished by their first word if there is no `max-per-src`, and by their
 * last two words if it gives more than 96 bits. */
static source_t source_of(const frentry_t *fr, const i6addr_t *src, uint8_t v)
{
    source_t source = {*src, v};
    uint32_t bits = fr->fr_maxpersrcbits;
    if (bits == 0)
        bits = 32;
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t here = bits > 32 * i ? bits - 32 * i : 0;
        if (here < 32)
            source.addr.i6[i] &= here == 0 ? 0 : UINT32_MAX << (32 - here);
    }
    if (v == 6 && bits > 96)
        source.addr.i6[0] = source.addr.i6[1] = source.addr.i6[2];
    return source;
}

static bool same_source(const source_t *a, const source_t *b)
{
    return a->v == b->v && fr_same_address(&a->addr, &b->addr);
}

/* ---- a hash of rule and source ---- */

static size_t hash_of(const frentry_t *rule, const source_t *source)
{
    uint64_t hash = (uint64_t)rule->fr_line << 32 | source->v;
    for (size_t i = 0; i < 4; i++)
        hash = (hash ^ source->addr.i6[i]) * 0x9e3779b97f4a7c15u;
    return (size_t)(hash >> 20);
}

static fr_src_t **find(const fr_states_t *states, const frentry_t *rule, const source_t *source)
{
    fr_src_t **link = &states->is_srcs[hash_of(rule, source) & (states->is_src_size - 1)];
    while (*link != NULL && ((*link)->rule != rule || !same_source(&(*link)->source, source)))
        link = &(*link)->next;
    return link;
}

static uint32_t count_of(const fr_states_t *states, const frentry_t *rule, const source_t *source)
{
    const fr_src_t *src = states->is_srcs != NULL ? *find(states, rule, source) : NULL;
    return src != NULL ? src->count : 0;
}

/* Makes sure that there are as many places as sources, and two more.
 * => Returns false if there is no memory. */
static bool reserve(fr_states_t *states)
{
    size_t size = states->is_src_size == 0 ? SIZE_FIRST : states->is_src_size * 2;
    if (states->is_src_count + 2 <= states->is_src_size)
        return true;
    fr_src_t **old = states->is_srcs;
    fr_src_t **srcs = memory_zalloc(fr_memory(states->is_memory), size * sizeof(fr_src_t *));
    if (srcs == NULL)
        return false;
    size_t old_size = states->is_src_size;
    states->is_srcs = srcs;
    states->is_src_size = size;
    for (size_t i = 0; i < old_size; i++) {
        for (fr_src_t *src = old[i], *next; src != NULL; src = next) {
            fr_src_t **link = find(states, src->rule, &src->source);
            next = src->next;
            src->next = *link;
            *link = src;
        }
    }
    memory_free(fr_memory(states->is_memory), old);
    return true;
}

/* One more. => Returns false if there is no memory. */
static bool count_up(fr_states_t *states, const frentry_t *rule, const source_t *source)
{
    fr_src_t **link = find(states, rule, source);
    if (*link == NULL) {
        fr_src_t *src = memory_alloc(fr_memory(states->is_memory), sizeof(*src));
        if (src == NULL)
            return false;
        *src = (fr_src_t){.rule = rule, .source = *source};
        *link = src;
        states->is_src_count++;
    }
    (*link)->count++;
    return true;
}

/* One fewer. => Returns how many are left. */
static uint32_t count_down(fr_states_t *states, const frentry_t *rule, const source_t *source)
{
    fr_src_t **link = find(states, rule, source), *src = *link;
    if (--src->count > 0)
        return src->count;
    *link = src->next;
    states->is_src_count--;
    memory_free(fr_memory(states->is_memory), src);
    return 0;
}

/* ---- what is asked ---- */

bool fr_src_within(const fr_states_t *states, const frentry_t *fr, const i6addr_t *src, uint8_t v)
{
    source_t source = source_of(fr, src, v);
    uint32_t same = count_of(states, fr, &source);
    return same > 0 ? fr->fr_maxpersrc == 0 || same < fr->fr_maxpersrc
                    : count_of(states, fr, &all_sources) < fr->fr_maxsrcs;
}

bool fr_src_add(fr_states_t *states, const ipstate_t *is)
{
    source_t source = source_of(is->is_rule, &is->is_src, is->is_v);
    bool is_new = count_of(states, is->is_rule, &source) == 0;
    if (!reserve(states) || !count_up(states, is->is_rule, &source))
        return false;
    if (!is_new || count_up(states, is->is_rule, &all_sources))
        return true;
    count_down(states, is->is_rule, &source);
    return false;
}

void fr_src_drop(fr_states_t *states, const ipstate_t *is)
{
    source_t source = source_of(is->is_rule, &is->is_src, is->is_v);
    if (count_down(states, is->is_rule, &source) == 0)
        count_down(states, is->is_rule, &all_sources);
}
