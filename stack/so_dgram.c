/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sockets of datagrams: UDP, and raw ones for ICMP, as ping has. Solaris: inet/udp/udp.c,
 * inet/ip/icmp.c.
 */
#include "stack/in_cksum.h"
#include "stack/ip_impl.h"

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

static void on_udp(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *address,
                   u16_t port)
{
    ip_endpoint_t from = {from_lwip(address), port};
    (void)pcb;
    dgram_t *dgram = so_append_dgram(arg, &from, p->tot_len);
    if (dgram != NULL)
        pbuf_copy_partial(p, dgram->dg_bytes, p->tot_len, 0);
    else
        lost(arg, NULL);
    pbuf_free(p);
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
    if (so->so_type == SO_TCP)
        return EOPNOTSUPP;
    if (so->so_error != 0)
        return so_take_error(so);
    if (so->so_dgrams == NULL)
        return EAGAIN;
    *received = so->so_dgrams->dg_length < max ? so->so_dgrams->dg_length : max;
    memcpy(buffer, so->so_dgrams->dg_bytes, *received);
    *from = so->so_dgrams->dg_from;
    so_drop_dgram(so);
    return 0;
}

/* ---- making and ending ---- */

static bool port_is_bound(const ip_stack_t *ips, const in6_addr_t *address, uint16_t port)
{
    for (const sonode_t *so = so_on_port(ips, port); so != NULL; so = so->so_port_next) {
        if (so->so_type == SO_UDP && so->so_local.ie_port == port &&
            (so_accepts_address(so, address) || ip_address_is_any(address)))
            return true;
    }
    return false;
}

static int bind_udp(sonode_t *so)
{
    bool both = IN6_IS_ADDR_UNSPECIFIED(&so->so_local.ie_addr);
    ip_addr_t local = to_lwip(&so->so_local.ie_addr);
    so->so_udp = udp_new_ip_type(both               ? IPADDR_TYPE_ANY
                                 : IP_IS_V6(&local) ? IPADDR_TYPE_V6
                                                    : IPADDR_TYPE_V4);
    if (so->so_udp == NULL)
        return ENOMEM;
    udp_recv(so->so_udp, on_udp, so);
    if (both)
        local = *IP_ANY_TYPE;
    return udp_bind(so->so_udp, &local, so->so_local.ie_port) == ERR_OK ? 0 : EADDRINUSE;
}

int so_udp(ip_stack_t *ips, const in6_addr_t *address, uint16_t port, sonode_t **sop)
{
    *sop = NULL;
    if (!ip_address_is_any(address) && !ip_is_local(ips, address))
        return EADDRNOTAVAIL;
    if (port == 0 && (port = so_anonymous_port(ips, SO_UDP, 0)) == 0)
        return EADDRNOTAVAIL;
    if (port_is_bound(ips, address, port))
        return EADDRINUSE;
    sonode_t *so = so_create(ips);
    if (so == NULL)
        return ENOMEM;
    so->so_type = SO_UDP;
    so_set_local(so, address, port);
    stack_enter(ips);
    int error = bind_udp(so);
    if (error != 0)
        so_free(so);
    stack_leave(ips);
    if (error == 0)
        *sop = so;
    return error;
}

int so_icmp(ip_stack_t *ips, int family, sonode_t **sop)
{
    sonode_t *so = so_create(ips);
    *sop = so;
    if (so == NULL)
        return ENOMEM;
    so->so_type = SO_ICMP;
    so->so_local.ie_addr = ip_address_loopback(family); /* of the family, no more */
    return 0;
}

int so_udp_connect(sonode_t *so, const in6_addr_t *address, uint16_t port)
{
    in6_addr_t source;
    if (so->so_type != SO_UDP)
        return EOPNOTSUPP;
    if (port == 0)
        return EADDRNOTAVAIL;
    if (!ip_source_for(so->so_stack, address, &source))
        return ENETUNREACH;
    if (!so_accepts_address(so, &source))
        return EAFNOSUPPORT;
    so->so_remote = (ip_endpoint_t){*address, port};
    so->so_connected = true;
    return 0;
}

/* ---- sending ---- */

/* The addresses are ours to choose: a socket that is bound to none sends from the address of the
 * interface that the packet leaves by. */
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
    so->so_udp->ttl = so->so_stack->ips_build->ib_icmp_ttl;
    err_t err = udp_sendto_if_src(so->so_udp, p, &dst, to->ie_port, &ill->ill_netif, &src);
    pbuf_free(p);
    return err == ERR_OK ? 0 : err == ERR_MEM ? ENOMEM : ENETUNREACH;
}

/* A raw socket's message is whole but for its checksum; the IP header is the stack's. */
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

int so_sendto(sonode_t *so, const void *data, size_t length, const ip_endpoint_t *to)
{
    ip_stack_t *ips = so->so_stack;
    if (so->so_type == SO_TCP)
        return EOPNOTSUPP;
    if (so->so_error != 0)
        return so_take_error(so);
    if (to == NULL && !so->so_connected)
        return EDESTADDRREQ;
    if (to == NULL)
        to = &so->so_remote;
    if (length > PAYLOAD_MAX)
        return EMSGSIZE;
    if (!IN6_IS_ADDR_UNSPECIFIED(&so->so_local.ie_addr) &&
        ip_address_family(&so->so_local.ie_addr) != ip_address_family(&to->ie_addr))
        return EAFNOSUPPORT;
    stack_enter(ips);
    ips->ips_send_error = 0;
    int error = so->so_type == SO_UDP ? send_udp(so, data, length, to)
                                      : send_icmp(so, data, length, &to->ie_addr);
    if (error == 0)
        error = ips->ips_send_error;
    stack_leave(ips);
    return error;
}
