/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet's bytes into fr_info_t. Solaris: fr_makefrip() and frpr_*() (fil.c).
 */
#include "filter/fr_impl.h"
#include "filter/ipf_words.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#define IPV4_HLEN_MIN 20u
#define TCP_HLEN_MIN  20u
#define UDP_HLEN      8u
#define ICMP_HLEN     8u

#define IPV4_MF      0x2000u
#define IPV4_OFFMASK 0x1fffu

#define IPOPT_EOL      0
#define IPOPT_NOP      1
#define IPOPT_SECURITY 130

/* ---- the transport header ---- */

/* Marks a transport header that is not all there. A later fragment that begins inside of the
 * header would overwrite it, so it counts as short, too. */
static void frpr_short(fr_info_t *fin, uint32_t size)
{
    if (fin->fin_off == 0 ? fin->fin_dlen < size : fin->fin_off < size)
        fin->fin_flx |= FI_SHORT;
}

/* What TCP and UDP have in common. */
static void frpr_ports(fr_info_t *fin, const uint8_t *dp)
{
    fin->fin_flx |= FI_TCPUDP;
    if (fin->fin_off == 0 && fin->fin_dlen > 3) {
        fin->fin_sport = get16(dp);
        fin->fin_dport = get16(dp + 2);
    }
}

/* What no TCP sends. */
static bool bad_flags(uint8_t flags, uint16_t urgent)
{
    bool ack = (flags & TH_ACK) != 0;
    if ((flags & TH_URG) != 0 && urgent == 0)
        return true;
    if ((flags & (TH_SYN | TH_FIN)) != 0 && (flags & (TH_RST | TH_ACK)) == TH_RST)
        return true;
    return !ack && ((flags & (TH_RST | TH_SYN)) == 0 || (flags & (TH_URG | TH_PUSH | TH_FIN)) != 0);
}

static int frpr_tcp(fr_info_t *fin, const uint8_t *dp)
{
    frpr_short(fin, TCP_HLEN_MIN);
    frpr_ports(fin, dp);
    if (fin->fin_off != 0 || (fin->fin_flx & FI_SHORT) != 0)
        return 0;
    uint32_t header = (dp[12] >> 4) * 4u;
    if (header < TCP_HLEN_MIN) {
        fin->fin_flx |= FI_BAD;
        return 0; /* fil.c looks no further: the flags stay 0 */
    }
    fin->fin_tcpf = dp[13];
    if (bad_flags(dp[13], get16(dp + 18)))
        fin->fin_flx |= FI_BAD;
    return header > fin->fin_dlen ? -1 : 0;
}

static int frpr_udp(fr_info_t *fin, const uint8_t *dp)
{
    frpr_short(fin, UDP_HLEN);
    frpr_ports(fin, dp);
    /* Ports that are there, in a header that is not, are asked for and cannot be had. */
    return fin->fin_off == 0 && fin->fin_dlen > 3 && fin->fin_dlen < UDP_HLEN ? -1 : 0;
}

static int frpr_icmp(fr_info_t *fin, const uint8_t *dp)
{
    frpr_short(fin, ICMP_HLEN);
    if (fin->fin_off != 0)
        return 0;
    if (fin->fin_dlen > 1)
        fin->fin_icmp = get16(dp);
    return fin->fin_dlen < ICMP_HLEN ? -1 : 0;
}

int frpr_transport(fr_info_t *fin, const uint8_t *ip)
{
    const uint8_t *dp = ip + fin->fin_hlen;
    switch (fin->fin_p) {
    case IPPROTO_TCP:
        return frpr_tcp(fin, dp);
    case IPPROTO_UDP:
        return frpr_udp(fin, dp);
    case IPPROTO_ICMP:
        return fin->fin_v == 4 ? frpr_icmp(fin, dp) : 0;
    case IPPROTO_ICMPV6:
        return fin->fin_v == 6 ? frpr_icmp(fin, dp) : 0;
    default:
        return 0;
    }
}

/* ---- the IP header ---- */

static void frpr_security(fr_info_t *fin, const uint8_t *option, size_t length)
{
    const ipf_name_t *class = length > 2 ? ipf_name_of(ipf_secclasses, option[2]) : NULL;
    if (class != NULL)
        fin->fin_secmsk |= (uint16_t) class->bit;
}

static void frpr_options(fr_info_t *fin, const uint8_t *options, size_t size)
{
    for (size_t i = 0; i < size && options[i] != IPOPT_EOL;) {
        uint8_t kind = options[i];
        size_t length = kind == IPOPT_NOP ? 1 : (i + 1 < size ? options[i + 1] : 0);
        if (kind != IPOPT_NOP && (length < 2 || length > size - i)) {
            fin->fin_flx |= FI_BAD;
            return;
        }
        const ipf_name_t *name = ipf_name_of(ipf_options, kind);
        if (name != NULL)
            fin->fin_optmsk |= name->bit;
        if (kind == IPOPT_SECURITY)
            frpr_security(fin, options + i, length);
        i += length;
    }
}

static int frpr_ipv4hdr(fr_info_t *fin, const uint8_t *ip, size_t size)
{
    if (size < IPV4_HLEN_MIN)
        return -1;
    fin->fin_hlen = (ip[0] & 0x0fu) * 4;
    fin->fin_plen = get16(ip + 2);
    if (fin->fin_hlen < IPV4_HLEN_MIN || fin->fin_plen < fin->fin_hlen || fin->fin_hlen > size)
        return -1;
    fin->fin_tos = ip[1];
    fin->fin_ttl = ip[8];
    fin->fin_p = ip[9];
    fin->fin_src.i6[0] = get32(ip + 12);
    fin->fin_dst.i6[0] = get32(ip + 16);
    if (fin->fin_hlen > IPV4_HLEN_MIN) {
        fin->fin_flx |= FI_OPTIONS;
        frpr_options(fin, ip + IPV4_HLEN_MIN, fin->fin_hlen - IPV4_HLEN_MIN);
    }

    uint32_t off = get16(ip + 6);
    fin->fin_off = (off & IPV4_OFFMASK) << 3;
    uint32_t dlen = fin->fin_plen - fin->fin_hlen;
    if ((off & (IPV4_MF | IPV4_OFFMASK)) != 0)
        fin->fin_flx |= FI_FRAG;
    if (fin->fin_off != 0)
        fin->fin_flx |= FI_FRAGBODY;
    if (fin->fin_off + dlen > 65535 || ((off & IPV4_MF) != 0 && dlen % 8 != 0))
        fin->fin_flx |= FI_BAD;
    return 0;
}

static int frpr_ipv4(fr_info_t *fin, const uint8_t *ip, size_t size)
{
    if (frpr_ipv4hdr(fin, ip, size) != 0)
        return -1;
    fin->fin_dlen = fin->fin_plen - fin->fin_hlen;
    if (fin->fin_plen > size) {
        fin->fin_dlen = (uint32_t)size - fin->fin_hlen;
        fin->fin_flx |= FI_SHORT | FI_BAD;
    }
    return frpr_transport(fin, ip);
}

int fr_makefrip(fr_info_t *fin)
{
    const uint8_t *ip = fin->fin_m->b_rptr;
    size_t size = msgdsize(fin->fin_m);

    fin->fin_v = size > 0 ? ip[0] >> 4 : 0;
    if (fin->fin_v == 4)
        return frpr_ipv4(fin, ip, size);
    return fin->fin_v == 6 ? frpr_ipv6(fin, ip, size) : -1;
}
