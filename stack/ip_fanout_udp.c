/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ip_fanout_udp: which socket a datagram is for, and what an ICMP error means to one. Solaris:
 * inet/ip/ip.c (ip_fanout_udp), inet/udp/udp.c (udp_icmp_error).
 */
#include "stack/icmp_impl.h"
#include "stack/ip_path.h"
#include "stack/sonode.h"

#include <assert.h>

/* Whether a socket takes what comes from `remote` to `local`: its port, its own address or any,
 * and, if it is connected, its peer. */
static bool takes(const sonode_t *so, const ip_endpoint_t *local, const ip_endpoint_t *remote)
{
    if (so->so_type != SO_UDP || so->so_local.ie_port != local->ie_port ||
        !so_accepts_address(so, &local->ie_addr))
        return false;
    return !so->so_connected || ip_endpoint_same(&so->so_remote, remote);
}

/* A connected socket comes before one that takes datagrams from anybody. */
static sonode_t *find(const ip_stack_t *ips, const ip_endpoint_t *local,
                      const ip_endpoint_t *remote)
{
    sonode_t *best = NULL;
    for (sonode_t *so = so_on_port(ips, local->ie_port); so != NULL; so = so->so_port_next) {
        if (takes(so, local, remote) && (best == NULL || so->so_connected))
            best = so;
    }
    return best;
}

/* Why a datagram cannot be delivered, or NULL. With IPv4 a checksum of 0 means no checksum. */
static const char *fault_of(const ip_header_t *iph)
{
    const uint8_t *udph = iph->iph_payload;
    if (iph->iph_payload_length < UDPH_LEN)
        return "UDP header cut short";
    size_t length = get16(udph + 4);
    if (length < UDPH_LEN || length > iph->iph_payload_length)
        return "bad UDP length";
    bool none = get16(udph + 6) == 0 && iph->iph_family == AF_INET;
    return none || ip_payload_cksum(iph, IPPROTO_UDP) == 0 ? NULL : "bad UDP checksum";
}

/* A datagram that cannot be kept is lost. */
static void deliver(sonode_t *so, mblk_t *mp, const ip_header_t *iph, const ip_endpoint_t *from)
{
    size_t length = get16(iph->iph_payload + 4) - (size_t)UDPH_LEN;
    dgram_t *dgram = so_append_dgram(so, from, length);
    if (dgram != NULL) {
        memcpy(dgram->dg_bytes, iph->iph_payload + UDPH_LEN, length);
    } else {
        so->so_stack->ips_stats.in_discards++;
        ip_emit(so->so_stack, &(ip_event_t){.kind = IP_EV_DISCARD,
                                            .local = so->so_local,
                                            .reason = "its socket has no room for it"});
    }
    freemsg(mp);
}

void ip_fanout_udp(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph)
{
    const char *fault = fault_of(iph);
    assert(iph->iph_payload + iph->iph_payload_length <= mp->b_wptr);
    if (fault != NULL) {
        ip_discard(ips, ill, mp, fault);
        return;
    }
    ip_endpoint_t local = {iph->iph_dst, get16(iph->iph_payload + 2)};
    ip_endpoint_t remote = {iph->iph_src, get16(iph->iph_payload)};
    sonode_t *so = find(ips, &local, &remote);
    if (so == NULL) {
        ip_found(ips, "ip_fanout_udp", mp, iph, NULL, NULL);
        icmp_unreachable(ips, mp, iph);
        return;
    }
    ip_found(ips, "ip_fanout_udp", mp, iph, so->so_connected ? "connected" : "bound", NULL);
    deliver(so, mp, iph, &remote);
}

/* The socket that sent the quoted datagram gets the error only if it is connected to the
 * datagram's destination: udp_dgram_errind. */
void udp_icmp_error(ip_stack_t *ips, const mblk_t *mp, const ip_header_t *quoted, int error)
{
    ip_endpoint_t local = {quoted->iph_src, get16(quoted->iph_payload)};
    ip_endpoint_t remote = {quoted->iph_dst, get16(quoted->iph_payload + 2)};
    sonode_t *so = find(ips, &local, &remote);
    ip_event_t event = {.kind = IP_EV_FANOUT,
                        .mp = mp,
                        .event = "udp_icmp_error",
                        .local = local,
                        .remote = remote};
    if (so != NULL) {
        event.state = so->so_connected ? "connected" : "bound";
        event.reason = !so->so_connected ? "not connected: not reported"
                       : error == 0      ? "this code is ignored"
                                         : NULL;
    }
    ip_emit(ips, &event);
    if (so == NULL || !so->so_connected || error == 0)
        return;
    so->so_error = error;
    ip_emit(ips,
            &(ip_event_t){.kind = IP_EV_ERRNO, .local = local, .remote = remote, .error = error});
    so_changed(so);
}
