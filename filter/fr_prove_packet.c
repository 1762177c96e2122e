/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One packet of a cell, as bytes, judged by the filters themselves. Some cells have no packet that
 * is made here, such as those with IP options; then the packet is one of another cell, and the
 * filters' verdicts are what counts. */
#include "filter/fr_prove_impl.h"
#include "filter/fr_witness.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

/* What is preferred where the cell leaves it open. */
#define LOOPBACK4 0x7f000001u
#define SPORT     40000u
#define TTL       64u

#define IPV4_HLEN    20u
#define IPV6_HLEN    40u
#define FRAGMENT_LEN 8u

#define ECHO4 (8u << 8)
#define ECHO6 (128u << 8)

static wide_t pick(const cell_t *cell, cell_range_t which, wide_t liked)
{
    if (wide_less(liked, cell->from[which]) || wide_less(cell->to[which], liked))
        return cell->from[which];
    return liked;
}

static uint64_t pick_number(const cell_t *cell, cell_range_t which, uint64_t liked)
{
    return pick(cell, which, (wide_t){0, liked}).low;
}

static uint32_t pick_bits(const cell_t *cell, cell_word_t which, uint32_t liked)
{
    return cell->value[which] | (liked & ~cell->known[which]);
}

static bool is_known(const cell_t *cell, cell_word_t which, uint32_t bit, bool set)
{
    return (cell->known[which] & bit) != 0 && ((cell->value[which] & bit) != 0) == set;
}

static uint8_t pick_proto(const cell_t *cell)
{
    static const uint8_t liked[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6, 99};
    bool other = is_known(cell, CELL_FLX, FI_TCPUDP, false);
    bool icmp = is_known(cell, CELL_MORE, CELL_HAS_ICMP, true);
    for (size_t i = other || icmp ? 2 : 0; i < sizeof(liked); i++) {
        if (liked[i] == (cell->family == 6 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
            continue;
        if (pick_number(cell, CELL_PROTO, liked[i]) == liked[i])
            return liked[i];
    }
    return (uint8_t)cell->from[CELL_PROTO].low;
}

static i6addr_t pick_address(const cell_t *cell, cell_range_t which)
{
    wide_t loopback = cell->family == 6 ? (wide_t){0, 1} : (wide_t){(uint64_t)LOOPBACK4 << 32, 0};
    wide_t wide = pick(cell, which, loopback);
    return (i6addr_t){{(uint32_t)(wide.high >> 32), (uint32_t)wide.high, (uint32_t)(wide.low >> 32),
                       (uint32_t)wide.low}};
}

static fr_witness_t packet_of(const cell_t *cell)
{
    fr_witness_t packet = {.version = cell->family,
                           .proto = pick_proto(cell),
                           .src = pick_address(cell, CELL_SRC),
                           .dst = pick_address(cell, CELL_DST),
                           .sport = (uint16_t)pick_number(cell, CELL_SPORT, SPORT),
                           .dport = (uint16_t)pick_number(cell, CELL_DPORT, 1),
                           .flags = (uint8_t)pick_bits(cell, CELL_FLAGS, TH_SYN)};
    if (packet.proto == IPPROTO_ICMP || packet.proto == IPPROTO_ICMPV6) {
        packet.sport = (uint16_t)pick_bits(cell, CELL_ICMP, cell->family == 6 ? ECHO6 : ECHO4);
        packet.dport = 0;
    }
    return packet;
}

typedef enum part { WHOLE, FIRST_FRAGMENT, LATER_FRAGMENT } part_t;

static part_t part_of(const cell_t *cell, uint8_t proto)
{
    bool ports = proto == IPPROTO_TCP || proto == IPPROTO_UDP;
    if ((ports && (is_known(cell, CELL_MORE, CELL_HAS_PORTS, false) ||
                   is_known(cell, CELL_FLX, FI_TCPUDP, false))) ||
        is_known(cell, CELL_FLX, FI_FRAGBODY, true))
        return LATER_FRAGMENT;
    return is_known(cell, CELL_FLX, FI_FRAG, true) ? FIRST_FRAGMENT : WHOLE;
}

/* Puts a fragment header after that of IPv6.
 * => Returns the packet; `m` is freed. NULL if there is no memory. */
static mblk_t *with_fragment6(mblk_t *m, part_t part)
{
    size_t length = (size_t)(m->b_wptr - m->b_rptr);
    mblk_t *made = part != WHOLE ? allocb(length + FRAGMENT_LEN) : m;
    if (part == WHOLE || made == NULL) {
        if (made == NULL)
            freemsg(m);
        return made;
    }
    uint8_t *ip = made->b_rptr, *fragment = ip + IPV6_HLEN;
    memcpy(ip, m->b_rptr, IPV6_HLEN);
    memcpy(fragment + FRAGMENT_LEN, m->b_rptr + IPV6_HLEN, length - IPV6_HLEN);
    memset(fragment, 0, FRAGMENT_LEN);
    fragment[0] = ip[6];
    put16(fragment + 2, part == LATER_FRAGMENT ? 8 << 3 : 1);
    ip[6] = IPPROTO_FRAGMENT;
    put16(ip + 4, (uint16_t)(length - IPV6_HLEN + FRAGMENT_LEN));
    made->b_wptr = ip + length + FRAGMENT_LEN;
    freemsg(m);
    return made;
}

static mblk_t *bytes_of(const cell_t *cell, const fr_witness_t *packet)
{
    mblk_t *m = fr_witness_packet(packet);
    if (m == NULL)
        return NULL;
    uint8_t *ip = m->b_rptr, ttl = (uint8_t)pick_number(cell, CELL_TTL, TTL);
    part_t part = part_of(cell, packet->proto);
    if (packet->proto == IPPROTO_TCP)
        ip[(cell->family == 6 ? IPV6_HLEN : IPV4_HLEN) + 13] = packet->flags;
    if (cell->family == 6) {
        ip[7] = ttl;
        return with_fragment6(m, part);
    }
    ip[1] = (uint8_t)pick_number(cell, CELL_TOS, 0);
    ip[8] = ttl;
    put16(ip + 6, part == LATER_FRAGMENT ? 8 : part == FIRST_FRAGMENT ? 0x2000 : 0);
    return m;
}

/* ---- in words, of TCP and UDP as ipftest takes them ---- */

static void say_more(const cell_t *cell, const fr_witness_t *packet, char *text, size_t size)
{
    static const char letters[] = "FSRPAUEC";
    int at = 0;
    uint8_t tos = (uint8_t)pick_number(cell, CELL_TOS, 0);
    uint8_t ttl = (uint8_t)pick_number(cell, CELL_TTL, TTL);
    part_t part = part_of(cell, packet->proto);
    text[0] = '\0';
    if (packet->proto == IPPROTO_TCP && part != LATER_FRAGMENT) {
        at += snprintf(text, size, packet->flags != 0 ? " " : ", no flag");
        for (size_t i = 0; i < 8; i++) {
            if ((packet->flags >> i & 1) != 0)
                at += snprintf(text + at, size - (size_t)at, "%c", letters[i]);
        }
    }
    if (tos != 0)
        at += snprintf(text + at, size - (size_t)at, ", tos %u", tos);
    if (ttl != TTL)
        at += snprintf(text + at, size - (size_t)at, ", ttl %u", ttl);
    if (part != WHOLE)
        snprintf(text + at, size - (size_t)at, ", a %s fragment",
                 part == LATER_FRAGMENT ? "later" : "first");
}

static void say_packet(const cell_t *cell, const fr_witness_t *packet, const char *ifname,
                       char *text, size_t size)
{
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], more[60];
    const char *way = cell->out ? "out" : "in";
    bool tcp = packet->proto == IPPROTO_TCP;
    i6addr_text(&packet->src, packet->version, src);
    i6addr_text(&packet->dst, packet->version, dst);
    say_more(cell, packet, more, sizeof(more));
    if (tcp || packet->proto == IPPROTO_UDP)
        snprintf(text, size, "%s on %s %s %s,%u %s,%u%s", way, ifname, tcp ? "tcp" : "udp", src,
                 packet->sport, dst, packet->dport, more);
    else if (packet->proto == IPPROTO_ICMP || packet->proto == IPPROTO_ICMPV6)
        snprintf(text, size, "%s on %s %s %s %s, type %u code %u%s", way, ifname,
                 cell->family == 6 ? "icmpv6" : "icmp", src, dst, packet->sport >> 8,
                 packet->sport & 0xffu, more);
    else
        snprintf(text, size, "%s on %s protocol %u %s %s%s", way, ifname, packet->proto, src, dst,
                 more);
}

/* ---- judged ---- */

static const char *name_of(const cell_t *cell, const cell_names_t *names)
{
    uint64_t lo0 = 0;
    while (lo0 < names->count && strcmp(names->name[lo0], "lo0") != 0)
        lo0++;
    uint64_t chosen = pick_number(cell, CELL_IFNAME, lo0);
    if (chosen < names->count)
        return names->name[chosen];
    return lo0 == names->count ? "lo0" : "other0";
}

bool cell_try(const cell_t *cell, ipf_stack_t *const ifs[2], const cell_names_t *names,
              cell_differ_fn_t differ, char *text, size_t size)
{
    qpktinfo_t qpi = {.qpi_ifname = name_of(cell, names), .qpi_flags = FI_NOCKSUM};
    fr_witness_t packet = packet_of(cell);
    fr_info_t fin[2];
    uint32_t pass[2];
    for (size_t i = 0; i < 2; i++) {
        mblk_t *m = bytes_of(cell, &packet);
        if (m == NULL)
            return false;
        fin[i] = (fr_info_t){.fin_ifs = ifs[i],
                             .fin_qpi = &qpi,
                             .fin_m = m,
                             .fin_out = cell->out,
                             .fin_flx = qpi.qpi_flags,
                             .fin_rule = -1};
        ipf_forget(ifs[i]);
        pass[i] = fr_judge(&fin[i]);
        ipf_forget(ifs[i]);
        freemsg(m);
    }
    say_packet(cell, &packet, qpi.qpi_ifname, text, size);
    return differ(fin, pass);
}
