/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Patterns for packets: a hand-written parser over one line.
 */
#include "sim/packet/packet_pattern.h"

#include "filter/ipf_words.h"
#include "sim/base/nearest.h"
#include "sim/packet/packet_icmp.h"
#include "sim/packet/packet_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for a name, which are all shorter. */
#define WORD_ROOM 32

typedef struct parser {
    const char *text, *at;
    struct packet_pattern_error *error;
} parser_t;

__attribute__((format(printf, 3, 4))) static bool fail(parser_t *p, const char *at,
                                                       const char *format, ...)
{
    va_list args;
    p->error->column = (int)(at - p->text) + 1;
    va_start(args, format);
    vsnprintf(p->error->message, sizeof(p->error->message), format, args);
    va_end(args);
    return false;
}

static void skip_spaces(parser_t *p)
{
    while (*p->at == ' ')
        p->at++;
}

/* The next word, up to a space.
 * => Returns its length; 0 at the end. */
static size_t word(parser_t *p, const char **start)
{
    skip_spaces(p);
    *start = p->at;
    size_t length = strcspn(p->at, " ");
    p->at += length;
    return length;
}

static bool number(const char *text, size_t length, uint32_t max, uint32_t *value)
{
    uint64_t n = 0;
    if (length == 0 || length > 10)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)text[i]))
            return false;
        n = n * 10 + (uint64_t)(text[i] - '0');
    }
    *value = (uint32_t)n;
    return n <= max;
}

/* An address, or `*`. */
static bool parse_address(parser_t *p, const char *start, size_t length,
                          struct packet_pattern_end *end)
{
    char addr[IP_ADDRESS_TEXT_MAX];
    end->any_addr = length == 1 && *start == '*';
    if (end->any_addr)
        return true;
    snprintf(addr, sizeof(addr), "%.*s", (int)length, start);
    if (length >= sizeof(addr) || !ip_address_parse(addr, &end->addr))
        return fail(p, start, "'%.*s' is neither an IP address nor *", (int)length, start);
    return true;
}

/* ADDRESS.PORT, either or both of which can be `*`; ADDRESS alone if there are no ports. */
static bool parse_end(parser_t *p, const char *what, bool ports, struct packet_pattern_end *end)
{
    const char *start;
    size_t length = word(p, &start);
    uint32_t port;
    if (length > 1 && start[length - 1] == ':' && start[length - 2] != ':')
        length--;
    end->any_addr = end->any_port = length == 1 && *start == '*';
    if (end->any_addr)
        return true;
    end->any_port = !ports;
    if (!ports)
        return parse_address(p, start, length, end);
    const char *dot = length > 0 ? memrchr(start, '.', length) : NULL;
    if (dot == NULL)
        return fail(p, start, "expected the %s as ADDRESS.PORT, such as 127.0.0.1.22", what);
    size_t addr_length = (size_t)(dot - start), port_length = length - addr_length - 1;
    if (!parse_address(p, start, addr_length, end))
        return false;
    end->any_port = port_length == 1 && dot[1] == '*';
    end->port = 0;
    if (end->any_port || ipf_service_port(dot + 1, port_length, 0, &end->port))
        return true;
    if (!number(dot + 1, port_length, 65535, &port))
        return fail(p, dot + 1, "'%.*s' is neither a port, nor a service such as ssh, nor *",
                    (int)port_length, dot + 1);
    end->port = (uint16_t)port;
    return true;
}

/* Whether the word after the two ends is `icmp`: then they have no ports. */
static bool is_icmp(const parser_t *p)
{
    parser_t ahead = *p;
    const char *start;
    for (int i = 0; i < 3; i++)
        word(&ahead, &start);
    return word(&ahead, &start) == 4 && memcmp(start, "icmp", 4) == 0;
}

static bool parse_flags(parser_t *p, struct packet_pattern *pattern)
{
    const char *start;
    size_t length = word(p, &start);
    pattern->any_flags = length == 1 && *start == '*';
    if (pattern->any_flags)
        return true;
    if (length == 0)
        return fail(p, start, "expected flags after the destination, such as S or R.");
    if (!packet_flags_parse(start, length, &pattern->flags))
        return fail(p, start, "'%.*s' are not flags; flags are letters of FSRPUEW and . for ACK",
                    (int)length, start);
    return true;
}

/* SEQ:END(LENGTH) */
static bool parse_seq(parser_t *p, const char *start, size_t length, struct packet_pattern *pattern)
{
    const char *colon = memchr(start, ':', length), *open = memchr(start, '(', length);
    if (colon == NULL || open == NULL || open < colon || start[length - 1] != ')' ||
        !number(start, (size_t)(colon - start), UINT32_MAX, &pattern->seq) ||
        !number(colon + 1, (size_t)(open - colon) - 1, UINT32_MAX, &pattern->end) ||
        !number(open + 1, (size_t)(start + length - open) - 2, 65535, &pattern->length))
        return fail(p, start, "'%.*s' is not SEQ:END(LENGTH), such as 0:0(0)", (int)length, start);
    if (pattern->seq + pattern->length != pattern->end)
        return fail(p, start, "'%.*s' does not add up: SEQ + LENGTH is END", (int)length, start);
    pattern->has_seq = true;
    return true;
}

/* <OPTIONS>, which can contain spaces. */
static bool parse_options(parser_t *p, const char *start, struct packet_pattern *pattern)
{
    const char *end = strchr(start, '>');
    if (end == NULL)
        return fail(p, start, "expected '>' at the end of the options");
    size_t length = (size_t)(end - start) - 1;
    if (length >= sizeof(pattern->options))
        return fail(p, start, "options of more than %zu characters", sizeof(pattern->options) - 1);
    memcpy(pattern->options, start + 1, length);
    pattern->options[length] = '\0';
    pattern->has_options = true;
    p->at = end + 1;
    return true;
}

static bool parse_named(parser_t *p, const char *start, size_t length,
                        struct packet_pattern *pattern)
{
    static const char *const names[] = {"ack", "win", "ttl", "id", "urg"};
    const struct {
        bool *has;
        uint32_t *value;
        uint32_t max;
    } fields[] = {
        {&pattern->has_ack, &pattern->ack, UINT32_MAX}, {&pattern->has_win, &pattern->win, 65535},
        {&pattern->has_ttl, &pattern->ttl, 255},        {&pattern->has_id, &pattern->id, 65535},
        {&pattern->has_urg, &pattern->urg, 65535},
    };
    char name[WORD_ROOM];
    snprintf(name, sizeof(name), "%.*s", (int)length, start);
    for (size_t i = 0; i < 5; i++) {
        const char *value;
        if (strcmp(name, names[i]) != 0)
            continue;
        size_t value_length = word(p, &value);
        if (!number(value, value_length, fields[i].max, fields[i].value))
            return fail(p, value, "expected a number up to %u after '%s'", fields[i].max, name);
        *fields[i].has = true;
        return true;
    }
    const char *near = nearest(name, names, 5);
    if (near != NULL)
        return fail(p, start, "unknown word '%s'; did you mean '%s'?", name, near);
    return fail(p, start, "unknown word '%s'; there are: ack, win, ttl, id, urg, <options>", name);
}

static bool parse_rest(parser_t *p, struct packet_pattern *pattern)
{
    const char *start;
    size_t length;
    while ((length = word(p, &start)) > 0) {
        if (*start == '<') {
            if (!parse_options(p, start, pattern))
                return false;
        } else if (isdigit((unsigned char)*start)) {
            if (!parse_seq(p, start, length, pattern))
                return false;
        } else if (!(length == 1 && *start == '*') && !parse_named(p, start, length, pattern)) {
            return false;
        }
    }
    return true;
}

/* N bytes */
static bool parse_udp(parser_t *p, struct packet_pattern *pattern)
{
    const char *start, *unit;
    size_t length = word(p, &start);
    if (length == 0 || (length == 1 && *start == '*'))
        return true;
    size_t unit_length = word(p, &unit);
    if (!number(start, length, 65535, &pattern->bytes) || unit_length != 5 ||
        memcmp(unit, "bytes", 5) != 0)
        return fail(p, start, "expected a length after 'udp', such as '5 bytes'");
    pattern->has_bytes = true;
    return true;
}

static bool icmp_word(parser_t *p, const struct packet_pattern *pattern, const char *what,
                      bool (*find)(int family, const char *name, uint8_t *value), uint8_t *value)
{
    char name[WORD_ROOM];
    const char *start;
    uint32_t n = 0;
    size_t length = word(p, &start);
    int family = pattern->src.any_addr ? ip_address_family(&pattern->dst.addr)
                                       : ip_address_family(&pattern->src.addr);
    if (pattern->src.any_addr && pattern->dst.any_addr)
        family = AF_INET;
    snprintf(name, sizeof(name), "%.*s", (int)length, start);
    if (find(family, name, value))
        return true;
    if (!number(start, length, 255, &n))
        return fail(p, start, "'%s' is no ICMP %s, by its name in ipf.conf or its number", name,
                    what);
    *value = (uint8_t)n;
    return true;
}

/* icmp TYPE [CODE] */
static bool parse_icmp(parser_t *p, struct packet_pattern *pattern)
{
    if (!icmp_word(p, pattern, "type", packet_icmp_type_find, &pattern->icmp_type))
        return false;
    skip_spaces(p);
    pattern->has_code = *p->at != '\0';
    return !pattern->has_code ||
           icmp_word(p, pattern, "code", packet_icmp_code_find, &pattern->icmp_code);
}

/* What follows the ends. */
static bool parse_kind(parser_t *p, struct packet_pattern *pattern)
{
    parser_t ahead = *p;
    const char *start;
    size_t length = word(&ahead, &start);
    bool udp = length == 3 && memcmp(start, "udp", 3) == 0;
    pattern->kind = PACKET_TCP;
    if (!udp && !(length == 4 && memcmp(start, "icmp", 4) == 0))
        return parse_flags(p, pattern) && parse_rest(p, pattern);
    p->at = ahead.at;
    pattern->kind = udp ? PACKET_UDP : PACKET_ICMP;
    if (!(udp ? parse_udp(p, pattern) : parse_icmp(p, pattern)))
        return false;
    length = word(p, &start);
    return length == 0 || fail(p, start, "unexpected '%.*s' at the end", (int)length, start);
}

int packet_pattern_parse(const char *text, struct packet_pattern *pattern,
                         struct packet_pattern_error *error)
{
    parser_t p = {.text = text, .at = text, .error = error};
    bool ports = !is_icmp(&p);
    const char *arrow;
    memset(pattern, 0, sizeof(*pattern));
    if (!parse_end(&p, "source", ports, &pattern->src))
        return EINVAL;
    if (word(&p, &arrow) != 1 || *arrow != '>') {
        fail(&p, arrow, "expected '>' after the source");
        return EINVAL;
    }
    if (!parse_end(&p, "destination", ports, &pattern->dst) || !parse_kind(&p, pattern))
        return EINVAL;
    return 0;
}

static bool match_end(const struct packet_pattern_end *end, const in6_addr_t *addr, uint16_t port)
{
    return (end->any_addr || ip_address_same(&end->addr, addr)) &&
           (end->any_port || end->port == port);
}

static bool match_options(const struct packet_pattern *pattern, const struct packet *packet)
{
    char options[sizeof(pattern->options)];
    if (!pattern->has_options)
        return true;
    packet_options_text(packet->options, packet->options_length, options, sizeof(options));
    return strcmp(options, pattern->options) == 0;
}

static bool match_tcp(const struct packet_pattern *pattern, const struct packet *packet,
                      const struct packet_base *base)
{
    if (!pattern->any_flags && pattern->flags != packet->flags)
        return false;
    if (pattern->has_seq && (pattern->seq != packet_relative_seq(packet, base) ||
                             pattern->length != packet->payload_length))
        return false;
    if (pattern->has_ack &&
        ((packet->flags & PACKET_ACK) == 0 || pattern->ack != packet_relative_ack(packet, base)))
        return false;
    return (!pattern->has_win || pattern->win == packet->win) &&
           (!pattern->has_ttl || pattern->ttl == packet->ttl) &&
           (!pattern->has_id || pattern->id == packet->id) &&
           (!pattern->has_urg || pattern->urg == packet->urg) && match_options(pattern, packet);
}

bool packet_pattern_match(const struct packet_pattern *pattern, const struct packet *packet,
                          const struct packet_base *base)
{
    if (!match_end(&pattern->src, &packet->src, packet->sport) ||
        !match_end(&pattern->dst, &packet->dst, packet->dport))
        return false;
    if (pattern->kind != packet->kind)
        return false;
    switch (pattern->kind) {
    case PACKET_TCP:
        return match_tcp(pattern, packet, base);
    case PACKET_UDP:
        return !pattern->has_bytes || pattern->bytes == packet->payload_length;
    case PACKET_ICMP:
        return pattern->icmp_type == packet->icmp_type &&
               (!pattern->has_code || pattern->icmp_code == packet->icmp_code);
    default:
        return false;
    }
}
