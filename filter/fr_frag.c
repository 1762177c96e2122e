/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fragment table. Solaris: fr_newfrag(), fr_fraglookup() and fr_knownfrag() (ip_frag.c).
 */
#include "filter/fr_frag.h"

#include "filter/fr_impl.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* The table is in the filter's memory, too: `frags` is in scope wherever a table is changed. */
#define uthash_malloc(size)      memory_alloc(fr_memory(frags->ipfr_memory), size)
#define uthash_free(block, size) memory_free(fr_memory(frags->ipfr_memory), block)
#include "filter/fr_hash.h"

#define US_PER_TICK  500000u  /* of the slow timer */
#define OPTIONS_COPY 0x07ff00 /* IPF_OPTCOPY: the options that are in each fragment */

/* What all fragments of a datagram have in common. */
typedef struct frag_key {
    i6addr_t src, dst;
    uint32_t id;
    uint32_t optmsk;
    uint16_t secmsk, auth;
    uint8_t v, p;
    char ifname[LIFNAMSIZ];
} frag_key_t;

struct ipfr {
    frag_key_t ipfr_key;
    frentry_t *ipfr_fr;
    int ipfr_rulen;
    uint32_t ipfr_pass;
    bool ipfr_seen0; /* the fragment of offset 0 was there */
    uint32_t
        ipfr_firstend; /* where it ended, in units of 8 bytes; 0 if it did not make the entry */
    uint32_t ipfr_off; /* where the next one in order begins, in units of 8 bytes */
    uint64_t ipfr_die_us;
    uint64_t ipfr_pkts, ipfr_bytes;
    UT_hash_handle hh;
};

static frag_key_t key_of(const fr_info_t *fin)
{
    frag_key_t key;
    memset(&key, 0, sizeof(key)); /* hashed with its padding */
    key.src = fin->fin_src;
    key.dst = fin->fin_dst;
    key.id = fin->fin_id;
    key.optmsk = fin->fin_optmsk & OPTIONS_COPY;
    key.secmsk = fin->fin_secmsk;
    key.auth = fin->fin_auth;
    key.v = fin->fin_v;
    key.p = fin->fin_p;
    snprintf(key.ifname, sizeof(key.ifname), "%s", fin->fin_qpi->qpi_ifname);
    return key;
}

static void end_frag(fr_frags_t *frags, ipfr_t *fra)
{
    HASH_DEL(frags->ipfr_table, fra);
    frags->ipfr_stats.expired++;
    memory_free(fr_memory(frags->ipfr_memory), fra);
}

/* The live entry of a key, or NULL. */
static ipfr_t *find(const fr_info_t *fin, const frag_key_t *key)
{
    fr_frags_t *frags = &fin->fin_ifs->ifs_frags;
    ipfr_t *fra;
    HASH_FIND(hh, frags->ipfr_table, key, sizeof(*key), fra);
    if (fra != NULL && fra->ipfr_die_us <= fr_now(fin)) {
        end_frag(frags, fra);
        return NULL;
    }
    return fra;
}

/* Ends expired entries. It walks the table, but only when it is full. */
static void make_room(const fr_info_t *fin)
{
    fr_frags_t *frags = &fin->fin_ifs->ifs_frags;
    ipfr_t *fra, *next;
    HASH_ITER(hh, frags->ipfr_table, fra, next)
    {
        if (fra->ipfr_die_us <= fr_now(fin))
            end_frag(frags, fra);
    }
}

bool fr_newfrag(fr_info_t *fin, uint32_t pass)
{
    fr_frags_t *frags = &fin->fin_ifs->ifs_frags;
    frag_key_t key = key_of(fin);
    if ((fin->fin_flx & (FI_FRAG | FI_BAD)) != FI_FRAG || fin->fin_fr == NULL ||
        ((pass & FR_FRSTRICT) != 0 && fin->fin_off != 0))
        return false;
    if (find(fin, &key) != NULL) {
        frags->ipfr_stats.exists++;
        return false;
    }
    if (HASH_COUNT(frags->ipfr_table) >= fin->fin_ifs->ifs_tunables.frag_size)
        make_room(fin);
    if (HASH_COUNT(frags->ipfr_table) >= fin->fin_ifs->ifs_tunables.frag_size)
        return false;
    ipfr_t *fra = memory_zalloc(fr_memory(frags->ipfr_memory), sizeof(*fra));
    if (fra == NULL) {
        frags->ipfr_stats.no_memory++;
        return false;
    }
    assert(HASH_COUNT(frags->ipfr_table) < fin->fin_ifs->ifs_tunables.frag_size);
    fra->ipfr_pkts = 1;
    fra->ipfr_bytes = fin->fin_plen;
    fra->ipfr_key = key;
    fra->ipfr_fr = fin->fin_fr;
    fra->ipfr_rulen = fin->fin_rule;
    fra->ipfr_pass = pass;
    fra->ipfr_seen0 = fin->fin_off == 0;
    if (fin->fin_off == 0)
        fra->ipfr_firstend =
            (fin->fin_plen - (fin->fin_v == 6 ? fin->fin_frag : fin->fin_hlen)) / 8;
    fra->ipfr_off = fin->fin_off / 8 + (uint32_t)(fin->fin_dlen >> 3);
    fra->ipfr_die_us = fr_now(fin) + (uint64_t)fin->fin_ifs->ifs_tunables.frag_ttl * US_PER_TICK;
    HASH_ADD(hh, frags->ipfr_table, ipfr_key, sizeof(fra->ipfr_key), fra);
    if (fra->hh.tbl == NULL) { /* no memory for the table */
        frags->ipfr_stats.no_memory++;
        memory_free(fr_memory(frags->ipfr_memory), fra);
        return false;
    }
    frags->ipfr_stats.made++;
    return true;
}

/* Whether an entry serves a fragment. Fragments in order are followed, so that the entry ends soon
 * after the last one. */
static bool serves(fr_info_t *fin, ipfr_t *fra)
{
    uint32_t off = fin->fin_off / 8;
    if (fra->ipfr_seen0 && off == 0) { /* it came before */
        fin->fin_ifs->ifs_frags.ipfr_stats.again++;
        return false;
    }
    if (fra->ipfr_seen0 && off < fra->ipfr_firstend) {
        fin->fin_flx |= FI_BAD;
        return false;
    }
    fra->ipfr_seen0 = fra->ipfr_seen0 || off == 0;
    if (off != fra->ipfr_off)
        return (fra->ipfr_pass & FR_FRSTRICT) == 0;
    fra->ipfr_off = off + (uint32_t)(fin->fin_dlen >> 3);
    if (!fin->fin_mf)
        fra->ipfr_die_us = fr_now(fin) + US_PER_TICK;
    return true;
}

bool fr_knownfrag(fr_info_t *fin, uint32_t *pass)
{
    fr_frags_t *frags = &fin->fin_ifs->ifs_frags;
    if (frags->ipfr_table == NULL)
        return false;
    frags->ipfr_stats.too_short += (fin->fin_flx & FI_SHORT) != 0;
    if ((fin->fin_flx & (FI_SHORT | FI_BAD)) != 0)
        return false;
    frag_key_t key = key_of(fin);
    ipfr_t *fra = find(fin, &key);
    if (fra == NULL || !serves(fin, fra))
        return false;
    frags->ipfr_stats.hits++;
    fra->ipfr_pkts++;
    fra->ipfr_bytes += fin->fin_plen;
    fin->fin_fr = fra->ipfr_fr;
    fin->fin_rule = fra->ipfr_rulen;
    *pass = fr_kept_verdict(fra->ipfr_fr, fra->ipfr_pass);
    if ((*pass & FR_KEEPSTATE) != 0) {
        /* The datagram has its state entry; a second one could not be made. */
        fin->fin_flx |= FI_STATE;
        *pass &= ~FR_KEEPSTATE;
    }
    if ((*pass & FR_LOGFIRST) != 0)
        *pass &= ~(FR_LOGFIRST | FR_LOG);
    if (fin->fin_ifs->ifs_build->ifb_state_is_hit) {
        fra->ipfr_fr->fr_hits++;
        fra->ipfr_fr->fr_bytes += fin->fin_plen;
    }
    return true;
}

size_t fr_frag_count(const fr_frags_t *frags)
{
    return HASH_COUNT(frags->ipfr_table);
}

void fr_frag_each(const fr_frags_t *frags, uint64_t now_us,
                  void (*func)(void *arg, const fr_frag_view_t *view), void *arg)
{
    for (const ipfr_t *fra = frags->ipfr_table; fra != NULL; fra = fra->hh.next) {
        if (fra->ipfr_die_us <= now_us)
            continue;
        const frag_key_t *key = &fra->ipfr_key;
        func(arg, &(fr_frag_view_t){.src = key->src,
                                    .dst = key->dst,
                                    .v = key->v,
                                    .p = key->p,
                                    .id = key->id,
                                    .left_us = fra->ipfr_die_us - now_us,
                                    .packets = fra->ipfr_pkts,
                                    .bytes = fra->ipfr_bytes,
                                    .seen0 = fra->ipfr_seen0});
    }
}

void fr_frags_fini(fr_frags_t *frags)
{
    ipfr_t *fra, *next;
    HASH_ITER(hh, frags->ipfr_table, fra, next)
    {
        end_frag(frags, fra);
    }
}
