/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/fr_same.h"

#include <string.h>

#define FLAGS_SAID                                                                                 \
    (FR_CMDMASK | FR_LOG | FR_QUICK | FR_OUTQUE | FR_INQUE | FR_KEEPSTATE | FR_KEEPFRAG)

typedef uint64_t hash_t;

static void mix(hash_t *hash, uint64_t value)
{
    *hash = (*hash ^ value) * 0x9e3779b97f4a7c15u;
    *hash ^= *hash >> 29;
}

/* Names are short, and most of them empty. */
static void mix_text(hash_t *hash, const char *text)
{
    uint64_t word = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        word = word << 8 | (uint8_t)text[i];
        if (i % 8 == 7)
            mix(hash, word);
    }
    mix(hash, word);
}

/* An address that is not a literal is written as a name. */
static void mix_address(hash_t *hash, const fraddr_t *fra, const char *name)
{
    mix(hash, (uint64_t)fra->fra_type << 1 | fra->fra_negated);
    if (fra->fra_type != FRI_NORMAL) {
        mix_text(hash, name);
        return;
    }
    for (size_t i = 0; i < 4; i++)
        mix(hash, (uint64_t)fra->fra_addr.i6[i] << 32 | fra->fra_mask.i6[i]);
}

static void mix_port(hash_t *hash, const frpcmp_t *port)
{
    if (port->frp_cmp != FR_NONE)
        mix(hash, (uint64_t)port->frp_cmp << 16 | port->frp_port);
    mix(hash, port->frp_cmp >= FR_OUTRANGE ? port->frp_top : 0);
}

uint64_t fr_rule_hash(const frentry_t *fr)
{
    hash_t hash = 0xcbf29ce484222325u;
    mix(&hash, (uint64_t)(fr->fr_flags & FLAGS_SAID) << 8 | (fr->fr_hasproto ? fr->fr_proto : 0));
    mix(&hash, (uint64_t)(fr->fr_hastos ? fr->fr_tos + 1 : 0) << 16 |
                   (unsigned)(fr->fr_hasttl ? fr->fr_ttl + 1 : 0));
    mix(&hash, (uint64_t)fr->fr_icmp << 48 | (uint64_t)fr->fr_tcpf << 32 | fr->fr_statemax);
    if (fr->fr_type == FR_T_IPF) {
        mix_address(&hash, &fr->fr_src, fr->fr_rare->fr_addrnames[0]);
        mix_address(&hash, &fr->fr_dst, fr->fr_rare->fr_addrnames[1]);
        mix_port(&hash, &fr->fr_sport);
        mix_port(&hash, &fr->fr_dport);
    }
    mix_text(&hash, fr->fr_ifnames[0]);
    mix_text(&hash, fr->fr_group);
    mix_text(&hash, fr->fr_grhead);
    mix_text(&hash, fr->fr_rare->fr_comment);
    mix(&hash, (uint64_t)fr->fr_age[0] << 32 | fr->fr_maxsrcs);
    mix(&hash, fr->fr_logtag);
    mix(&hash, fr->fr_pps);
    return hash;
}

bool fr_same_rule(const frentry_t *a, const frentry_t *b)
{
    char text[IPF_RULE_TEXT_MAX], other[IPF_RULE_TEXT_MAX];
    ipf_rule_format(a, IPF_TEXT_FAMILY, text, sizeof(text));
    ipf_rule_format(b, IPF_TEXT_FAMILY, other, sizeof(other));
    return strcmp(text, other) == 0;
}
