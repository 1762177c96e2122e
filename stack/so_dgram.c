/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Datagram sockets: UDP, and raw sockets for ICMP, like ping's. Solaris: inet/udp/udp.c,
 * inet/ip/icmp.c. */
#include "stack/in_cksum.h"
#include "stack/ip_path.h"
#include "stack/sonode.h"

#include "lwip/pbuf.h"

#include <errno.h>

#define PAYLOAD_MAX (65535u - IPH_MIN - UDPH_LEN)

/* ---- receiving ---- */

/* A datagram that cannot be kept is lost. */
static void lost(const sonode_t *so, const mblk_t *mp)
{
    ip_stack_t *ips = so->so_stack;
    ips->ips_stats.in_discards++;
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_DISCARD,
                               .mp = mp,
                               .local = so->so_local,
                               .reason = "its socket has no room for it"});
}

/* A raw socket gets the message without its IP header. */
void so_raw_input(ip_stack_t *ips, const mblk_t *mp, const ip_header_t *iph)
{
    ip_endpoint_t from = {iph->iph_src, 0};
    for (sonode_t *so = ips->ips_sockets; so != NULL; so = so->so_next) {
        if (so->so_type != SO_ICMP || ip_address_family(&so->so_local.ie_addr) != iph->iph_family)
            continue;
        dgram_t *dgram = so_append_dgram(so, &from, iph->iph_payload_length);
        if (dgram != NULL)
            memcpy(dgram->dg_bytes, iph->iph_payload, iph->iph_payload_length);
        else
            lost(so, mp);
    }
}

int so_recvfrom(sonode_t *so, void *buffer, size_t max, size_t *received, ip_endpoint_t *from)
{
    *received = 0;
    so_catch_up(so);
    if (so->so_type == SO_TCP)
        return EOPNOTSUPP;
    if (so->so_error != 0)
        return so_take_pending(so);
    if (so->so_dgrams == NULL) {
        *from = so->so_remote;
        return so->so_cantrcvmore && !so->so_stack->ips_build->ib_linux_sockets ? 0 : EAGAIN;
    }
    *received = so->so_dgrams->dg_length < max ? so->so_dgrams->dg_length : max;
    memcpy(buffer, so->so_dgrams->dg_bytes, *received);
    *from = so->so_dgrams->dg_from;
    so_drop_dgram(so);
    return 0;
}

bool so_waits_in_vain(const sonode_t *so)
{
    return so->so_type != SO_TCP && so->so_cantrcvmore;
}

/* ---- making and ending ---- */

/* lwIP builds its datagrams, but does not choose its ports. What arrives does not pass through
 * lwIP. */
int so_udp_open(sonode_t *so)
{
    if (so->so_udp != NULL)
        return 0;
    stack_enter(so->so_stack);
    so->so_udp = udp_new_ip_type(IPADDR_TYPE_ANY);
    stack_leave(so->so_stack);
    return so->so_udp != NULL ? 0 : ENOMEM;
}

int so_icmp(ip_stack_t *ips, int family, sonode_t **sop)
{
    sonode_t *so = so_create(ips);
    *sop = so;
    if (so == NULL)
        return ENOMEM;
    so->so_type = SO_ICMP;
    so->so_family = family;
    so->so_local.ie_addr = ip_address_loopback(family); /* it only tells the family */
    return 0;
}

/* While it is connected, a socket without an address of its own has the one that the route chooses.
 */
int so_udp_connect(sonode_t *so, const in6_addr_t *address, uint16_t port)
{
    in6_addr_t source, to = *address;
    if (so->so_type != SO_UDP)
        return EOPNOTSUPP;
    if (port == 0)
        return EADDRNOTAVAIL;
    if (ip_address_is_any(&to))
        to = ip_address_loopback(ip_address_family(&to));
    if (!ip_source_for(so->so_stack, &to, &source))
        return ENETUNREACH;
    if (!so_accepts_address(so, &source))
        return EAFNOSUPPORT;
    if (so_bind_any(so) != 0)
        return EAGAIN;
    so->so_remote = (ip_endpoint_t){to, port};
    so->so_connected = true;
    if (ip_address_is_any(&so->so_local.ie_addr))
        so->so_local.ie_addr = source;
    return 0;
}

/* ---- sending ---- */

/* We choose the addresses: a socket that is not bound to one sends from the address of the
 * interface by which the packet leaves. */
static int send_udp(sonode_t *so, const void *data, size_t length, const ip_endpoint_t *to)
{
    in6_addr_t source = so->so_local.ie_addr;
    if (ip_address_is_any(&source) && !ip_source_for(so->so_stack, &to->ie_addr, &source))
        return ENETUNREACH;
    struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)length, PBUF_RAM);
    if (p == NULL)
        return ENOMEM;
    pbuf_take(p, data, (u16_t)length);
    ill_t *ill = ill_of_local(so->so_stack, &source);
    ip_addr_t dst = to_lwip(&to->ie_addr), src = to_lwip(&source);
    so->so_udp->local_ip = *IP_ANY_TYPE;
    so->so_udp->local_port = so->so_local.ie_port;
    so->so_udp->ttl = so->so_stack->ips_build->ib_icmp_ttl;
    err_t err = udp_sendto_if_src(so->so_udp, p, &dst, to->ie_port, &ill->ill_netif, &src);
    pbuf_free(p);
    return err == ERR_OK ? 0 : err == ERR_MEM ? ENOMEM : ENETUNREACH;
}

/* A raw socket's message is complete except its checksum. The stack writes the IP header. */
static int send_icmp(sonode_t *so, const void *data, size_t length, const in6_addr_t *to)
{
    ip_stack_t *ips = so->so_stack;
    in6_addr_t source;
    bool v4 = ip_address_family(to) == AF_INET;
    size_t header = v4 ? IPH_MIN : IP6H_LEN;
    ip_header_t iph;

    if (length < ICMPH_LEN)
        return EINVAL;
    if (!ip_source_for(ips, to, &source))
        return ENETUNREACH;
    mblk_t *mp = allocb_from(ips->ips_memory, header + length);
    if (mp == NULL)
        return ENOMEM;
    mp->b_wptr += header + length;
    memcpy(mp->b_rptr + header, data, length);
    ip_write_header(ips, mp->b_rptr, &source, to, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
                    ips->ips_build->ib_icmp_ttl, length);
    ip_header_read(mp, &iph);
    put16(iph.iph_payload + 2, 0);
    put16(iph.iph_payload + 2,
          v4 ? in_cksum(iph.iph_payload, length) : ip_payload_cksum(&iph, IPPROTO_ICMPV6));
    ip_wput_ire(ips, mp);
    return 0;
}

/* What keeps a socket from sending at all. Linux checks the peer first, and has given the socket a
 * port before. */
static int refuse_sending(sonode_t *so, const ip_endpoint_t *to)
{
    bool is_linux = so->so_stack->ips_build->ib_linux_sockets;
    bool is_alone = to == NULL && !so->so_connected;
    if (so->so_type == SO_TCP)
        return EOPNOTSUPP;
    int error = so->so_type == SO_UDP && is_linux ? so_bind_any(so) : 0;
    if (error != 0)
        return error;
    if (is_linux && is_alone)
        return EDESTADDRREQ;
    if (so->so_cantsendmore && !is_linux)
        return EPIPE;
    if (so->so_error != 0)
        return so_take_pending(so);
    if (so->so_cantsendmore)
        return EPIPE;
    return is_alone ? EDESTADDRREQ : 0;
}

/* With its first datagram a socket without a port gets one. */
static int prepare_udp(sonode_t *so)
{
    int error = so_bind_any(so);
    return error == 0 ? so_udp_open(so) : error;
}

int so_sendto(sonode_t *so, const void *data, size_t length, const ip_endpoint_t *to)
{
    ip_stack_t *ips = so->so_stack;
    so_catch_up(so);
    int refused = refuse_sending(so, to);
    if (refused != 0)
        return refused;
    if (to == NULL)
        to = &so->so_remote;
    if (length > PAYLOAD_MAX)
        return EMSGSIZE;
    if (!IN6_IS_ADDR_UNSPECIFIED(&so->so_local.ie_addr) &&
        ip_address_family(&so->so_local.ie_addr) != ip_address_family(&to->ie_addr))
        return EAFNOSUPPORT;
    stack_enter(ips);
    ips->ips_send_error = 0;
    int error = so->so_type == SO_UDP ? prepare_udp(so) : 0;
    if (error == 0)
        error = so->so_type == SO_UDP ? send_udp(so, data, length, to)
                                      : send_icmp(so, data, length, &to->ie_addr);
    if (error == 0)
        error = ips->ips_send_error;
    stack_leave(ips);
    return error;
}
