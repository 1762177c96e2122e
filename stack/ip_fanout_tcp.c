/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ip_fanout_tcp: finds the endpoint for a TCP segment, as the packet is now, and hands it to
 * lwIP. Solaris: inet/ip/ip.c (ip_fanout_tcp), inet/ip/ipclassifier.c (ipcl_classify_v4)
 * and the first lines of tcp_rput_data.
 *
 * This makes lwIP answer as Solaris does. lwIP never gets a segment without an endpoint, because
 * its reset differs from Solaris'.
 */
#include "stack/ip_path.h"
#include "stack/ipclassifier.h"
#include "stack/sonode.h"
#include "stack/tcp_segment.h"

#include <assert.h>
#include <errno.h>

#define ACK_UNSENT_MAX 10 /* tcp_drop_ack_unsent_cnt */

/* Solaris looks at URG too, Linux at FIN. */
static bool is_pure_syn(const ip_stack_t *ips, const tcp_segment_t *seg)
{
    uint8_t others = ips->ips_build->ib_linux_sockets ? TCP_ACK | TCP_RST | TCP_FIN
                                                      : TCP_ACK | TCP_RST | TCP_URG;
    return (seg->flags & (TCP_SYN | others)) == TCP_SYN;
}

/* A listener takes a pure SYN. RFC 9293 section 3.10.7.2. */
static void to_listener(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg)
{
    const sonode_t *listener = ipcl_listener(ips, &seg->local);
    uint8_t ignored = ips->ips_build->ib_linux_sockets ? TCP_RST : TCP_RST | TCP_URG;
    if (is_pure_syn(ips, seg) && listener->so_acceptq_count >= listener->so_acceptq_max) {
        tcp_segment_found(ips, mp, seg, "LISTEN",
                          "the queue of those who wait to be accepted is full: ignored");
        freemsg(mp);
    } else if (is_pure_syn(ips, seg)) {
        tcp_segment_found(ips, mp, seg, "LISTEN", NULL);
        tcp_window_begin(listener);
        tcp_segment_deliver(ips, mp, seg, NULL);
        tcp_window_use(NULL);
    } else if ((seg->flags & ignored) == 0 && (seg->flags & TCP_ACK) != 0) {
        tcp_segment_found(ips, mp, seg, "LISTEN", "not a SYN: answered with a RST");
        tcp_xmit_listeners_reset(ips, mp, seg->iph);
    } else {
        tcp_segment_found(ips, mp, seg, "LISTEN", "not a SYN: ignored");
        freemsg(mp);
    }
}

/* An ACK of what was never sent. Solaris answers the first tcp_drop_ack_unsent_cnt with an ACK: so
 * two ends that both believe in a byte too many do not answer each other for ever. */
static void refuse_unsent_ack(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                              struct tcp_pcb *pcb)
{
    bool answers = tcp_lists_unsent_acks(pcb) < ACK_UNSENT_MAX;
    tcp_segment_found(ips, mp, seg, tcp_state_name(pcb->state),
                      answers ? "it acknowledges what was not sent: answered with an ACK"
                              : "it acknowledges what was not sent: ignored");
    freemsg(mp);
    if (!answers)
        return;
    tcp_lists_count_unsent_ack(pcb);
    tcp_segment_answer(ips, pcb);
}

/* refuse_synchronized() on Linux. */
static bool refuse_linux(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    tcp_seen_t seen = tcp_segment_seen(seg);
    bool answers;
    const char *why = tcp_validate_incoming(ips, pcb, &seen, &answers);
    if (why == NULL)
        return false;
    tcp_segment_found(ips, mp, seg, tcp_state_name(pcb->state), why);
    freemsg(mp);
    if (answers)
        tcp_segment_answer(ips, pcb);
    return true;
}

/* Solaris: a SYN in the window. The RST acknowledges it. TIME_WAIT stays (RFC 1122 section
 * 4.2.2.13). */
static void end_by_syn(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    uint32_t seq = (seg->flags & TCP_ACK) != 0 ? seg->ack : pcb->snd_nxt;
    bool stays = pcb->state == TIME_WAIT;
    tcp_segment_found(ips, mp, seg, tcp_state_name(pcb->state),
                      stays ? "a SYN: answered with a RST"
                            : "a SYN in the window: it ends with a RST");
    freemsg(mp);
    tcp_rst(pcb, seq, seg->seq + 1, &pcb->local_ip, &pcb->remote_ip, pcb->local_port,
            pcb->remote_port);
    if (!stays)
        tcp_abandon(pcb, 0);
}

/* Solaris answers what is outside of the window, even without ACK, and takes no ACK from what is
 * after it.
 * => Returns whether the segment is dealt with. */
static bool refuse_outside(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                           struct tcp_pcb *pcb)
{
    bool has_ack = (seg->flags & TCP_ACK) != 0;
    bool answers = tcp_segment_is_beyond(seg, pcb) || (!has_ack && tcp_segment_is_old(seg, pcb));
    if (!answers && has_ack)
        return false;
    tcp_segment_found(ips, mp, seg, tcp_state_name(pcb->state),
                      answers ? "outside the window: answered with an ACK"
                              : "without ACK: ignored");
    freemsg(mp);
    if (answers)
        tcp_segment_answer(ips, pcb);
    return true;
}

/* What a synchronized endpoint does with a segment before it looks at its data, where lwIP does
 * otherwise. RFC 9293 section 3.10.7.4.
 * => Returns whether the segment is dealt with. */
static bool refuse_synchronized(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                                struct tcp_pcb *pcb)
{
    if (is_linux(ips))
        return refuse_linux(ips, mp, seg, pcb);
    if ((seg->flags & TCP_RST) != 0)
        return false;
    if ((seg->flags & TCP_SYN) != 0 && tcp_segment_in_window(seg, pcb)) {
        end_by_syn(ips, mp, seg, pcb);
        return true;
    }
    if (refuse_outside(ips, mp, seg, pcb))
        return true;
    if ((seg->flags & TCP_ACK) != 0 && TCP_SEQ_GT(seg->ack, pcb->snd_nxt)) {
        refuse_unsent_ack(ips, mp, seg, pcb);
        return true;
    }
    return false;
}

/* Whether a SYN is younger than the connection that it finds in TIME_WAIT: its number is after it
 * (RFC 1122 section 4.2.2.13), or, on Linux, its time stamp (RFC 6191). */
static bool is_younger(const ip_stack_t *ips, const tcp_segment_t *seg, const struct tcp_pcb *pcb)
{
    uint32_t tsval;
    if (TCP_SEQ_GT(seg->seq, pcb->rcv_nxt))
        return true;
    return ips->ips_build->ib_linux_sockets && (pcb->flags & TF_TIMESTAMP) != 0 &&
           tcp_segment_tsval(seg, &tsval) && (int32_t)(tsval - lwip_time_stamp(pcb->ts_recent)) > 0;
}

/* Linux answers everything in TIME_WAIT but a bare ACK at the edge of the window; what has an ACK
 * makes TIME_WAIT begin anew. */
static void time_wait_linux(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                            struct tcp_pcb *pcb)
{
    tcp_seen_t seen = tcp_segment_seen(seg);
    bool answers;
    const char *why = tcp_validate_time_wait(ips, pcb, &seen, &answers);
    tcp_segment_found(ips, mp, seg, "TIME_WAIT", why);
    freemsg(mp);
    if (why == NULL || (seg->flags & TCP_ACK) != 0)
        tcp_time_wait_restart(ips, pcb);
    if (answers)
        tcp_segment_answer(ips, pcb);
}

/* A SYN in TIME_WAIT: a new connection, if it is younger and somebody listens; else an ACK. */
static void syn_in_time_wait(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                             struct tcp_pcb *pcb)
{
    if (is_younger(ips, seg, pcb) && ipcl_listener(ips, &seg->local) != NULL) {
        tcp_segment_found(ips, mp, seg, "TIME_WAIT",
                          "a new SYN: it ends, and the listener has the segment");
        tcp_time_wait_end(ips, pcb);
        to_listener(ips, mp, seg);
        return;
    }
    if (is_linux(ips)) {
        time_wait_linux(ips, mp, seg, pcb);
        return;
    }
    tcp_segment_found(ips, mp, seg, "TIME_WAIT", "a SYN: answered with an ACK");
    freemsg(mp);
    tcp_segment_answer(ips, pcb);
}

/* A RST ends TIME_WAIT: what RFC 1337 warns of, and what frees the way for a SYN that was answered
 * with an ACK. Linux, where tcp_rfc1337 is 0, wants it at the edge of the window. */
static void rst_in_time_wait(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                             struct tcp_pcb *pcb)
{
    bool ends = seg->seq == pcb->rcv_nxt ||
                (tcp_segment_in_window(seg, pcb) && !ips->ips_build->ib_linux_sockets);
    tcp_segment_found(ips, mp, seg, "TIME_WAIT",
                      ends ? "a RST: it ends" : "RST outside the window: ignored");
    freemsg(mp);
    if (ends)
        tcp_time_wait_end(ips, pcb);
}

/* RFC 9293 section 3.10.7.4. */
static void to_time_wait(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    if ((seg->flags & TCP_RST) != 0) {
        rst_in_time_wait(ips, mp, seg, pcb);
    } else if ((seg->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        syn_in_time_wait(ips, mp, seg, pcb);
    } else if (is_linux(ips)) {
        time_wait_linux(ips, mp, seg, pcb);
    } else if (!refuse_synchronized(ips, mp, seg, pcb)) {
        tcp_segment_found(ips, mp, seg, "TIME_WAIT", NULL);
        tcp_segment_deliver(ips, mp, seg, pcb);
        if ((seg->flags & TCP_FIN) != 0)
            tcp_time_wait_restart(ips, pcb);
    }
}

/* Linux has no room for a connection whose handshake ends while as many wait to be accepted as may:
 * tcp_v4_syn_recv_sock(). It ends with a later segment, or with the next SYN|ACK's answer. Solaris
 * looks at the queue when the SYN comes. */
static bool has_no_room(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg)
{
    const sonode_t *listener = ipcl_listener(ips, &seg->local);
    if (!ips->ips_build->ib_linux_sockets || listener == NULL ||
        (seg->flags & (TCP_RST | TCP_ACK)) != TCP_ACK ||
        listener->so_acceptq_count < listener->so_acceptq_max)
        return false;
    tcp_segment_found(ips, mp, seg, "SYN_RCVD",
                      "the queue of those who wait to be accepted is full: ignored");
    freemsg(mp);
    return true;
}

/* In a synchronized state Solaris dies of any RST inside the receive window, Linux of one with the
 * number of the peer's FIN, too; lwIP only of one whose seq is exactly rcv_nxt (RFC 5961 section
 * 3.2). */
static void accept_rst(const ip_stack_t *ips, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    tcp_seen_t seen = tcp_segment_seen(seg);
    if ((seg->flags & TCP_RST) != 0 &&
        (is_linux(ips) ? tcp_is_reset_before_fin(pcb, &seen) : tcp_segment_in_window(seg, pcb)))
        pcb->rcv_nxt = seg->seq;
}

static bool leaves_closing(const tcp_segment_t *seg, const struct tcp_pcb *pcb)
{
    return pcb->state == CLOSING && seg->ack == pcb->snd_nxt && (seg->flags & TCP_RST) == 0;
}

/* The last bytes of a segment's data are cut off; *iph is its header then. The checksums stay as
 * they were: they have been verified. */
static void cut_data(const mblk_t *mp, const tcp_segment_t *seg, size_t cut, ip_header_t *iph)
{
    *iph = *seg->iph;
    iph->iph_payload_length -= cut;
    uint8_t *length = mp->b_rptr + (iph->iph_family == AF_INET ? 2 : 4);
    put16(length, (uint16_t)(get16(length) - cut));
}

/* Only what acknowledges is left of a segment. */
static void cut_to_ack(const mblk_t *mp, const tcp_segment_t *seg, const struct tcp_pcb *pcb,
                       ip_header_t *iph)
{
    uint8_t *tcph = seg->iph->iph_payload;
    cut_data(mp, seg, seg->iph->iph_payload_length - tcp_segment_header(seg), iph);
    tcph[13] = TCP_ACK;
    put32(tcph + 4, pcb->rcv_nxt);
}

/* Whether a segment leaves a gap before it. */
static bool leaves_gap(const tcp_segment_t *seg, const struct tcp_pcb *pcb)
{
    return TCP_SEQ_GT(seg->seq, pcb->rcv_nxt);
}

/* A segment that leaves a gap before it, and reaches beyond the window: what is beyond is cut off
 * (RFC 9293 section 3.10.7.4). lwIP does so only where no gap is before it, and where another such
 * segment waits already. */
static void cut_to_window(const mblk_t *mp, const tcp_segment_t *seg, const struct tcp_pcb *pcb,
                          ip_header_t *iph)
{
    size_t length = tcp_segment_seen(seg).ts_length;
    uint32_t room = pcb->rcv_nxt + pcb->rcv_wnd - seg->seq;
    *iph = *seg->iph;
    if (room > pcb->rcv_wnd)
        return;
    if (length + ((seg->flags & TCP_FIN) != 0) > room)
        iph->iph_payload[13] &= (uint8_t)~TCP_FIN;
    if (length > room)
        cut_data(mp, seg, length - room, iph);
}

/* Into lwIP. On Linux a connection that leaves CLOSING looks no further into the segment: no old
 * data is acknowledged again. */
static void deliver(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    bool acks_only = is_linux(ips) && leaves_closing(seg, pcb);
    if (!acks_only && !leaves_gap(seg, pcb)) { /* the usual case */
        tcp_segment_deliver(ips, mp, seg, pcb);
        return;
    }
    ip_header_t iph;
    tcp_segment_t cut = *seg;
    cut.iph = &iph;
    if (acks_only)
        cut_to_ack(mp, seg, pcb, &iph);
    else
        cut_to_window(mp, seg, pcb, &iph);
    tcp_segment_deliver(ips, mp, &cut, pcb);
}

/* The connection ends, and the peer gets a RST. */
static void end_with_rst(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    sonode_t *so = so_of_pcb(pcb);
    int error = pcb->state == CLOSE_WAIT ? EPIPE : ECONNRESET;
    tcp_xmit_listeners_reset(ips, mp, seg->iph);
    if (so != NULL)
        so_detach(so);
    tcp_abandon(pcb, 0);
    if (so != NULL)
        so_fail(so, error);
}

/* Linux: data for who has ended both directions ends the connection (RFC 1122 section 4.2.2.13).
 * => Returns whether the segment is dealt with. */
static bool reset_on_data(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                          struct tcp_pcb *pcb)
{
    const sonode_t *so = so_of_pcb(pcb);
    tcp_seen_t seen = tcp_segment_seen(seg);
    if (!is_linux(ips) || (so != NULL && !so->so_cantrcvmore) ||
        (seg->flags & (TCP_SYN | TCP_RST)) != 0 || !tcp_has_data_for_nobody(pcb, &seen))
        return false;
    tcp_segment_found(ips, mp, seg, tcp_state_name(pcb->state),
                      "data, and nobody reads: it ends with a RST");
    end_with_rst(ips, mp, seg, pcb);
    return true;
}

/* Linux, in FIN_WAIT_2 without a socket.
 * => Returns whether the segment is dealt with. */
static bool to_orphan(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    static const char *const words[] = {
        [TCP_ORPHAN_IGNORES] = "nobody reads: ignored",
        [TCP_ORPHAN_ACKS] = "outside the window: answered with an ACK",
        [TCP_ORPHAN_RESETS] = "data, and nobody reads: it ends with a RST",
        [TCP_ORPHAN_ENDS] = "a RST: it ends",
    };
    if (!is_linux(ips) || pcb->state != FIN_WAIT_2 || so_of_pcb(pcb) != NULL)
        return false;
    tcp_seen_t seen = tcp_segment_seen(seg);
    tcp_orphan_t what = tcp_validate_orphan(ips, pcb, &seen);
    if (what == TCP_ORPHAN_TAKES)
        return false;
    tcp_segment_found(ips, mp, seg, "FIN_WAIT_2", words[what]);
    if (what == TCP_ORPHAN_RESETS) {
        end_with_rst(ips, mp, seg, pcb);
        return true;
    }
    freemsg(mp);
    if (what == TCP_ORPHAN_ACKS)
        tcp_segment_answer(ips, pcb);
    else if (what == TCP_ORPHAN_ENDS)
        tcp_abandon(pcb, 0);
    return true;
}

/* Linux, while a listener's connection waits for the end of its handshake.
 * => Returns whether the segment is dealt with. */
static bool to_half_open(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    static const char *const words[] = {
        [TCP_HALF_OPEN_IGNORES] = "ignored",
        [TCP_HALF_OPEN_ACKS] = "not what is awaited: answered with an ACK",
        [TCP_HALF_OPEN_RESETS] = "wrong ack: answered with a RST",
        [TCP_HALF_OPEN_ENDS_WITH_RST] = "a SYN in the window: it ends with a RST",
        [TCP_HALF_OPEN_ENDS] = NULL,
    };
    tcp_seen_t seen = tcp_segment_seen(seg);
    tcp_half_open_t what = tcp_validate_half_open(ips, pcb, &seen);
    if (what == TCP_HALF_OPEN_TAKES)
        return has_no_room(ips, mp, seg);
    tcp_segment_found(ips, mp, seg, "SYN_RCVD", words[what]);
    if (what == TCP_HALF_OPEN_RESETS || what == TCP_HALF_OPEN_ENDS_WITH_RST)
        tcp_xmit_listeners_reset(ips, mp, seg->iph);
    else
        freemsg(mp);
    if (what == TCP_HALF_OPEN_ACKS)
        tcp_segment_answer(ips, pcb);
    else if (what == TCP_HALF_OPEN_ENDS || what == TCP_HALF_OPEN_ENDS_WITH_RST)
        tcp_abandon(pcb, 0);
    return true;
}

/* Solaris, while the handshake is not over.
 * => Returns whether the segment is dealt with. */
static bool to_syn_rcvd(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    if (tcp_reset_in_syn_rcvd(ips, mp, seg, pcb))
        return true;
    if ((seg->flags & (TCP_SYN | TCP_RST)) != TCP_SYN || !tcp_segment_in_window(seg, pcb))
        return false;
    end_by_syn(ips, mp, seg, pcb);
    return true;
}

/* The connection's socket, if it is still there. */
static sonode_t *socket_of(const ip_stack_t *ips, const tcp_segment_t *seg)
{
    return so_of_pcb(ipcl_active(ips, &seg->local, &seg->remote));
}

/* In words, why a RST ends nothing; NULL: it does, or is none. */
static const char *fate_of_rst(const tcp_segment_t *seg, const struct tcp_pcb *pcb)
{
    if ((seg->flags & TCP_RST) == 0 || seg->seq == pcb->rcv_nxt)
        return NULL;
    return "RST outside the window: ignored";
}

/* Whether a socket's close can be waiting for an ACK; NULL: there is no socket. */
static bool close_waits(const sonode_t *so)
{
    return so != NULL && so_option(so, SO_OPT_LINGER) > 0 && so_is_lingering(so);
}

static void to_connected(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    bool opening = pcb->state == SYN_RCVD;
    assert(pcb->state != CLOSED && pcb->state != LISTEN);
    ips->ips_fanout_state = pcb->state;
    if (pcb->state == SYN_SENT) {
        tcp_to_syn_sent(ips, mp, seg, pcb);
        return;
    }
    if (pcb->state == TIME_WAIT) {
        to_time_wait(ips, mp, seg, pcb);
        return;
    }
    if (opening &&
        (is_linux(ips) ? to_half_open(ips, mp, seg, pcb) : to_syn_rcvd(ips, mp, seg, pcb)))
        return;
    if (!opening && (to_orphan(ips, mp, seg, pcb) || refuse_synchronized(ips, mp, seg, pcb) ||
                     reset_on_data(ips, mp, seg, pcb)))
        return;
    if (!opening && so_of_pcb(pcb) != NULL)
        tcp_unfuse(so_of_pcb(pcb), "a segment came through IP");
    accept_rst(ips, seg, pcb);
    if (!opening && (seg->flags & TCP_ACK) != 0 && so_of_pcb(pcb) != NULL)
        so_of_pcb(pcb)->so_client_errno = 0; /* something has got through */
    tcp_segment_found(ips, mp, seg, tcp_state_name(pcb->state), fate_of_rst(seg, pcb));
    bool lingers = close_waits(so_of_pcb(pcb));
    deliver(ips, mp, seg, pcb);
    if (!opening && !lingers)
        return;
    sonode_t *so = socket_of(ips, seg); /* lwIP may have freed the connection */
    if (opening && so != NULL && so->so_pcb != NULL)
        tcp_fuse(so);
    if (lingers && so != NULL && !close_waits(so))
        so_changed(so); /* of an ACK of the FIN alone lwIP tells nothing */
}

void ip_fanout_tcp(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph)
{
    tcp_segment_t seg;
    assert(iph->iph_payload + iph->iph_payload_length <= mp->b_wptr);
    const char *fault = tcp_segment_read(ill, iph, &seg);
    if (fault != NULL) {
        ip_discard(ips, ill, mp, fault);
        return;
    }
    struct tcp_pcb *pcb = ipcl_connected(ips, &seg.local, &seg.remote);
    if (pcb != NULL) {
        to_connected(ips, mp, &seg, pcb);
    } else if (ipcl_listener(ips, &seg.local) != NULL) {
        to_listener(ips, mp, &seg);
    } else {
        tcp_segment_found(ips, mp, &seg, NULL, NULL);
        tcp_xmit_listeners_reset(ips, mp, iph);
    }
}
