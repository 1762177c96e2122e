/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet's bytes into fr_info_t. Solaris: fr_makefrip() and frpr_*() (fil.c); IPFilter 6:
 * ipf_pr_*().
 *
 * Lengths are those of the headers. What a parser reads must be there (frpr_pullup), and a packet
 * that ends before is refused; what no parser reads can be missing.
 */
#include "filter/fr_impl.h"
#include "filter/ipf_words.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

#define IPV4_HLEN_MIN 20u
#define TCP_HLEN_MIN  20
#define UDP_HLEN      8
#define ICMP_HLEN     8
#define GRE_HLEN      8
#define ESP_HLEN      8
#define AH_HLEN       12

#define IPV4_PLAIN   0x45u /* the first byte of a header without options */
#define IPV4_MF      0x2000u
#define IPV4_OFFMASK 0x1fffu

/* ---- what is there ---- */

/* The beginning of what follows the IP header. Missing bytes are 0: see frpr_copy(). */
static inline void frpr_copy(const fr_info_t *fin, const fr_bytes_t *at, size_t from, uint8_t *to,
                             size_t length)
{
    size_t begin = fin->fin_hlen + from;
    if (begin + length <= at->left) {
        memcpy(to, at->ip + begin, length); /* the usual case */
        return;
    }
    size_t there = begin < at->left ? at->left - begin : 0;
    memset(to, 0, length);
    memcpy(to, at->ip + (there > 0 ? begin : 0), there < length ? there : length);
}

/* ---- checksums ---- */

/* The sum of the 16-bit words over the header's length, with 0 for the field at `field`. */
static uint16_t sum_message(const fr_info_t *fin, const fr_bytes_t *at, size_t field, uint32_t sum)
{
    size_t end = fin->fin_plen < at->left ? fin->fin_plen : at->left;
    for (size_t i = fin->fin_hlen; i < end; i += 2) {
        if (i != fin->fin_hlen + field)
            sum += i + 1 < end ? get16(at->ip + i) : (uint32_t)at->ip[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

/* Compares the field with the correct value. For UDP 0 means no checksum, and 0xffff instead of 0
 * is wrong, too. (ipf_checkl4sum) */
void frpr_checksum(fr_info_t *fin, const fr_bytes_t *at, uint8_t proto, size_t field)
{
    uint8_t said[2];
    uint32_t sum = 0;
    if (!fin->fin_sums || (fin->fin_flx & (FI_FRAG | FI_SHORT | FI_BAD)) != 0)
        return;
    frpr_copy(fin, at, field, said, sizeof(said));
    if (proto == IPPROTO_UDP && get16(said) == 0)
        return;
    if (proto != IPPROTO_ICMP) {
        size_t addresses = 2 * fr_address_size(fin), from = fr_src_at(fin);
        sum = proto + ((fin->fin_plen - fin->fin_hlen) & 0xffff);
        for (size_t i = 0; i < addresses; i += 2)
            sum += get16(at->ip + from + i);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    if (sum_message(fin, at, field, sum) != get16(said))
        fin->fin_flx |= FI_BAD;
}

/* ---- the transport header ---- */

/* Marks a transport header that is not complete. A later fragment that begins within the header
 * would overwrite it, so it is short, too. */
static void frpr_short(fr_info_t *fin, int32_t size)
{
    if (fin->fin_off == 0 ? fin->fin_dlen < size : fin->fin_off < (uint32_t)size)
        fin->fin_flx |= FI_SHORT;
}

/* Of the header that begins at `ports`. */
static void frpr_ports(fr_info_t *fin, const uint8_t *ports)
{
    if (fin->fin_dlen <= 3)
        return;
    fin->fin_sport = get16(ports);
    fin->fin_dport = get16(ports + 2);
}

/* Flags that no TCP sends. */
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

bool frpr_tcp(fr_info_t *fin, const fr_bytes_t *at)
{
    uint8_t tcp[TCP_HLEN_MIN];
    fin->fin_flx |= FI_TCPUDP;
    if (fin->fin_off != 0)
        return true;
    /* A negative length counts as a large one here. */
    bool part = fin->fin_dlen >= 0 && fin->fin_dlen < TCP_HLEN_MIN;
    if (!frpr_pullup(fin, at, part ? (size_t)fin->fin_dlen : TCP_HLEN_MIN))
        return false;
    frpr_copy(fin, at, 0, tcp, sizeof(tcp));
    frpr_ports(fin, tcp);
    if ((fin->fin_flx & FI_SHORT) != 0)
        return true;
    size_t header = (tcp[12] >> 4) * 4u;
    if (header < TCP_HLEN_MIN) {
        fin->fin_flx |= FI_BAD;
        return true; /* nothing more is read: the flags stay 0 */
    }
    fin->fin_tcpf = tcp[13];
    if (bad_flags(tcp[13], get16(tcp + 18)))
        fin->fin_flx |= FI_BAD;
    if ((fin->fin_flx & FI_BAD) != 0)
        return true; /* an earlier fault ends it here, too */
    if (header > TCP_HLEN_MIN && !frpr_pullup(fin, at, header))
        return false;
    frpr_checksum(fin, at, IPPROTO_TCP, 16);
    return true;
}

/* If a part of the header is read, all of it must be there. */
bool frpr_udp(fr_info_t *fin, const fr_bytes_t *at)
{
    uint8_t ports[4];
    fin->fin_flx |= FI_TCPUDP;
    if (fin->fin_off == 0 && fin->fin_dlen > 3) {
        if (!frpr_pullup(fin, at, UDP_HLEN))
            return false;
        frpr_copy(fin, at, 0, ports, sizeof(ports));
        frpr_ports(fin, ports);
    }
    frpr_checksum(fin, at, IPPROTO_UDP, 6);
    return true;
}

/* ---- ICMP ---- */

bool fr_icmp_is_error(uint8_t v, uint8_t type)
{
    if (v == 6)
        return type >= ICMP6_DST_UNREACH && type <= ICMP6_PARAM_PROB;
    return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
           type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

/* The least length of a message of a type. For information requests, and for types that are no
 * known queries, it is that of struct icmp. */
static int32_t icmp_size(uint8_t type)
{
    switch (type) {
    case ICMP_ECHO:
    case ICMP_ECHOREPLY:
    case 9: /* router advertisement, solicitation */
    case 10:
        return ICMP_HLEN;
    case ICMP_TIMESTAMP:
    case ICMP_TIMESTAMPREPLY:
        return 20;
    case ICMP_ADDRESS:
    case ICMP_ADDRESSREPLY:
        return 12;
    default:
        return 28;
    }
}

/* The MTU of "fragmentation needed". IPFilter reads it in the machine's byte order, so ipftest on a
 * little-endian machine gets 5 for 1280. A host here reads it in network order. */
static uint16_t next_mtu(const fr_info_t *fin, const uint8_t *icmp)
{
    uint16_t mtu = get16(icmp + 6);
    return fin->fin_host ? mtu : (uint16_t)(mtu << 8 | mtu >> 8);
}

/* Whether an error cannot be about a packet that this host sent: it quotes a later fragment, or a
 * packet whose source is not the error's destination. */
static bool bad_error(const fr_info_t *fin, const fr_bytes_t *at)
{
    uint8_t icmp[ICMP_HLEN + 20];
    frpr_copy(fin, at, 0, icmp, sizeof(icmp));
    if (get16(icmp) == (ICMP_DEST_UNREACH << 8 | ICMP_FRAG_NEEDED) &&
        next_mtu(fin, icmp) < fin->fin_ifs->ifs_tunables.icmpminfragmtu)
        return true;
    return (get16(icmp + ICMP_HLEN + 6) & IPV4_OFFMASK) != 0 ||
           get32(icmp + ICMP_HLEN + 12) != fin->fin_dst.i6[0];
}

static bool frpr_icmp(fr_info_t *fin, const fr_bytes_t *at)
{
    uint8_t icmp[ICMP_HLEN];
    frpr_short(fin, ICMP_HLEN);
    if (fin->fin_off != 0)
        return true;
    if (!frpr_pullup(fin, at, ICMP_HLEN))
        return false;
    frpr_copy(fin, at, 0, icmp, sizeof(icmp));
    fin->fin_icmp = get16(icmp);
    fin->fin_icmpid = get16(icmp + 4);
    if (fr_icmp_is_error(4, icmp[0])) {
        fin->fin_flx |= FI_ICMPERR;
        if (bad_error(fin, at))
            fin->fin_flx |= FI_BAD;
    }
    frpr_short(fin, icmp_size(icmp[0]));
    frpr_checksum(fin, at, IPPROTO_ICMP, 2);
    return true;
}

/* ---- the rest of IPv4 ---- */

/* A header that must be there and is not parsed. */
static bool frpr_opaque(fr_info_t *fin, const fr_bytes_t *at, int32_t size, bool fragments)
{
    if (fin->fin_off == 0 || fragments)
        frpr_short(fin, size);
    return fin->fin_off != 0 || frpr_pullup(fin, at, (size_t)size);
}

/* AH: what it protects follows, and is parsed.
 * => Returns false if the packet ends too early. */
static bool frpr_ah(fr_info_t *fin, const fr_bytes_t *at, uint8_t *next)
{
    uint8_t ah[2];
    *next = IPPROTO_NONE;
    fin->fin_flx |= FI_AH;
    frpr_short(fin, AH_HLEN);
    if ((fin->fin_flx & FI_SHORT) != 0 || fin->fin_off != 0)
        return true;
    if (!frpr_pullup(fin, at, AH_HLEN))
        return false;
    frpr_copy(fin, at, 0, ah, sizeof(ah));
    int32_t length = (ah[1] + 2) * 4;
    frpr_short(fin, length);
    if (!frpr_pullup(fin, at, (size_t)length))
        return false;
    *next = ah[0];
    fin->fin_hlen += (uint32_t)length;
    fin->fin_dlen -= length;
    return true;
}

static bool frpr_tcp4(fr_info_t *fin, const fr_bytes_t *at)
{
    frpr_short(fin, TCP_HLEN_MIN);
    return frpr_tcp(fin, at);
}

static bool frpr_udp4(fr_info_t *fin, const fr_bytes_t *at)
{
    frpr_short(fin, UDP_HLEN);
    return frpr_udp(fin, at);
}

static bool frpr_transport4(fr_info_t *fin, const fr_bytes_t *at)
{
    uint8_t proto = fin->fin_p;
    if (proto == IPPROTO_AH) {
        /* The protocol that rules compare stays AH, and a checksum after it is not verified. */
        fin->fin_sums = false;
        if (!frpr_ah(fin, at, &proto))
            return false;
    }
    switch (proto) {
    case IPPROTO_TCP:
        return frpr_tcp4(fin, at);
    case IPPROTO_UDP:
        return frpr_udp4(fin, at);
    case IPPROTO_ICMP:
        return frpr_icmp(fin, at);
    case IPPROTO_GRE:
        return frpr_opaque(fin, at, GRE_HLEN, true);
    case IPPROTO_ESP:
        return frpr_opaque(fin, at, ESP_HLEN, false);
    default:
        return true;
    }
}

/* ---- the IP header ---- */

/* The offset of a fragment. The first one is never bad: a fault in it shows in the others. */
static void frpr_fragment(fr_info_t *fin, uint32_t off)
{
    int32_t dlen = fin->fin_dlen;
    fin->fin_off = (off & IPV4_OFFMASK) << 3;
    fin->fin_mf = (off & IPV4_MF) != 0;
    fin->fin_frag = fin->fin_hlen;
    if (fin->fin_mf || fin->fin_off != 0)
        fin->fin_flx |= FI_FRAG;
    if (fin->fin_off == 0)
        return;
    fin->fin_flx |= FI_FRAGBODY;
    if ((int32_t)fin->fin_off + dlen > 65535 || dlen == 0 || (fin->fin_mf && dlen % 8 != 0))
        fin->fin_flx |= FI_BAD;
}

bool frpr_cut(fr_info_t *fin, const fr_bytes_t *at)
{
    if (!fin->fin_host || fin->fin_plen <= at->size)
        return false;
    fin->fin_dlen = at->size > fin->fin_hlen ? (int32_t)(at->size - fin->fin_hlen) : 0;
    return true;
}

static bool frpr_ipv4(fr_info_t *fin, const fr_bytes_t *at)
{
    const uint8_t *ip = at->ip;
    if (at->size < IPV4_HLEN_MIN)
        return false;
    fin->fin_hlen = (ip[0] & 0x0fu) * 4;
    if (fin->fin_hlen < IPV4_HLEN_MIN || fin->fin_hlen > at->size)
        return false;
    uint32_t options = fin->fin_hlen - IPV4_HLEN_MIN;
    fin->fin_plen = fin->fin_quoted ? (uint32_t)at->size : get16(ip + 2);
    fin->fin_dlen = (int32_t)fin->fin_plen - (int32_t)fin->fin_hlen;
    if (fin->fin_host && fin->fin_dlen < 0)
        return false;
    fin->fin_tos = ip[1];
    fin->fin_id = get16(ip + 4);
    fin->fin_ttl = ip[8];
    fin->fin_p = ip[9];
    fin->fin_src.i6[0] = get32(ip + 12);
    fin->fin_dst.i6[0] = get32(ip + 16);
    if (ip[16] >> 4 == 0xe)
        fin->fin_flx |= FI_MULTICAST | FI_MBCAST;
    frpr_fragment(fin, get16(ip + 6));
    if (frpr_cut(fin, at))
        fin->fin_flx |= FI_SHORT | FI_BAD;
    if (!frpr_transport4(fin, at))
        return false;
    if (options > 0) {
        fin->fin_flx |= FI_OPTIONS;
        frpr_options(fin, ip + IPV4_HLEN_MIN, options);
    }
    return true;
}

/* ---- the usual packet ---- */

/* The flags of the segments that TCP sends, as a set. */
#define WITH(flags) (1u << (flags))
static const uint32_t usual_flags =
    WITH(TH_SYN) | WITH(TH_SYN | TH_ACK) | WITH(TH_ACK) | WITH(TH_PUSH | TH_ACK) |
    WITH(TH_FIN | TH_ACK) | WITH(TH_FIN | TH_PUSH | TH_ACK) | WITH(TH_RST) | WITH(TH_RST | TH_ACK);

bool fr_is_usual(const uint8_t *ip, size_t size)
{
    const uint8_t *tcp = ip + IPV4_HLEN_MIN;
    if (size < IPV4_HLEN_MIN + TCP_HLEN_MIN || ip[0] != IPV4_PLAIN || ip[9] != IPPROTO_TCP ||
        get16(ip + 2) != size || (get16(ip + 6) & (IPV4_MF | IPV4_OFFMASK)) != 0)
        return false;
    size_t header = (tcp[12] >> 4) * 4u;
    return header >= TCP_HLEN_MIN && IPV4_HLEN_MIN + header <= size && ip[16] >> 4 != 0xe &&
           tcp[13] < TH_URG && (usual_flags >> tcp[13] & 1) != 0;
}

/* All that the functions above find out one by one is known of it at once. */
static void frpr_usual(fr_info_t *fin, const uint8_t *ip, size_t size)
{
    const uint8_t *tcp = ip + IPV4_HLEN_MIN;
    fin->fin_flx |= FI_TCPUDP;
    fin->fin_hlen = fin->fin_frag = IPV4_HLEN_MIN;
    fin->fin_plen = (uint32_t)size;
    fin->fin_dlen = (int32_t)(size - IPV4_HLEN_MIN);
    fin->fin_p = IPPROTO_TCP;
    fin->fin_tos = ip[1];
    fin->fin_id = get16(ip + 4);
    fin->fin_ttl = ip[8];
    fin->fin_src.i6[0] = get32(ip + 12);
    fin->fin_dst.i6[0] = get32(ip + 16);
    fin->fin_sport = get16(tcp);
    fin->fin_dport = get16(tcp + 2);
    fin->fin_tcpf = tcp[13];
}

static bool frpr_ip(fr_info_t *fin, const fr_bytes_t *at)
{
    if (fin->fin_v == 4)
        return frpr_ipv4(fin, at);
    return fin->fin_v == 6 && frpr_ipv6(fin, at);
}

int fr_makefrip(fr_info_t *fin)
{
    size_t size = msgdsize(fin->fin_m), left = fin->fin_qpi->qpi_left;
    const fr_bytes_t at = {fin->fin_m->b_rptr, size, left > size ? left : size};

    fin->fin_v = at.size > 0 ? at.ip[0] >> 4 : 0;
    if (!fin->fin_sums && fr_is_usual(at.ip, at.size))
        frpr_usual(fin, at.ip, at.size);
    else if (!frpr_ip(fin, &at))
        return -1;
    if (!fin->fin_out && fin->fin_ttl < fin->fin_ifs->ifs_tunables.minttl) {
        fin->fin_flx |= FI_LOWTTL;
        fin->fin_ifs->ifs_frstats.f_st[0].fr_badttl++;
    }
    return 0;
}

int fr_makefrip_quoted(fr_info_t *fin, const uint8_t *ip, size_t size)
{
    const fr_bytes_t at = {ip, size, size};
    fin->fin_quoted = true;
    return frpr_ip(fin, &at) ? 0 : -1;
}
