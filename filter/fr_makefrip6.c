/* SPDX-License-Identifier: BSD-3-Clause
 *
 * An IPv6 packet's bytes into fr_info_t. Solaris: frpr_ipv6hdr() and frpr_ipv6exthdr() (fil.c);
 * IPFilter 6: ipf_pr_ipv6hdr() and related functions.
 */
#include "filter/fr_impl.h"
#include "filter/ipf_words.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>

#define IPV6_HLEN      40u
#define EXT_HLEN_MIN   8
#define AH_HLEN        12
#define GRE_HLEN       8
#define ESP_HLEN       8
#define ICMP6_HLEN     8
#define ICMP6_ERR_HLEN 48 /* with the quoted header */
#define FRAG_OFFMASK   0xfff8u
#define FRAG_MF        0x0001u

/* Whether the next header is parsed, too. */
typedef enum walk {
    WALK_ON,
    WALK_DONE,
    WALK_CUT /* the packet ends too early */
} walk_t;

static i6addr_t read_address(const uint8_t *at)
{
    i6addr_t address;
    for (size_t i = 0; i < 4; i++)
        address.i6[i] = get32(at + 4 * i);
    return address;
}

/* ---- extension headers ---- */

/* Notes an extension header. Each may be there once. Those after a fragment header count when the
 * packet is whole again. AH is noted as hop-by-hop options. */
static void frpr_note(fr_info_t *fin, uint8_t proto)
{
    const ipf_name_t *name = ipf_name_of(ipf_v6hdrs, proto == IPPROTO_AH ? IPPROTO_HOPOPTS : proto);
    if (name == NULL || (fin->fin_flx & FI_FRAG) != 0)
        return;
    if ((fin->fin_optmsk & name->bit) != 0)
        fin->fin_flx |= FI_BAD;
    fin->fin_optmsk |= name->bit;
}

/* Goes past an extension header; *header is where it begins. There is none if it is not whole.
 * => Returns false if the packet ends too early. */
static bool frpr_ipv6exthdr(fr_info_t *fin, const fr_bytes_t *at, uint8_t proto,
                            const uint8_t **header)
{
    *header = NULL;
    fin->fin_flx |= FI_V6EXTHDR;
    if (fin->fin_dlen < EXT_HLEN_MIN) {
        fin->fin_flx |= FI_SHORT;
        return true;
    }
    if (!frpr_pullup(fin, at, EXT_HLEN_MIN))
        return false;
    const uint8_t *ext = at->ip + fin->fin_hlen;
    int32_t length = proto == IPPROTO_FRAGMENT ? EXT_HLEN_MIN : (ext[1] + 1) * 8;
    if (length > fin->fin_dlen) {
        fin->fin_flx |= FI_BAD;
        return true;
    }
    fin->fin_hlen += (uint32_t)length;
    fin->fin_dlen -= length;
    frpr_note(fin, proto);
    *header = ext;
    return true;
}

/* A fragment header makes a fragment, even of a whole packet. */
static void frpr_fragment6(fr_info_t *fin, const uint8_t *header)
{
    uint32_t word = get16(header + 2);
    fin->fin_mf = (word & FRAG_MF) != 0;
    if (fin->fin_mf && fin->fin_plen % 8 != 0)
        fin->fin_flx |= FI_BAD;
    fin->fin_id = get32(header + 4);
    fin->fin_frag = fin->fin_hlen;
    fin->fin_off = word & FRAG_OFFMASK;
    if (fin->fin_off != 0)
        fin->fin_flx |= FI_FRAGBODY;
    /* The offset is in bytes, and counted as if it were in units of 8. */
    if ((int32_t)(fin->fin_off << 3) + fin->fin_dlen > 65535)
        fin->fin_flx |= FI_BAD;
}

/* The old routing header must have room for its segments. */
static bool bad_routing(const uint8_t *header)
{
    return header[2] == 0 && (header[1] >> 1 < header[3] || (header[3] != 0 && header[1] % 2 != 0));
}

static walk_t frpr_ext(fr_info_t *fin, const fr_bytes_t *at, uint8_t *proto)
{
    const uint8_t *header;
    uint8_t was = *proto;
    if (was == IPPROTO_FRAGMENT)
        fin->fin_flx |= FI_FRAG;
    if (was == IPPROTO_AH)
        fin->fin_flx |= FI_AH;
    if (!frpr_ipv6exthdr(fin, at, was, &header))
        return WALK_CUT;
    *proto = header != NULL ? header[0] : IPPROTO_NONE;
    if (header == NULL)
        return WALK_ON;
    if (was == IPPROTO_FRAGMENT)
        frpr_fragment6(fin, header);
    if (was == IPPROTO_AH && fin->fin_dlen < AH_HLEN)
        fin->fin_flx |= FI_SHORT;
    if (was == IPPROTO_ROUTING && bad_routing(header)) {
        fin->fin_flx |= FI_BAD;
        *proto = IPPROTO_NONE;
    }
    /* A later fragment has only data. */
    return was == IPPROTO_FRAGMENT && fin->fin_off != 0 ? WALK_DONE : WALK_ON;
}

/* ---- the transport header ---- */

/* A packet that an error quotes has the error's destination as its source. */
static bool bad_error6(const fr_info_t *fin, const uint8_t *icmp)
{
    i6addr_t src = read_address(icmp + ICMP6_HLEN + 8);
    for (size_t i = 0; i < 4; i++) {
        if (src.i6[i] != fin->fin_dst.i6[i])
            return true;
    }
    return false;
}

static bool frpr_icmp6(fr_info_t *fin, const fr_bytes_t *at)
{
    const uint8_t *icmp = at->ip + fin->fin_hlen;
    bool there = fin->fin_hlen + ICMP6_HLEN <= at->size;
    int32_t least = ICMP6_HLEN;
    if (!frpr_pullup(fin, at, ICMP6_HLEN))
        return false;
    if (fin->fin_dlen > 1 && there) {
        fin->fin_icmp = get16(icmp);
        if ((icmp[0] == ICMP6_ECHO_REQUEST || icmp[0] == ICMP6_ECHO_REPLY) && fin->fin_dlen >= 6)
            fin->fin_icmpid = get16(icmp + 4);
        if (fr_icmp_is_error(6, icmp[0])) {
            fin->fin_flx |= FI_ICMPERR;
            least = ICMP6_ERR_HLEN;
            if (fin->fin_plen >= IPV6_HLEN + ICMP6_ERR_HLEN) {
                if (!frpr_pullup(fin, at, ICMP6_ERR_HLEN))
                    return false;
                if (fin->fin_hlen + ICMP6_ERR_HLEN <= at->size && bad_error6(fin, icmp))
                    fin->fin_flx |= FI_BAD;
            }
        }
    }
    if (fin->fin_dlen < least)
        fin->fin_flx |= FI_SHORT;
    frpr_checksum(fin, at, IPPROTO_ICMPV6, 2);
    return true;
}

/* A header that is not an extension header. A short TCP or UDP header is not a fault here. */
static bool frpr_transport6(fr_info_t *fin, const fr_bytes_t *at, uint8_t proto)
{
    switch (proto) {
    case IPPROTO_TCP:
        return frpr_tcp(fin, at);
    case IPPROTO_UDP:
        return frpr_udp(fin, at);
    case IPPROTO_ICMPV6:
        return frpr_icmp6(fin, at);
    case IPPROTO_GRE:
        return frpr_pullup(fin, at, GRE_HLEN);
    case IPPROTO_ESP:
        return fin->fin_off != 0 || frpr_pullup(fin, at, ESP_HLEN);
    case IPPROTO_IPV6:
        fin->fin_flx |= FI_OPTIONS; /* the bit of the header, among the flags of a packet */
        return true;
    default:
        return true;
    }
}

static bool is_ext(uint8_t proto)
{
    return proto == IPPROTO_HOPOPTS || proto == IPPROTO_MH || proto == IPPROTO_DSTOPTS ||
           proto == IPPROTO_ROUTING || proto == IPPROTO_AH || proto == IPPROTO_FRAGMENT;
}

/* ---- the IP header ---- */

bool frpr_ipv6(fr_info_t *fin, const fr_bytes_t *at)
{
    const uint8_t *ip = at->ip;
    walk_t walk = WALK_ON;
    if (at->size < IPV6_HLEN)
        return false;
    uint8_t proto = ip[6];
    fin->fin_hlen = IPV6_HLEN;
    fin->fin_dlen = fin->fin_quoted ? (int32_t)(at->size - IPV6_HLEN) : get16(ip + 4);
    fin->fin_plen = IPV6_HLEN + (uint32_t)fin->fin_dlen;
    fin->fin_ttl = ip[7];
    fin->fin_src = read_address(ip + 8);
    fin->fin_dst = read_address(ip + 24);
    if (fin->fin_dlen == 0 && !fin->fin_quoted)
        return false; /* a jumbogram, or nothing */
    bool cut = frpr_cut(fin, at);
    if (fin->fin_quoted && is_ext(proto))
        return false; /* an error about it belongs to no connection */
    while (walk == WALK_ON && (fin->fin_flx & FI_SHORT) == 0) {
        if (is_ext(proto)) {
            walk = frpr_ext(fin, at, &proto);
            if (walk == WALK_ON && proto != IPPROTO_NONE && !frpr_pullup(fin, at, 0))
                walk = WALK_CUT;
        } else {
            walk = frpr_transport6(fin, at, proto) ? WALK_DONE : WALK_CUT;
        }
    }
    fin->fin_p = proto;
    if (walk == WALK_CUT)
        return false;
    /* A first fragment with only extension headers. */
    if (walk == WALK_ON && (fin->fin_flx & FI_FRAG) != 0 && fin->fin_off == 0)
        fin->fin_flx |= FI_BAD;
    if (cut)
        fin->fin_flx |= FI_SHORT | FI_BAD;
    return true;
}
