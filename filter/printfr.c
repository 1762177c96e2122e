/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule's canonical text. Solaris: printfr() (cmd/ipf/lib/common/printfr.c), as ipfstat -io
 * shows it. Ports are numbers, as with -R, so that no table of services is needed to read it.
 */
#include "filter/ipf_rule.h"
#include "filter/ipf_words.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>

typedef struct out {
    char *buffer;
    size_t size;
    size_t length; /* of the whole text, also where it does not fit */
} out_t;

static void put(out_t *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(out_t *o, const char *format, ...)
{
    bool room = o->length < o->size;
    va_list args;

    va_start(args, format);
    int added = vsnprintf(room ? o->buffer + o->length : NULL, room ? o->size - o->length : 0,
                          format, args);
    va_end(args);
    if (added > 0)
        o->length += (size_t)added;
}

static void put_dotted(out_t *o, uint32_t a)
{
    put(o, "%u.%u.%u.%u", a >> 24, a >> 16 & 0xff, a >> 8 & 0xff, a & 0xff);
}

/* The number of bits of a mask that is a prefix; -1 for any other. */
static int prefix_bits(uint32_t mask)
{
    int bits = 0;
    while (bits < 32 && (mask & 0x80000000u >> bits) != 0)
        bits++;
    return bits < 32 && (mask & 0xffffffffu >> bits) != 0 ? -1 : bits;
}

static void put_address(out_t *o, const fraddr_t *fra)
{
    put(o, "%s", fra->fra_negated ? "!" : "");
    if (fra->fra_mask == 0) {
        put(o, "any");
        return;
    }
    put_dotted(o, fra->fra_addr);
    put(o, "/");
    int bits = prefix_bits(fra->fra_mask);
    if (bits >= 0)
        put(o, "%d", bits);
    else
        put_dotted(o, fra->fra_mask);
}

static void put_port(out_t *o, const frpcmp_t *frp)
{
    static const char *const operators[] = {
        [FR_EQUAL] = "=",   [FR_NEQUAL] = "!=",    [FR_LESST] = "<",     [FR_GREATERT] = ">",
        [FR_LESSTE] = "<=", [FR_GREATERTE] = ">=", [FR_OUTRANGE] = "<>", [FR_INRANGE] = "><",
    };

    if (frp->frp_cmp == FR_NONE)
        return;
    if (frp->frp_cmp == FR_INCRANGE)
        put(o, " port %u:%u", frp->frp_port, frp->frp_top);
    else if (frp->frp_cmp == FR_OUTRANGE || frp->frp_cmp == FR_INRANGE)
        put(o, " port %u %s %u", frp->frp_port, operators[frp->frp_cmp], frp->frp_top);
    else
        put(o, " port %s %u", operators[frp->frp_cmp], frp->frp_port);
}

static void put_flag_set(out_t *o, uint8_t set)
{
    for (size_t i = 0; i < 8; i++) {
        if ((set & 1u << i) != 0)
            put(o, "%c", "FSRPAUEC"[i]);
    }
}

static void put_flags(out_t *o, const frentry_t *fr)
{
    if (fr->fr_tcpf == 0 && fr->fr_tcpfm == 0)
        return;
    put(o, " flags ");
    put_flag_set(o, fr->fr_tcpf);
    put(o, "/");
    put_flag_set(o, fr->fr_tcpfm);
}

static void put_proto(out_t *o, const frentry_t *fr)
{
    if ((fr->fr_flx & FI_TCPUDP) != 0) {
        put(o, "proto tcp/udp ");
    } else if (fr->fr_hasproto) {
        const char *name = ipf_proto_name(fr->fr_proto);
        if (name != NULL)
            put(o, "proto %s ", name);
        else
            put(o, "proto %u ", fr->fr_proto);
    }
}

int ipf_rule_text(const frentry_t *fr, char *buffer, size_t size)
{
    out_t o = {.buffer = buffer, .size = size};

    if (size > 0)
        buffer[0] = '\0';
    put(&o, "%s", FR_ISBLOCK(fr->fr_flags) ? "block" : "pass");
    if ((fr->fr_flags & FR_RETMASK) == FR_RETRST)
        put(&o, " return-rst");
    put(&o, " %s ", (fr->fr_flags & FR_OUTQUE) != 0 ? "out" : "in");
    if ((fr->fr_flags & FR_LOG) != 0)
        put(&o, "log ");
    if ((fr->fr_flags & FR_QUICK) != 0)
        put(&o, "quick ");
    if (fr->fr_ifname[0] != '\0')
        put(&o, "on %s ", fr->fr_ifname);
    if (fr->fr_type == FR_T_NONE) {
        put(&o, "all");
        return (int)o.length;
    }
    put_proto(&o, fr);
    put(&o, "from ");
    put_address(&o, &fr->fr_src);
    put_port(&o, &fr->fr_sport);
    put(&o, " to ");
    put_address(&o, &fr->fr_dst);
    put_port(&o, &fr->fr_dport);
    put_flags(&o, fr);
    return (int)o.length;
}
