/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The clauses of a rule that say what it matches: protocol, addresses, ports, TCP flags.
 */
#include "filter/ipf_parser.h"
#include "filter/ipf_words.h"

#include <netinet/in.h>
#include <string.h>

#define ALL_BITS 0xffffffffu

/* ---- proto ---- */

bool ipf_parse_proto(ipf_parser_t *p)
{
    ipf_token_t token = p->token;
    uint64_t number;

    if (token.kind != IPF_TOK_WORD)
        return ipf_fail(p, &token, "expected a protocol, got %s", ipf_quote(&token).text);
    p->fr.fr_type = FR_T_IPF;
    ipf_advance(p);
    bool pair = ipf_token_is(&token, "tcp-udp");
    if (ipf_token_is(&p->token, "/")) {
        ipf_advance(p);
        if (!ipf_token_is(&token, "tcp") || !ipf_accept(p, "udp"))
            return ipf_fail(p, &token, "the only pair of protocols is 'tcp/udp'");
        pair = true;
    }
    if (pair) {
        p->fr.fr_flx |= FI_TCPUDP;
        return true;
    }
    p->fr.fr_hasproto = true;
    if (ipf_proto_number(token.text, token.length, &p->fr.fr_proto))
        return true;
    if (ipf_number(&token, 255, &number)) {
        p->fr.fr_proto = (uint8_t)number;
        return true;
    }
    if (number > 255)
        return ipf_fail(p, &token, "protocol %s is above 255", ipf_quote(&token).text);
    const char *near = ipf_proto_near(token.text, token.length);
    if (near != NULL)
        return ipf_fail(p, &token, "unknown protocol %s; did you mean '%s'?",
                        ipf_quote(&token).text, near);
    return ipf_fail(p, &token, "unknown protocol %s; its number will do", ipf_quote(&token).text);
}

/* ---- addresses ---- */

/* Reads up to four octets with dots between them.
 * => Returns how many there are; 0 if the word is not built like an address, -1 if an octet is
 *    not one. */
static int read_octets(const ipf_token_t *token, uint32_t *address)
{
    int octets = 0;
    size_t i = 0;

    *address = 0;
    while (i < token->length) {
        size_t start = i;
        uint32_t value = 0;
        for (; i < token->length && token->text[i] >= '0' && token->text[i] <= '9'; i++)
            value = value < 1000 ? value * 10 + (uint32_t)(token->text[i] - '0') : value;
        bool dot = i < token->length && token->text[i] == '.';
        if (i == start || (i < token->length && !dot) || (dot && i + 1 == token->length))
            return 0;
        if (value > 255 || (i - start > 1 && token->text[start] == '0') || octets == 4)
            return -1;
        *address |= value << (24 - 8 * octets);
        octets++;
        i += dot ? 1 : 0;
    }
    return octets;
}

static bool bad_address(ipf_parser_t *p, const ipf_token_t *token)
{
    return ipf_fail(p, token, "%s is not an IPv4 address", ipf_quote(token).text);
}

static bool parse_mask(ipf_parser_t *p, uint32_t *mask)
{
    ipf_token_t token = p->token;
    uint64_t number;
    uint32_t dotted;

    if (token.kind != IPF_TOK_WORD)
        return ipf_fail(p, &token, "expected a mask, got %s", ipf_quote(&token).text);
    ipf_advance(p);
    bool hex = token.length > 2 && token.text[0] == '0' && (token.text[1] | 0x20) == 'x';
    if (ipf_number(&token, ALL_BITS, &number) && (hex || number <= 32)) {
        *mask = (uint32_t)number;
        if (!hex)
            *mask = number == 0 ? 0 : ALL_BITS << (32 - number);
        return true;
    }
    if (read_octets(&token, &dotted) == 4) {
        *mask = dotted;
        return true;
    }
    return ipf_fail(p, &token, "%s is not a mask: 0 to 32, four octets, or 0x and hex digits",
                    ipf_quote(&token).text);
}

/* What stands where an address should, and is none that is supported. */
static bool refuse_address(ipf_parser_t *p)
{
    ipf_token_t token = p->token;

    if (ipf_token_is(&token, "(") || ipf_token_is(&token, "{"))
        return ipf_fail(p, &token, "lists in %s are not supported yet", ipf_quote(&token).text);
    if (ipf_token_is(&token, "$"))
        return ipf_fail(p, &token, "macros ('$') are not supported yet");
    if (ipf_token_is(&token, ":"))
        return ipf_fail(p, &token, "IPv6 addresses are not supported yet");
    if (ipf_token_is(&token, "<")) {
        ipf_advance(p);
        if (ipf_token_is(&p->token, "thishost"))
            return ipf_fail(p, &token, "'<thishost>' is not supported yet");
    }
    return ipf_fail(p, &token, "expected an address, got %s", ipf_quote(&token).text);
}

/* A word that is no number: a name, or the first part of an IPv6 address. */
static bool refuse_name(ipf_parser_t *p, const ipf_token_t *token)
{
    if (ipf_word_find(ipf_later_objects, token->text, token->length) != NULL)
        return ipf_fail_later(p, token);
    if (*token->text >= '0' && *token->text <= '9')
        return bad_address(p, token);
    return ipf_fail(p, token, "%s: host names are not resolved; write the address",
                    ipf_quote(token).text);
}

/* The mask after an address of `octets` octets. */
static bool parse_masked(ipf_parser_t *p, const ipf_token_t *token, int octets, fraddr_t *address)
{
    address->fra_mask = ALL_BITS;
    if (ipf_accept(p, "/") || ipf_accept(p, "mask")) {
        if (!parse_mask(p, &address->fra_mask))
            return false;
    } else if (octets != 4) {
        return ipf_fail(p, token, "%s is short for an address: write four octets, or a mask",
                        ipf_quote(token).text);
    }
    address->fra_addr &= address->fra_mask;
    return true;
}

static bool parse_address(ipf_parser_t *p, fraddr_t *address)
{
    static const char localhost[] = "127.0.0.1";
    ipf_token_t token = p->token;

    if (token.kind != IPF_TOK_WORD)
        return refuse_address(p);
    ipf_advance(p);
    if (ipf_token_is(&token, "any")) {
        *address = (fraddr_t){.fra_negated = address->fra_negated};
        return true;
    }
    if (ipf_token_is(&p->token, ":"))
        return ipf_fail(p, &token, "IPv6 addresses are not supported yet");
    ipf_token_t number = token;
    if (ipf_token_is(&token, "localhost")) {
        number.text = localhost;
        number.length = sizeof(localhost) - 1;
    }
    int octets = read_octets(&number, &address->fra_addr);
    if (octets < 0)
        return bad_address(p, &token);
    if (octets == 0)
        return refuse_name(p, &token);
    return parse_masked(p, &token, octets, address);
}

/* ---- ports ---- */

static bool parse_port_number(ipf_parser_t *p, uint16_t *port)
{
    ipf_token_t token = p->token;
    uint64_t number;

    if (ipf_token_is(&token, "(") || ipf_token_is(&token, "{"))
        return ipf_fail(p, &token, "lists in %s are not supported yet", ipf_quote(&token).text);
    if (ipf_token_is(&token, "$"))
        return ipf_fail(p, &token, "macros ('$') are not supported yet");
    if (token.kind != IPF_TOK_WORD)
        return ipf_fail(p, &token, "expected a port, got %s", ipf_quote(&token).text);
    ipf_advance(p);
    if (ipf_service_port(token.text, token.length, port))
        return true;
    if (ipf_number(&token, 65535, &number)) {
        *port = (uint16_t)number;
        return true;
    }
    if (number > 65535)
        return ipf_fail(p, &token, "port %s is above 65535", ipf_quote(&token).text);
    const char *near = ipf_service_near(token.text, token.length);
    if (near != NULL)
        return ipf_fail(p, &token, "unknown service %s; did you mean '%s'?", ipf_quote(&token).text,
                        near);
    return ipf_fail(p, &token, "unknown service %s; write the port's number",
                    ipf_quote(&token).text);
}

typedef struct port_operator {
    const char *text;
    fr_port_op_t op;
} port_operator_t;

/* The operator that the current token is, and past it; FR_NONE if it is none of them. */
static fr_port_op_t accept_operator(ipf_parser_t *p, const port_operator_t *table)
{
    for (; table->text != NULL; table++) {
        if (ipf_accept(p, table->text))
            return table->op;
    }
    return FR_NONE;
}

static const port_operator_t compare_operators[] = {
    {"=", FR_EQUAL},    {"!=", FR_NEQUAL},    {"<", FR_LESST},     {"<=", FR_LESSTE},
    {">", FR_GREATERT}, {">=", FR_GREATERTE}, {"eq", FR_EQUAL},    {"ne", FR_NEQUAL},
    {"lt", FR_LESST},   {"le", FR_LESSTE},    {"gt", FR_GREATERT}, {"ge", FR_GREATERTE},
    {NULL, FR_NONE},
};

static const port_operator_t range_operators[] = {
    {"<>", FR_OUTRANGE}, {"><", FR_INRANGE}, {":", FR_INCRANGE}, {NULL, FR_NONE}};

static bool has_ports(const frentry_t *fr)
{
    return (fr->fr_flx & FI_TCPUDP) != 0 ||
           (fr->fr_hasproto && (fr->fr_proto == IPPROTO_TCP || fr->fr_proto == IPPROTO_UDP));
}

/* The current token is the one after `port`. */
static bool parse_port(ipf_parser_t *p, const ipf_token_t *keyword, frpcmp_t *port)
{
    if (!has_ports(&p->fr))
        return ipf_fail(p, keyword, "'port' needs 'proto tcp', 'udp' or 'tcp/udp'");
    port->frp_cmp = accept_operator(p, compare_operators);
    if (port->frp_cmp != FR_NONE)
        return parse_port_number(p, &port->frp_port);

    ipf_token_t first = p->token;
    if (first.kind != IPF_TOK_WORD)
        return ipf_fail(p, &first, "expected a comparison after 'port', got %s",
                        ipf_quote(&first).text);
    if (!parse_port_number(p, &port->frp_port))
        return false;
    port->frp_cmp = accept_operator(p, range_operators);
    if (port->frp_cmp == FR_NONE)
        return ipf_fail(p, &p->token,
                        "expected '<>', '><' or ':' after %s, got %s; one port is 'port = %.*s'",
                        ipf_quote(&first).text, ipf_quote(&p->token).text,
                        (int)(first.length < 16 ? first.length : 16), first.text);
    return parse_port_number(p, &port->frp_top);
}

bool ipf_parse_object(ipf_parser_t *p, fraddr_t *address, frpcmp_t *port)
{
    ipf_token_t keyword = p->token;

    if (!ipf_token_is(&keyword, "port")) {
        address->fra_negated = ipf_accept(p, "!");
        if (!parse_address(p, address))
            return false;
        keyword = p->token;
    }
    return ipf_accept(p, "port") ? parse_port(p, &keyword, port) : true;
}

/* ---- flags ---- */

static bool parse_flag_set(ipf_parser_t *p, uint8_t *set)
{
    /* W is another name of C, as in IPFilter. */
    static const char letters[] = "FSRPAUECW";
    static const uint8_t bits[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x80};
    ipf_token_t token = p->token;
    uint64_t number;

    if (token.kind != IPF_TOK_WORD)
        return ipf_fail(p, &token, "expected TCP flags, got %s", ipf_quote(&token).text);
    ipf_advance(p);
    if (ipf_number(&token, 255, &number)) {
        *set = (uint8_t)number;
        return true;
    }
    *set = 0;
    for (size_t i = 0; i < token.length; i++) {
        const char *letter = strchr(letters, token.text[i]);
        if (letter == NULL)
            return ipf_fail(p, &token, "%s is not a set of TCP flags; the flags are FSRPAUEC",
                            ipf_quote(&token).text);
        *set |= bits[letter - letters];
    }
    return true;
}

bool ipf_parse_flags(ipf_parser_t *p, const ipf_token_t *keyword)
{
    if (!p->fr.fr_hasproto || p->fr.fr_proto != IPPROTO_TCP)
        return ipf_fail(p, keyword, "'flags' needs 'proto tcp'");
    p->fr.fr_tcpfm = FR_TCPFMAX;
    if (!ipf_token_is(&p->token, "/") && !parse_flag_set(p, &p->fr.fr_tcpf))
        return false;
    if (ipf_accept(p, "/"))
        return parse_flag_set(p, &p->fr.fr_tcpfm);
    return true;
}
