/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/filter/random_rules.h"

#include "tests/filter/packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PICK(c, array) (array)[chance(c, sizeof(array) / sizeof((array)[0]))]

uint32_t chance(chance_t *c, uint32_t below)
{
    c->seed = c->seed * 1664525u + 1013904223u;
    return (c->seed >> 8) % below;
}

static const char *const actions[] = {"block",
                                      "pass",
                                      "block return-rst",
                                      "block return-icmp",
                                      "pass",
                                      "log",
                                      "count",
                                      "skip 1",
                                      "block",
                                      "skip 3",
                                      "auth"};

static const char *const matches[] = {
    "all",
    "proto tcp all",
    "proto tcp/udp from any port < 3 to any",
    "from 127.0.0.0/30 to any",
    "proto tcp all flags S/SA",
    "from any to !127.0.0.1",
    "proto udp from any to any port 1:2",
    "proto udp from any to any port = 1",
    "proto tcp from any to any port = 2",
    "proto tcp/udp from any to any port = 3",
    "from any to any port = 4",
    "inet proto tcp from {127.0.0.1, 10.0.0.1} to any port = {1, 2}",
    "all with frag",
    "all with frag-body, not short",
    "all with oow",
    "tos 0 all",
    "ttl 64 all",
    "proto icmp all icmp-type echo",
    "inet6 all",
    "inet6 proto tcp from any to any port = 1",
    "inet6 proto udp from fe80::/16 to any",
    "inet6 all with v6hdr frag",
    "inet proto 89 all",
    "all with not short"};

static const char *const tails[] = {"",
                                    "",
                                    "",
                                    "",
                                    " keep state",
                                    " keep frags",
                                    " keep state keep frags",
                                    " keep frags (strict)",
                                    " keep state (limit 2)",
                                    " keep state (max-srcs 2, max-per-src 1/16)"};

/* One line; it may head a group, and be in one that an earlier line has headed. */
static void random_rule(chance_t *c, uint32_t line, char *text, size_t size)
{
    const char *action = PICK(c, actions), *direction = chance(c, 3) == 0 ? "out" : "in";
    char head[40] = "", group[40] = "";
    if (chance(c, 6) == 0)
        snprintf(head, sizeof(head), " head %s%u", direction, line % 5);
    if (chance(c, 4) == 0)
        snprintf(group, sizeof(group), " group %s%u", direction, chance(c, 5));
    const char *quick = chance(c, 4) == 0 ? "quick " : "";
    const char *on = chance(c, 8) == 0 ? "on bge0 " : "";
    const char *match = PICK(c, matches), *tail = PICK(c, tails);
    snprintf(text, size, "%s %s %s%s%s%s%s%s\n", action, direction, quick, on, match, tail, head,
             group);
}

void random_rules(chance_t *c, uint32_t count, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (uint32_t line = 0; line < count && size - length > 400; line++) {
        random_rule(c, line, text + length, size - length);
        length += strlen(text + length);
    }
}

/* ---- any mixture ---- */

/* An address near those of the packets. */
static size_t mixed_address(chance_t *c, bool six, char *text, size_t size)
{
    static const char *const pools[] = {"pool=(127.0.0.1, !10.0.0.0/8)", "pool=(10.0.0.0/8)",
                                        "pool=(127.0.0.2, 127.0.0.3, 10.0.0.1, 10.0.0.2, 1.1.1.1)",
                                        "hash=(127.0.0.1, 10.0.0.1)"};
    static const char *const hosts[] = {"127.0.0.1", "127.0.0.2", "10.0.0.1"};
    static const char *const hosts6[] = {"fe80::1", "fe80::2", "fe81::1"};
    uint32_t kind = chance(c, 12);
    if (kind < 4)
        return (size_t)snprintf(text, size, "any");
    if (kind == 4 && !six)
        return (size_t)snprintf(text, size, "%s", PICK(c, pools));
    const char *negated = kind == 5 ? "!" : "", *host = six ? PICK(c, hosts6) : PICK(c, hosts);
    return (size_t)snprintf(text, size, "%s%s/%u", negated, host, chance(c, six ? 129 : 33));
}

static size_t mixed_port(chance_t *c, char *text, size_t size)
{
    static const char *const compare[] = {"=", "!=", "<", ">", "<=", ">="};
    uint32_t kind = chance(c, 8), one = chance(c, 5), two = one + chance(c, 3);
    if (kind < 3)
        return (size_t)snprintf(text, size, "%s", "");
    if (kind < 5)
        return (size_t)snprintf(text, size, " port %s %u", PICK(c, compare), one);
    if (kind == 5)
        return (size_t)snprintf(text, size, " port = {%u, %u}", one, two + 1);
    static const char *const range[] = {":", " <> ", " >< "};
    const char *sign = PICK(c, range);
    return (size_t)snprintf(text, size, " port %u%s%u", one, sign, two);
}

/* What a rule asks for, after `on`. */
static void mixed_match(chance_t *c, char *text, size_t size)
{
    static const char *const protos[] = {"proto tcp",  "proto udp", "proto tcp/udp",
                                         "proto icmp", "proto 89",  ""};
    static const char *const tcp_tails[] = {"", "", " flags S/SA", " flags A/A", " flags /F"};
    static const char *const icmp_tails[] = {"", " icmp-type echo", " icmp-type unreach code 3",
                                             " icmp-type 13"};
    static const char *const withs[] = {" with frag",     " with not short",  " with ipopts",
                                        " with opt lsrr", " with not opt rr", " with frag-body"};
    char source[80], sport[40] = "", dest[80], dport[40] = "";
    bool six = chance(c, 5) == 0;
    size_t proto = chance(c, 6);
    if (six && proto == 3)
        proto = 5;
    mixed_address(c, six, source, sizeof(source));
    mixed_address(c, six, dest, sizeof(dest));
    if (proto < 3) {
        mixed_port(c, sport, sizeof(sport));
        mixed_port(c, dport, sizeof(dport));
    }
    const char *tos = chance(c, 12) == 0 ? "tos 0x10 " : chance(c, 12) == 0 ? "ttl 64 " : "";
    const char *tail = proto == 0 ? PICK(c, tcp_tails) : proto == 3 ? PICK(c, icmp_tails) : "";
    const char *with = chance(c, 8) == 0 && !six ? PICK(c, withs) : "";
    snprintf(text, size, "%s%s%s from %s%s to %s%s%s%s", six ? "inet6 " : "", tos, protos[proto],
             source, sport, dest, dport, tail, with);
}

static void mixed_rule(chance_t *c, uint32_t line, char *text, size_t size)
{
    char head[40] = "", group[40] = "", match[300];
    static const char *const ons[] = {"", "", "", "", "on lo0 ", "on bge0 ", "on bge1 ", "on - "};
    const char *action = PICK(c, actions), *direction = chance(c, 3) == 0 ? "out" : "in";
    if (chance(c, 8) == 0)
        snprintf(head, sizeof(head), " head %s%u", direction, line % 5);
    if (chance(c, 4) == 0)
        snprintf(group, sizeof(group), " group %s%u", direction, chance(c, 5));
    const char *quick = chance(c, 5) == 0 ? "quick " : "", *on = PICK(c, ons);
    mixed_match(c, match, sizeof(match));
    const char *tail = chance(c, 3) == 0 ? PICK(c, tails) : "";
    snprintf(text, size, "%s %s %s%s%s%s%s%s\n", action, direction, quick, on, match, tail, head,
             group);
}

void mixed_rules(chance_t *c, uint32_t count, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (uint32_t line = 0; line < count && size - length > 600; line++) {
        mixed_rule(c, line, text + length, size - length);
        length += strlen(text + length);
    }
}

/* The same as an IPv6 packet, with a fragment header for a fragment. */
static mblk_t *to_ipv6(const mblk_t *m)
{
    const uint8_t *ip = m->b_rptr;
    size_t data = msgdsize(m) - 20, ext = (ip[6] & 0x3f) != 0 || ip[7] != 0 ? 8 : 0;
    mblk_t *six = allocb(40 + ext + data);
    uint8_t *to = six->b_rptr;
    six->b_wptr += 40 + ext + data;
    memset(to, 0, 40 + ext);
    to[0] = 0x60;
    to[5] = (uint8_t)(ext + data);
    to[6] = ext > 0 ? 44 : ip[9] == 1 ? 58 : ip[9];
    to[7] = 64;
    to[8] = to[24] = 0xfe;
    to[9] = to[25] = 0x80;
    to[23] = ip[15];
    to[39] = ip[19];
    if (ext > 0) {
        unsigned off = (ip[6] & 0x1fu) << 8 | ip[7];
        to[40] = ip[9];
        to[42] = (uint8_t)(off >> 5);
        to[43] = (uint8_t)(off << 3 | (ip[6] & 0x20) >> 5);
        to[47] = 7;
    }
    memcpy(to + 40 + ext, ip + 20, data);
    return six;
}

mblk_t *random_packet(chance_t *c)
{
    static const char *const addresses[] = {"127.0.0.1", "127.0.0.2", "10.0.0.1"};
    static const char *const flags[] = {"S", "A", "SA", "F", "FA", "R", "PA"};
    static const int protos[] = {0, 0, 17, 17, 1, 89};
    static const int frags[] = {0, 0, 0, 0, 0x2000, 0x2002, 2, 3, 4};
    static const int types[] = {8 << 8, 3 << 8 | 3, 13 << 8};
    packet_t packet = {0};
    /* One statement each: in a list their order would be the compiler's. */
    packet.proto = PICK(c, protos);
    packet.src = PICK(c, addresses);
    packet.dst = PICK(c, addresses);
    packet.sport = (int)chance(c, 4) + 1;
    packet.dport = (int)chance(c, 4) + 1;
    packet.flags = PICK(c, flags);
    packet.payload = chance(c, 8) == 0 ? 9 : 8;
    packet.cut = chance(c, 12) == 0 ? 12 : 0;
    packet.ttl = chance(c, 10) == 0 ? 2 : 64;
    packet.frag = PICK(c, frags);
    packet.icmp = PICK(c, types);
    mblk_t *m = packet_make(&packet);
    if (chance(c, 4) != 0)
        return m;
    mblk_t *six = to_ipv6(m);
    freemsg(m);
    return six;
}

/* Record route and no operation: 8 bytes of IP options, before what follows the header. */
static mblk_t *with_options(const mblk_t *m)
{
    static const uint8_t options[8] = {7, 7, 4, 0, 0, 0, 0, 1};
    size_t size = msgdsize(m);
    mblk_t *more = allocb(size + sizeof(options));
    uint8_t *ip = more->b_rptr;
    more->b_wptr += size + sizeof(options);
    memcpy(ip, m->b_rptr, 20);
    memcpy(ip + 20, options, sizeof(options));
    memcpy(ip + 28, m->b_rptr + 20, size - 20);
    ip[0] = 0x47;
    ip[3] = (uint8_t)(ip[3] + sizeof(options));
    return more;
}

mblk_t *mixed_packet(chance_t *c)
{
    mblk_t *m = random_packet(c);
    if (m->b_rptr[0] != 0x45)
        return m;
    if (chance(c, 6) == 0)
        m->b_rptr[1] = 0x10;
    if (chance(c, 8) != 0)
        return m;
    mblk_t *more = with_options(m);
    freemsg(m);
    return more;
}
