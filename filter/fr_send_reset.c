/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The answer before the fix, and on a wire: a separate RST. Solaris: fr_send_reset()
 * (ip_fil_solaris.c). */
#include "filter/fr_impl.h"
#include "stack/in_cksum.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define IPV4_HLEN    20u
#define IPV6_HLEN    40u
#define TCP_HLEN     20u
#define CKSUM_VALID  0
#define CKSUM_UNSEEN 1
#define CKSUM_WRONG  -1

static const char function[] = "fr_send_reset";

/* On loopback checksums are not computed, so they are not verified; that of a fragment, or of a
 * part of a packet, cannot be verified. */
static int fr_checkl4sum(const fr_info_t *fin)
{
    const uint8_t *ip = fin->fin_m->b_rptr;

    if ((fin->fin_flx & FI_NOCKSUM) != 0)
        return CKSUM_VALID;
    if ((fin->fin_flx & (FI_FRAG | FI_SHORT | FI_BAD)) != 0)
        return CKSUM_UNSEEN;
    if (fr_l4_cksum(fin->fin_v, ip, fin->fin_p, ip + fin->fin_hlen, fr_there(fin)) != 0)
        return CKSUM_WRONG;
    return CKSUM_VALID;
}

/* Why the packet is not answered; NULL if it is. */
static const char *refusal(const fr_info_t *fin)
{
    if (fin->fin_p != IPPROTO_TCP)
        return "not TCP";
    if (fr_there(fin) < TCP_HLEN)
        return "the TCP header is not complete";
    if ((fr_tcp_flags(fin) & TH_RST) != 0)
        return "a RST is not answered";
    if (fr_checkl4sum(fin) == CKSUM_WRONG)
        return "the TCP checksum is wrong";
    return NULL;
}

/* RFC 9293, 3.5.2: an ACK is answered by a bare RST with its ack as seq, anything else by RST|ACK.
 * As in the original, data that came with a SYN or a FIN is not counted. */
static void fill_tcp(uint8_t *tcp, const uint8_t *old)
{
    uint8_t flags = old[13];

    memcpy(tcp, old + 2, 2);
    memcpy(tcp + 2, old, 2);
    tcp[12] = (TCP_HLEN / 4) << 4;
    if ((flags & TH_ACK) != 0) {
        memcpy(tcp + 4, old + 8, 4);
        tcp[13] = TH_RST;
    } else {
        put32(tcp + 8, get32(old + 4) + ((flags & (TH_SYN | TH_FIN)) != 0 ? 1 : 0));
        tcp[13] = TH_RST | TH_ACK;
    }
}

void fr_plain_rst(uint8_t *tcp, const uint8_t *old, size_t payload)
{
    uint8_t flags = old[13];
    memset(tcp, 0, TCP_HLEN);
    fill_tcp(tcp, old);
    if ((flags & TH_ACK) == 0)
        put32(tcp + 8, get32(old + 4) + ((flags & TH_SYN) != 0) + ((flags & TH_FIN) != 0) +
                           (uint32_t)payload);
}

int fr_send_reset(fr_info_t *fin)
{
    const uint8_t *old = fin->fin_m->b_rptr;
    size_t header = fin->fin_v == 6 ? IPV6_HLEN : IPV4_HLEN;
    size_t size = fr_address_size(fin), at = fr_src_at(fin);
    const char *reason = refusal(fin);
    if (reason != NULL)
        return fr_refuse(fin, function, reason);
    mblk_t *m = fr_allocb(fin, header + TCP_HLEN);
    if (m == NULL)
        return fr_refuse(fin, function, "no memory");

    uint8_t *ip = m->b_rptr, *tcp = ip + header;
    const uint8_t *old_tcp = old + fin->fin_hlen;
    m->b_wptr = tcp + TCP_HLEN;
    ip[fin->fin_v == 6 ? 6 : 9] = IPPROTO_TCP;
    memcpy(ip + at, old + at + size, size);
    memcpy(ip + at + size, old + at, size);
    if (fin->fin_ifs->ifs_build->ifb_plain_rst)
        fr_plain_rst(tcp, old_tcp, fr_there(fin) - (old_tcp[12] >> 4) * 4u);
    else
        fill_tcp(tcp, old_tcp);
    put16(tcp + 16, fr_l4_cksum(fin->fin_v, ip, IPPROTO_TCP, tcp, TCP_HLEN));
    return fr_send_ip(fin, m, function);
}
