/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule's canonical text. Solaris and IPFilter: printfr() (lib/printfr.c), in its order.
 */
#include "filter/fr_impl.h"
#include "filter/ipf_put.h"
#include "filter/ipf_words.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- the action ---- */

static void put_log(ipf_out_t *o, const frentry_t *fr)
{
    ipf_put(o, "log");
    if ((fr->fr_flags & FR_LOGBODY) != 0)
        ipf_put(o, " body");
    if ((fr->fr_flags & FR_LOGFIRST) != 0)
        ipf_put(o, " first");
    if ((fr->fr_flags & FR_LOGORBLOCK) != 0)
        ipf_put(o, " or-block");
    if (fr->fr_loglevel == FR_NOLOGLEVEL)
        return;
    ipf_put(o, " level ");
    ipf_put(o, "%s.", ipf_name_of(ipf_facilities, fr->fr_loglevel & ~7u)->name);
    ipf_put(o, "%s", ipf_name_of(ipf_priorities, fr->fr_loglevel & 7u)->name);
}

static void put_return(ipf_out_t *o, const frentry_t *fr)
{
    static const char *const returns[] = {"", " return-rst", " return-icmp",
                                          " return-icmp-as-dest"};
    ipf_put(o, "%s", returns[(fr->fr_flags & FR_RETMASK) >> 12]);
    if ((fr->fr_flags & FR_RETICMP) == 0 || fr->fr_icode == 0)
        return;
    const ipf_name_t *code = ipf_name_of(ipf_icmp_codes, fr->fr_icode);
    if (fr->fr_icode == 15)
        ipf_put(o, "(preced-cutoff)"); /* spelled the other way here; both are read */
    else if (code != NULL)
        ipf_put(o, "(%s)", code->name);
    else
        ipf_put(o, "(%u)", fr->fr_icode);
}

static void put_command(ipf_out_t *o, const frentry_t *fr)
{
    switch (fr->fr_flags & FR_CMDMASK) {
    case FR_BLOCK:
        ipf_put(o, "block");
        break;
    case FR_ACCOUNT:
        ipf_put(o, "count");
        break;
    case FR_AUTH:
        ipf_put(o, "auth");
        break;
    case FR_PREAUTH:
        ipf_put(o, "preauth");
        break;
    case FR_DECAPS:
        ipf_put(o, "decapsulate");
        break;
    case FR_SKIP:
        ipf_put(o, "skip %u", fr->fr_arg);
        break;
    case FR_CALL:
        ipf_put(o, "call%s %s/%u", (fr->fr_flags & FR_CALLNOW) != 0 ? " now" : "",
                fr->fr_rare->fr_func, fr->fr_arg);
        break;
    default:
        ipf_put(o, FR_ISNOMATCH(fr->fr_flags) ? "nomatch" : "pass");
    }
}

static void put_action(ipf_out_t *o, const frentry_t *fr)
{
    if (FR_ISLOG(fr->fr_flags))
        put_log(o, fr);
    else
        put_command(o, fr);
    put_return(o, fr);
}

/* ---- addresses ---- */

/* The number of bits of a mask that is a prefix; -1 for any other. */
static int prefix_bits(const i6addr_t *mask, int family)
{
    int words = family == 6 ? 4 : 1, bits = 0;
    while (bits < 32 * words && (mask->i6[bits / 32] & 0x80000000u >> (bits % 32)) != 0)
        bits++;
    for (int i = bits; i < 32 * words; i++) {
        if ((mask->i6[i / 32] & 0x80000000u >> (i % 32)) != 0)
            return -1;
    }
    return bits;
}

static void put_address(ipf_out_t *o, const fraddr_t *fra, const char *ifname, int family)
{
    static const char *const words[] = {[FRI_DYNAMIC] = "32",
                                        [FRI_BROADCAST] = "bcast",
                                        [FRI_PEERADDR] = "peer",
                                        [FRI_NETWORK] = "net",
                                        [FRI_NETMASKED] = "netmasked"};
    bool pool = fra->fra_type == FRI_POOL;
    int bits = prefix_bits(&fra->fra_mask, family);
    ipf_put(o, "%s", fra->fra_negated ? "!" : "");
    if (pool || fra->fra_type == FRI_HASH) {
        ipf_put(o, "%s/%s", pool ? "pool" : "hash", ifname);
    } else if (fra->fra_type != FRI_NORMAL) {
        ipf_put(o, "%s/%s", ifname, words[fra->fra_type]);
    } else if (bits == 0) {
        ipf_put(o, "any");
    } else {
        ipf_put_ip(o, &fra->fra_addr, family);
        ipf_put(o, "/");
        if (bits > 0)
            ipf_put(o, "%d", bits);
        else
            ipf_put_ip(o, &fra->fra_mask, family);
    }
}

/* ---- interfaces ---- */

/* Marks an interface that does not exist, if that is asked for; without a stack it marks none. */
static bool is_marked(const ipf_out_t *o, const char *name)
{
    if ((o->how & IPF_TEXT_NOTFOUND) == 0)
        return false;
    return o->ifs == NULL || o->ifs->ifs_inet == NULL || net_phylookup(o->ifs->ifs_inet, name) == 0;
}

static void put_interface(ipf_out_t *o, const char *before, const char *name)
{
    bool any = strcmp(name, "-") == 0 || strcmp(name, "*") == 0;
    if (name[0] != '\0')
        ipf_put(o, "%s%s%s", before, name, !any && is_marked(o, name) ? "(!)" : "");
}

/* `*` stands for anything, so it need not be written. */
static bool is_told(const char *name)
{
    return name[0] != '\0' && strcmp(name, "*") != 0;
}

static void put_on(ipf_out_t *o, const char (*names)[LIFNAMSIZ])
{
    if (names[0][0] == '\0')
        return;
    ipf_put(o, "on ");
    put_interface(o, "", names[0]);
    if (is_told(names[1]))
        put_interface(o, ",", names[1]);
    ipf_put(o, " ");
}

static void put_via(ipf_out_t *o, const char *word, const char (*names)[LIFNAMSIZ])
{
    if (!is_told(names[0]) && !is_told(names[1]))
        return;
    ipf_put(o, "%s ", word);
    put_interface(o, "", names[0]);
    put_interface(o, ",", names[1]);
    ipf_put(o, " ");
}

static void put_dest(ipf_out_t *o, const char *word, const frdest_t *fd)
{
    if (fd->fd_name[0] == '\0')
        return;
    ipf_put(o, "%s ", word);
    if (fd->fd_family == 0) {
        ipf_put(o, "%s%s", fd->fd_name, is_marked(o, fd->fd_name) ? "(!)" : "");
    } else {
        ipf_put(o, "%s:", fd->fd_name);
        ipf_put_ip(o, &fd->fd_ip, fd->fd_family);
    }
    ipf_put(o, " ");
}

static void put_options(ipf_out_t *o, const frentry_t *fr)
{
    if ((fr->fr_flags & FR_LOG) != 0 && !FR_ISLOG(fr->fr_flags)) {
        put_log(o, fr);
        ipf_put(o, " ");
    }
    if ((fr->fr_flags & FR_QUICK) != 0)
        ipf_put(o, "quick ");
    put_on(o, fr->fr_ifnames);
    put_dest(o, "to", &fr->fr_rare->fr_tif);
    put_dest(o, "dup-to", &fr->fr_rare->fr_dif);
    put_dest(o, "reply-to", &fr->fr_rare->fr_rif);
    if ((fr->fr_flags & FR_FASTROUTE) != 0)
        ipf_put(o, "fastroute ");
    put_via(o, (fr->fr_flags & FR_OUTQUE) != 0 ? "in-via" : "out-via", fr->fr_rare->fr_vianames);
}

/* ---- what is compared ---- */

static unsigned service_protos(const frentry_t *fr)
{
    if (fr->fr_hasproto)
        return fr->fr_proto == IPPROTO_UDP ? IPF_SERVICE_UDP : IPF_SERVICE_TCP;
    return IPF_SERVICE_TCP | IPF_SERVICE_UDP;
}

static void put_port_number(ipf_out_t *o, const frentry_t *fr, uint16_t port)
{
    const char *name =
        (o->how & IPF_TEXT_SERVICES) != 0 ? ipf_service_name(port, service_protos(fr)) : NULL;
    if (name != NULL)
        ipf_put(o, "%s", name);
    else
        ipf_put(o, "%u", port);
}

static void put_port(ipf_out_t *o, const frentry_t *fr, const frpcmp_t *frp)
{
    static const char *const operators[] = {
        [FR_EQUAL] = "=",   [FR_NEQUAL] = "!=",    [FR_LESST] = "<",     [FR_GREATERT] = ">",
        [FR_LESSTE] = "<=", [FR_GREATERTE] = ">=", [FR_OUTRANGE] = "<>", [FR_INRANGE] = "><",
    };

    if (frp->frp_cmp == FR_NONE)
        return;
    if (frp->frp_cmp == FR_INCRANGE) {
        ipf_put(o, " port %u:%u", frp->frp_port, frp->frp_top);
    } else if (frp->frp_cmp == FR_OUTRANGE || frp->frp_cmp == FR_INRANGE) {
        ipf_put(o, " port %u %s %u", frp->frp_port, operators[frp->frp_cmp], frp->frp_top);
    } else {
        ipf_put(o, " port %s ", operators[frp->frp_cmp]);
        put_port_number(o, fr, frp->frp_port);
    }
}

static bool is_any(const fraddr_t *fra)
{
    static const i6addr_t none = {{0}};
    return fra->fra_type == FRI_NORMAL && memcmp(&fra->fra_mask, &none, sizeof(none)) == 0;
}

static void put_family(ipf_out_t *o, const frentry_t *fr)
{
    bool implied =
        !is_any(&fr->fr_src) || !is_any(&fr->fr_dst) || fr->fr_icmpm != 0 || fr->fr_anyfamily;
    if (fr->fr_family != 0 && ((o->how & IPF_TEXT_FAMILY) != 0 || !implied))
        ipf_put(o, fr->fr_family == 6 ? "inet6 " : "inet ");
}

static void put_fields(ipf_out_t *o, const frentry_t *fr)
{
    if (fr->fr_hastos)
        ipf_put(o, "tos %#x ", fr->fr_tos);
    if (fr->fr_hasttl)
        ipf_put(o, "ttl %u ", fr->fr_ttl);
    if ((fr->fr_mflx & FI_TCPUDP) != 0) {
        ipf_put(o, "proto tcp/udp ");
    } else if (fr->fr_hasproto) {
        const ipf_name_t *name = ipf_name_of(ipf_protocols, fr->fr_proto);
        if (name != NULL)
            ipf_put(o, "proto %s ", name->name);
        else
            ipf_put(o, "proto %u ", fr->fr_proto);
    }
}

static void put_icmp(ipf_out_t *o, const frentry_t *fr)
{
    if (fr->fr_icmpm == 0)
        return;
    const ipf_name_t *type =
        ipf_name_of(fr->fr_family == 6 ? ipf_icmp6_types : ipf_icmp_types, fr->fr_icmp >> 8);
    if (type != NULL)
        ipf_put(o, " icmp-type %s", type->name);
    else
        ipf_put(o, " icmp-type %u", fr->fr_icmp >> 8);
    if ((fr->fr_icmpm & 0xff) != 0)
        ipf_put(o, " code %u", fr->fr_icmp & 0xff);
}

static void put_flag_set(ipf_out_t *o, uint8_t set)
{
    for (size_t i = 0; i < 8; i++) {
        if ((set & 1u << i) != 0)
            ipf_put(o, "%c", "FSRPAUEC"[i]);
    }
}

static void put_flags(ipf_out_t *o, const frentry_t *fr)
{
    if (fr->fr_tcpf == 0 && fr->fr_tcpfm == 0)
        return;
    ipf_put(o, " flags ");
    put_flag_set(o, fr->fr_tcpf);
    ipf_put(o, "/");
    put_flag_set(o, fr->fr_tcpfm);
    if (fr->fr_tcpfm == 0)
        ipf_put(o, "0");
}

/* ---- with ---- */

/* The names of bits, after `word`, with commas between them. */
static void put_bits(ipf_out_t *o, const char *word, const ipf_name_t *table, uint32_t bits)
{
    const char *before = word;
    for (; table->name != NULL; table++) {
        if ((table->bit & bits) == 0)
            continue;
        ipf_put(o, "%s%s", before, table->name);
        before = ",";
    }
}

static void put_opt(ipf_out_t *o, const char *word, uint32_t options, uint32_t classes)
{
    put_bits(o, word, ipf_options, options);
    if (classes == 0)
        return;
    ipf_put(o, "%ssec-class", options != 0 ? "," : word);
    put_bits(o, " ", ipf_secclasses, classes);
}

static void put_with(ipf_out_t *o, const frentry_t *fr)
{
    uint32_t asked = fr->fr_mflx & ~FI_TCPUDP, done = 0;
    const char *before = " ";
    if (asked == 0 && fr->fr_optmask == 0 && fr->fr_secmask == 0)
        return;
    ipf_put(o, " with");
    if (fr->fr_family == 6) {
        put_bits(o, " v6hdr ", ipf_v6hdrs, fr->fr_optmask & fr->fr_optbits);
        put_bits(o, " not v6hdr ", ipf_v6hdrs, fr->fr_optmask & ~fr->fr_optbits);
    } else if (fr->fr_optmask != 0 || fr->fr_secmask != 0) {
        put_opt(o, " opt ", fr->fr_optmask & fr->fr_optbits, fr->fr_secmask & fr->fr_secbits);
        put_opt(o, " not opt ", fr->fr_optmask & ~fr->fr_optbits,
                (uint32_t)fr->fr_secmask & ~(uint32_t)fr->fr_secbits);
    }
    for (const ipf_name_t *with = ipf_withs; with->name != NULL; with++) {
        if ((asked & with->bit) == 0 || (done & with->bit) != 0)
            continue;
        done |= with->bit;
        ipf_put(o, "%s%s%s", before, (fr->fr_flx & with->bit) != 0 ? "" : "not ", with->name);
        before = ",";
    }
}

/* ---- keep, tags ---- */

static void put_state_option(ipf_out_t *o, bool *any, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void put_state_option(ipf_out_t *o, bool *any, const char *format, ...)
{
    char text[64];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    ipf_put(o, "%s%s", *any ? "," : " (", text);
    *any = true;
}

static void put_state(ipf_out_t *o, const frentry_t *fr)
{
    bool any = false;
    if ((fr->fr_flags & FR_KEEPSTATE) == 0)
        return;
    ipf_put(o, " keep state");
    if (fr->fr_statemax != 0)
        put_state_option(o, &any, "limit %u", fr->fr_statemax);
    if (fr->fr_maxsrcs != 0)
        put_state_option(o, &any, "max-nodes %u", fr->fr_maxsrcs);
    if (fr->fr_maxpersrc != 0) {
        /* Alone it limits nothing, so it is not printed. */
        if (fr->fr_maxsrcs != 0)
            ipf_put(o, ", max-per-src %u/%u", fr->fr_maxpersrc, fr->fr_maxpersrcbits);
    }
    if ((fr->fr_flags & FR_STSTRICT) != 0)
        put_state_option(o, &any, "strict");
    if ((fr->fr_flags & FR_STLOOSE) != 0)
        put_state_option(o, &any, "loose");
    if ((fr->fr_flags & FR_NEWISN) != 0)
        put_state_option(o, &any, "newisn");
    if ((fr->fr_flags & FR_NOICMPERR) != 0)
        put_state_option(o, &any, "no-icmp-err");
    if ((fr->fr_flags & FR_STATESYNC) != 0)
        put_state_option(o, &any, "sync");
    if (fr->fr_rare->fr_icmphead[0] != '\0')
        put_state_option(o, &any, "icmp-head %s", fr->fr_rare->fr_icmphead);
    if (fr->fr_age[0] != 0 || fr->fr_age[1] != 0)
        put_state_option(o, &any, "age %u/%u", fr->fr_age[0], fr->fr_age[1]);
    if (fr->fr_nolog)
        put_state_option(o, &any, "nolog");
    ipf_put(o, "%s", any ? ")" : "");
}

static void put_tags(ipf_out_t *o, const char *word, uint32_t log, const char *nat)
{
    if (log == FR_NOLOGTAG && nat[0] == '\0')
        return;
    ipf_put(o, " %s(", word);
    if (log != FR_NOLOGTAG)
        ipf_put(o, "log=%u%s", log, nat[0] != '\0' ? ", " : "");
    if (nat[0] != '\0')
        ipf_put(o, "nat=%s", nat);
    ipf_put(o, ")");
}

static void put_tail(ipf_out_t *o, const frentry_t *fr)
{
    put_state(o, fr);
    if ((fr->fr_flags & FR_KEEPFRAG) != 0)
        ipf_put(o, " keep frags%s", (fr->fr_flags & FR_FRSTRICT) != 0 ? " (strict)" : "");
    if (fr->fr_grhead[0] != '\0')
        ipf_put(o, " head %s", fr->fr_grhead);
    if (fr->fr_group[0] != '\0')
        ipf_put(o, " group %s", fr->fr_group);
    put_tags(o, "set-tag", fr->fr_logtag, fr->fr_rare->fr_nattag);
    put_tags(o, "match-tag", fr->fr_matchlogtag, fr->fr_rare->fr_matchtag);
    if (fr->fr_pps != 0)
        ipf_put(o, " pps %u", fr->fr_pps);
    if (fr->fr_rare->fr_comment[0] != '\0')
        ipf_put(o, " comment \"%s\"", fr->fr_rare->fr_comment);
    bool count = (o->how & IPF_TEXT_COUNT) != 0 && (fr->fr_flags & FR_KEEPSTATE) != 0;
    if (count)
        ipf_put(o, " # count %u", fr->fr_statecnt);
    if (fr->fr_rulettl != 0)
        ipf_put(o, "%s rule-ttl %u", count ? "" : " #", fr->fr_rulettl);
}

void ipf_put_rule(ipf_out_t *o, const frentry_t *fr)
{
    if (fr->fr_collect != 0)
        ipf_put(o, "%u ", fr->fr_collect);
    put_action(o, fr);
    ipf_put(o, " %s ", (fr->fr_flags & FR_OUTQUE) != 0 ? "out" : "in");
    put_options(o, fr);
    put_family(o, fr);
    if (fr->fr_type == FR_T_NONE) {
        ipf_put(o, "all");
    } else {
        put_fields(o, fr);
        ipf_put(o, "from ");
        put_address(o, &fr->fr_src, fr->fr_rare->fr_addrnames[0], fr->fr_family);
        put_port(o, fr, &fr->fr_sport);
        ipf_put(o, " to ");
        put_address(o, &fr->fr_dst, fr->fr_rare->fr_addrnames[1], fr->fr_family);
        put_port(o, fr, &fr->fr_dport);
        put_icmp(o, fr);
        put_flags(o, fr);
    }
    put_with(o, fr);
    put_tail(o, fr);
}

int ipf_rule_format(const frentry_t *fr, unsigned how, char *buffer, size_t size)
{
    ipf_out_t o = {.buffer = buffer, .size = size, .how = how};

    if (size > 0)
        buffer[0] = '\0';
    ipf_put_rule(&o, fr);
    return (int)o.length;
}

int ipf_rule_text(const frentry_t *fr, char *buffer, size_t size)
{
    return ipf_rule_format(fr, 0, buffer, size);
}
