/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sending a reply that the filter has built. Solaris: fr_send_ip() and fr_fastroute()
 * (ip_fil_solaris.c).
 *
 * On a wire it works. On loopback net_inject() finds no way out and returns 1, which
 * fr_fastroute() takes for success, since it checks only for values below 0: the counters show that
 * a reply was sent, but none was.
 */
#include "filter/fr_impl.h"
#include "stack/in_cksum.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>

#define IPV4_HLEN 20u
#define IPV6_HLEN 40u
#define IPV4_DF   0x4000u

#define TOS_INTERNETWORK_CONTROL 0xc0 /* RFC 1812, 4.3.2.5: what an ICMP error should have */

int fr_refuse(const fr_info_t *fin, const char *function, const char *reason)
{
    ipf_event_t event = fr_event(fin, IPF_EV_REFUSED);
    event.function = function;
    event.reason = reason;
    fr_emit(fin, &event);
    return -1;
}

uint16_t fr_l4_cksum(int version, const uint8_t *ip, uint8_t protocol, const uint8_t *message,
                     size_t length)
{
    size_t size = version == 6 ? 16 : 4, at = version == 6 ? 8 : 12;
    if (protocol == IPPROTO_ICMP)
        return in_cksum(message, length);
    return in_cksum_pseudo(ip + at, ip + at + size, size, protocol, message, length);
}

/* The next hop, to which the reply goes. */
static void set_address(const fr_info_t *fin, const mblk_t *m, net_inject_t *inject)
{
    struct sockaddr_in sin = {.sin_family = AF_INET};
    struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
    if (fin->fin_v == 6) {
        memcpy(&sin6.sin6_addr, m->b_rptr + 24, sizeof(sin6.sin6_addr));
        memcpy(&inject->ni_addr, &sin6, sizeof(sin6));
    } else {
        memcpy(&sin.sin_addr, m->b_rptr + 16, sizeof(sin.sin_addr));
        memcpy(&inject->ni_addr, &sin, sizeof(sin));
    }
}

static const char *believed(int result)
{
    if (result < 0)
        return "counted as failed";
    return result > 0 ? "1 is not below 0: counted as sent" : "sent";
}

/* Hands a packet to the stack, for the interface through which the first packet came: takes `m`. */
static int fr_fastroute(fr_info_t *fin, net_handle_t net, mblk_t *m)
{
    friostat_t *stats = &fin->fin_ifs->ifs_frstats;
    net_inject_t inject = {
        .ni_version = NETINFO_VERSION, .ni_packet = m, .ni_physical = fin->fin_qpi->qpi_ill};

    set_address(fin, m, &inject);
    int result = net_inject(net, NI_DIRECT_OUT, &inject);
    stats->f_froute[result < 0 ? 1 : 0]++;
    ipf_event_t event = fr_event(fin, IPF_EV_INJECTED);
    event.function = "fr_fastroute";
    event.value = result;
    event.reason = believed(result);
    fr_emit(fin, &event);
    return result < 0 ? -1 : 0;
}

/* Linux: a RST has DF and needs no identifier; an ICMP error can be fragmented. */
static void fill_ip_linux(fr_info_t *fin, uint8_t *ip)
{
    bool icmp = ip[9] == IPPROTO_ICMP;
    ip[1] = icmp ? TOS_INTERNETWORK_CONTROL : 0;
    put16(ip + 4, icmp ? fin->fin_ifs->ifs_ipid++ : 0);
    put16(ip + 6, icmp ? 0 : IPV4_DF);
}

static void fill_ip(fr_info_t *fin, mblk_t *m)
{
    const ipf_build_t *build = fin->fin_ifs->ifs_build;
    uint8_t *ip = m->b_rptr;
    assert(msgdsize(m) >= (fin->fin_v == 6 ? IPV6_HLEN : IPV4_HLEN));
    if (fin->fin_v == 6) {
        ip[0] = 0x60;
        put16(ip + 4, (uint16_t)(msgdsize(m) - IPV6_HLEN));
        ip[7] = build->ifb_reply_hops;
        return;
    }
    ip[0] = 0x45;
    put16(ip + 2, (uint16_t)msgdsize(m));
    if (build->ifb_plain_rst) {
        fill_ip_linux(fin, ip);
    } else {
        ip[1] = fin->fin_m->b_rptr[1];
        put16(ip + 4, fin->fin_ifs->ifs_ipid++);
        put16(ip + 6, IPV4_DF);
    }
    ip[8] = build->ifb_reply_ttl;
    put16(ip + 10, in_cksum(ip, IPV4_HLEN));
}

int fr_send_ip(fr_info_t *fin, mblk_t *m, const char *function)
{
    ipf_stack_t *ifs = fin->fin_ifs;
    net_handle_t net = fin->fin_v == 6 ? ifs->ifs_inet6 : ifs->ifs_inet;

    fill_ip(fin, m);
    ipf_event_t event = fr_event(fin, IPF_EV_SEND);
    event.function = function;
    event.packet = m->b_rptr;
    event.length = msgdsize(m);
    fr_emit(fin, &event);
    if (net == NULL) {
        freemsg(m);
        ifs->ifs_frstats.f_froute[1]++;
        return fr_refuse(fin, "fr_fastroute", "the filter is not attached to a stack");
    }
    if (!IPF_IS_LOOPBACK(fin->fin_qpi->qpi_flags) || ifs->ifs_reply_mode != IPF_REPLY_NETINFO)
        return fr_fastroute(fin, net, m);
    net_loopback(net, m);
    return 0;
}
