/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Compares a rule with a cell of packets, condition by condition. fr_firewall.c compares a rule
 * with one packet, fr_covers.c with another rule. */
#include "filter/fr_cell.h"
#include "filter/fr_covers.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>

/* A rule's conditions so far. */
typedef struct asked {
    const cell_t *cell;
    cell_match_t match;
    cell_cut_t *cut; /* the first condition that depends on the packet */
} asked_t;

bool wide_less(wide_t a, wide_t b)
{
    return a.high < b.high || (a.high == b.high && a.low < b.low);
}

static wide_t number(uint64_t n)
{
    return (wide_t){0, n};
}

static wide_t after(wide_t a)
{
    return (wide_t){a.high + (a.low == UINT64_MAX), a.low + 1};
}

static wide_t before(wide_t a)
{
    return (wide_t){a.high - (a.low == 0), a.low - 1};
}

/* ---- what rules ask for, as ranges ---- */

static bool is_any_name(const char *on)
{
    return on[0] == '\0' || strcmp(on, "-") == 0 || strcmp(on, "*") == 0;
}

bool cell_names_add(cell_names_t *names, const char *on)
{
    if (is_any_name(on))
        return true;
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->name[i], on) == 0)
            return true;
    }
    if (names->count == NAMES_MAX)
        return false;
    names->name[names->count++] = on;
    return true;
}

bool cell_is_prefix(const i6addr_t *mask)
{
    bool ended = false;
    for (size_t i = 0; i < 4; i++) {
        uint32_t rest = ~mask->i6[i];
        if ((rest & (rest + 1)) != 0 || (ended && mask->i6[i] != 0))
            return false;
        ended = ended || rest != 0;
    }
    return true;
}

bool cell_is_range(const fraddr_t *fra)
{
    return fra->fra_type == FRI_NORMAL && fra->fra_table == NULL && cell_is_prefix(&fra->fra_mask);
}

/* ---- cells ---- */

cell_t cell_whole(bool out, uint8_t family, const cell_names_t *names)
{
    cell_t cell = {.out = out, .family = family};
    const wide_t all = {UINT64_MAX, UINT64_MAX};
    const uint64_t most[] = {names->count, 255, 255, 255, 65535, 65535};
    for (size_t i = 0; i < CELL_SRC; i++)
        cell.to[i] = number(most[i]);
    if (family == 6)
        cell.to[CELL_TOS] = number(0); /* the traffic class is not read */
    cell.to[CELL_SRC] = cell.to[CELL_DST] = all;
    return cell;
}

static bool can_be(const cell_t *cell, uint8_t proto)
{
    return cell->from[CELL_PROTO].low <= proto && proto <= cell->to[CELL_PROTO].low;
}

static bool is_tcpudp_only(const cell_t *cell)
{
    uint64_t proto = cell->from[CELL_PROTO].low;
    return proto == cell->to[CELL_PROTO].low && (proto == IPPROTO_TCP || proto == IPPROTO_UDP);
}

/* In IPv4 what stands after AH can have ports, too, and the protocol stays AH. In IPv6 a later
 * fragment of TCP or UDP has its protocol, but not FI_TCPUDP. (fr_makefrip.c, fr_makefrip6.c) */
bool cell_is_empty(const cell_t *cell)
{
    bool is_known = (cell->known[CELL_FLX] & FI_TCPUDP) != 0;
    bool is_tcpudp = (cell->value[CELL_FLX] & FI_TCPUDP) != 0;
    bool ports = (cell->value[CELL_MORE] & CELL_HAS_PORTS) != 0;
    if (is_known && !is_tcpudp)
        return ports || (cell->family == 4 && is_tcpudp_only(cell));
    return (ports || is_tcpudp) && !can_be(cell, IPPROTO_TCP) && !can_be(cell, IPPROTO_UDP) &&
           !(cell->family == 4 && can_be(cell, IPPROTO_AH));
}

cell_t cell_divide(cell_t *cell, const cell_cut_t *cut)
{
    cell_t second = *cell;
    if (cut->is_bit) {
        cell->known[cut->where] |= cut->bit;
        second.known[cut->where] |= cut->bit;
        second.value[cut->where] |= cut->bit;
    } else {
        cell->to[cut->where] = cut->last;
        second.from[cut->where] = after(cut->last);
    }
    return second;
}

/* ---- conditions ---- */

static cell_match_t within(const cell_t *cell, cell_range_t which, wide_t from, wide_t to,
                           cell_cut_t *cut)
{
    wide_t low = cell->from[which], high = cell->to[which];
    if (wide_less(to, from) || wide_less(high, from) || wide_less(to, low))
        return CELL_NONE;
    if (!wide_less(low, from) && !wide_less(to, high))
        return CELL_ALL;
    *cut = (cell_cut_t){.where = (int)which, .last = wide_less(low, from) ? before(from) : to};
    return CELL_SOME;
}

static cell_match_t has_bits(const cell_t *cell, cell_word_t which, uint32_t mask, uint32_t value,
                             cell_cut_t *cut)
{
    uint32_t open = mask & ~cell->known[which];
    if ((value & ~mask) != 0 || ((cell->value[which] ^ value) & mask & ~open) != 0)
        return CELL_NONE;
    if (open == 0)
        return CELL_ALL;
    *cut = (cell_cut_t){.is_bit = true, .where = (int)which, .bit = open & ~(open - 1)};
    return CELL_SOME;
}

/* All conditions must hold; one that cannot hold decides, whatever the others are. */
static void ask(asked_t *asked, cell_match_t match, const cell_cut_t *cut)
{
    if (match == CELL_NONE)
        asked->match = CELL_NONE;
    if (match != CELL_SOME || asked->match != CELL_ALL)
        return;
    asked->match = CELL_SOME;
    *asked->cut = *cut;
}

static void ask_number(asked_t *asked, cell_range_t which, uint64_t n)
{
    cell_cut_t cut;
    cell_match_t match = within(asked->cell, which, number(n), number(n), &cut);
    ask(asked, match, &cut);
}

static void ask_bits(asked_t *asked, cell_word_t which, uint32_t mask, uint32_t value)
{
    cell_cut_t cut;
    cell_match_t match = has_bits(asked->cell, which, mask, value, &cut);
    ask(asked, match, &cut);
}

static void ask_name(asked_t *asked, const char *on, const cell_names_t *names)
{
    if (is_any_name(on))
        return;
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(on, names->name[i]) == 0)
            ask_number(asked, CELL_IFNAME, i);
    }
}

static void ask_port(asked_t *asked, cell_range_t which, const frpcmp_t *port)
{
    fr_port_ranges_t ranges = fr_port_ranges(port);
    cell_match_t either = CELL_NONE;
    cell_cut_t cut = {0}, one;
    if (port->frp_cmp == FR_NONE)
        return;
    for (size_t i = 0; i < 2; i++) {
        if (ranges.low[i] > ranges.high[i])
            continue;
        cell_match_t match = within(asked->cell, which, number((uint64_t)ranges.low[i]),
                                    number((uint64_t)ranges.high[i]), &one);
        if (match == CELL_SOME && either == CELL_NONE)
            cut = one;
        if (match == CELL_ALL || either == CELL_NONE)
            either = match;
    }
    ask(asked, either, &cut);
}

static wide_t wide_of(const i6addr_t *address)
{
    return (wide_t){(uint64_t)address->i6[0] << 32 | address->i6[1],
                    (uint64_t)address->i6[2] << 32 | address->i6[3]};
}

static void ask_address(asked_t *asked, cell_range_t which, const fraddr_t *fra)
{
    wide_t from = wide_of(&fra->fra_addr), mask = wide_of(&fra->fra_mask);
    wide_t to = {from.high | ~mask.high, from.low | ~mask.low};
    cell_cut_t cut;
    cell_match_t match = within(asked->cell, which, from, to, &cut);
    if (fra->fra_negated && match != CELL_SOME)
        match = match == CELL_ALL ? CELL_NONE : CELL_ALL;
    ask(asked, match, &cut);
}

static bool asks_flags(const frentry_t *fr)
{
    return fr->fr_tcpf != 0 || fr->fr_tcpfm != 0;
}

/* Ports, and the flags of TCP; those of a short segment are missing. */
static void ask_transport(asked_t *asked, const frentry_t *fr)
{
    ask_port(asked, CELL_SPORT, &fr->fr_sport);
    ask_port(asked, CELL_DPORT, &fr->fr_dport);
    if (!asks_flags(fr))
        return;
    assert(fr->fr_hasproto && fr->fr_proto == IPPROTO_TCP);
    ask_bits(asked, CELL_FLX, FI_SHORT, 0);
    if (fr->fr_tcpfm != 0)
        ask_bits(asked, CELL_FLAGS, fr->fr_tcpfm, fr->fr_tcpf);
}

static void ask_icmp(asked_t *asked, const frentry_t *fr)
{
    uint8_t proto = can_be(asked->cell, IPPROTO_ICMP) ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    ask_bits(asked, CELL_MORE, CELL_HAS_ICMP, CELL_HAS_ICMP);
    ask_bits(asked, CELL_ICMP, fr->fr_icmpm, fr->fr_icmp);
    ask_number(asked, CELL_PROTO, proto);
}

/* What stands after the IP header. Of a packet with ports the ICMP type is not compared. */
static void ask_message(asked_t *asked, const frentry_t *fr)
{
    bool ports =
        fr->fr_sport.frp_cmp != FR_NONE || fr->fr_dport.frp_cmp != FR_NONE || asks_flags(fr);
    bool has_ports = (asked->cell->value[CELL_MORE] & CELL_HAS_PORTS) != 0;
    if (!ports && fr->fr_icmpm == 0)
        return;
    if ((asked->cell->known[CELL_MORE] & CELL_HAS_PORTS) == 0) {
        cell_cut_t cut = {.is_bit = true, .where = CELL_MORE, .bit = CELL_HAS_PORTS};
        ask(asked, CELL_SOME, &cut);
    } else if (has_ports) {
        ask_transport(asked, fr);
    } else if (ports) {
        asked->match = CELL_NONE;
    } else {
        ask_icmp(asked, fr);
    }
}

cell_match_t cell_matches(const cell_t *cell, const frentry_t *fr, const cell_names_t *names,
                          const ipf_build_t *build, cell_cut_t *cut)
{
    asked_t asked = {cell, CELL_ALL, cut};
    ask_name(&asked, fr->fr_ifnames[0], names);
    if ((fr->fr_flags & FR_KEEPSTATE) != 0 && build->ifb_oow_is_passed_over)
        ask_bits(&asked, CELL_FLX, FI_OOW, 0);
    bool any = fr->fr_family == 0 || (fr->fr_type == FR_T_NONE && fr->fr_anyfamily);
    if (!any && fr->fr_family != cell->family)
        return CELL_NONE;
    if (fr->fr_type == FR_T_NONE)
        return asked.match;
    if (fr->fr_hasproto)
        ask_number(&asked, CELL_PROTO, fr->fr_proto);
    if (fr->fr_hastos)
        ask_number(&asked, CELL_TOS, fr->fr_tos);
    if (fr->fr_hasttl)
        ask_number(&asked, CELL_TTL, fr->fr_ttl);
    ask_bits(&asked, CELL_FLX, fr->fr_mflx, fr->fr_flx);
    ask_bits(&asked, CELL_OPTIONS, fr->fr_optmask, fr->fr_optbits);
    ask_bits(&asked, CELL_SECRET, fr->fr_secmask, fr->fr_secbits);
    ask_address(&asked, CELL_SRC, &fr->fr_src);
    ask_address(&asked, CELL_DST, &fr->fr_dst);
    ask_message(&asked, fr);
    return asked.match;
}
