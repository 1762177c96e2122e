/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The clauses that compare fields of a packet, except addresses and ports: family, tos, ttl,
 * protocol, TCP flags, ICMP type and code.
 */
#include "filter/ipf_parser.h"

#include <netinet/in.h>
#include <string.h>

/* A rule that compares something is not `all`. */
static void compare_all(ipf_parser_t *p)
{
    IPF_EACH(p, fr)
    fr->fr_type = FR_T_IPF;
}

/* ---- inet | inet6 | family inet | family inet6 ---- */

bool ipf_parse_family(ipf_parser_t *p, const ipf_token_t *keyword)
{
    int family = ipf_token_is(keyword, "inet6") ? 6 : 4;
    if (ipf_token_is(keyword, "family")) {
        if (ipf_accept(p, "inet6"))
            family = 6;
        else if (!ipf_accept(p, "inet"))
            return ipf_expected(p, "'inet' or 'inet6' after 'family'");
    }
    IPF_EACH(p, fr)
    {
        fr->fr_family = family;
        fr->fr_anyfamily = false;
    }
    return true;
}

/* ---- tos N, ttl N, or lists ---- */

static bool parse_byte(ipf_parser_t *p, void *item)
{
    return ipf_parse_number(p, "a number", 255, item);
}

static void apply_tos(ipf_parser_t *p, frentry_t *fr, const void *item)
{
    (void)p;
    fr->fr_hastos = true;
    fr->fr_tos = (uint8_t) * (const uint32_t *)item;
}

static void apply_ttl(ipf_parser_t *p, frentry_t *fr, const void *item)
{
    (void)p;
    fr->fr_hasttl = true;
    fr->fr_ttl = (uint8_t) * (const uint32_t *)item;
}

bool ipf_parse_tos(ipf_parser_t *p, const ipf_token_t *keyword)
{
    uint32_t item;
    (void)keyword;
    compare_all(p);
    return ipf_parse_list(p, &(ipf_item_t){parse_byte, apply_tos}, &item);
}

bool ipf_parse_ttl(ipf_parser_t *p, const ipf_token_t *keyword)
{
    uint32_t item;
    (void)keyword;
    compare_all(p);
    return ipf_parse_list(p, &(ipf_item_t){parse_byte, apply_ttl}, &item);
}

/* ---- proto NAME | N | tcp/udp | tcp-udp ---- */

bool ipf_parse_proto(ipf_parser_t *p, const ipf_token_t *keyword)
{
    ipf_token_t token = p->token;
    uint32_t proto;
    (void)keyword;
    compare_all(p);
    ipf_mark(p, IPF_PLACE_PROTO, &token);
    bool pair = ipf_accept(p, "tcp-udp");
    if (!pair && !ipf_parse_named(p, "protocol", ipf_protocols, 255, &proto))
        return false;
    if (!pair && ipf_accept(p, "/")) {
        if (!ipf_token_is(&token, "tcp") || !ipf_accept(p, "udp"))
            return ipf_fail(p, &token, "the only pair of protocols is 'tcp/udp'");
        pair = true;
    }
    IPF_EACH(p, fr)
    {
        if (pair) {
            fr->fr_flx |= FI_TCPUDP;
            fr->fr_mflx |= FI_TCPUDP;
        } else {
            fr->fr_hasproto = true;
            fr->fr_proto = (uint8_t)proto;
        }
    }
    return true;
}

/* ---- flags SET[/MASK] ---- */

static bool parse_flag_set(ipf_parser_t *p, uint8_t *set)
{
    /* W is another name of C, as in IPFilter. */
    static const char letters[] = "FSRPAUECW";
    static const uint8_t bits[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x80};
    ipf_token_t token = p->token;
    uint64_t number;

    if (token.kind != IPF_TOK_WORD)
        return ipf_expected(p, "TCP flags");
    ipf_advance(p);
    if (ipf_number(&token, 255, &number)) {
        *set = (uint8_t)number;
        return true;
    }
    *set = 0;
    for (size_t i = 0; i < token.length; i++) {
        const char *letter = strchr(letters, token.text[i]);
        if (letter == NULL || *letter == '\0')
            return ipf_fail(p, &token, "%s is not a set of TCP flags; the flags are FSRPAUEC",
                            ipf_quote(&token).text);
        *set |= bits[letter - letters];
    }
    return true;
}

bool ipf_parse_flags(ipf_parser_t *p, const ipf_token_t *keyword)
{
    uint8_t flags = 0, mask = FR_TCPFMAX;
    const frentry_t *first = ipf_first(p);
    if (!first->fr_hasproto || first->fr_proto != IPPROTO_TCP)
        return ipf_fail(p, keyword, "'flags' needs 'proto tcp'");
    ipf_mark(p, IPF_PLACE_FLAGS, &p->token);
    if (!ipf_token_is(&p->token, "/") && !parse_flag_set(p, &flags))
        return false;
    if (ipf_accept(p, "/") && !parse_flag_set(p, &mask))
        return false;
    IPF_EACH(p, fr)
    {
        fr->fr_tcpf = flags;
        fr->fr_tcpfm = mask;
    }
    return true;
}

/* ---- icmp-type TYPE [ code CODE ], or lists ---- */

typedef struct icmp_item {
    const ipf_name_t *names;
    uint32_t number;
} icmp_item_t;

static bool parse_icmp_type(ipf_parser_t *p, void *item)
{
    icmp_item_t *icmp = item;
    return ipf_parse_named(p, "ICMP type", icmp->names, 255, &icmp->number);
}

static void apply_icmp_type(ipf_parser_t *p, frentry_t *fr, const void *item)
{
    (void)p;
    fr->fr_icmp = (uint16_t)(((const icmp_item_t *)item)->number << 8 | (fr->fr_icmp & 0xff));
    fr->fr_icmpm |= 0xff00;
}

static bool parse_icmp_code(ipf_parser_t *p, void *item)
{
    icmp_item_t *icmp = item;
    return ipf_parse_named(p, "ICMP code", ipf_icmp_codes, 255, &icmp->number);
}

static void apply_icmp_code(ipf_parser_t *p, frentry_t *fr, const void *item)
{
    (void)p;
    fr->fr_icmp = (uint16_t)((fr->fr_icmp & 0xff00) | ((const icmp_item_t *)item)->number);
    fr->fr_icmpm |= 0xff;
}

bool ipf_parse_icmp(ipf_parser_t *p, const ipf_token_t *keyword)
{
    const frentry_t *first = ipf_first(p);
    icmp_item_t item;
    bool v6 = first->fr_family == 6 || (first->fr_hasproto && first->fr_proto == IPPROTO_ICMPV6);
    uint8_t wanted = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    if (!first->fr_hasproto || first->fr_proto != wanted)
        return ipf_fail(p, keyword, "'icmp-type' needs 'proto %s'", v6 ? "ipv6-icmp" : "icmp");
    if (v6 && first->fr_family == 4)
        return ipf_fail(p, keyword, "no IPv4 packet has ICMPv6 in it");
    IPF_EACH(p, fr)
    fr->fr_family = v6 ? 6 : 4;
    item.names = v6 ? ipf_icmp6_types : ipf_icmp_types;
    if (!ipf_parse_list(p, &(ipf_item_t){parse_icmp_type, apply_icmp_type}, &item))
        return false;
    if (!ipf_accept(p, "code"))
        return true;
    return ipf_parse_list(p, &(ipf_item_t){parse_icmp_code, apply_icmp_code}, &item);
}
