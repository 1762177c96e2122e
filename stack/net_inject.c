/* SPDX-License-Identifier: BSD-3-Clause
 *
 * net_inject and the interface look-ups of netinfo. Solaris: inet/ip/ip_netinfo.c (ip_inject_impl)
 * and inet/ip/ip_ftable.c (ipfil_sendpkt).
 *
 * ipfil_sendpkt takes only routes that lead to a wire, IRE_CACHE and IRE_INTERFACE. A host's own
 * address has an IRE_LOOPBACK or IRE_LOCAL: this is why an injected RST never reached a client on
 * loopback. From build 129 on it reaches the client, past all hooks.
 */
#include "stack/ip_path.h"

#include <assert.h>
#include <errno.h>

static void as_own(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    (void)ill;
    ip_wput_ire(ips, mp);
}

/* The taskqs IP_INJECT_QUEUE_IN (`ill` is the interface) and IP_INJECT_QUEUE_OUT (NULL). They
 * run later: the caller can be inside a hook, which is inside a send. */
static bool queue(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    return later_add(&ips->ips_injects, vclock_now(ips->ips_clock), ill != NULL ? ip_rput : as_own,
                     ips, ill, mp);
}

/* ---- net_inject ---- */

/* The kind of route to an address, as a look-up in the forwarding table finds it. */
static ip_route_t route_type(ip_stack_t *ips, const in6_addr_t *address)
{
    if (ip_is_local(ips, address))
        return ip_address_is_loopback(address) ? IP_ROUTE_LOOPBACK : IP_ROUTE_LOCAL;
    return ill_of_onlink(ips, address) != NULL ? IP_ROUTE_INTERFACE : IP_ROUTE_NONE;
}

/* The next hop that the caller names, else the packet's destination.
 * => Returns false if there is neither. */
static bool destination(const net_inject_t *packet, in6_addr_t *address)
{
    ip_header_t iph;
    struct sockaddr_in sin;
    struct sockaddr_in6 sin6;
    if (packet->ni_addr.ss_family == AF_INET) {
        memcpy(&sin, &packet->ni_addr, sizeof(sin));
        *address = ip_address_v4(sin.sin_addr);
        return true;
    }
    if (packet->ni_addr.ss_family == AF_INET6) {
        memcpy(&sin6, &packet->ni_addr, sizeof(sin6));
        *address = sin6.sin6_addr;
        return true;
    }
    if (ip_header_read(packet->ni_packet, &iph) != NULL)
        return false;
    *address = iph.iph_dst;
    return true;
}

static const char *style_name(inject_t style)
{
    return style == NI_DIRECT_OUT ? "NI_DIRECT_OUT"
           : style == NI_QUEUE_IN ? "NI_QUEUE_IN"
                                  : "NI_QUEUE_OUT";
}

static void tell(ip_stack_t *ips, inject_t style, const net_inject_t *packet, ip_route_t route,
                 int error)
{
    const ill_t *ill = ill_lookup(ips, packet->ni_physical);
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_NET_INJECT,
                               .mp = packet->ni_packet,
                               .event = style_name(style),
                               .phy = packet->ni_physical,
                               .ifname = ill != NULL ? ill->ill_name : NULL,
                               .route = route,
                               .error = error,
                               .verdict = error == ENOMEM ? -1 : error != 0});
}

/* Sends a packet past all hooks.
 * => Returns 0 or an errno; takes the packet only if it is 0. */
static int direct_out(ip_stack_t *ips, net_inject_t *packet, ip_route_t *route)
{
    in6_addr_t address;
    *route = IP_ROUTE_NONE;
    if (!destination(packet, &address))
        return EINVAL;
    *route = route_type(ips, &address);
    ill_t *local = ill_of_local(ips, &address), *wire = ill_of_onlink(ips, &address);
    if (local != NULL ? !ips->ips_build->ib_inject_local : wire == NULL)
        return local != NULL ? ENONET : ENETUNREACH;
    tell(ips, NI_DIRECT_OUT, packet, *route, 0);
    packet->ni_packet->b_packet = ++ips->ips_last_packet;
    if (local != NULL)
        ip_deliver(ips, local, packet->ni_packet);
    else
        ip_xmit(ips, wire, packet->ni_packet, &address);
    return 0;
}

/* A queued packet cannot fail any more: its caller has returned. */
static int queue_one(ip_stack_t *ips, inject_t style, net_inject_t *packet)
{
    ill_t *ill = ill_lookup(ips, packet->ni_physical);
    if (style == NI_QUEUE_IN && (ill == NULL || ill->ill_index == LO0_IFINDEX))
        return ENXIO;
    if (!queue(ips, style == NI_QUEUE_IN ? ill : NULL, packet->ni_packet))
        return ENOMEM;
    tell(ips, style, packet, IP_ROUTE_QUEUED, 0);
    return 0;
}

static int inject(void *stack, inject_t style, net_inject_t *packet)
{
    ip_stack_t *ips = stack;
    ip_route_t route = style == NI_QUEUE_IN ? IP_ROUTE_NO_INPUT : IP_ROUTE_NO_STYLE;
    int error = EINVAL;

    assert(packet->ni_packet != NULL);
    if (style == NI_DIRECT_OUT)
        error = direct_out(ips, packet, &route);
    else if (style == NI_QUEUE_IN || style == NI_QUEUE_OUT)
        error = queue_one(ips, style, packet);
    if (error != 0) {
        ips->ips_stats.out_discards++;
        tell(ips, style, packet, route, error);
        freemsg(packet->ni_packet);
    }
    packet->ni_packet = NULL;
    return error == ENOMEM ? -1 : error != 0;
}

/* ---- the look-ups ---- */

static phy_if_t phylookup(void *stack, const char *name)
{
    const ip_stack_t *ips = stack;
    for (size_t i = 0; i < ips->ips_ill_count; i++) {
        if (strcmp(ips->ips_ills[i].ill_name, name) == 0)
            return ips->ips_ills[i].ill_index;
    }
    return 0;
}

static int getifname(void *stack, phy_if_t phy, char *buffer, size_t size)
{
    const ill_t *ill = ill_lookup(stack, phy);
    if (ill != NULL && size >= sizeof(ill->ill_name)) { /* the usual case */
        memcpy(buffer, ill->ill_name, sizeof(ill->ill_name));
        return 0;
    }
    if (size > 0)
        buffer[0] = '\0';
    if (ill == NULL || strlen(ill->ill_name) >= size)
        return -1;
    strcpy(buffer, ill->ill_name);
    return 0;
}

static int getifaddr(void *stack, phy_if_t phy, int family, uint8_t address[16], unsigned *bits)
{
    const ill_t *ill = ill_lookup(stack, phy);
    size_t i = family == AF_INET6 ? FAMILY_INET6 : FAMILY_INET;
    if (ill == NULL)
        return -1;
    ip_address_put(&ill->ill_address[i], address);
    *bits = ill->ill_bits[i];
    return 0;
}

static void loopback(void *stack, mblk_t *mp)
{
    if (!queue(stack, NULL, mp))
        ip_discard(stack, NULL, mp, "no memory");
}

static uint64_t now(void *stack)
{
    return vclock_now(((ip_stack_t *)stack)->ips_clock);
}

const net_protocol_t ip_net_protocols[FAMILY_COUNT] = {
    [FAMILY_INET] = {NHF_INET, inject, phylookup, getifname, getifaddr, loopback, now},
    [FAMILY_INET6] = {NHF_INET6, inject, phylookup, getifname, getifaddr, loopback, now},
};
