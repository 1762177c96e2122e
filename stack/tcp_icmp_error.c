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

static bool is_linux(const ip_stack_t *ips)
{
    return ips->ips_build->ib_linux_sockets;
}

/* Solaris compares the quoted segment with the SYN alone. Linux' connect takes the number after it,
 * too: all that it may have sent. */
static bool quotes_its_own(const ip_stack_t *ips, const struct tcp_pcb *pcb,
                           const ip_header_t *quoted)
{
    uint32_t seq = get32(quoted->iph_payload + 4);
    if (is_linux(ips) && so_of_pcb(pcb) != NULL)
        return TCP_SEQ_GEQ(seq, pcb->lastack) && TCP_SEQ_LEQ(seq, pcb->snd_nxt);
    return seq == iss_of(pcb);
}

/* In words, why the error does not concern an endpoint; NULL if it does. */
static const char *indifference(const ip_stack_t *ips, const struct tcp_pcb *pcb,
                                const ip_header_t *quoted, const icmp_errno_t *means)
{
    if (pcb->state != SYN_SENT && pcb->state != SYN_RCVD)
        return "not opening: ignored";
    if (!quotes_its_own(ips, pcb, quoted))
        return "it quotes another segment: ignored";
    if (means->ie_tcp == 0)
        return "this code is ignored";
    bool is_half_open = so_of_pcb(pcb) == NULL;
    return is_half_open && !means->ie_ends_half_open ? "a listener's: ignored" : NULL;
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
 * only remembered; the error of the next SYN counts. On loopback this is so for every first SYN.
 * What a test injects comes when connect() has returned. */
static bool is_locked(const sonode_t *so)
{
    const ip_stack_t *ips = so->so_stack;
    return so->so_connecting && ips->ips_build->ib_linux_errnos &&
           vclock_now(ips->ips_clock) == so->so_started_us &&
           ips->ips_injected == so->so_started_injected;
}

/* Linux: an open connection remembers the error until the next ACK. */
static void remember(sonode_t *so, const struct tcp_pcb *pcb, const ip_header_t *quoted, int error)
{
    if (is_linux(so->so_stack) && error != 0 && quotes_its_own(so->so_stack, pcb, quoted))
        so->so_client_errno = error;
}

/* On Linux the error of a connect over IPv4 is also put into the error queue, whether IP_RECVERR is
 * set or not. */
static void fail_connect(sonode_t *so, int family, int error, bool later)
{
    so->so_errqueue |= is_linux(so->so_stack) && family == AF_INET;
    if (later)
        so->so_client_errno = error;
    else
        so_abandon_connect(so, error);
}

void tcp_icmp_error(ip_stack_t *ips, const mblk_t *mp, const ip_header_t *quoted,
                    const icmp_errno_t *means)
{
    ip_endpoint_t local = {quoted->iph_src, get16(quoted->iph_payload)};
    ip_endpoint_t remote = {quoted->iph_dst, get16(quoted->iph_payload + 2)};
    struct tcp_pcb *pcb = ipcl_active(ips, &local, &remote);
    if (pcb == NULL) {
        tell(ips, mp, quoted, NULL, NULL);
        return;
    }
    sonode_t *so = so_of_pcb(pcb);
    const char *why = indifference(ips, pcb, quoted, means);
    bool later = means->ie_later || (so != NULL && is_locked(so));
    bool is_remembered = why == NULL && so != NULL && later;
    tell(ips, mp, quoted, pcb, is_remembered ? "remembered, for when the connect gives up" : why);
    if (why == NULL && so == NULL)
        tcp_abandon(pcb, 0);
    else if (why == NULL && so->so_connecting)
        fail_connect(so, quoted->iph_family, means->ie_tcp, later);
    else if (so != NULL && pcb->state != SYN_SENT && pcb->state != SYN_RCVD)
        remember(so, pcb, quoted, means->ie_tcp);
}
