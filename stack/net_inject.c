/* SPDX-License-Identifier: BSD-3-Clause
 *
 * net_inject and the interface look-ups of netinfo. Solaris: inet/ip/ip_netinfo.c (ip_inject_impl)
 * and inet/ip/ip_ftable.c (ipfil_sendpkt).
 *
 * ipfil_sendpkt takes only routes that lead to a wire, IRE_CACHE and IRE_INTERFACE. A host's own
 * address has an IRE_LOOPBACK or IRE_LOCAL: this is why an injected RST never reached a client on
 * loopback.
 */
#include "stack/ip_impl.h"

#include <errno.h>
#include <string.h>

/* The kind of route to an address: what a lookup in the forwarding table finds. */
static const char *route_type(const ip_stack_t *ips, struct in_addr address)
{
    return ip_is_local(ips, address) ? "IRE_LOOPBACK" : "no route";
}

static struct in_addr destination(const net_inject_t *packet)
{
    struct in_addr address = {0};
    if (packet->ni_addr.ss_family == AF_INET) {
        struct sockaddr_in sin;
        memcpy(&sin, &packet->ni_addr, sizeof(sin));
        address = sin.sin_addr;
    } else if (msgdsize(packet->ni_packet) >= IPH_MIN) {
        memcpy(&address, packet->ni_packet->b_rptr + 16, sizeof(address));
    }
    return address;
}

/* There is no wire yet, so every style ends without one. */
static int inject(void *stack, inject_t style, net_inject_t *packet)
{
    ip_stack_t *ips = stack;
    bool direct = style == NI_DIRECT_OUT;

    ips->ips_stats.out_discards++;
    ip_emit(ips, &(ip_event_t){
                     .kind = IP_EV_NET_INJECT,
                     .mp = packet->ni_packet,
                     .event = direct ? "NI_DIRECT_OUT"
                                     : (style == NI_QUEUE_OUT ? "NI_QUEUE_OUT" : "NI_QUEUE_IN"),
                     .phy = packet->ni_physical,
                     .ifname = packet->ni_physical == LO0_IFINDEX ? LO0_IFNAME : NULL,
                     .text = direct ? route_type(ips, destination(packet)) : "not modelled",
                     .error = direct ? ENONET : ENOTSUP,
                     .verdict = 1});
    freemsg(packet->ni_packet);
    packet->ni_packet = NULL;
    return 1;
}

static phy_if_t phylookup(void *stack, const char *name)
{
    (void)stack;
    return strcmp(name, LO0_IFNAME) == 0 ? LO0_IFINDEX : 0;
}

static int getifname(void *stack, phy_if_t phy, char *buffer, size_t size)
{
    (void)stack;
    if (size > 0)
        buffer[0] = '\0';
    if (phy != LO0_IFINDEX || size < sizeof(LO0_IFNAME))
        return -1;
    memcpy(buffer, LO0_IFNAME, sizeof(LO0_IFNAME));
    return 0;
}

static uint64_t now(void *stack)
{
    return vclock_now(((ip_stack_t *)stack)->ips_clock);
}

const net_protocol_t ip_net_protocols[FAMILY_COUNT] = {
    [FAMILY_INET] = {NHF_INET, inject, phylookup, getifname, now},
    [FAMILY_INET6] = {NHF_INET6, inject, phylookup, getifname, now},
};
