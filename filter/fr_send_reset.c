/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The answer of before the fix: a RST of its own, handed to net_inject(). Solaris:
 * fr_send_reset(), fr_send_ip() and fr_fastroute() (ip_fil_solaris.c).
 *
 * On a wire it works. On loopback net_inject() finds no way out and returns 1, which
 * fr_fastroute() takes for success, since it looks for values below 0 only: the counters say that
 * a RST was sent, and none was.
 */
#include "filter/fr_impl.h"
#include "stack/in_cksum.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define IPV4_HLEN    20u
#define TCP_HLEN     20u
#define RESET_SIZE   (IPV4_HLEN + TCP_HLEN)
#define RESET_TTL    255
#define IPV4_DF      0x4000u
#define CKSUM_VALID  0
#define CKSUM_UNSEEN 1
#define CKSUM_WRONG  -1

/* On loopback nobody writes a checksum, so none is verified; that of a fragment, or of half a
 * packet, cannot be judged. */
static int fr_checkl4sum(const fr_info_t *fin)
{
    const uint8_t *ip = fin->fin_m->b_rptr;

    if ((fin->fin_flx & FI_NOCKSUM) != 0)
        return CKSUM_VALID;
    if ((fin->fin_flx & (FI_FRAG | FI_SHORT | FI_BAD)) != 0)
        return CKSUM_UNSEEN;
    if (in_cksum_pseudo(ip + 12, ip + 16, 4, fin->fin_p, ip + fin->fin_hlen, fin->fin_dlen) != 0)
        return CKSUM_WRONG;
    return CKSUM_VALID;
}

/* Why the packet is not answered, or NULL. */
static const char *refusal(const fr_info_t *fin)
{
    if (fin->fin_v != 4)
        return "not IPv4";
    if (fin->fin_p != IPPROTO_TCP)
        return "not TCP";
    if (fin->fin_dlen < TCP_HLEN)
        return "the TCP header is not complete";
    if ((fin->fin_m->b_rptr[fin->fin_hlen + 13] & TH_RST) != 0)
        return "a RST is not answered";
    if (fr_checkl4sum(fin) == CKSUM_WRONG)
        return "the TCP checksum is wrong";
    return NULL;
}

static int refuse(const fr_info_t *fin, const char *reason)
{
    ipf_event_t event = fr_event(fin, IPF_EV_SEND_REFUSED);
    event.reason = reason;
    fr_emit(fin, &event);
    return -1;
}

/* Hands a packet to the stack, for the interface that the first one came through. Takes it. */
static int fr_fastroute(fr_info_t *fin, mblk_t *m)
{
    friostat_t *stats = &fin->fin_ifs->ifs_frstats;
    net_inject_t inject = {
        .ni_version = NETINFO_VERSION, .ni_packet = m, .ni_physical = fin->fin_qpi->qpi_ill};
    struct sockaddr_in sin = {.sin_family = AF_INET};

    if (fin->fin_ifs->ifs_inet == NULL) {
        freemsg(m);
        stats->f_froute[1]++;
        return refuse(fin, "the filter is not attached to a stack");
    }
    memcpy(&sin.sin_addr, m->b_rptr + 16, sizeof(sin.sin_addr));
    memcpy(&inject.ni_addr, &sin, sizeof(sin));

    int result = net_inject(fin->fin_ifs->ifs_inet, NI_DIRECT_OUT, &inject);
    stats->f_froute[result < 0 ? 1 : 0]++;
    ipf_event_t event = fr_event(fin, IPF_EV_INJECTED);
    event.value = result;
    if (result < 0)
        event.reason = "counted as failed";
    else if (result > 0)
        event.reason = "1 is not below 0: counted as sent";
    else
        event.reason = "sent";
    fr_emit(fin, &event);
    return result < 0 ? -1 : 0;
}

/* Fills in the IP header of a reply and sends it. Takes it. */
static int fr_send_ip(fr_info_t *fin, mblk_t *m)
{
    uint8_t *ip = m->b_rptr;

    ip[0] = 0x45;
    ip[1] = fin->fin_m->b_rptr[1];
    put16(ip + 2, (uint16_t)msgdsize(m));
    put16(ip + 4, fin->fin_ifs->ifs_ipid++);
    put16(ip + 6, IPV4_DF);
    ip[8] = RESET_TTL;
    put16(ip + 10, 0);
    put16(ip + 10, in_cksum(ip, IPV4_HLEN));

    ipf_event_t event = fr_event(fin, IPF_EV_SEND_RESET);
    event.packet = ip;
    event.length = msgdsize(m);
    fr_emit(fin, &event);
    return fr_fastroute(fin, m);
}

/* RFC 9293, 3.5.2: an ACK is answered by a bare RST in its place, anything else by RST|ACK. */
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

int fr_send_reset(fr_info_t *fin)
{
    const uint8_t *old = fin->fin_m->b_rptr;
    const char *reason = refusal(fin);
    if (reason != NULL)
        return refuse(fin, reason);
    mblk_t *m = allocb(RESET_SIZE);
    if (m == NULL)
        return refuse(fin, "no memory");

    uint8_t *ip = m->b_rptr;
    uint8_t *tcp = ip + IPV4_HLEN;
    m->b_wptr += RESET_SIZE;
    ip[9] = IPPROTO_TCP;
    memcpy(ip + 12, old + 16, 4);
    memcpy(ip + 16, old + 12, 4);
    fill_tcp(tcp, old + fin->fin_hlen);
    put16(tcp + 16, in_cksum_pseudo(ip + 12, ip + 16, 4, IPPROTO_TCP, tcp, TCP_HLEN));
    return fr_send_ip(fin, m);
}
