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
