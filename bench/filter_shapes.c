/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/filter_shapes.h"

#include <stdio.h>
#include <stdlib.h>

#define GROUPS 50u

/* The three lower bytes of an address of 10/8, each rule's own. */
#define BYTES(i) ((i) / 65536 + 1) % 256, (i) / 256 % 256, (i) % 256

static int protocol(char *at, size_t i)
{
    return sprintf(at, "block in proto udp from any port = %zu to any port = %zu\n", 1 + i / 60000,
                   1 + i % 60000);
}

static int destination_port(char *at, size_t i)
{
    return sprintf(at, "block in proto tcp from any port > %zu to any port = %zu\n", 1 + i / 60000,
                   23 + i % 60000);
}

static int interface(char *at, size_t i)
{
    return sprintf(at, "block in on bge%zu all\n", i);
}

static int source(char *at, size_t i)
{
    return sprintf(at, "block in from 10.%zu.%zu.%zu to any\n", BYTES(i));
}

static int destination(char *at, size_t i)
{
    return sprintf(at, "block in from any to 10.%zu.%zu.%zu\n", BYTES(i));
}

static int blocklist(char *at, size_t i)
{
    return sprintf(at, "block in quick from %zu.%zu.%zu.0/24 to any\n", 1 + i / 65536,
                   i / 256 % 256, i % 256);
}

static int port_ranges(char *at, size_t i)
{
    size_t low = 1024 + i % 60000;
    return sprintf(at, "block in proto tcp from any to any port %zu:%zu\n", low,
                   low + 1 + i / 60000 * 100);
}

static int source_ports(char *at, size_t i)
{
    return sprintf(at, "block in proto tcp from any port = %zu to any port > %zu\n", 1 + i % 30000,
                   1 + i / 30000);
}

static int keep_state(char *at, size_t i)
{
    return sprintf(at,
                   "pass in quick proto tcp from 10.%zu.%zu.%zu to any port = 22 flags S "
                   "keep state\n",
                   BYTES(i));
}

/* Heads match by port; the packet belongs to one of the groups. */
static int groups_by_port(char *at, size_t i)
{
    if (i < GROUPS)
        return sprintf(at, "block in proto tcp from any to any port = %zu head in%zu\n", i, i);
    return sprintf(at, "pass in from 10.%zu.%zu.%zu to any group in%zu\n", BYTES(i), i % GROUPS);
}

/* Every head matches, so the filter looks at all groups. */
static int groups_all(char *at, size_t i)
{
    if (i < GROUPS)
        return sprintf(at, "block in ttl 64 from 127.0.0.0/%zu to any head in%zu\n", 8 + i % 24, i);
    return sprintf(at, "pass in from 10.%zu.%zu.%zu to any group in%zu\n", BYTES(i), i % GROUPS);
}

/* Four rules a line. */
static int port_lists(char *at, size_t i)
{
    size_t line = i / 4, port = 23 + line * 4 % 60000;
    if (i % 4 != 0)
        return sprintf(at, "\n");
    return sprintf(at, "block in proto tcp from any port > %zu to any port = {%zu,%zu,%zu,%zu}\n",
                   1 + line / 15000, port, port + 1, port + 2, port + 3);
}

/* ---- beyond them ---- */

static unsigned long noise(size_t i)
{
    unsigned long x = i * 2654435761ul + 12345;
    x ^= x >> 13;
    return x * 2246822519ul >> 7;
}

/* Prefixes of every length, ports of every kind, as in a firewall that has grown. */
static int grown(char *at, size_t i)
{
    unsigned long n = noise(i);
    static const char *const ports[] = {
        "", " port = 80", " port 1024:65535", " port = 443", " port > 1023", " port 135:139"};
    unsigned bits = 9 + n % 24;
    unsigned address = 0x0a000000u | (n & 0xffffffu);
    address &= ~0u << (32 - bits);
    return sprintf(at, "%s in %s%s from %u.%u.%u.%u/%u to %zu.%zu.%zu.0/24%s\n",
                   n % 3 == 0 ? "block" : "pass", n % 5 == 0 ? "on bge1 " : "",
                   n % 7 == 0 ? "proto udp" : "proto tcp", address >> 24, address >> 16 & 255,
                   address >> 8 & 255, address & 255, bits, 192 + n % 16, i / 256 % 256, i % 256,
                   ports[n / 256 % 6]);
}

static int nested_ranges(char *at, size_t i)
{
    return sprintf(at, "block in proto tcp from any to any port %zu:%zu\n", 23 + i % 300,
                   30000 + i / 300);
}

static int ipv6(char *at, size_t i)
{
    return sprintf(at, "block in inet6 proto tcp from 2001:db8:%zx:%zx::/64 to any\n", i / 65536,
                   i % 65536);
}

static int negated(char *at, size_t i)
{
    return sprintf(at, "pass in proto tcp from !10.%zu.%zu.0/24 to 192.168.%zu.%zu port = 22\n",
                   i / 256 % 256, i % 256, i / 256 % 256, i % 256);
}

static int flags_and_types(char *at, size_t i)
{
    return i % 2 == 0
               ? sprintf(at, "pass in proto icmp from any to 10.%zu.%zu.%zu icmp-type echo\n",
                         BYTES(i))
               : sprintf(at, "pass in proto tcp from any to 10.%zu.%zu.%zu flags S/SA\n", BYTES(i));
}

const shape_t shapes[] = {
    {"protocol", "proto udp from any to any port = N", protocol, 0},
    {"destination-port", "from any to any port = N", destination_port, 0},
    {"interface", "on bgeN all", interface, 0},
    {"source", "from A to any", source, 0},
    {"destination", "from any to A", destination, 0},
    {"blocklist", "quick from A/24 to any", blocklist, 0},
    {"port-ranges", "from any to any port N:M", port_ranges, 0},
    {"source-ports", "from any port = N to any port > M", source_ports, 0},
    {"keep-state", "quick from A to any port = 22 flags S keep state", keep_state, 0},
    {"groups-by-port", "50 groups by port, one is met", groups_by_port, 1},
    {"groups-all", "50 groups, all are met", groups_all, GROUPS},
    {"port-lists", "from any to any port = {N,M,O,P}", port_lists, 0},
    {"grown", "prefixes of all lengths, ports and interfaces", grown, 0},
    {"nested-ranges", "ranges of ports in ranges", nested_ranges, 0},
    {"ipv6", "inet6 from A/64 to any", ipv6, 0},
    {"negated", "from !A/24 to B port = 22", negated, 0},
    {"flags-and-types", "icmp-type and flags to A", flags_and_types, 0},
};

const size_t shape_count = sizeof(shapes) / sizeof(shapes[0]);

char *shape_rules(const shape_t *shape, size_t count)
{
    char *text = malloc(count * SHAPE_LINE + 1), *at = text;
    if (text == NULL)
        abort();
    *at = '\0';
    for (size_t i = 0; i < count; i++)
        at += shape->write(at, i);
    return text;
}
