/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What an ICMP error means to a TCP endpoint. Solaris: tcp_icmp_error() (inet/tcp/tcp.c).
 *
 * Only a connect in progress can fail because of it, and only if the quoted segment is its own SYN.
 * An established connection goes on and sends again.
 *
 * On loopback the answer to the first SYN comes back while connect() is still sending. Linux'
 * connect() holds its socket meanwhile, and an error for a held socket is only remembered. The next
 * SYN is sent by a timer, and the error that it brings is final. */
#include "stack/icmp_impl.h"
#include "stack/ipclassifier.h"
#include "stack/sonode.h"
#include "stack/tcp_endpoint.h"

#include "lwip/priv/tcp_priv.h"

/* The initial sequence number of an endpoint whose SYN is not acknowledged yet. */
static uint32_t iss_of(const struct tcp_pcb *pcb)
{
    return pcb->lastack;
}

/* In words, why the error does not concern an endpoint; NULL if it does. */
static const char *indifference(const struct tcp_pcb *pcb, const ip_header_t *quoted, int error)
{
    if (pcb->state != SYN_SENT && pcb->state != SYN_RCVD)
        return "not opening: ignored";
    if (get32(quoted->iph_payload + 4) != iss_of(pcb))
        return "it quotes another segment: ignored";
    return error == 0 ? "this code is ignored" : NULL;
}

static void tell(ip_stack_t *ips, const mblk_t *mp, const ip_header_t *quoted,
                 const struct tcp_pcb *pcb, const char *text)
{
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_FANOUT,
                               .mp = mp,
                               .event = "tcp_icmp_error",
                               .state = pcb != NULL ? tcp_state_name(pcb->state) : NULL,
                               .reason = text,
                               .local = {quoted->iph_src, get16(quoted->iph_payload)},
                               .remote = {quoted->iph_dst, get16(quoted->iph_payload + 2)}});
}

/* Linux: an error that comes back while connect() is still running finds the socket locked, and is
 * only remembered; the error of the next SYN counts. On loopback this is so for every first SYN. */
static bool is_locked(const sonode_t *so)
{
    return so != NULL && so->so_connecting && so->so_stack->ips_build->ib_linux_errnos &&
           vclock_now(so->so_stack->ips_clock) == so->so_started_us;
}

/* Linux: an open connection remembers the error until the next ACK. With IPv4 the error of a
 * connect is also put into the error queue, whether IP_RECVERR is set or not.
 * => Returns whether nothing else is to be done. */
static bool remember(sonode_t *so, const struct tcp_pcb *pcb, const ip_header_t *quoted, int error)
{
    uint32_t seq = get32(quoted->iph_payload + 4);
    if (so == NULL || !so->so_stack->ips_build->ib_linux_sockets || error == 0)
        return false;
    if (pcb->state == SYN_SENT || pcb->state == SYN_RCVD) {
        so->so_errqueue |= quoted->iph_family == AF_INET && seq == iss_of(pcb);
        return false;
    }
    if (TCP_SEQ_GEQ(seq, pcb->lastack) && TCP_SEQ_LEQ(seq, pcb->snd_nxt))
        so->so_client_errno = error;
    return true;
}

void tcp_icmp_error(ip_stack_t *ips, const mblk_t *mp, const ip_header_t *quoted, int error,
                    bool later)
{
    ip_endpoint_t local = {quoted->iph_src, get16(quoted->iph_payload)};
    ip_endpoint_t remote = {quoted->iph_dst, get16(quoted->iph_payload + 2)};
    struct tcp_pcb *pcb = ipcl_active(ips, &local, &remote);
    sonode_t *so = so_of_pcb(pcb);
    bool connecting = so != NULL && so->so_connecting;
    const char *why = pcb != NULL ? indifference(pcb, quoted, error) : NULL;
    later = later || is_locked(so);
    if (pcb != NULL && why == NULL && later)
        tell(ips, mp, quoted, pcb, "remembered, for when the connect gives up");
    else
        tell(ips, mp, quoted, pcb, why);
    if (pcb == NULL || remember(so, pcb, quoted, error) || why != NULL)
        return;
    if (later && connecting)
        so->so_client_errno = error;
    else if (!later && connecting)
        so_abandon_connect(so, error);
    else if (!later && so == NULL)
        tcp_abandon(pcb, 0); /* in SYN_RCVD, without a socket */
}
