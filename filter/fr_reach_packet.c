/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One packet of a cell, as what fr_makefrip() would find out about it. What it can find out
 * together is tried for each protocol; what is not listed here can be anything.
 */
#include "filter/fr_reach_impl.h"
#include "filter/fr_state_impl.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

/* What is preferred where the cell leaves it open: what few rules ask for. */
#define LIKED_SRC4  0xc6336407u /* 198.51.100.7 */
#define LIKED_DST4  0xcb007109u /* 203.0.113.9 */
#define LIKED_NET6  0x20010db8u
#define LIKED_SPORT 40123u
#define LIKED_DPORT 40999u
#define LIKED_TTL   64u
#define LIKED_PROTO 99u

/* How a packet's message begins. */
typedef enum part {
    PART_WHOLE, /* with its ports, or its ICMP type */
    PART_LATER, /* a later fragment */
    PART_CUT,   /* too short for either */
    PARTS
} part_t;

/* Bits of a word that a kind of packet has. */
static bool fix(cell_t *cell, cell_word_t word, uint32_t mask, uint32_t value)
{
    if (((cell->value[word] ^ value) & mask & cell->known[word]) != 0)
        return false;
    cell->known[word] |= mask;
    cell->value[word] = (cell->value[word] & ~mask) | (value & mask);
    return true;
}

static void prefer(cell_t *cell, cell_word_t word, uint32_t mask, uint32_t value)
{
    uint32_t open = mask & ~cell->known[word];
    cell->known[word] |= open;
    cell->value[word] |= value & open;
}

/* ---- the flags of TCP ---- */

/* Whether no TCP sends them: a packet with them is FI_BAD (bad_flags() in fr_makefrip.c). */
static bool are_bad(uint32_t flags)
{
    uint32_t begin = flags & (TH_SYN | TH_FIN | TH_RST), data = flags & (TH_PUSH | TH_URG);
    if ((flags & TH_ACK) == 0)
        return data != 0 || (begin != TH_SYN && begin != TH_RST);
    return (flags & TH_SYN) != 0 && data != 0;
}

static bool choose_flags(cell_t *cell)
{
    static const uint8_t liked[] = {TH_ACK, TH_SYN, TH_SYN | TH_ACK, TH_RST};
    for (uint32_t i = 0; i < sizeof(liked) + FR_TCPFMAX + 1; i++) {
        uint32_t flags = i < sizeof(liked) ? liked[i] : i - sizeof(liked);
        cell_t tried = *cell;
        if (are_bad(flags) || !fix(&tried, CELL_FLAGS, FR_TCPFMAX, flags))
            continue;
        *cell = tried;
        return true;
    }
    return fix(cell, CELL_FLX, FI_BAD, FI_BAD);
}

/* ---- kinds of packets ---- */

static bool fit_fragment(cell_t *cell, part_t part)
{
    if (part == PART_LATER)
        return fix(cell, CELL_FLX, FI_FRAG | FI_FRAGBODY, FI_FRAG | FI_FRAGBODY);
    return fix(cell, CELL_FLX, FI_FRAGBODY, 0);
}

/* In IPv6 a header that is too short has no ports and need not be FI_SHORT; and FI_TCPUDP is only
 * set once it is read. */
static bool fit_ports(cell_t *cell, part_t part)
{
    uint32_t ports = part == PART_WHOLE ? CELL_HAS_PORTS : 0;
    bool v4 = cell->family == 4;
    if (!fix(cell, CELL_MORE, CELL_HAS_PORTS | CELL_HAS_ICMP, ports))
        return false;
    if (part == PART_CUT && v4 && !fix(cell, CELL_FLX, FI_SHORT, FI_SHORT))
        return false;
    if (part == PART_WHOLE || v4)
        return fix(cell, CELL_FLX, FI_TCPUDP, FI_TCPUDP);
    return part == PART_CUT || fix(cell, CELL_FLX, FI_TCPUDP, 0);
}

/* A message of the other version's ICMP is not read: its type is 0. */
static bool fit_icmp(cell_t *cell, part_t part, uint8_t proto)
{
    bool own = proto == (cell->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
    if (!fix(cell, CELL_FLX, FI_TCPUDP, 0) || !fix(cell, CELL_MORE, CELL_HAS_PORTS | CELL_HAS_ICMP,
                                                   part == PART_WHOLE ? CELL_HAS_ICMP : 0))
        return false;
    if (part == PART_CUT && own && !fix(cell, CELL_FLX, FI_SHORT, FI_SHORT))
        return false;
    return (own && part == PART_WHOLE) || fix(cell, CELL_ICMP, 0xffff, 0);
}

/* What follows AH can have ports; the protocol stays AH. In IPv6 it does only where nothing that
 * follows is read. */
static bool fit_ah(cell_t *cell, part_t part)
{
    if (cell->family == 6)
        return fix(cell, CELL_MORE, CELL_HAS_PORTS | CELL_HAS_ICMP, 0) &&
               fix(cell, CELL_FLX, FI_TCPUDP, 0);
    if (part != PART_WHOLE)
        return fix(cell, CELL_MORE, CELL_HAS_PORTS, 0);
    return fix(cell, CELL_MORE, CELL_HAS_PORTS, CELL_HAS_PORTS) &&
           fix(cell, CELL_FLX, FI_TCPUDP, FI_TCPUDP);
}

static bool fit(cell_t *cell, uint8_t proto, part_t part)
{
    if (!fit_fragment(cell, part) || (proto != IPPROTO_TCP && !fix(cell, CELL_FLX, FI_OOW, 0)))
        return false;
    switch (proto) {
    case IPPROTO_TCP: /* its flags are asked for only where they are read */
        return fit_ports(cell, part) && choose_flags(cell);
    case IPPROTO_UDP:
        return fit_ports(cell, part);
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        return fit_icmp(cell, part, proto);
    case IPPROTO_AH:
        return fit_ah(cell, part);
    default:
        return fix(cell, CELL_FLX, FI_TCPUDP, 0) &&
               fix(cell, CELL_MORE, CELL_HAS_PORTS | CELL_HAS_ICMP, 0);
    }
}

/* ---- what is a number ---- */

static wide_t liked_address(uint8_t family, bool dst)
{
    if (family == 4)
        return (wide_t){(uint64_t)(dst ? LIKED_DST4 : LIKED_SRC4) << 32, 0};
    return (wide_t){(uint64_t)LIKED_NET6 << 32, dst ? 9 : 7};
}

static void choose_number(cell_t *cell, cell_range_t which, wide_t liked)
{
    bool outside = wide_less(liked, cell->from[which]) || wide_less(cell->to[which], liked);
    cell->from[which] = cell->to[which] = outside ? cell->from[which] : liked;
}

/* An IPv4 address has nothing after its 32 bits. */
static void choose_numbers(cell_t *cell)
{
    const wide_t ports[] = {{0, LIKED_SPORT}, {0, LIKED_DPORT}};
    choose_number(cell, CELL_IFNAME, cell->to[CELL_IFNAME]); /* one that no rule names */
    choose_number(cell, CELL_TOS, (wide_t){0, 0});
    choose_number(cell, CELL_TTL, (wide_t){0, LIKED_TTL});
    choose_number(cell, CELL_SPORT, ports[0]);
    choose_number(cell, CELL_DPORT, ports[1]);
    choose_number(cell, CELL_SRC, liked_address(cell->family, false));
    choose_number(cell, CELL_DST, liked_address(cell->family, true));
}

/* A protocol without ports and ICMP types; TCP, which is tried in any case, if the cell has none.
 */
static uint8_t other_proto(const cell_t *cell)
{
    uint64_t low = cell->from[CELL_PROTO].low, high = cell->to[CELL_PROTO].low;
    if (low <= LIKED_PROTO && LIKED_PROTO <= high)
        return LIKED_PROTO;
    for (; low <= high; low++) {
        if (low != IPPROTO_TCP && low != IPPROTO_UDP && low != IPPROTO_ICMP &&
            low != IPPROTO_ICMPV6 && low != IPPROTO_AH)
            return (uint8_t)low;
    }
    return IPPROTO_TCP;
}

bool reach_packet(const cell_t *cell, cell_t *packet)
{
    const uint8_t protos[] = {IPPROTO_TCP,  IPPROTO_UDP,    other_proto(cell),
                              IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_AH};
    for (int part = PART_WHOLE; part < PARTS; part++) {
        for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
            wide_t proto = {0, protos[i]};
            if (wide_less(proto, cell->from[CELL_PROTO]) || wide_less(cell->to[CELL_PROTO], proto))
                continue;
            *packet = *cell;
            packet->from[CELL_PROTO] = packet->to[CELL_PROTO] = proto;
            if (!fit(packet, protos[i], (part_t)part))
                continue;
            choose_numbers(packet);
            for (size_t word = 0; word < CELL_WORDS; word++)
                prefer(packet, (cell_word_t)word, UINT32_MAX, 0);
            return true;
        }
    }
    return false;
}

/* ---- for classifiers ---- */

static i6addr_t address_of(wide_t wide)
{
    return (i6addr_t){{(uint32_t)(wide.high >> 32), (uint32_t)wide.high, (uint32_t)(wide.low >> 32),
                       (uint32_t)wide.low}};
}

void reach_key(const cell_t *packet, const cell_names_t *names, fr_packet_key_t *key)
{
    size_t name = (size_t)packet->from[CELL_IFNAME].low;
    fr_info_t fin = {.fin_v = packet->family,
                     .fin_flx = packet->value[CELL_FLX],
                     .fin_p = (uint8_t)packet->from[CELL_PROTO].low,
                     .fin_tos = (uint8_t)packet->from[CELL_TOS].low,
                     .fin_ttl = (uint8_t)packet->from[CELL_TTL].low,
                     .fin_tcpf = (uint8_t)packet->value[CELL_FLAGS],
                     .fin_sport = (uint16_t)packet->from[CELL_SPORT].low,
                     .fin_dport = (uint16_t)packet->from[CELL_DPORT].low,
                     .fin_icmp = (uint16_t)packet->value[CELL_ICMP],
                     .fin_optmsk = packet->value[CELL_OPTIONS],
                     .fin_src = address_of(packet->from[CELL_SRC]),
                     .fin_dst = address_of(packet->from[CELL_DST])};
    fr_key_of_packet(&fin, name < names->count ? names->name[name] : "",
                     (packet->value[CELL_MORE] & CELL_HAS_PORTS) != 0, key);
}

/* ---- keep state ---- */

/* => Returns CELL_SOME with *cut at the first bit of `mask` that is not known. */
static cell_match_t has_none_of(const cell_t *cell, cell_word_t word, uint32_t mask,
                                cell_cut_t *cut)
{
    uint32_t open = mask & ~cell->known[word];
    if ((cell->value[word] & mask) != 0)
        return CELL_NONE;
    if (open == 0)
        return CELL_ALL;
    *cut = (cell_cut_t){.is_bit = true, .where = (int)word, .bit = open & ~(open - 1)};
    return CELL_SOME;
}

/* A query of the cell's own version. */
static cell_match_t is_query(const cell_t *cell, cell_cut_t *cut)
{
    bool own = cell->from[CELL_PROTO].low == (cell->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
    uint32_t open = 0xff00u & ~cell->known[CELL_ICMP];
    if (!own)
        return CELL_NONE;
    *cut = (cell_cut_t){.is_bit = true, .where = CELL_ICMP, .bit = open & ~(open - 1)};
    if (open != 0)
        return CELL_SOME;
    uint8_t type = (uint8_t)(cell->value[CELL_ICMP] >> 8);
    return fr_icmp_answer(cell->family, type) >= 0 ? CELL_ALL : CELL_NONE;
}

static bool cut_at(cell_cut_t *cut, const cell_t *cell, uint64_t proto)
{
    uint64_t low = cell->from[CELL_PROTO].low, high = cell->to[CELL_PROTO].low;
    *cut = (cell_cut_t){.where = CELL_PROTO, .last = {0, low < proto ? proto - 1 : proto}};
    return low <= proto && proto <= high && low < high;
}

cell_match_t reach_keeps(const cell_t *cell, cell_cut_t *cut)
{
    static const uint8_t special[] = {IPPROTO_TCP, IPPROTO_ICMP, IPPROTO_ICMPV6};
    cell_match_t match =
        has_none_of(cell, CELL_FLX, FI_SHORT | FI_FRAGBODY | FI_BAD | FI_OOW | FI_STATE, cut);
    if (match != CELL_ALL)
        return match;
    for (size_t i = 0; i < sizeof(special); i++) {
        if (cut_at(cut, cell, special[i]))
            return CELL_SOME;
    }
    uint64_t proto = cell->from[CELL_PROTO].low;
    if (cell->to[CELL_PROTO].low != proto)
        return CELL_ALL; /* none of those */
    if (proto == IPPROTO_TCP)
        return has_none_of(cell, CELL_FLAGS, TH_RST, cut);
    if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6)
        return is_query(cell, cut);
    return CELL_ALL;
}
