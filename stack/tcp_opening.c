/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Segments for a connection that is opening, where lwIP would answer otherwise than Solaris and
 * Linux do: the first lines of tcp_rput_data(); tcp_rcv_synsent_state_process()
 * (net/ipv4/tcp_input.c).
 */
#include "stack/ip_path.h"
#include "stack/ipclassifier.h"
#include "stack/sonode.h"
#include "stack/tcp_segment.h"

#include <assert.h>
#include <errno.h>

#include "lwip/priv/tcp_priv.h"

/* An ACK of an old connection. */
static void reset_old(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                      const struct tcp_pcb *pcb)
{
    sonode_t *so = so_of_pcb(pcb);
    tcp_xmit_listeners_reset(ips, mp, seg->iph);
    if (so != NULL)
        so_syn_soon(so);
}

/* No SYN: after the peer's own it ends the handshake of a simultaneous open. */
static void end_both_open(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                          struct tcp_pcb *pcb)
{
    sonode_t *so = so_of_pcb(pcb);
    ip_header_t iph;
    bool ack = (seg->flags & TCP_ACK) != 0;
    mblk_t *syn = so != NULL && ack ? tcp_both_take(so, &iph) : NULL;
    if (syn == NULL) {
        tcp_segment_found(ips, mp, seg, "SYN_SENT", "neither SYN nor RST: ignored");
        freemsg(mp);
        return;
    }
    tcp_segment_t as_syn_ack = *seg;
    as_syn_ack.iph = &iph;
    tcp_segment_found(ips, mp, seg, "SYN_RCVD", NULL);
    ips->ips_is_muted = true; /* lwIP answers a SYN|ACK; an ACK is not answered */
    tcp_segment_deliver(ips, syn, &as_syn_ack, pcb);
    ips->ips_is_muted = false;
    pcb = ipcl_active(ips, &seg->local, &seg->remote);
    if (pcb != NULL && pcb->state == ESTABLISHED)
        tcp_segment_deliver(ips, mp, seg, pcb);
    else
        freemsg(mp);
}

static void rst_when_crossed(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                             struct tcp_pcb *pcb)
{
    bool in_window = tcp_segment_in_window(seg, pcb);
    bool ends = is_linux(ips) ? seg->seq == pcb->rcv_nxt : in_window;
    tcp_segment_found(ips, mp, seg, "SYN_RCVD",
                      ends        ? NULL
                      : in_window ? "RST in the window, not at its edge: answered with an ACK"
                                  : "RST outside the window: ignored");
    freemsg(mp);
    if (ends)
        so_abandon_connect(so_of_pcb(pcb), is_linux(ips) ? ECONNRESET : ECONNREFUSED);
    else if (in_window)
        tcp_send_empty_ack(pcb);
}

/* In a simultaneous open, after the peer's own SYN: SYN_RCVD, to all but lwIP. Linux answers a SYN
 * with an ACK, except the SYN|ACK that it waits for; and it takes an ACK of nothing for the answer.
 * => Returns whether the segment is dealt with. */
static bool when_crossed(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    const sonode_t *so = so_of_pcb(pcb);
    bool syn = (seg->flags & TCP_SYN) != 0, ack = (seg->flags & TCP_ACK) != 0;
    if (so == NULL || so->so_peer_syn == NULL)
        return false;
    if ((seg->flags & TCP_RST) != 0) {
        rst_when_crossed(ips, mp, seg, pcb);
        return true;
    }
    if (!is_linux(ips))
        return false;
    if (syn && (!ack || seg->seq + 1 != pcb->rcv_nxt || seg->ack != pcb->snd_nxt)) {
        tcp_segment_found(ips, mp, seg, "SYN_RCVD", "a SYN: answered with an ACK");
        freemsg(mp);
        tcp_send_empty_ack(pcb);
        return true;
    }
    if (syn || !ack || seg->ack != pcb->lastack)
        return false;
    end_both_open(ips, mp, seg, pcb);
    return true;
}

/* SYN_SENT: tcp_rput_data decides this before anything else. lwIP looks only at a RST's ack
 * number, not at its ACK flag, and answers a stray ACK with a SYN off schedule. */
void tcp_to_syn_sent(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    bool rst = (seg->flags & TCP_RST) != 0;
    bool ack = (seg->flags & TCP_ACK) != 0;
    assert(pcb->state == SYN_SENT);

    if (when_crossed(ips, mp, seg, pcb))
        return;
    if (ack && seg->ack != pcb->snd_nxt) {
        tcp_segment_found(ips, mp, seg, "SYN_SENT",
                          rst ? "wrong ack: RST ignored" : "wrong ack: answered with a RST");
        if (rst)
            freemsg(mp);
        else
            reset_old(ips, mp, seg, pcb);
    } else if (rst && !ack) {
        tcp_segment_found(ips, mp, seg, "SYN_SENT", "RST without ACK: ignored");
        freemsg(mp);
    } else if (!rst && (seg->flags & TCP_SYN) == 0) {
        end_both_open(ips, mp, seg, pcb);
    } else if (!rst && !ack && so_of_pcb(pcb) != NULL) {
        tcp_segment_found(ips, mp, seg, "SYN_SENT", "a simultaneous open: answered with a SYN|ACK");
        tcp_both_open(so_of_pcb(pcb), mp, seg->seq);
    } else {
        tcp_segment_found(ips, mp, seg, "SYN_SENT", NULL);
        tcp_segment_deliver(ips, mp, seg, pcb);
    }
}

/* SYN_RCVD: an ACK that cannot be the answer to our SYN|ACK gets a RST, and the endpoint stays.
 * lwIP 2.1.3 takes a SYN|ACK for the answer, 2.2.1 repeats its own, and either resets a wrong ack
 * with bytes that are not Solaris'.
 * => Returns whether the segment is dealt with. */
bool tcp_reset_in_syn_rcvd(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                           const struct tcp_pcb *pcb)
{
    bool right = TCP_SEQ_GT(seg->ack, pcb->lastack) && TCP_SEQ_LEQ(seg->ack, pcb->snd_nxt);

    if ((seg->flags & (TCP_ACK | TCP_RST)) != TCP_ACK || (right && (seg->flags & TCP_SYN) == 0))
        return false;
    tcp_segment_found(ips, mp, seg, "SYN_RCVD",
                      right ? "SYN|ACK: answered with a RST" : "wrong ack: answered with a RST");
    tcp_xmit_listeners_reset(ips, mp, seg->iph);
    return true;
}
