/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The answer before the fix, and on a wire: a separate ICMP error. Solaris: fr_send_icmp_err()
 * (ip_fil_solaris.c).
 *
 * Here the code of an IPv6 rule is an ICMPv4 code and is translated; fr_make_icmp() does not
 * translate it. */
#include "filter/fr_impl.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#define IPV4_HLEN    20u
#define IPV6_HLEN    40u
#define ICMP_HLEN    8u
#define IPV6_MIN_MTU 1280u
#define NONE         -1

static const char function[] = "fr_send_icmp_err";

/* icmptoicmp6unreach[]: by ICMPv4's code. */
static int code6(uint8_t code)
{
    static const int8_t codes[] = {
        ICMP6_DST_UNREACH_ADDR,
        ICMP6_DST_UNREACH_ADDR,
        NONE,
        ICMP6_DST_UNREACH_NOPORT,
        NONE,
        ICMP6_DST_UNREACH_BEYONDSCOPE,
        ICMP6_DST_UNREACH_ADDR,
        ICMP6_DST_UNREACH_ADDR,
        NONE,
        ICMP6_DST_UNREACH_ADMIN,
        ICMP6_DST_UNREACH_ADMIN,
        ICMP6_DST_UNREACH_ADDR,
        ICMP6_DST_UNREACH_ADDR,
        ICMP6_DST_UNREACH_ADMIN,
    };
    return code < sizeof(codes) ? codes[code] : NONE;
}

static bool is_query(const fr_info_t *fin)
{
    uint8_t type = (uint8_t)(fin->fin_icmp >> 8);
    if (fin->fin_v == 6)
        return type >= ICMP6_ECHO_REQUEST;
    return type == ICMP_ECHO || type == ICMP_TIMESTAMP || type == ICMP_INFO_REQUEST ||
           type == ICMP_ADDRESS;
}

/* Why the packet is not answered; NULL if it is. */
static const char *refusal(const fr_info_t *fin)
{
    bool icmp = fin->fin_p == (fin->fin_v == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
    if (icmp && !is_query(fin))
        return "ICMP other than a query is not answered";
    if (fin->fin_off != 0)
        return "a later fragment is not answered";
    if ((fin->fin_flx & (FI_MULTICAST | FI_BROADCAST | FI_MBCAST)) != 0)
        return "multicast and broadcast are not answered";
    if (fin->fin_v == 6 && code6(fin->fin_icode) == NONE)
        return "ICMPv6 has no such code";
    return NULL;
}

/* How many bytes of the packet are quoted. */
static size_t quote_length(const fr_info_t *fin)
{
    size_t whole = msgdsize(fin->fin_m);
    size_t most = fin->fin_v == 6 ? IPV6_MIN_MTU - IPV6_HLEN - ICMP_HLEN
                                  : fin->fin_hlen + fin->fin_ifs->ifs_build->ifb_icmp_quote;
    return whole < most ? whole : most;
}

/* Sets the error's source: the packet's destination, or the address of the interface that it came
 * through.
 * => Returns false if the interface has no address. */
static bool set_addresses(const fr_info_t *fin, uint8_t *ip, bool as_dest)
{
    const uint8_t *old = fin->fin_m->b_rptr;
    size_t size = fr_address_size(fin), at = fr_src_at(fin);
    net_handle_t net = fin->fin_v == 6 ? fin->fin_ifs->ifs_inet6 : fin->fin_ifs->ifs_inet;
    uint8_t address[16];
    unsigned bits;
    memcpy(ip + at + size, old + at, size);
    memcpy(ip + at, old + at + size, size);
    if (as_dest || net == NULL)
        return true;
    if (net_getifaddr(net, fin->fin_qpi->qpi_ill, fin->fin_v == 6 ? AF_INET6 : AF_INET, address,
                      &bits) != 0)
        return false;
    memcpy(ip + at, address, size);
    return true;
}

int fr_send_icmp_err(fr_info_t *fin, bool as_dest)
{
    bool v6 = fin->fin_v == 6;
    size_t header = v6 ? IPV6_HLEN : IPV4_HLEN, quote = quote_length(fin);
    const char *reason = refusal(fin);
    if (reason != NULL)
        return fr_refuse(fin, function, reason);
    mblk_t *m = fr_allocb(fin, header + ICMP_HLEN + quote);
    if (m == NULL)
        return fr_refuse(fin, function, "no memory");
    uint8_t *ip = m->b_rptr, *icmp = ip + header, protocol = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    m->b_wptr = icmp + ICMP_HLEN + quote;
    ip[v6 ? 6 : 9] = protocol;
    if (!set_addresses(fin, ip, as_dest)) {
        freemsg(m);
        return fr_refuse(fin, function, "the interface has no address");
    }
    icmp[0] = v6 ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH;
    icmp[1] = v6 ? (uint8_t)code6(fin->fin_icode) : fin->fin_icode;
    memcpy(icmp + ICMP_HLEN, fin->fin_m->b_rptr, quote);
    put16(icmp + 2, fr_l4_cksum(fin->fin_v, ip, protocol, icmp, ICMP_HLEN + quote));
    return fr_send_ip(fin, m, function);
}
