/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ip_rput: a packet comes from the wire. The PHYSICAL_IN hooks, then the same end as on loopback.
 * Solaris: ip_rput() and ip_input() (inet/ip/ip.c).
 *
 * Delivery goes through a queue, never by recursion: the sender is still inside its own send (its
 * squeue), and nested delivery once overflowed the kernel's stack (CR 6847298).
 */
#include "stack/in_cksum.h"
#include "stack/ip_path.h"

/* Why an IPv4 header cannot be delivered, or NULL. A hook can have left anything there. */
static const char *ipv4_fault(const mblk_t *mp, const ip_header_t *iph)
{
    const uint8_t *ip = mp->b_rptr;
    return in_cksum_header(ip, iph->iph_length) != 0 ? "bad IP checksum" : NULL;
}

static bool is_fragment(const mblk_t *mp, const ip_header_t *iph)
{
    return iph->iph_family == AF_INET && ((mp->b_rptr[6] & 0x3f) != 0 || mp->b_rptr[7] != 0);
}

/* => Returns the datagram, and reads its header, if it is complete with this fragment. Else NULL.
 */
IP_RARE static mblk_t *reassemble(ip_stack_t *ips, ill_t *ill, mblk_t *mp, ip_header_t *iph)
{
    mp = ip_reass(ips, ill, mp, iph);
    return mp != NULL && ip_header_read(mp, iph) == NULL ? mp : NULL;
}

static void deliver(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    ip_header_t iph;
    const char *fault = ip_header_read(mp, &iph);
    if (fault == NULL && iph.iph_family == AF_INET)
        fault = ipv4_fault(mp, &iph);
    if (fault != NULL) {
        ip_discard(ips, ill, mp, fault);
        return;
    }
    if (is_fragment(mp, &iph))
        mp = reassemble(ips, ill, mp, &iph);
    if (mp != NULL)
        squeue_enter(ips, ill, mp, &iph);
}

void ip_deliver(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    mp = ip_fault(ips, IP_AT_FANOUT, ill, mp, deliver);
    if (mp != NULL)
        deliver(ips, ill, mp);
}

/* Why this host does not take a packet from a wire, or NULL. RFC 1122 section 3.2.1.3: a
 * loopback address never appears outside of a host. */
static const char *not_ours(ip_stack_t *ips, const mblk_t *mp)
{
    ip_header_t iph;
    if (ip_header_read(mp, &iph) != NULL)
        return NULL; /* ip_deliver() finds out */
    if (ip_address_is_loopback(&iph.iph_src) || ip_address_is_loopback(&iph.iph_dst))
        return "a loopback address, from the wire";
    return ip_is_local(ips, &iph.iph_dst) ? NULL : "not for this host: forwarding is not modelled";
}

static void to_hooks(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    mp = fw_hooks(ips, IP_PHYSICAL_IN, ill, mp);
    if (mp == NULL)
        return;
    const char *why = not_ours(ips, mp);
    if (why != NULL)
        ip_discard(ips, ill, mp, why);
    else
        ip_deliver(ips, ill, mp);
}

void ip_rput(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    mp->b_packet = ++ips->ips_last_packet;
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_RPUT, .mp = mp, .ifname = ill->ill_name});
    mp = ip_fault(ips, IP_AT_PHYSICAL_IN, ill, mp, to_hooks);
    if (mp != NULL)
        to_hooks(ips, ill, mp);
}
