/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fix itself: a blocked segment becomes the RST that answers it. Solaris: fr_make_rst()
 * (inet/ipf/ip_fil_solaris.c, CR 6747420).
 *
 * It swaps addresses and ports, sets ack to seq + 1 (whatever the segment's length), seq to the old
 * ack, and the flags to RST|ACK. Everything else stays as it was sent: lengths, id, TTL, window,
 * the options of the SYN, the payload. There is one difference: Solaris leaves the checksum wrong,
 * because it is not verified on loopback; here it is kept correct (RFC 1624), because lwIP and
 * capture tools verify it. Swapping does not change the sum, so only seq, ack and flags count. */
#include "filter/fr_impl.h"
#include "stack/in_cksum.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#define TCP_HLEN_MIN  20u
#define PLAIN_RST_TTL 64
#define IPV4_DF       0x4000u

static const char function[] = "fr_make_rst";

/* Why the packet is not answered; NULL if it is. As in the original, it does not check for
 * fragments, multicast and RSTs with a SYN. */
static const char *refusal(const fr_info_t *fin)
{
    if (fin->fin_p != IPPROTO_TCP)
        return "not TCP";
    if (fr_there(fin) < TCP_HLEN_MIN)
        return "the TCP header is not complete";
    if ((fr_tcp_flags(fin) & (TH_SYN | TH_FIN)) == 0 && !fin->fin_ifs->ifs_rewrite_any)
        return "neither SYN nor FIN is set";
    return NULL;
}

/* Changes the 16-bit word at `at`, and the checksum that covers it. */
static void change16(uint8_t *sum, uint8_t *at, uint16_t value)
{
    put16(sum, in_cksum_update(get16(sum), get16(at), value));
    put16(at, value);
}

static void change32(uint8_t *sum, uint8_t *at, uint32_t value)
{
    change16(sum, at, (uint16_t)(value >> 16));
    change16(sum, at + 2, (uint16_t)value);
}

static void swap_addresses(const fr_info_t *fin, uint8_t *ip)
{
    size_t size = fr_address_size(fin), at = fr_src_at(fin);
    swap_fields(ip + at, ip + at + size, size);
}

static void rewrite(const fr_info_t *fin, uint8_t *ip, uint8_t *tcp)
{
    uint8_t *sum = tcp + 16;
    uint32_t seq = get32(tcp + 4);
    uint32_t ack = get32(tcp + 8);

    swap_addresses(fin, ip);
    swap_fields(tcp, tcp + 2, 2);
    change32(sum, tcp + 4, ack);
    change32(sum, tcp + 8, seq + 1);
    change16(sum, tcp + 12, (uint16_t)(tcp[12] << 8 | TH_RST | TH_ACK));
}

/* Replaces the segment by another stack's RST: 20 bytes, with its own IP header. */
static void rewrite_plainly(const fr_info_t *fin, uint8_t *ip, uint8_t *tcp)
{
    uint8_t rst[TCP_HLEN_MIN];
    fr_plain_rst(rst, tcp, fr_there(fin) - (tcp[12] >> 4) * 4u);
    memcpy(tcp, rst, sizeof(rst));
    fin->fin_m->b_wptr = tcp + sizeof(rst);
    swap_addresses(fin, ip);
    put16(tcp + 16, fr_l4_cksum(fin->fin_v, ip, IPPROTO_TCP, tcp, sizeof(rst)));
    if (fin->fin_v == 6) {
        put16(ip + 4, (uint16_t)(tcp + sizeof(rst) - ip - 40));
        ip[7] = PLAIN_RST_TTL;
        return;
    }
    put16(ip + 2, (uint16_t)(tcp + sizeof(rst) - ip));
    put16(ip + 4, 0);
    put16(ip + 6, IPV4_DF);
    ip[8] = PLAIN_RST_TTL;
    put16(ip + 10, 0);
    put16(ip + 10, in_cksum(ip, fin->fin_hlen));
}

static void turn(const fr_info_t *fin)
{
    uint8_t *ip = fin->fin_m->b_rptr, *tcp = ip + fin->fin_hlen;
    if (fin->fin_ifs->ifs_build->ifb_plain_rst)
        rewrite_plainly(fin, ip, tcp);
    else
        rewrite(fin, ip, tcp);
}

int fr_make_rst(fr_info_t *fin)
{
    mblk_t *m = fin->fin_m;
    const char *reason = refusal(fin);

    if (reason != NULL)
        return fr_refuse(fin, function, reason);
    if (fin->fin_ifs->ifs_probe == NULL) {
        turn(fin);
        return 0;
    }

    size_t size = msgdsize(m);
    uint8_t *before = memory_alloc(fin->fin_ifs->ifs_memory, size);
    if (before != NULL)
        memcpy(before, m->b_rptr, size);
    turn(fin);
    ipf_event_t event = fr_event(fin, IPF_EV_MAKE_RST);
    event.function = function;
    event.before = before;
    event.before_length = before != NULL ? size : 0;
    fr_emit(fin, &event);
    memory_free(fin->fin_ifs->ifs_memory, before);
    return 0;
}
