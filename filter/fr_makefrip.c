/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet's bytes into fr_info_t. Solaris: fr_makefrip() and frpr_*() (fil.c).
 *
 * Lengths in headers are the sender's claims: what is read is bounded by the bytes that are there.
 * IPv6 is parsed as far as its fixed header, since no rule can match it yet.
 */
#include "filter/fr_impl.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#define IPV4_HLEN_MIN 20u
#define IPV6_HLEN     40u
#define TCP_HLEN_MIN  20u
#define UDP_HLEN      8u
#define ICMP_HLEN     8u

#define IPV4_MF      0x2000u
#define IPV4_OFFMASK 0x1fffu

/* Marks a transport header that is not all there. A later fragment that begins inside of the
 * header would overwrite it, so it counts as short, too. */
static void frpr_short(fr_info_t *fin, uint32_t size)
{
    if (fin->fin_off == 0 ? fin->fin_dlen < size : fin->fin_off < size)
        fin->fin_flx |= FI_SHORT;
}

/* What TCP and UDP have in common.
 * => Returns whether the rest of the header may be looked at. */
static bool frpr_ports(fr_info_t *fin, const uint8_t *dp)
{
    fin->fin_flx |= FI_TCPUDP;
    if (fin->fin_off != 0)
        return false;
    if (fin->fin_dlen > 3) {
        fin->fin_sport = get16(dp);
        fin->fin_dport = get16(dp + 2);
    }
    return (fin->fin_flx & FI_SHORT) == 0;
}

static void frpr_tcp(fr_info_t *fin, const uint8_t *dp)
{
    frpr_short(fin, TCP_HLEN_MIN);
    if (!frpr_ports(fin, dp))
        return;
    if ((dp[12] >> 4) * 4u < TCP_HLEN_MIN) {
        fin->fin_flx |= FI_BAD;
        return; /* fil.c looks no further: the flags stay 0 */
    }
    uint8_t flags = dp[13];
    fin->fin_tcpf = flags;

    bool urgent = (flags & TH_URG) != 0;
    bool ack = (flags & TH_ACK) != 0;
    if (urgent && get16(dp + 18) == 0)
        fin->fin_flx |= FI_BAD;
    else if ((flags & (TH_SYN | TH_FIN)) != 0 && (flags & (TH_RST | TH_ACK)) == TH_RST)
        fin->fin_flx |= FI_BAD;
    else if (!ack && (flags & (TH_RST | TH_SYN)) == 0)
        fin->fin_flx |= FI_BAD;
    else if (!ack && (flags & (TH_URG | TH_PUSH | TH_FIN)) != 0)
        fin->fin_flx |= FI_BAD;
}

static void frpr_udp(fr_info_t *fin, const uint8_t *dp)
{
    frpr_short(fin, UDP_HLEN);
    frpr_ports(fin, dp);
}

static int frpr_ipv4hdr(fr_info_t *fin, const uint8_t *ip, size_t size)
{
    if (size < IPV4_HLEN_MIN)
        return -1;
    fin->fin_hlen = (ip[0] & 0x0fu) * 4;
    fin->fin_plen = get16(ip + 2);
    if (fin->fin_hlen < IPV4_HLEN_MIN || fin->fin_plen < fin->fin_hlen || fin->fin_hlen > size)
        return -1;
    fin->fin_p = ip[9];
    fin->fin_src = get32(ip + 12);
    fin->fin_dst = get32(ip + 16);
    if (fin->fin_hlen > IPV4_HLEN_MIN)
        fin->fin_flx |= FI_OPTIONS;

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

static int frpr_ipv6hdr(fr_info_t *fin, const uint8_t *ip, size_t size)
{
    if (size < IPV6_HLEN)
        return -1;
    fin->fin_hlen = IPV6_HLEN;
    fin->fin_plen = IPV6_HLEN + get16(ip + 4);
    fin->fin_p = ip[6];
    return 0;
}

int fr_makefrip(fr_info_t *fin)
{
    const uint8_t *ip = fin->fin_m->b_rptr;
    size_t size = msgdsize(fin->fin_m);

    fin->fin_v = size > 0 ? ip[0] >> 4 : 0;
    if (fin->fin_v == 4 ? frpr_ipv4hdr(fin, ip, size) != 0
                        : fin->fin_v != 6 || frpr_ipv6hdr(fin, ip, size) != 0)
        return -1;
    fin->fin_dlen = fin->fin_plen - fin->fin_hlen;
    if (fin->fin_plen > size) {
        fin->fin_dlen = (uint32_t)size - fin->fin_hlen;
        fin->fin_flx |= FI_SHORT | FI_BAD;
    }

    const uint8_t *dp = ip + fin->fin_hlen;
    if (fin->fin_p == IPPROTO_TCP)
        frpr_tcp(fin, dp);
    else if (fin->fin_p == IPPROTO_UDP)
        frpr_udp(fin, dp);
    else if (fin->fin_p == IPPROTO_ICMP)
        frpr_short(fin, ICMP_HLEN);
    return 0;
}
