/* SPDX-License-Identifier: BSD-3-Clause
 *
 * An IPv6 packet's bytes into fr_info_t. Solaris: frpr_ipv6hdr() and frpr_ipv6exthdr() (fil.c).
 */
#include "filter/fr_impl.h"
#include "filter/ipf_words.h"

#include <netinet/in.h>

#define IPV6_HLEN    40u
#define EXT_HLEN_MIN 8u
#define FRAG_OFFMASK 0xfff8u
#define FRAG_MF      0x0001u

static i6addr_t read_address(const uint8_t *at)
{
    i6addr_t address;
    for (size_t i = 0; i < 4; i++)
        address.i6[i] = get32(at + 4 * i);
    return address;
}

/* A fragment header makes a fragment, also of a packet that is whole. fin_dlen is what follows. */
static void frpr_fragment6(fr_info_t *fin, const uint8_t *header)
{
    uint32_t word = get16(header + 2);
    fin->fin_off = word & FRAG_OFFMASK;
    fin->fin_mf = (word & FRAG_MF) != 0;
    fin->fin_id = get32(header + 4);
    fin->fin_frag = fin->fin_hlen;
    fin->fin_flx |= FI_FRAG;
    if (fin->fin_off == 0)
        return;
    fin->fin_flx |= FI_FRAGBODY;
    if (fin->fin_off + fin->fin_dlen > 65535 || fin->fin_dlen == 0 ||
        (fin->fin_mf && fin->fin_dlen % 8 != 0))
        fin->fin_flx |= FI_BAD;
}

/* The length of an extension header; 0 if `next` is none. */
static uint32_t ext_length(uint8_t next, const uint8_t *header)
{
    switch (next) {
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_DSTOPTS:
    case IPPROTO_MH:
        return (header[1] + 1u) * 8;
    case IPPROTO_FRAGMENT:
        return EXT_HLEN_MIN;
    case IPPROTO_AH:
        return (header[1] + 2u) * 4;
    default:
        return 0;
    }
}

static bool is_ext(uint8_t next)
{
    static const uint8_t zero[2] = {0, 0};
    return ext_length(next, zero) != 0;
}

/* Notes an extension header. What is behind a fragment header counts when the packet is whole
 * again; but for destination options, each may be there once, and hop-by-hop options come first. */
static void frpr_note(fr_info_t *fin, bool fragment, bool first)
{
    uint32_t bit = ipf_name_of(ipf_v6hdrs, fin->fin_p)->bit;
    fin->fin_flx |= FI_V6EXTHDR;
    if (fin->fin_p == IPPROTO_HOPOPTS && !first)
        fin->fin_flx |= FI_BAD;
    if (fragment)
        return;
    if ((fin->fin_optmsk & bit) != 0 && fin->fin_p != IPPROTO_DSTOPTS)
        fin->fin_flx |= FI_BAD;
    fin->fin_optmsk |= bit;
}

/* Goes past the extension headers, as far as they are whole. */
static void frpr_exthdrs(fr_info_t *fin, const uint8_t *ip)
{
    for (bool first = true; is_ext(fin->fin_p) && fin->fin_off == 0; first = false) {
        const uint8_t *header = ip + fin->fin_hlen;
        uint32_t length = fin->fin_dlen >= EXT_HLEN_MIN ? ext_length(fin->fin_p, header) : 0;
        uint8_t next = length > 0 ? header[0] : IPPROTO_NONE;
        frpr_note(fin, (fin->fin_flx & FI_FRAG) != 0, first);
        if (length == 0 || length > fin->fin_dlen) {
            fin->fin_flx |= length == 0 ? FI_SHORT : FI_BAD;
            fin->fin_p = IPPROTO_NONE;
            return;
        }
        fin->fin_hlen += length;
        fin->fin_dlen -= length;
        if (fin->fin_p == IPPROTO_FRAGMENT)
            frpr_fragment6(fin, header);
        fin->fin_p = next;
    }
    if (fin->fin_p == IPPROTO_ESP || fin->fin_p == IPPROTO_IPV6 || fin->fin_p == IPPROTO_NONE)
        frpr_note(fin, (fin->fin_flx & FI_FRAG) != 0, false);
}

static uint32_t transport_size(uint8_t proto)
{
    if (proto == IPPROTO_TCP)
        return 20;
    return proto == IPPROTO_UDP || proto == IPPROTO_ICMPV6 ? 8 : 0;
}

void frpr_ipv6hdr(fr_info_t *fin, const uint8_t *ip)
{
    fin->fin_hlen = IPV6_HLEN;
    fin->fin_plen = IPV6_HLEN + get16(ip + 4);
    fin->fin_p = ip[6];
    fin->fin_ttl = ip[7];
    fin->fin_src = read_address(ip + 8);
    fin->fin_dst = read_address(ip + 24);
    if (fin->fin_dst.i6[0] >> 24 == 0xff)
        fin->fin_flx |= FI_MULTICAST | FI_MBCAST;
}

int frpr_ipv6(fr_info_t *fin, const uint8_t *ip, size_t size)
{
    if (size < IPV6_HLEN)
        return -1;
    frpr_ipv6hdr(fin, ip);
    fin->fin_dlen = fin->fin_plen - IPV6_HLEN;
    if (fin->fin_plen > size) {
        fin->fin_dlen = (uint32_t)size - IPV6_HLEN;
        fin->fin_flx |= FI_SHORT | FI_BAD;
    }
    frpr_exthdrs(fin, ip);
    if (fin->fin_off != 0)
        return 0; /* unlike in IPv4, nothing is asked of a later fragment */
    /* Nor can a transport header be judged that is not all there. */
    return fin->fin_dlen < transport_size(fin->fin_p) ? -1 : frpr_transport(fin, ip);
}
