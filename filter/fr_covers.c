/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Compares one rule with another, condition by condition, in the order of fr_ipfcheck() and related
 * functions (fr_firewall.c). That file compares a rule with a packet, this one with another rule.
 */
#include "filter/fr_covers.h"

#include <netinet/in.h>
#include <string.h>

/* ---- bits: what `a` asks for must be asked for by `b`, with the same answer ---- */

static bool bits_cover(uint32_t a_mask, uint32_t a, uint32_t b_mask, uint32_t b)
{
    return (b_mask & a_mask) == a_mask && (b & a_mask) == a;
}

/* Whether all packets of a rule for TCP or UDP are those of `proto tcp/udp`: a later fragment of
 * IPv6 is not, and has neither ports nor flags. */
static bool is_of_both(const frentry_t *fr)
{
    return fr->fr_hasproto && (fr->fr_proto == IPPROTO_TCP || fr->fr_proto == IPPROTO_UDP) &&
           (fr->fr_family == 4 || fr->fr_sport.frp_cmp != FR_NONE ||
            fr->fr_dport.frp_cmp != FR_NONE || fr->fr_tcpf != 0 || fr->fr_tcpfm != 0);
}

static bool flags_cover(const frentry_t *a, const frentry_t *b)
{
    uint32_t mask = b->fr_mflx, flx = b->fr_flx;
    if (is_of_both(b)) {
        mask |= FI_TCPUDP;
        flx |= FI_TCPUDP;
    }
    return bits_cover(a->fr_mflx, a->fr_flx, mask, flx) &&
           bits_cover(a->fr_optmask, a->fr_optbits, b->fr_optmask, b->fr_optbits) &&
           bits_cover(a->fr_secmask, a->fr_secbits, b->fr_secmask, b->fr_secbits) &&
           bits_cover(a->fr_icmpm, a->fr_icmp, b->fr_icmpm, b->fr_icmp) &&
           bits_cover(a->fr_tcpfm, a->fr_tcpf, b->fr_tcpfm, b->fr_tcpf);
}

static bool fields_cover(const frentry_t *a, const frentry_t *b)
{
    if (a->fr_hastos && (!b->fr_hastos || a->fr_tos != b->fr_tos))
        return false;
    if (a->fr_hasttl && (!b->fr_hasttl || a->fr_ttl != b->fr_ttl))
        return false;
    return !a->fr_hasproto || (b->fr_hasproto && a->fr_proto == b->fr_proto);
}

/* ---- ports: as one or two ranges ---- */

fr_port_ranges_t fr_port_ranges(const frpcmp_t *port)
{
    int p = port->frp_port, top = port->frp_top;
    fr_port_ranges_t r = {.low = {0, 1}, .high = {65535, 0}};
    switch (port->frp_cmp) {
    case FR_NONE:
        break;
    case FR_EQUAL:
        r.low[0] = r.high[0] = p;
        break;
    case FR_NEQUAL:
        r = (fr_port_ranges_t){{0, p + 1}, {p - 1, 65535}};
        break;
    case FR_LESST:
        r.high[0] = p - 1;
        break;
    case FR_GREATERT:
        r.low[0] = p + 1;
        break;
    case FR_LESSTE:
        r.high[0] = p;
        break;
    case FR_GREATERTE:
        r.low[0] = p;
        break;
    case FR_OUTRANGE:
        r = (fr_port_ranges_t){{0, top + 1}, {p - 1, 65535}};
        break;
    case FR_INRANGE:
        r.low[0] = p + 1;
        r.high[0] = top - 1;
        break;
    case FR_INCRANGE:
        r.low[0] = p;
        r.high[0] = top;
        break;
    }
    return r;
}

bool fr_ports_none(const frpcmp_t *port)
{
    fr_port_ranges_t r = fr_port_ranges(port);
    return r.low[0] > r.high[0] && r.low[1] > r.high[1];
}

bool fr_ports_all(const frpcmp_t *port)
{
    fr_port_ranges_t r = fr_port_ranges(port);
    return port->frp_cmp != FR_NONE && r.low[0] <= 0 &&
           (r.high[0] >= 65535 || (r.low[1] <= r.high[0] + 1 && r.high[1] >= 65535));
}

static bool in_one_range(const fr_port_ranges_t *r, int low, int high)
{
    return low > high || (low >= r->low[0] && high <= r->high[0]) ||
           (low >= r->low[1] && high <= r->high[1]);
}

/* A rule that asks for ports matches no packet without them. */
bool fr_ports_cover(const frpcmp_t *a, const frpcmp_t *b)
{
    if (a->frp_cmp == FR_NONE)
        return true;
    if (b->frp_cmp == FR_NONE)
        return false;
    fr_port_ranges_t outer = fr_port_ranges(a), inner = fr_port_ranges(b);
    return in_one_range(&outer, inner.low[0], inner.high[0]) &&
           in_one_range(&outer, inner.low[1], inner.high[1]);
}

/* ---- addresses ---- */

static bool is_any(const fraddr_t *fra)
{
    static const i6addr_t none = {{0}};
    return fra->fra_type == FRI_NORMAL && memcmp(&fra->fra_mask, &none, sizeof(none)) == 0;
}

/* Whether the network of `a` contains that of `b`, negated or not. */
static bool network_covers(const fraddr_t *a, const fraddr_t *b)
{
    for (size_t i = 0; i < 4; i++) {
        if ((a->fra_mask.i6[i] & b->fra_mask.i6[i]) != a->fra_mask.i6[i] ||
            (b->fra_addr.i6[i] & a->fra_mask.i6[i]) != a->fra_addr.i6[i])
            return false;
    }
    return true;
}

static bool networks_apart(const fraddr_t *a, const fraddr_t *b)
{
    for (size_t i = 0; i < 4; i++) {
        if (((a->fra_addr.i6[i] ^ b->fra_addr.i6[i]) & a->fra_mask.i6[i] & b->fra_mask.i6[i]) != 0)
            return true;
    }
    return false;
}

bool fr_addresses_apart(const fraddr_t *a, const fraddr_t *b)
{
    return a->fra_type == FRI_NORMAL && b->fra_type == FRI_NORMAL && !a->fra_negated &&
           !b->fra_negated && networks_apart(a, b);
}

static bool addresses_cover(const fraddr_t *a, const char *a_name, const fraddr_t *b,
                            const char *b_name)
{
    if (a->fra_type != FRI_NORMAL || b->fra_type != FRI_NORMAL)
        return (is_any(a) && !a->fra_negated) ||
               (a->fra_type == b->fra_type && a->fra_negated == b->fra_negated &&
                a->fra_table == b->fra_table && strcmp(a_name, b_name) == 0);
    if (!a->fra_negated && !b->fra_negated)
        return network_covers(a, b);
    if (a->fra_negated && b->fra_negated)
        return network_covers(b, a);
    return a->fra_negated ? networks_apart(a, b) : is_any(a);
}

/* ---- interfaces ---- */

static bool is_any_name(const char *name)
{
    return name[0] == '\0' || strcmp(name, "-") == 0 || strcmp(name, "*") == 0;
}

/* Of `on A,B` a packet must come on A: B is for the answers of `keep state`. */
static bool names_cover(const char (*a)[LIFNAMSIZ], const char (*b)[LIFNAMSIZ])
{
    return is_any_name(a[0]) || strcmp(a[0], b[0]) == 0;
}

/* What `in-via` and `out-via` name is compared for states only. */
static bool vias_cover(const char (*a)[LIFNAMSIZ], const char (*b)[LIFNAMSIZ])
{
    return a[0][0] == '\0' || (strcmp(a[0], b[0]) == 0 && strcmp(a[1], b[1]) == 0);
}

bool fr_covers(const frentry_t *a, const frentry_t *b)
{
    if (a->fr_family != 0 && a->fr_family != b->fr_family)
        return false;
    if (!names_cover(a->fr_ifnames, b->fr_ifnames) ||
        !vias_cover(a->fr_rare->fr_vianames, b->fr_rare->fr_vianames))
        return false;
    if (a->fr_matchlogtag != FR_NOLOGTAG || a->fr_rare->fr_matchtag[0] != '\0')
        return false;
    return fields_cover(a, b) && flags_cover(a, b) && fr_ports_cover(&a->fr_sport, &b->fr_sport) &&
           fr_ports_cover(&a->fr_dport, &b->fr_dport) &&
           addresses_cover(&a->fr_src, a->fr_rare->fr_addrnames[0], &b->fr_src,
                           b->fr_rare->fr_addrnames[0]) &&
           addresses_cover(&a->fr_dst, a->fr_rare->fr_addrnames[1], &b->fr_dst,
                           b->fr_rare->fr_addrnames[1]);
}
