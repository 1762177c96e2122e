/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fix for `return-icmp`: a blocked packet becomes the ICMP error that answers it. Solaris:
 * fr_make_icmp(), fr_make_icmp_v4() and fr_make_icmp_v6() (inet/ipf/ip_fil_solaris.c, CR 6747420).
 *
 * The packet keeps its IP header, options and all, with the addresses swapped and the protocol
 * ICMP; so the error comes from where the packet was going, and return-icmp-as-dest is the same.
 * With IPv4 it quotes the header and 8 bytes, with IPv6 everything, and its code is the
 * rule's, in ICMPv6's numbers. Of TCP only SYN and FIN are answered; before CR 6845913 was fixed
 * the test read the wrong word, and all of TCP was answered.
 *
 * Unlike the original, lengths are in network order, checksums are correct, and nothing leaks.
 */
#include "filter/fr_impl.h"
#include "stack/in_cksum.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>

#define TCP_HLEN_MIN 20u
#define IPV6_HLEN    40u
#define ICMP_HLEN    8u
#define QUOTE        8u /* ICMPERR_ICMPHLEN: bytes after the IPv4 header */
#define LENGTH_MAX   65535u

static const char function[] = "fr_make_icmp";

/* Why the packet is not answered; NULL if it is. As in the original, it does not check for ICMP
 * errors, fragments and multicast. */
static const char *refusal(const fr_info_t *fin)
{
    if (fin->fin_p != IPPROTO_TCP)
        return NULL;
    if (fin->fin_v == 6 && fin->fin_m->b_rptr[6] != IPPROTO_TCP)
        return "TCP does not follow the IPv6 header at once";
    if (fin->fin_ifs->ifs_build->ifb_cr_6845913)
        return NULL;
    if (fr_there(fin) < TCP_HLEN_MIN)
        return "the TCP header is not complete";
    if ((fr_tcp_flags(fin) & (TH_SYN | TH_FIN)) == 0)
        return "TCP with neither SYN nor FIN";
    return NULL;
}

static void turn_ip(const fr_info_t *fin, uint8_t *ip, size_t header, size_t payload)
{
    size_t size = fr_address_size(fin), at = fr_src_at(fin);
    swap_fields(ip + at, ip + at + size, size);
    if (fin->fin_v == 6) {
        put16(ip + 4, (uint16_t)payload);
        ip[6] = IPPROTO_ICMPV6;
        return;
    }
    put16(ip + 2, (uint16_t)(header + payload));
    ip[9] = IPPROTO_ICMP;
    put16(ip + 10, 0);
    put16(ip + 10, in_cksum(ip, header));
}

/* Builds the error in a new message; NULL if there is no memory. */
static mblk_t *build(const fr_info_t *fin)
{
    const mblk_t *old = fin->fin_m;
    bool v6 = fin->fin_v == 6;
    size_t header = v6 ? IPV6_HLEN : fin->fin_hlen;
    size_t quote = v6 ? msgdsize(old) : header + (fr_there(fin) < QUOTE ? fr_there(fin) : QUOTE);
    mblk_t *m = fr_allocb(fin, header + ICMP_HLEN + quote);
    if (m == NULL)
        return NULL;
    uint8_t *ip = m->b_rptr, *icmp = ip + header;
    m->b_wptr = icmp + ICMP_HLEN + quote;
    m->b_packet = old->b_packet;
    memcpy(ip, old->b_rptr, header);
    memcpy(icmp + ICMP_HLEN, old->b_rptr, quote);
    turn_ip(fin, ip, header, ICMP_HLEN + quote);
    icmp[0] = v6 ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH;
    icmp[1] = fin->fin_icode;
    put16(icmp + 2,
          fr_l4_cksum(fin->fin_v, ip, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, icmp, ICMP_HLEN + quote));
    return m;
}

int fr_make_icmp(fr_info_t *fin, mblk_t **mp)
{
    mblk_t *old = fin->fin_m;
    const char *reason = refusal(fin);
    if (reason == NULL && msgdsize(old) > LENGTH_MAX - ICMP_HLEN - IPV6_HLEN)
        reason = "too long to be quoted whole";
    mblk_t *m = reason == NULL ? build(fin) : NULL;
    if (m == NULL)
        return fr_refuse(fin, function, reason != NULL ? reason : "no memory");
    fin->fin_m = *mp = m;
    ipf_event_t event = fr_event(fin, IPF_EV_MAKE_ICMP);
    event.function = function;
    event.before = old->b_rptr;
    event.before_length = msgdsize(old);
    fr_emit(fin, &event);
    freemsg(old);
    return 0;
}
