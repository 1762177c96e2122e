/* SPDX-License-Identifier: BSD-3-Clause
 *
 * In a list of thousands of hosts, each rule would be compared with each other. A rule for networks
 * and one port covers only rules for the same port with the same addresses under its masks. So
 * rules are found by their masks (a list has few), and then by a hash of addresses and port. Rules
 * with negated or interfaces' addresses are in one chain. */
#include "filter/fr_quick.h"

#include "filter/fr_covers.h"
#include "filter/fr_hash.h"

#include <stdlib.h>
#include <string.h>

/* What a rule has in common with the rules that it covers, for a hash. Zeroed before it is filled
 * in, since its bytes are compared. */
typedef struct key {
    size_t shape;
    i6addr_t src, dst;
    uint32_t port; /* the port plus 1; 0: not a single port */
} quick_key_t;

typedef struct entry {
    struct entry *next; /* of the same key */
    const frentry_t *fr;
    size_t sequence;
} entry_t;

typedef struct bucket {
    quick_key_t key;
    entry_t *first, *last;
    UT_hash_handle hh;
} bucket_t;

/* The masks of rules, and whether they ask for one port. */
typedef struct shape {
    i6addr_t src, dst;
    bool port;
} shape_t;

struct fr_quick {
    shape_t *shapes;
    size_t shape_count;
    bucket_t *buckets;
    entry_t *others, *last_other; /* not found by a key */
    size_t count;
};

fr_quick_t *fr_quick_create(void)
{
    return calloc(1, sizeof(fr_quick_t));
}

static void free_entries(entry_t *entry)
{
    while (entry != NULL) {
        entry_t *next = entry->next;
        free(entry);
        entry = next;
    }
}

void fr_quick_destroy(fr_quick_t *quick)
{
    bucket_t *bucket, *next;
    if (quick == NULL)
        return;
    HASH_ITER(hh, quick->buckets, bucket, next)
    {
        HASH_DEL(quick->buckets, bucket);
        free_entries(bucket->first);
        free(bucket);
    }
    free_entries(quick->others);
    free(quick->shapes);
    free(quick);
}

static bool has_key(const frentry_t *fr)
{
    return fr->fr_src.fra_type == FRI_NORMAL && fr->fr_dst.fra_type == FRI_NORMAL &&
           !fr->fr_src.fra_negated && !fr->fr_dst.fra_negated;
}

static i6addr_t masked(const i6addr_t *address, const i6addr_t *mask)
{
    i6addr_t result;
    for (size_t i = 0; i < 4; i++)
        result.i6[i] = address->i6[i] & mask->i6[i];
    return result;
}

/* The key that a rule of this shape has if it covers `fr`. */
static quick_key_t key_of(const fr_quick_t *quick, size_t shape, const frentry_t *fr)
{
    const shape_t *s = &quick->shapes[shape];
    quick_key_t key;
    memset(&key, 0, sizeof(key));
    key.shape = shape;
    key.src = masked(&fr->fr_src.fra_addr, &s->src);
    key.dst = masked(&fr->fr_dst.fra_addr, &s->dst);
    key.port = s->port ? fr->fr_dport.frp_port + 1u : 0;
    return key;
}

/* The index of a rule's shape, added if it is new; SIZE_MAX if there is no memory. */
static size_t shape_of(fr_quick_t *quick, const frentry_t *fr)
{
    shape_t shape;
    memset(&shape, 0, sizeof(shape));
    shape.src = fr->fr_src.fra_mask;
    shape.dst = fr->fr_dst.fra_mask;
    shape.port = fr->fr_dport.frp_cmp == FR_EQUAL;
    for (size_t i = 0; i < quick->shape_count; i++) {
        if (memcmp(&quick->shapes[i].src, &shape.src, sizeof(shape.src)) == 0 &&
            memcmp(&quick->shapes[i].dst, &shape.dst, sizeof(shape.dst)) == 0 &&
            quick->shapes[i].port == shape.port)
            return i;
    }
    shape_t *shapes = realloc(quick->shapes, (quick->shape_count + 1) * sizeof(*shapes));
    if (shapes == NULL)
        return SIZE_MAX;
    quick->shapes = shapes;
    quick->shapes[quick->shape_count] = shape;
    return quick->shape_count++;
}

static bucket_t *find_bucket(const fr_quick_t *quick, const quick_key_t *key)
{
    bucket_t *bucket;
    HASH_FIND(hh, quick->buckets, key, sizeof(*key), bucket);
    return bucket;
}

static void append(entry_t **first, entry_t **last, entry_t *entry)
{
    if (*first == NULL)
        *first = entry;
    else
        (*last)->next = entry;
    *last = entry;
}

bool fr_quick_add(fr_quick_t *quick, const frentry_t *fr)
{
    entry_t *entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        return false;
    *entry = (entry_t){.fr = fr, .sequence = quick->count++};
    if (!has_key(fr)) {
        append(&quick->others, &quick->last_other, entry);
        return true;
    }
    size_t shape = shape_of(quick, fr);
    if (shape == SIZE_MAX) {
        free(entry);
        return false;
    }
    quick_key_t key = key_of(quick, shape, fr);
    bucket_t *bucket = find_bucket(quick, &key);
    if (bucket == NULL) {
        bucket = calloc(1, sizeof(*bucket));
        if (bucket == NULL) {
            free(entry);
            return false;
        }
        bucket->key = key;
        HASH_ADD(hh, quick->buckets, key, sizeof(bucket->key), bucket);
        if (bucket->hh.tbl == NULL) {
            free(bucket);
            free(entry);
            return false;
        }
    }
    append(&bucket->first, &bucket->last, entry);
    return true;
}

/* The first rule of a chain that covers `fr` and comes before `best`; *left: how many more are
 * compared. */
static const entry_t *first_cover(const entry_t *entry, const frentry_t *fr, const entry_t *best,
                                  size_t *left)
{
    for (; entry != NULL && *left > 0 && (best == NULL || entry->sequence < best->sequence);
         entry = entry->next) {
        --*left;
        if (fr_covers(entry->fr, fr))
            return entry;
    }
    return best;
}

const frentry_t *fr_quick_find(const fr_quick_t *quick, const frentry_t *fr)
{
    size_t left = FR_QUICK_MOST;
    const entry_t *best = first_cover(quick->others, fr, NULL, &left);
    for (size_t i = 0; i < quick->shape_count; i++) {
        quick_key_t key = key_of(quick, i, fr);
        const bucket_t *bucket = find_bucket(quick, &key);
        if (bucket != NULL)
            best = first_cover(bucket->first, fr, best, &left);
    }
    return best != NULL ? best->fr : NULL;
}
