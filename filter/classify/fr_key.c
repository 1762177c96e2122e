/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What fr_ipfcheck() and matches() (fr_firewall.c) compare, as words: a mask must never ask for
 * what they do not ask for.
 */
#include "filter/classify/fr_key.h"

#include "filter/fnv.h"
#include "filter/fr_covers.h"
#include "filter/fr_impl.h"
#include "filter/ip_lookup.h"

#include <netinet/in.h>
#include <string.h>

#define POOL_SHORT 4u  /* addresses of a pool that are a key each */
#define POOL_LONG  64u /* with more, what they share is not looked for */

#define WITH_PORTS 1u /* in KEY_ICMP */

/* FI_* that change while the rules are walked, by `keep state`. */
#define FLX_CHANGING (FI_STATE | FI_BAD)

static void ask(fr_key_t *key, size_t word, uint32_t mask, uint32_t value)
{
    key->mask[word] |= mask;
    key->value[word] |= value & mask;
}

/* ---- what is one of a few: each is a key ---- */

typedef struct keys {
    fr_key_t *keys;
    size_t count;
} keys_t;

/* Copies all keys so far, so that there are `times` of each. */
static void multiply(keys_t *all, size_t times)
{
    for (size_t i = 1; i < times; i++)
        memcpy(&all->keys[i * all->count], all->keys, all->count * sizeof(*all->keys));
    all->count *= times;
}

static void ask_address(keys_t *all, size_t begin, size_t end, size_t word, const i6addr_t *addr,
                        const i6addr_t *mask)
{
    for (size_t key = begin; key < end; key++) {
        for (size_t i = 0; i < 4; i++)
            ask(&all->keys[key], word + i, mask->i6[i], addr->i6[i]);
    }
}

/* What all addresses of a pool share. */
static void ask_shared(keys_t *all, size_t word, const ip_table_t *pool)
{
    i6addr_t mask = {{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}}, addr = mask;
    bool first = true;
    for (size_t i = 0; i < pool->ipt_count; i++) {
        const ip_node_t *node = &pool->ipt_nodes[i];
        if (node->in_negated)
            continue;
        if (first)
            addr = node->in_addr;
        first = false;
        for (size_t j = 0; j < 4; j++)
            mask.i6[j] &= node->in_mask.i6[j] & ~(addr.i6[j] ^ node->in_addr.i6[j]);
    }
    ask_address(all, 0, all->count, word, &addr, &mask);
}

/* A pool contains only what its addresses that are not negated contain. A pool without any contains
 * nothing, but is not worth a special case. */
static void ask_pool(keys_t *all, size_t word, const ip_table_t *pool)
{
    size_t before = all->count;
    if (pool->ipt_count == 0 || pool->ipt_count > POOL_LONG)
        return;
    if (pool->ipt_count > POOL_SHORT) {
        ask_shared(all, word, pool);
        return;
    }
    multiply(all, pool->ipt_count);
    for (size_t i = 0; i < pool->ipt_count; i++) {
        const ip_node_t *node = &pool->ipt_nodes[i];
        ask_address(all, i * before, (i + 1) * before, word, &node->in_addr, &node->in_mask);
    }
}

/* => Returns false if no address matches. */
static bool ask_fraddr(keys_t *all, size_t word, const fraddr_t *fra)
{
    if (fra->fra_negated)
        return true;
    if (fra->fra_table != NULL)
        ask_pool(all, word, fra->fra_table);
    else if (fra->fra_type != FRI_NORMAL && !fra->fra_known)
        return false;
    else
        ask_address(all, 0, all->count, word, &fra->fra_addr, &fra->fra_mask);
    return true;
}

/* Asks for one range of ports: its bounds, and the first bits that all its ports share. */
static void ask_range(fr_key_t *key, size_t which, int low, int high)
{
    unsigned shift = which == KEY_SPORT ? 16 : 0;
    uint32_t mask = 0xffff;
    while (((unsigned)(low ^ high) & mask) != 0)
        mask = mask << 1 & 0xffff;
    key->low[which] = (uint16_t)low;
    key->high[which] = (uint16_t)high;
    ask(key, KEY_PORTS, mask << shift, (uint32_t)low << shift);
}

/* => Returns false if no port matches. */
static bool ask_port(keys_t *all, size_t which, const frpcmp_t *port)
{
    fr_port_ranges_t ranges = fr_port_ranges(port);
    size_t before = all->count, filled = 0;
    bool has[2] = {ranges.low[0] <= ranges.high[0], ranges.low[1] <= ranges.high[1]};
    if (port->frp_cmp == FR_NONE)
        return true;
    if (!has[0] && !has[1])
        return false;
    if (has[0] && has[1] && before * 2 > KEYS_MAX)
        return true; /* this port is not part of the keys */
    multiply(all, (size_t)has[0] + has[1]);
    for (size_t i = 0; i < 2; i++) {
        for (size_t key = 0; has[i] && key < before; key++)
            ask_range(&all->keys[filled++], which, ranges.low[i], ranges.high[i]);
    }
    return true;
}

/* ---- what is one word ---- */

static bool is_icmp(const frentry_t *fr)
{
    return fr->fr_hasproto && (fr->fr_proto == IPPROTO_ICMP || fr->fr_proto == IPPROTO_ICMPV6);
}

static void ask_bytes(fr_key_t *key, const frentry_t *fr)
{
    if (fr->fr_hasproto)
        ask(key, KEY_BYTES, 0xff000000u, (uint32_t)fr->fr_proto << 24);
    if (fr->fr_hastos)
        ask(key, KEY_BYTES, 0x00ff0000u, (uint32_t)fr->fr_tos << 16);
    if (fr->fr_hasttl)
        ask(key, KEY_BYTES, 0x0000ff00u, (uint32_t)fr->fr_ttl << 8);
    if (fr->fr_hasproto && fr->fr_proto == IPPROTO_TCP) /* flags are compared in TCP only */
        ask(key, KEY_BYTES, fr->fr_tcpfm, fr->fr_tcpf);
    if (is_icmp(fr))
        ask(key, KEY_ICMP, (uint32_t)fr->fr_icmpm << 16, (uint32_t)fr->fr_icmp << 16);
    ask(key, KEY_FLX, fr->fr_mflx & ~FLX_CHANGING, fr->fr_flx);
    ask(key, KEY_OPTIONS, fr->fr_optmask, fr->fr_optbits);
}

/* The words of every key of a rule. */
static void ask_words(fr_key_t *key, const frentry_t *fr)
{
    const char *on = fr->fr_ifnames[0];
    *key = (fr_key_t){.high = {UINT16_MAX, UINT16_MAX}};
    if (on[0] != '\0' && strcmp(on, "-") != 0 && strcmp(on, "*") != 0)
        ask(key, KEY_IFNAME, UINT32_MAX, fnv1a_32(FNV1A_32_BEGIN, on));
    if (fr->fr_family != 0 && !(fr->fr_type == FR_T_NONE && fr->fr_anyfamily))
        ask(key, KEY_ICMP, 0xff00u, (uint32_t)fr->fr_family << 8);
    if (fr->fr_type == FR_T_NONE)
        return;
    ask_bytes(key, fr);
    if (fr->fr_sport.frp_cmp != FR_NONE || fr->fr_dport.frp_cmp != FR_NONE || fr->fr_tcpf != 0 ||
        fr->fr_tcpfm != 0)
        ask(key, KEY_ICMP, WITH_PORTS, WITH_PORTS);
}

size_t fr_keys_of_rule(const frentry_t *fr, fr_key_t keys[KEYS_MAX])
{
    keys_t all = {keys, 1};
    ask_words(&keys[0], fr);
    if (fr->fr_type == FR_T_NONE)
        return 1;
    bool some = ask_fraddr(&all, KEY_SRC, &fr->fr_src) && ask_fraddr(&all, KEY_DST, &fr->fr_dst) &&
                ask_port(&all, KEY_DPORT, &fr->fr_dport) &&
                ask_port(&all, KEY_SPORT, &fr->fr_sport);
    return some ? all.count : 0;
}

void fr_key_of_packet(const fr_info_t *fin, const char *ifname, bool portcmp, fr_packet_key_t *key)
{
    memcpy(&key->value[KEY_SRC], &fin->fin_src, sizeof(fin->fin_src));
    memcpy(&key->value[KEY_DST], &fin->fin_dst, sizeof(fin->fin_dst));
    key->value[KEY_BYTES] = (uint32_t)fin->fin_p << 24 | (uint32_t)fin->fin_tos << 16 |
                            (uint32_t)fin->fin_ttl << 8 | fin->fin_tcpf;
    key->value[KEY_PORTS] = (uint32_t)fin->fin_sport << 16 | fin->fin_dport;
    key->value[KEY_ICMP] =
        (uint32_t)fin->fin_icmp << 16 | (uint32_t)fin->fin_v << 8 | (portcmp ? WITH_PORTS : 0);
    key->value[KEY_IFNAME] = fnv1a_32(FNV1A_32_BEGIN, ifname);
    key->value[KEY_FLX] = fin->fin_flx;
    key->value[KEY_OPTIONS] = fin->fin_optmsk;
    key->port[KEY_SPORT] = fin->fin_sport;
    key->port[KEY_DPORT] = fin->fin_dport;
}
