/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/fr_candidates.h"

#include "filter/fr_impl.h"

#include <netinet/in.h>
#include <stdlib.h>

#define LIST_MIN 8 /* shorter ones are walked */

/* Packets are of a kind by protocol and version. */
enum { KIND_TCP, KIND_UDP, KIND_OTHER, KIND_PROTOS, KINDS = 2 * KIND_PROTOS };

#define RUNS_MAX (KINDS + 2) /* the most runs of one rule */

/* A run of `numbered`, in the order of the list: the rules of a kind that ask for no port or for
 * several; or those that ask for one destination port of TCP or UDP. */
typedef struct run {
    uint32_t first, count;
    uint16_t port;
    uint8_t proto; /* 1 + KIND_*; 0: a free place */
} run_t;

struct fr_candidates {
    memory_t *memory; /* it is all from there */
    fr_numbered_t *numbered;
    size_t count;
    run_t kinds[KINDS];
    run_t *ports; /* a hash table; its size is a power of two */
    size_t size;
};

static unsigned proto_kind(uint8_t proto)
{
    if (proto == IPPROTO_TCP)
        return KIND_TCP;
    return proto == IPPROTO_UDP ? KIND_UDP : KIND_OTHER;
}

static bool has_proto(const frentry_t *fr, unsigned proto)
{
    return fr->fr_type == FR_T_NONE || !fr->fr_hasproto || proto_kind(fr->fr_proto) == proto;
}

/* Whether a rule can match packets of a kind. */
static bool has_kind(const frentry_t *fr, unsigned kind)
{
    return (fr->fr_family == 0 || fr->fr_anyfamily ||
            (fr->fr_family == 6) == (kind >= KIND_PROTOS)) &&
           has_proto(fr, kind % KIND_PROTOS);
}

static bool has_one_port(const frentry_t *fr)
{
    return fr->fr_type == FR_T_IPF && fr->fr_dport.frp_cmp == FR_EQUAL;
}

/* The run of a port, or the free place where it belongs. */
static run_t *find_run(const fr_candidates_t *c, unsigned proto, uint16_t port)
{
    size_t i = (port * 2u + proto) * 2654435761u >> 7 & (c->size - 1);
    while (c->ports[i].proto != 0 && (c->ports[i].port != port || c->ports[i].proto != proto + 1))
        i = (i + 1) & (c->size - 1);
    return &c->ports[i];
}

/* ---- building: count, allot, fill ---- */

/* The runs that a rule is in.
 * => Returns how many there are. */
static size_t runs_of(fr_candidates_t *c, const frentry_t *fr, run_t *runs[RUNS_MAX])
{
    size_t count = 0;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        /* Packets inside AH have ports, too. */
        if (has_kind(fr, kind) && (!has_one_port(fr) || kind % KIND_PROTOS == KIND_OTHER))
            runs[count++] = &c->kinds[kind];
    }
    for (unsigned proto = KIND_TCP; proto <= KIND_UDP && has_one_port(fr); proto++) {
        if (!has_proto(fr, proto))
            continue;
        run_t *run = find_run(c, proto, fr->fr_dport.frp_port);
        run->port = fr->fr_dport.frp_port;
        run->proto = (uint8_t)(proto + 1);
        runs[count++] = run;
    }
    return count;
}

static void count_rules(fr_candidates_t *c, const fr_list_t *list)
{
    run_t *runs[RUNS_MAX];
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next) {
        size_t count = runs_of(c, fr, runs);
        for (size_t i = 0; i < count; i++)
            runs[i]->count++;
        c->count += count;
    }
}

/* Gives a run its place, and empties it. */
static uint32_t allot(run_t *run, uint32_t at)
{
    uint32_t next = at + run->count;
    run->first = at;
    run->count = 0;
    return next;
}

static void fill(fr_candidates_t *c, const fr_list_t *list)
{
    run_t *runs[RUNS_MAX];
    int rulen = 0;
    for (frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next, rulen++) {
        size_t count = runs_of(c, fr, runs);
        for (size_t i = 0; i < count; i++)
            c->numbered[runs[i]->first + runs[i]->count++] = (fr_numbered_t){fr, rulen};
    }
}

/* => Returns false if there is no memory. */
static bool build(fr_candidates_t *c, const fr_list_t *list, size_t with_port)
{
    c->size = 8;
    while (c->size < with_port * 3)
        c->size *= 2;
    c->ports = memory_zalloc(c->memory, c->size * sizeof(*c->ports));
    if (c->ports == NULL)
        return false;
    count_rules(c, list);
    uint32_t at = 0;
    for (size_t i = 0; i < KINDS; i++)
        at = allot(&c->kinds[i], at);
    for (size_t i = 0; i < c->size; i++)
        at = allot(&c->ports[i], at);
    c->numbered = memory_alloc(c->memory, (c->count + 1) * sizeof(*c->numbered));
    if (c->numbered == NULL)
        return false;
    fill(c, list);
    return true;
}

static void free_candidates(fr_candidates_t *c)
{
    if (c == NULL)
        return;
    memory_free(c->memory, c->ports);
    memory_free(c->memory, c->numbered);
    memory_free(c->memory, c);
}

void fr_candidates_build(fr_list_t *list, memory_t *memory)
{
    size_t length = 0, with_port = 0;
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next, length++) {
        if (has_one_port(fr))
            with_port += (size_t)has_proto(fr, KIND_TCP) + has_proto(fr, KIND_UDP);
    }
    if (list->frl_candidates != NULL || length < LIST_MIN)
        return;
    fr_candidates_t *c = memory_zalloc(memory, sizeof(*c));
    if (c != NULL)
        c->memory = memory;
    if (c != NULL && build(c, list, with_port))
        list->frl_candidates = c;
    else
        free_candidates(c);
}

void fr_candidates_free(fr_list_t *list)
{
    free_candidates(list->frl_candidates);
    list->frl_candidates = NULL;
}

size_t fr_candidates_size(const fr_list_t *list)
{
    const fr_candidates_t *c = list->frl_candidates;
    return c == NULL ? 0
                     : sizeof(*c) + c->count * sizeof(*c->numbered) + c->size * sizeof(*c->ports);
}

/* ---- searching: two runs, merged by number ---- */

void fr_candidates_next(fr_candidate_t *at)
{
    bool any = at->next[0] != at->end[0], port = at->next[1] != at->end[1];
    if (!any && !port) {
        at->fr = NULL;
        return;
    }
    unsigned from = !any || (port && at->next[1]->rulen < at->next[0]->rulen);
    at->fr = at->next[from]->fr;
    at->rulen = at->next[from]->rulen;
    at->next[from]++;
}

fr_candidate_t fr_candidates_first(const fr_candidates_t *c, const fr_info_t *fin, bool portcmp)
{
    unsigned proto = proto_kind(fin->fin_p);
    const run_t *kind = &c->kinds[(fin->fin_v == 6 ? KIND_PROTOS : 0) + proto];
    fr_candidate_t at = {.next[0] = c->numbered + kind->first,
                         .end[0] = c->numbered + kind->first + kind->count};
    if (portcmp && proto != KIND_OTHER) {
        const run_t *run = find_run(c, proto, fin->fin_dport);
        at.next[1] = c->numbered + run->first;
        at.end[1] = at.next[1] + run->count;
    }
    fr_candidates_next(&at);
    return at;
}
