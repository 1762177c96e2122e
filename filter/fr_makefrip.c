/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet's bytes into fr_info_t. Solaris: fr_makefrip() and frpr_*() (fil.c).
 */
#include "filter/fr_impl.h"
#include "filter/ipf_words.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

#define IPV4_HLEN_MIN 20u
#define TCP_HLEN_MIN  20u
#define UDP_HLEN      8u
#define ICMP_HLEN     8u
#define GRE_HLEN      8u
#define ESP_HLEN      8u
#define AH_HLEN       12u
#define ICMP_MINMTU   68 /* fr_icmpminfragmtu */

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
    if ((flags & TH_SYN) != 0 && (flags & (TH_URG | TH_PUSH)) != 0)
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

/* ---- ICMP ---- */

bool fr_icmp_is_error(uint8_t v, uint8_t type)
{
    if (v == 6)
        return type >= ICMP6_DST_UNREACH && type <= ICMP6_PARAM_PROB;
    return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
           type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

/* How much a message of a type has at least. What is no known query is as long as struct icmp. */
static uint32_t icmp_size(uint8_t v, uint8_t type)
{
    if (v == 6)
        return fr_icmp_is_error(v, type) ? ICMP_HLEN + 40 : ICMP_HLEN;
    switch (type) {
    case ICMP_ECHO:
    case ICMP_ECHOREPLY:
    case 9: /* router advertisement, solicitation */
    case 10:
        return ICMP_HLEN;
    case ICMP_TIMESTAMP:
    case ICMP_TIMESTAMPREPLY:
        return 20;
    case ICMP_INFO_REQUEST:
    case ICMP_INFO_REPLY:
    case ICMP_ADDRESS:
    case ICMP_ADDRESSREPLY:
        return 12;
    default:
        return 28;
    }
}

/* Whether an error cannot be one of a packet that was sent from here: what it quotes is a later
 * fragment, or has another source than the error's destination. Bytes that are not there are 0. */
static bool bad_error(const fr_info_t *fin, const uint8_t *dp)
{
    uint8_t quoted[40] = {0};
    uint32_t size = fin->fin_dlen - ICMP_HLEN;
    memcpy(quoted, dp + ICMP_HLEN, size < sizeof(quoted) ? size : sizeof(quoted));
    if (fin->fin_v == 6) {
        for (size_t i = 0; size >= sizeof(quoted) && i < 4; i++) {
            if (get32(quoted + 8 + 4 * i) != fin->fin_dst.i6[i])
                return true;
        }
        return false;
    }
    if (get16(dp) == (ICMP_DEST_UNREACH << 8 | ICMP_FRAG_NEEDED) && get16(dp + 6) < ICMP_MINMTU)
        return true;
    return (get16(quoted + 6) & IPV4_OFFMASK) != 0 || get32(quoted + 12) != fin->fin_dst.i6[0];
}

static int frpr_icmp(fr_info_t *fin, const uint8_t *dp)
{
    frpr_short(fin, ICMP_HLEN);
    if (fin->fin_off != 0)
        return 0;
    if (fin->fin_dlen < ICMP_HLEN)
        return -1;
    fin->fin_icmp = get16(dp);
    fin->fin_icmpid = get32(dp + 4);
    if (fr_icmp_is_error(fin->fin_v, dp[0])) {
        fin->fin_flx |= FI_ICMPERR;
        if (bad_error(fin, dp))
            fin->fin_flx |= FI_BAD;
    }
    frpr_short(fin, icmp_size(fin->fin_v, dp[0]));
    return 0;
}

/* ---- the rest ---- */

/* A header of which nothing is asked but that it is there. */
static int frpr_opaque(fr_info_t *fin, uint32_t size)
{
    frpr_short(fin, size);
    return fin->fin_off == 0 && fin->fin_dlen < size ? -1 : 0;
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
    case IPPROTO_GRE:
        return frpr_opaque(fin, GRE_HLEN);
    case IPPROTO_ESP:
        return frpr_opaque(fin, ESP_HLEN);
    case IPPROTO_AH:
        frpr_short(fin, AH_HLEN);
        return 0;
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

/* One option of more than four bytes; shorter ones are passed over. */
static void frpr_option(fr_info_t *fin, const uint8_t *option, size_t length)
{
    const ipf_name_t *name = ipf_name_of(ipf_options, option[0]);
    if (name == NULL || length <= 4)
        return;
    if (option[0] == IPOPT_SECURITY) {
        if ((fin->fin_optmsk & name->bit) != 0)
            fin->fin_flx |= FI_BAD;
        else
            frpr_security(fin, option, length);
    }
    fin->fin_optmsk |= name->bit;
}

/* What runs over ends the list, and is no fault of the packet. */
static void frpr_options(fr_info_t *fin, const uint8_t *options, size_t size)
{
    for (size_t i = 0; i < size && options[i] != IPOPT_EOL;) {
        size_t length = options[i] == IPOPT_NOP ? 1 : (i + 1 < size ? options[i + 1] : 0);
        if (options[i] != IPOPT_NOP && (length < 2 || length > size - i))
            return;
        frpr_option(fin, options + i, length);
        i += length;
    }
}

/* Where a fragment lies. The first one is never bad: what is wrong with it shows in the others. */
static void frpr_fragment(fr_info_t *fin, uint32_t off)
{
    uint32_t dlen = fin->fin_plen - fin->fin_hlen;
    fin->fin_off = (off & IPV4_OFFMASK) << 3;
    fin->fin_mf = (off & IPV4_MF) != 0;
    fin->fin_frag = fin->fin_hlen;
    if (fin->fin_mf || fin->fin_off != 0)
        fin->fin_flx |= FI_FRAG;
    if (fin->fin_off == 0)
        return;
    fin->fin_flx |= FI_FRAGBODY;
    if (fin->fin_off == 8 && fin->fin_p == IPPROTO_TCP)
        fin->fin_flx |= FI_SHORT; /* RFC 3128 */
    if (fin->fin_off + dlen > 65535 || dlen == 0 || (fin->fin_mf && dlen % 8 != 0))
        fin->fin_flx |= FI_BAD;
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
    fin->fin_id = get16(ip + 4);
    fin->fin_ttl = ip[8];
    fin->fin_p = ip[9];
    fin->fin_src.i6[0] = get32(ip + 12);
    fin->fin_dst.i6[0] = get32(ip + 16);
    if (fin->fin_hlen > IPV4_HLEN_MIN) {
        fin->fin_flx |= FI_OPTIONS;
        frpr_options(fin, ip + IPV4_HLEN_MIN, fin->fin_hlen - IPV4_HLEN_MIN);
    }
    frpr_fragment(fin, get16(ip + 6));
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
    int result = -1;

    fin->fin_v = size > 0 ? ip[0] >> 4 : 0;
    if (fin->fin_v == 4)
        result = frpr_ipv4(fin, ip, size);
    else if (fin->fin_v == 6)
        result = frpr_ipv6(fin, ip, size);
    if (result == 0 && !fin->fin_out && fin->fin_ttl < fin->fin_ifs->ifs_fr_minttl) {
        fin->fin_flx |= FI_LOWTTL;
        fin->fin_ifs->ifs_frstats.f_st[0].fr_badttl++;
    }
    return result;
}

int fr_makefrip_quoted(fr_info_t *fin, const uint8_t *ip, size_t size)
{
    if (fin->fin_v == 6) {
        if (size < 48 || ip[0] >> 4 != 6)
            return -1;
        frpr_ipv6hdr(fin, ip);
    } else if (size < 1 || ip[0] >> 4 != 4 || frpr_ipv4hdr(fin, ip, size) != 0 ||
               size < fin->fin_hlen + 8) {
        return -1;
    }
    const uint8_t *dp = ip + fin->fin_hlen;
    if (fin->fin_p == IPPROTO_TCP || fin->fin_p == IPPROTO_UDP) {
        fin->fin_flx |= FI_TCPUDP;
        fin->fin_sport = get16(dp);
        fin->fin_dport = get16(dp + 2);
    } else if (fin->fin_p == (fin->fin_v == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
        fin->fin_icmp = get16(dp);
        fin->fin_icmpid = get32(dp + 4);
        if (fr_icmp_is_error(fin->fin_v, dp[0]))
            fin->fin_flx |= FI_ICMPERR;
    }
    return 0;
}
