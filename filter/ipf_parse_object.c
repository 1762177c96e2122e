/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Addresses and ports.
 *
 *     object := [ "!" ] address [ ports ] | ports
 *     address := "any" | "localhost" | "<thishost>" | IP [ "/" BITS | "/" MASK |
 *                "mask" MASK ] | IF "/" WORD | ("pool" | "hash") ("/" NAME | "=" list) | list
 *     ports  := "port" (COMPARE PORT | PORT ("<>" | "><" | ":") PORT | "=" list)
 */
#include "filter/ipf_hosts.h"
#include "filter/ipf_parser.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define ALL_BITS 0xffffffffu

/* Reads up to four octets with dots between them.
 * => Returns how many there are; 0 if the word does not look like an address, -1 if an octet is not
 *    valid. */
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

static bool read_address6(const ipf_token_t *token, i6addr_t *address)
{
    char text[INET6_ADDRSTRLEN + 1];
    struct in6_addr in6;
    if (token->length >= sizeof(text))
        return false;
    memcpy(text, token->text, token->length);
    text[token->length] = '\0';
    if (inet_pton(AF_INET6, text, &in6) != 1)
        return false;
    for (size_t i = 0; i < 4; i++)
        address->i6[i] = (uint32_t)in6.s6_addr[4 * i] << 24 |
                         (uint32_t)in6.s6_addr[4 * i + 1] << 16 |
                         (uint32_t)in6.s6_addr[4 * i + 2] << 8 | in6.s6_addr[4 * i + 3];
    return true;
}

static bool bad_address(ipf_parser_t *p, const ipf_token_t *token, int family)
{
    return ipf_fail(p, token, "%s is not an IPv%d address", ipf_quote(token).text, family);
}

/* If the current token begins an IPv6 address, takes it together with the rest of the address.
 * => Returns whether it is. */
static bool take_address6(ipf_parser_t *p, ipf_token_t *token)
{
    *token = p->token;
    if (token->kind != IPF_TOK_WORD && !ipf_token_is(token, ":"))
        return false;
    if (!ipf_lex_address6(&p->lex, token))
        return false;
    ipf_advance(p);
    return true;
}

/* ---- masks ---- */

static i6addr_t prefix_mask(uint32_t bits, int family)
{
    i6addr_t mask = {{0}};
    for (size_t i = 0; i < (family == 6 ? 4u : 1u); i++) {
        uint32_t here = bits > 32 ? 32 : bits;
        mask.i6[i] = here == 0 ? 0 : ALL_BITS << (32 - here);
        bits -= here;
    }
    return mask;
}

/* BITS, four octets, or 0x and hex digits; for IPv6 BITS or an address. */
static bool parse_mask(ipf_parser_t *p, int family, i6addr_t *mask)
{
    ipf_token_t token;
    uint64_t number;
    uint32_t dotted;
    uint32_t most = family == 6 ? 128 : 32;

    if (family == 6 && take_address6(p, &token))
        return read_address6(&token, mask) || bad_address(p, &token, 6);
    token = p->token;
    if (token.kind != IPF_TOK_WORD)
        return ipf_expected(p, "a mask");
    ipf_advance(p);
    bool hex = token.length > 2 && token.text[0] == '0' && (token.text[1] | 0x20) == 'x';
    bool valid = ipf_number(&token, ALL_BITS, &number);
    if (valid && !hex && number <= most) {
        *mask = prefix_mask((uint32_t)number, family);
        return true;
    }
    *mask = (i6addr_t){{0}};
    if (family == 4 && hex && valid) {
        mask->i6[0] = (uint32_t)number;
        return true;
    }
    if (family == 4 && read_octets(&token, &dotted) == 4) {
        mask->i6[0] = dotted;
        return true;
    }
    if (family == 6)
        return ipf_fail(p, &token, "%s is not a mask: 0 to 128, or an IPv6 address",
                        ipf_quote(&token).text);
    return ipf_fail(p, &token, "%s is not a mask: 0 to 32, four octets, or 0x and hex digits",
                    ipf_quote(&token).text);
}

/* ---- addresses ---- */

typedef struct object {
    fraddr_t address;
    int family; /* 0: any */
    bool source;
    bool not_list;        /* there is a `!` before its list */
    char name[LIFNAMSIZ]; /* the interface whose address it is, or the pool; empty: none */
} object_t;

static bool parse_address(ipf_parser_t *p, void *item);

/* Reports a token that is not an address where one is expected. */
static bool refuse_address(ipf_parser_t *p, const ipf_token_t *token)
{
    if (token->kind == IPF_TOK_WORD &&
        ipf_word_find(ipf_no_objects, token->text, token->length) != NULL)
        return ipf_fail(p, token, "lists of destinations (%s) are not modelled",
                        ipf_quote(token).text);
    if (token->kind != IPF_TOK_WORD || ipf_token_is(token, "port"))
        return ipf_fail(p, token, "expected an address, got %s", ipf_quote(token).text);
    if (ipf_token_is(token, "all"))
        return ipf_fail(p, token,
                        "'all' is no address: write 'any', or 'all' in place of 'from' and 'to'");
    if (*token->text >= '0' && *token->text <= '9')
        return bad_address(p, token, 4);
    if (ipf_hosts_in_use() != NULL)
        return ipf_fail(p, token, "the table of hosts has no %s of this family",
                        ipf_quote(token).text);
    return ipf_fail(p, token,
                    "%s: names of hosts come from a table (--hosts); or write the address",
                    ipf_quote(token).text);
}

/* Interfaces' names end in a number and have no dot. */
static bool is_host_name(const ipf_token_t *token)
{
    char last = token->length > 0 ? token->text[token->length - 1] : '\0';
    return last < '0' || last > '9' || memchr(token->text, '.', token->length) != NULL;
}

/* The mask after an address of `octets` octets (4 for IPv6: the address is complete). */
static bool parse_masked(ipf_parser_t *p, const ipf_token_t *token, int octets, object_t *object)
{
    fraddr_t *address = &object->address;
    address->fra_mask = prefix_mask(object->family == 6 ? 128 : 32, object->family);
    if (ipf_accept(p, "/") || ipf_accept(p, "mask")) {
        if (!parse_mask(p, object->family, &address->fra_mask))
            return false;
    } else if (octets < 2) {
        return ipf_fail(p, token, "%s is short for an address: write four octets, or a mask",
                        ipf_quote(token).text);
    }
    for (size_t i = 0; i < 4; i++)
        address->fra_addr.i6[i] &= address->fra_mask.i6[i];
    return true;
}

/* The address of a host's name, in the rule's family if the rule has named one. */
static bool find_host(ipf_parser_t *p, const ipf_token_t *token, i6addr_t *address, int *family)
{
    const ipf_host_t *host =
        ipf_hosts_find(ipf_hosts_in_use(), token->text, token->length, ipf_first(p)->fr_family);
    if (host == NULL)
        return false;
    *address = host->address;
    *family = host->family;
    return true;
}

/* "<thishost>": an address of the host on which the rules are loaded. */
static bool parse_thishost(ipf_parser_t *p, object_t *object)
{
    ipf_token_t token = p->token;
    if (!ipf_accept(p, "thishost"))
        return ipf_fail(p, &token, "the only name between '<' and '>' is 'thishost', not %s",
                        ipf_quote(&token).text);
    if (!ipf_expect(p, ">"))
        return false;
    if (find_host(p, &token, &object->address.fra_addr, &object->family))
        return parse_masked(p, &token, 4, object);
    memcpy(object->name, IPF_THISHOST, sizeof(IPF_THISHOST));
    ipf_mark(p, IPF_PLACE_IFADDR, &token);
    object->address.fra_type = FRI_DYNAMIC;
    object->family = 4;
    return !ipf_accept(p, "/") || ipf_expect(p, "32");
}

/* IF "/" WORD: an address that the interface has when a packet comes. */
static bool parse_dynamic(ipf_parser_t *p, const ipf_token_t *token, object_t *object)
{
    static const ipf_name_t words[] = {{.name = "32", .number = FRI_DYNAMIC},
                                       {.name = "broadcast", .number = FRI_BROADCAST},
                                       {.name = "bcast", .number = FRI_BROADCAST},
                                       {.name = "peer", .number = FRI_PEERADDR},
                                       {.name = "network", .number = FRI_NETWORK},
                                       {.name = "net", .number = FRI_NETWORK},
                                       {.name = "netmasked", .number = FRI_NETMASKED},
                                       {.name = NULL}};
    ipf_token_t word = p->token;
    const ipf_name_t *name =
        word.kind == IPF_TOK_WORD ? ipf_name_find(words, word.text, word.length) : NULL;
    if (name == NULL && is_host_name(token))
        return refuse_address(p, token);
    if (name == NULL)
        return ipf_fail(p, &word,
                        "after an interface and '/' comes 32, network, netmasked, broadcast or "
                        "peer, not %s",
                        ipf_quote(&word).text);
    if (token->length >= LIFNAMSIZ)
        return ipf_fail(p, token, "%s is too long for an interface", ipf_quote(token).text);
    memcpy(object->name, token->text, token->length);
    ipf_mark(p, IPF_PLACE_IFADDR, token);
    object->address.fra_type = (fr_atype_t)name->number;
    object->family = 4;
    ipf_advance(p);
    return true;
}

/* ---- pools ---- */

static bool parse_node(ipf_parser_t *p, ip_table_t *table)
{
    object_t object = {.source = false};
    ipf_token_t at = p->token;
    if (!parse_address(p, &object))
        return false;
    if (object.address.fra_type != FRI_NORMAL)
        return ipf_fail(p, &at, "a pool has addresses that are written down");
    if (object.address.fra_negated && table->ipt_type == IP_HASH)
        return ipf_fail(p, &at, "only a pool has addresses that are negated, a hash has none");
    ip_node_t node = {.in_addr = object.address.fra_addr,
                      .in_mask = object.address.fra_mask,
                      .in_family = object.family == 6 ? 6 : 4,
                      .in_negated = object.address.fra_negated};
    for (size_t i = 0; i < 128; i++)
        node.in_bits += (node.in_mask.i6[i / 32] >> (31 - i % 32) & 1) != 0;
    if (ip_table_add(table, &node))
        return true;
    p->result = ENOMEM;
    return false;
}

/* "(" ADDRESS { "," ADDRESS } ")", after "pool =" or "hash =". */
static bool parse_inline(ipf_parser_t *p, object_t *object)
{
    ip_table_t *table =
        ip_table_create(p->memory, object->address.fra_type == FRI_HASH ? IP_HASH : IP_TREE);
    if (table == NULL) {
        p->result = ENOMEM;
        return false;
    }
    table->ipt_next = p->tables;
    p->tables = table;
    if (!ipf_expect(p, "("))
        return false;
    do {
        if (!parse_node(p, table))
            return false;
    } while (ipf_accept(p, ","));
    table->ipt_named = table->ipt_type == IP_HASH;
    table->ipt_size = (uint32_t)(table->ipt_count * 2 - 1);
    object->address.fra_table = table;
    strcpy(object->name, "0");
    return ipf_expect(p, ")");
}

/* "pool" or "hash", which is `token`, then "/" NAME or "=" and a list. */
static bool parse_pool(ipf_parser_t *p, const ipf_token_t *token, object_t *object)
{
    object->address.fra_type = ipf_token_is(token, "hash") ? FRI_HASH : FRI_POOL;
    if (ipf_accept(p, "="))
        return parse_inline(p, object);
    if (!ipf_accept(p, "/"))
        return ipf_expected(p, "'/' and a pool's number or name, or '=' and its addresses");
    return ipf_parse_name(p, "a pool's number or name", object->name, sizeof(object->name));
}

static bool parse_address(ipf_parser_t *p, void *item)
{
    object_t *object = item;
    ipf_token_t token;

    *object = (object_t){.source = object->source, .not_list = object->not_list};
    object->address.fra_negated = ipf_accept(p, "!") != object->not_list;
    if (take_address6(p, &token)) {
        object->family = 6;
        if (!read_address6(&token, &object->address.fra_addr))
            return bad_address(p, &token, 6);
        return parse_masked(p, &token, 4, object);
    }
    token = p->token;
    if (ipf_accept(p, "<"))
        return parse_thishost(p, object);
    if (token.kind != IPF_TOK_WORD)
        return refuse_address(p, &token);
    ipf_advance(p);
    if (ipf_token_is(&token, "any"))
        return true;
    if (ipf_token_is(&token, "pool") || ipf_token_is(&token, "hash"))
        return parse_pool(p, &token, object);
    object->family = 4;
    if (find_host(p, &token, &object->address.fra_addr, &object->family))
        return parse_masked(p, &token, 4, object);
    int octets = read_octets(&token, &object->address.fra_addr.i6[0]);
    if (octets < 0)
        return bad_address(p, &token, 4);
    if (octets > 0)
        return parse_masked(p, &token, octets, object);
    if ((*token.text < '0' || *token.text > '9') && ipf_token_is(&p->token, "/") &&
        ipf_word_find(ipf_no_objects, token.text, token.length) == NULL) {
        ipf_advance(p);
        return parse_dynamic(p, &token, object);
    }
    return refuse_address(p, &token);
}

static void apply_address(ipf_parser_t *p, frentry_t *fr, const void *item)
{
    const object_t *object = item;
    *(object->source ? &fr->fr_src : &fr->fr_dst) = object->address;
    memcpy(ipf_rare(p, fr)->fr_addrnames[!object->source], object->name, LIFNAMSIZ);
    if (object->family != 0)
        fr->fr_family = object->family;
}

bool ipf_parse_host(ipf_parser_t *p, i6addr_t *address, int *family)
{
    ipf_token_t token;
    *address = (i6addr_t){{0}};
    if (take_address6(p, &token)) {
        *family = 6;
        return read_address6(&token, address) || bad_address(p, &token, 6);
    }
    token = p->token;
    *family = 4;
    if (token.kind != IPF_TOK_WORD)
        return ipf_expected(p, "an address");
    ipf_advance(p);
    if (find_host(p, &token, address, family) || read_octets(&token, &address->i6[0]) == 4)
        return true;
    return refuse_address(p, &token);
}

bool ipf_at_object(ipf_parser_t *p)
{
    static const char *const words[] = {"any",  "localhost", "port", "pool",
                                        "hash", "dstlist",   NULL};
    ipf_token_t token = p->token;
    if (token.kind != IPF_TOK_WORD || (*token.text >= '0' && *token.text <= '9') ||
        ipf_word_find(words, token.text, token.length) != NULL ||
        ipf_hosts_find(ipf_hosts_in_use(), token.text, token.length, 0) != NULL)
        return true;
    ipf_advance(p);
    return ipf_token_is(&p->token, "/") ||
           (p->lex.next > p->lex.line_start && p->lex.depth == 0 &&
            p->token.source == token.source + token.width && ipf_token_is(&p->token, ":") &&
            p->lex.next < p->lex.end && *p->lex.next == ':');
}

/* ---- ports ---- */

static bool has_ports(const frentry_t *fr)
{
    return (fr->fr_mflx & FI_TCPUDP) != 0 || !fr->fr_hasproto || fr->fr_proto == IPPROTO_TCP ||
           fr->fr_proto == IPPROTO_UDP;
}

/* For tcp/udp a service of one of the two is enough. */
static unsigned service_protos(const frentry_t *fr)
{
    if (fr->fr_hasproto)
        return fr->fr_proto == IPPROTO_UDP ? IPF_SERVICE_UDP : IPF_SERVICE_TCP;
    return 0;
}

static bool parse_port_number(ipf_parser_t *p, uint16_t *port)
{
    ipf_token_t token = p->token;
    uint64_t number;
    unsigned protos = service_protos(ipf_first(p));

    if (token.kind != IPF_TOK_WORD)
        return ipf_expected(p, "a port");
    ipf_advance(p);
    if (ipf_number(&token, 65535, &number)) {
        *port = (uint16_t)number;
        return true;
    }
    if (number > 65535)
        return ipf_fail(p, &token, "port %s is above 65535", ipf_quote(&token).text);
    if (ipf_service_port(token.text, token.length, protos, port))
        return true;
    if (ipf_service_port(token.text, token.length, 0, port))
        return ipf_fail(p, &token, "%s is no service of %s; its port elsewhere is %u",
                        ipf_quote(&token).text, protos == IPF_SERVICE_UDP ? "udp" : "tcp", *port);
    return ipf_unknown(p, &token, "service", ipf_service_near(token.text, token.length),
                       "write the port's number");
}

typedef struct port_operator {
    const char *text;
    fr_port_op_t op;
} port_operator_t;

/* Goes past the current token if it is an operator, and returns that; else FR_NONE. */
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

typedef struct port_item {
    frpcmp_t port;
    fr_port_op_t said; /* before the list */
    bool source;
} port_item_t;

/* P; of `=` also P1:P2 and P1 >< P2. */
static bool parse_port_item(ipf_parser_t *p, void *item)
{
    port_item_t *port = item;
    if (!parse_port_number(p, &port->port.frp_port))
        return false;
    if (port->said != FR_EQUAL)
        return true;
    port->port.frp_cmp = ipf_accept(p, ":")    ? FR_INCRANGE
                         : ipf_accept(p, "><") ? FR_INRANGE
                                               : FR_EQUAL;
    return port->port.frp_cmp == FR_EQUAL || parse_port_number(p, &port->port.frp_top);
}

static void apply_port(ipf_parser_t *p, frentry_t *fr, const void *item)
{
    (void)p;
    const port_item_t *port = item;
    *(port->source ? &fr->fr_sport : &fr->fr_dport) = port->port;
}

/* P1 OP P2. */
static bool parse_range(ipf_parser_t *p, frpcmp_t *port)
{
    ipf_token_t first = p->token;
    if (first.kind != IPF_TOK_WORD)
        return ipf_expected(p, "a comparison after 'port'");
    if (!parse_port_number(p, &port->frp_port))
        return false;
    port->frp_cmp = accept_operator(p, range_operators);
    if (port->frp_cmp == FR_NONE) {
        char one[17];
        snprintf(one, sizeof(one), "%.*s", (int)first.length, first.text);
        if (first.length >= sizeof(one)) /* a number, with many zeros before it */
            snprintf(one, sizeof(one), "%u", port->frp_port);
        return ipf_fail(p, &p->token,
                        "expected '<>', '><' or ':' after %s, got %s; one port is 'port = %s'",
                        ipf_quote(&first).text, ipf_quote(&p->token).text, one);
    }
    return parse_port_number(p, &port->frp_top);
}

/* The current token is the one after `port`. */
static bool parse_port(ipf_parser_t *p, const ipf_token_t *keyword, bool source)
{
    port_item_t item = {.source = source};
    if (!has_ports(ipf_first(p)))
        return ipf_fail(p, keyword, "'port' needs 'proto tcp', 'udp' or 'tcp/udp'");
    ipf_mark(p, source ? IPF_PLACE_SPORT : IPF_PLACE_DPORT, &p->token);
    item.said = item.port.frp_cmp = accept_operator(p, compare_operators);
    if (item.said != FR_NONE)
        return ipf_parse_list(p, &(ipf_item_t){parse_port_item, apply_port}, &item);
    if (!parse_range(p, &item.port))
        return false;
    IPF_EACH(p, fr)
    apply_port(p, fr, &item);
    return true;
}

/* ---- from and to ---- */

/* Addresses of two families in one rule match nothing. */
static bool check_families(ipf_parser_t *p, const ipf_token_t *at, int before)
{
    IPF_EACH(p, fr)
    {
        if (before != 0 && fr->fr_family != before)
            return ipf_fail(p, at, "a rule has addresses of one family: IPv4 or IPv6");
    }
    return true;
}

/* "!" before a list applies to each of its addresses. */
static bool accept_not_list(ipf_parser_t *p)
{
    ipf_lex_t lex = p->lex;
    ipf_token_t token = p->token;
    if (!ipf_accept(p, "!"))
        return false;
    if (ipf_token_is(&p->token, "{") || ipf_token_is(&p->token, "("))
        return true;
    ipf_rewind(p, &lex, &token);
    return false;
}

static bool parse_object(ipf_parser_t *p, bool source)
{
    object_t object = {.source = source};
    ipf_token_t keyword = p->token;
    int family = ipf_first(p)->fr_family;

    IPF_EACH(p, fr)
    fr->fr_type = FR_T_IPF;
    if (!ipf_token_is(&keyword, "port")) {
        ipf_token_t at = p->token;
        ipf_mark(p, source ? IPF_PLACE_SRC : IPF_PLACE_DST, &at);
        object.not_list = accept_not_list(p);
        if (!ipf_parse_list(p, &(ipf_item_t){parse_address, apply_address}, &object) ||
            !check_families(p, &at, family))
            return false;
        keyword = p->token;
    }
    return ipf_accept(p, "port") ? parse_port(p, &keyword, source) : true;
}

bool ipf_parse_from(ipf_parser_t *p, const ipf_token_t *keyword)
{
    (void)keyword;
    return parse_object(p, true);
}

bool ipf_parse_to(ipf_parser_t *p, const ipf_token_t *keyword)
{
    (void)keyword;
    return parse_object(p, false);
}
