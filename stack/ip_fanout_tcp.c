/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ip_fanout_tcp: finds the endpoint for a TCP segment, as the packet is now, and hands it to
 * lwIP. Solaris: inet/ip/ip.c (ip_fanout_tcp), inet/ip/ipclassifier.c (ipcl_classify_v4)
 * and the first lines of tcp_rput_data.
 *
 * This makes lwIP answer as Solaris does. lwIP never gets a segment without an endpoint, because
 * its reset differs from Solaris'.
 */
#include "stack/ip_impl.h"

#include <assert.h>

#define TCPOPT_EOL 0
#define TCPOPT_NOP 1

#define TCPOPT_TIMESTAMP        8
#define TCPOPT_TIMESTAMP_LENGTH 10
#define ONLY_TIMESTAMPS         0x0101080au /* two TCPOPT_NOP before them */

#define ACK_UNSENT_MAX 10 /* tcp_drop_ack_unsent_cnt */

/* What the fan-out needs of a segment, in host order. */
typedef struct segment {
    const ip_header_t *iph;
    ill_t *ill; /* the owner of its destination */
    ip_endpoint_t local, remote;
    uint32_t seq, ack;
    uint8_t flags;
} segment_t;

/* => Returns NULL, or why it cannot be delivered. */
static const char *read_segment(ill_t *ill, const ip_header_t *iph, segment_t *seg)
{
    const uint8_t *tcph = iph->iph_payload;
    size_t length = iph->iph_payload_length;

    if (length < TCPH_MIN)
        return "TCP header cut short";
    size_t offset = (size_t)(tcph[12] >> 4) * 4;
    if (offset < TCPH_MIN || offset > length)
        return "bad TCP header length";
    if (ip_payload_cksum(iph, IPPROTO_TCP) != 0)
        return "bad TCP checksum";
    *seg = (segment_t){.iph = iph,
                       .ill = ill,
                       .local = {iph->iph_dst, get16(tcph + 2)},
                       .remote = {iph->iph_src, get16(tcph)},
                       .seq = get32(tcph + 4),
                       .ack = get32(tcph + 8),
                       .flags = tcph[13] & TCP_FLAGS};
    return NULL;
}

static void found(ip_stack_t *ips, const mblk_t *mp, const segment_t *seg, const char *state,
                  const char *text)
{
    ip_found(ips, "ip_fanout_tcp", mp, seg->iph, state, text);
}

/* Ends the options at the first malformed one, where tcp_parse_options() of Solaris stops, too.
 * lwIP would read on, past the end of the packet. */
static void end_malformed_options(const ip_header_t *iph)
{
    uint8_t *tcph = iph->iph_payload;
    size_t size = (size_t)(tcph[12] >> 4) * 4;
    size_t at = TCPH_MIN;

    if (size == TCPH_MIN + 12 && get32(tcph + TCPH_MIN) == ONLY_TIMESTAMPS)
        return; /* the usual case */
    while (at < size && tcph[at] != TCPOPT_EOL) {
        if (tcph[at] == TCPOPT_NOP) {
            at++;
        } else if (at + 1 < size && tcph[at + 1] >= 2 && at + tcph[at + 1] <= size) {
            at += tcph[at + 1];
        } else {
            tcph[at] = TCPOPT_EOL;
            put16(tcph + 16, 0);
            put16(tcph + 16, ip_payload_cksum(iph, IPPROTO_TCP));
        }
    }
}

/* Into lwIP, with the interface that owns the destination. */
static void deliver(ip_stack_t *ips, mblk_t *mp, const segment_t *seg, struct tcp_pcb *pcb)
{
    end_malformed_options(seg->iph);
    uint32_t delayed = pcb != NULL ? tcp_ack_before(pcb) : 0;
    if (tcp_lists_deliver(ips, pcb, seg->ill, mp, seg->iph))
        tcp_ack_after(ips, pcb, delayed);
}

/* Solaris looks at URG too, Linux at FIN. */
static bool is_pure_syn(const ip_stack_t *ips, const segment_t *seg)
{
    uint8_t others = ips->ips_build->ib_linux_sockets ? TCP_ACK | TCP_RST | TCP_FIN
                                                      : TCP_ACK | TCP_RST | TCP_URG;
    return (seg->flags & (TCP_SYN | others)) == TCP_SYN;
}

/* A listener takes a pure SYN. RFC 9293 section 3.10.7.2. */
static void to_listener(ip_stack_t *ips, mblk_t *mp, const segment_t *seg)
{
    const sonode_t *listener = ipcl_listener(ips, &seg->local);
    uint8_t ignored = ips->ips_build->ib_linux_sockets ? TCP_RST : TCP_RST | TCP_URG;
    if (is_pure_syn(ips, seg) && listener->so_acceptq_count >= listener->so_acceptq_max) {
        found(ips, mp, seg, "LISTEN",
              "the queue of those who wait to be accepted is full: ignored");
        freemsg(mp);
    } else if (is_pure_syn(ips, seg)) {
        found(ips, mp, seg, "LISTEN", NULL);
        tcp_window_begin(listener);
        deliver(ips, mp, seg, NULL);
        tcp_window_use(NULL);
    } else if ((seg->flags & ignored) == 0 && (seg->flags & TCP_ACK) != 0) {
        found(ips, mp, seg, "LISTEN", "not a SYN: answered with a RST");
        tcp_xmit_listeners_reset(ips, mp, seg->iph);
    } else {
        found(ips, mp, seg, "LISTEN", "not a SYN: ignored");
        freemsg(mp);
    }
}

/* An ACK of an old connection. */
static void reset_old(ip_stack_t *ips, mblk_t *mp, const segment_t *seg, const struct tcp_pcb *pcb)
{
    sonode_t *so = so_of_pcb(pcb);
    tcp_xmit_listeners_reset(ips, mp, seg->iph);
    if (so != NULL)
        so_syn_soon(so);
}

/* No SYN: after the peer's own it ends the handshake of a simultaneous open. */
static void end_both_open(ip_stack_t *ips, mblk_t *mp, const segment_t *seg, struct tcp_pcb *pcb)
{
    sonode_t *so = so_of_pcb(pcb);
    ip_header_t iph;
    bool ack = (seg->flags & TCP_ACK) != 0;
    mblk_t *syn = so != NULL && ack ? tcp_both_take(so, &iph) : NULL;
    if (syn == NULL) {
        found(ips, mp, seg, "SYN_SENT", "neither SYN nor RST: ignored");
        freemsg(mp);
        return;
    }
    segment_t as_syn_ack = *seg;
    as_syn_ack.iph = &iph;
    found(ips, mp, seg, "SYN_RCVD", NULL);
    deliver(ips, syn, &as_syn_ack, pcb);
    pcb = ipcl_active(ips, &seg->local, &seg->remote);
    if (pcb != NULL && pcb->state == ESTABLISHED)
        deliver(ips, mp, seg, pcb);
    else
        freemsg(mp);
}

/* SYN_SENT: tcp_rput_data decides this before anything else. lwIP looks only at a RST's ack
 * number, not at its ACK flag, and answers a stray ACK with a SYN off schedule. */
static void to_syn_sent(ip_stack_t *ips, mblk_t *mp, const segment_t *seg, struct tcp_pcb *pcb)
{
    bool rst = (seg->flags & TCP_RST) != 0;
    bool ack = (seg->flags & TCP_ACK) != 0;
    assert(pcb->state == SYN_SENT);

    if (ack && seg->ack != pcb->snd_nxt) {
        found(ips, mp, seg, "SYN_SENT",
              rst ? "wrong ack: RST ignored" : "wrong ack: answered with a RST");
        if (rst)
            freemsg(mp);
        else
            reset_old(ips, mp, seg, pcb);
    } else if (rst && !ack) {
        found(ips, mp, seg, "SYN_SENT", "RST without ACK: ignored");
        freemsg(mp);
    } else if (!rst && (seg->flags & TCP_SYN) == 0) {
        end_both_open(ips, mp, seg, pcb);
    } else if (!rst && !ack && so_of_pcb(pcb) != NULL) {
        found(ips, mp, seg, "SYN_SENT", "a simultaneous open: answered with a SYN|ACK");
        tcp_both_open(so_of_pcb(pcb), mp, seg->seq);
    } else {
        found(ips, mp, seg, "SYN_SENT", NULL);
        deliver(ips, mp, seg, pcb);
    }
}

/* SYN_RCVD: an ACK that cannot be the answer to our SYN|ACK gets a RST, and the endpoint stays.
 * lwIP 2.1.3 takes a SYN|ACK for the answer, 2.2.1 repeats its own, and either resets a wrong ack
 * with bytes that are not Solaris'.
 * => Returns whether the segment is dealt with. */
static bool reset_in_syn_rcvd(ip_stack_t *ips, mblk_t *mp, const segment_t *seg,
                              const struct tcp_pcb *pcb)
{
    bool right = TCP_SEQ_GT(seg->ack, pcb->lastack) && TCP_SEQ_LEQ(seg->ack, pcb->snd_nxt);

    if ((seg->flags & (TCP_ACK | TCP_RST)) != TCP_ACK || (right && (seg->flags & TCP_SYN) == 0))
        return false;
    found(ips, mp, seg, "SYN_RCVD",
          right ? "SYN|ACK: answered with a RST" : "wrong ack: answered with a RST");
    tcp_xmit_listeners_reset(ips, mp, seg->iph);
    return true;
}

static bool in_window(const segment_t *seg, const struct tcp_pcb *pcb)
{
    return TCP_SEQ_GEQ(seg->seq, pcb->rcv_nxt) && TCP_SEQ_LT(seg->seq, pcb->rcv_nxt + pcb->rcv_wnd);
}

/* An ACK of what was never sent. Linux drops it without a word (tcp_ack()); Solaris answers the
 * first tcp_drop_ack_unsent_cnt with an ACK. So two ends that both believe in a byte too many do
 * not answer each other for ever. */
static void refuse_unsent_ack(ip_stack_t *ips, mblk_t *mp, const segment_t *seg,
                              struct tcp_pcb *pcb)
{
    bool answers = !ips->ips_build->ib_linux_sockets && tcp_lists_unsent_acks(pcb) < ACK_UNSENT_MAX;
    found(ips, mp, seg, tcp_state_name(pcb->state),
          answers ? "it acknowledges what was not sent: answered with an ACK"
                  : "it acknowledges what was not sent: ignored");
    freemsg(mp);
    if (!answers)
        return;
    tcp_lists_count_unsent_ack(pcb);
    tcp_ack_now(pcb);
    tcp_output(pcb);
    tcp_timer_touch(ips, pcb);
}

/* What a synchronized endpoint does with a segment before it looks at its data, where lwIP does
 * otherwise. RFC 9293 section 3.10.7.4.
 * => Returns whether the segment is dealt with. */
static bool refuse_synchronized(ip_stack_t *ips, mblk_t *mp, const segment_t *seg,
                                struct tcp_pcb *pcb)
{
    const char *state = tcp_state_name(pcb->state);
    bool solaris = !ips->ips_build->ib_linux_sockets;
    if ((seg->flags & TCP_RST) != 0)
        return false;
    if ((seg->flags & TCP_SYN) != 0 && solaris && in_window(seg, pcb)) {
        found(ips, mp, seg, state, "a SYN in the window: it ends with a RST");
        freemsg(mp);
        tcp_timer_touch(ips, pcb);
        tcp_abort(pcb);
        return true;
    }
    if ((seg->flags & (TCP_SYN | TCP_ACK)) == 0) {
        found(ips, mp, seg, state, "without ACK: ignored");
        freemsg(mp);
        return true;
    }
    if ((seg->flags & TCP_ACK) != 0 && TCP_SEQ_GT(seg->ack, pcb->snd_nxt)) {
        refuse_unsent_ack(ips, mp, seg, pcb);
        return true;
    }
    return false;
}

/* The peer's time stamp (RFC 7323 section 3).
 * => Returns false if the segment has none. */
static bool read_tsval(const segment_t *seg, uint32_t *tsval)
{
    const uint8_t *tcph = seg->iph->iph_payload;
    size_t size = (size_t)(tcph[12] >> 4) * 4, at = TCPH_MIN;
    while (at < size && tcph[at] != TCPOPT_EOL) {
        size_t length = tcph[at] == TCPOPT_NOP ? 1 : at + 1 < size ? tcph[at + 1] : 0;
        if (length == 0 || at + length > size)
            return false;
        if (tcph[at] == TCPOPT_TIMESTAMP && length == TCPOPT_TIMESTAMP_LENGTH) {
            *tsval = get32(tcph + at + 2);
            return true;
        }
        at += length;
    }
    return false;
}

/* Whether a SYN is younger than the connection that it finds in TIME_WAIT: its number is after it
 * (RFC 1122 section 4.2.2.13), or, on Linux, its time stamp (RFC 6191). */
static bool is_younger(const ip_stack_t *ips, const segment_t *seg, const struct tcp_pcb *pcb)
{
    uint32_t tsval;
    if (TCP_SEQ_GT(seg->seq, pcb->rcv_nxt))
        return true;
    return ips->ips_build->ib_linux_sockets && (pcb->flags & TF_TIMESTAMP) != 0 &&
           read_tsval(seg, &tsval) && (int32_t)(tsval - pcb->ts_recent) > 0;
}

/* A SYN in TIME_WAIT: a new connection, if it is younger and somebody listens; else an ACK. */
static void syn_in_time_wait(ip_stack_t *ips, mblk_t *mp, const segment_t *seg, struct tcp_pcb *pcb)
{
    if (is_younger(ips, seg, pcb) && ipcl_listener(ips, &seg->local) != NULL) {
        found(ips, mp, seg, "TIME_WAIT", "a new SYN: it ends, and the listener has the segment");
        tcp_time_wait_end(ips, pcb);
        to_listener(ips, mp, seg);
        return;
    }
    found(ips, mp, seg, "TIME_WAIT", "a SYN: answered with an ACK");
    freemsg(mp);
    tcp_ack_now(pcb);
    tcp_output(pcb);
}

/* A RST ends TIME_WAIT: what RFC 1337 warns of, and what frees the way for a SYN that was answered
 * with an ACK. Linux, where tcp_rfc1337 is 0, wants it at the edge of the window. */
static void rst_in_time_wait(ip_stack_t *ips, mblk_t *mp, const segment_t *seg, struct tcp_pcb *pcb)
{
    bool ends =
        seg->seq == pcb->rcv_nxt || (in_window(seg, pcb) && !ips->ips_build->ib_linux_sockets);
    found(ips, mp, seg, "TIME_WAIT", ends ? "a RST: it ends" : "RST outside the window: ignored");
    freemsg(mp);
    if (ends)
        tcp_time_wait_end(ips, pcb);
}

/* RFC 9293 section 3.10.7.4. */
static void to_time_wait(ip_stack_t *ips, mblk_t *mp, const segment_t *seg, struct tcp_pcb *pcb)
{
    if ((seg->flags & TCP_RST) != 0) {
        rst_in_time_wait(ips, mp, seg, pcb);
    } else if ((seg->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        syn_in_time_wait(ips, mp, seg, pcb);
    } else if (!refuse_synchronized(ips, mp, seg, pcb)) {
        found(ips, mp, seg, "TIME_WAIT", NULL);
        deliver(ips, mp, seg, pcb);
        if ((seg->flags & TCP_FIN) != 0)
            tcp_time_wait_restart(ips, pcb);
    }
}

/* Linux has no room for a connection whose handshake ends while as many wait to be accepted as may:
 * tcp_v4_syn_recv_sock(). It ends with a later segment, or with the next SYN|ACK's answer. Solaris
 * looks at the queue when the SYN comes. */
static bool has_no_room(ip_stack_t *ips, mblk_t *mp, const segment_t *seg)
{
    const sonode_t *listener = ipcl_listener(ips, &seg->local);
    if (!ips->ips_build->ib_linux_sockets || listener == NULL ||
        (seg->flags & (TCP_RST | TCP_ACK)) != TCP_ACK ||
        listener->so_acceptq_count < listener->so_acceptq_max)
        return false;
    found(ips, mp, seg, "SYN_RCVD", "the queue of those who wait to be accepted is full: ignored");
    freemsg(mp);
    return true;
}

/* In a synchronized state Solaris dies of any RST inside the receive window; lwIP only of one
 * whose seq is exactly rcv_nxt, and answers others in the window with an ACK, as Linux does
 * (RFC 5961 section 3.2). */
static void accept_rst_in_window(const ip_stack_t *ips, const segment_t *seg, struct tcp_pcb *pcb)
{
    if ((seg->flags & TCP_RST) != 0 && in_window(seg, pcb) && !ips->ips_build->ib_linux_sockets)
        pcb->rcv_nxt = seg->seq;
}

/* Linux: data for who has ended both directions ends the connection (RFC 1122 section 4.2.2.13;
 * tcp_rcv_state_process()).
 * => Returns whether the segment is dealt with. */
static bool reset_on_data(ip_stack_t *ips, mblk_t *mp, const segment_t *seg, struct tcp_pcb *pcb)
{
    size_t header = (size_t)(seg->iph->iph_payload[12] >> 4) * 4;
    sonode_t *so = so_of_pcb(pcb);
    if (!ips->ips_build->ib_linux_sockets ||
        (pcb->state != FIN_WAIT_1 && pcb->state != FIN_WAIT_2) ||
        (so != NULL && !so->so_cantrcvmore) || seg->iph->iph_payload_length == header ||
        !in_window(seg, pcb) || (seg->flags & (TCP_SYN | TCP_RST)) != 0)
        return false;
    found(ips, mp, seg, tcp_state_name(pcb->state), "data, and nobody reads: it ends with a RST");
    tcp_xmit_listeners_reset(ips, mp, seg->iph);
    if (so != NULL)
        so_detach(so);
    tcp_abandon(pcb, 0);
    if (so != NULL)
        so_fail(so, ECONNRESET);
    return true;
}

/* The connection's socket, if it is still there. */
static sonode_t *socket_of(const ip_stack_t *ips, const segment_t *seg)
{
    return so_of_pcb(ipcl_active(ips, &seg->local, &seg->remote));
}

/* In words, why a RST ends nothing; NULL: it does, or is none. */
static const char *fate_of_rst(const segment_t *seg, const struct tcp_pcb *pcb)
{
    if ((seg->flags & TCP_RST) == 0 || seg->seq == pcb->rcv_nxt)
        return NULL;
    return in_window(seg, pcb) ? "RST in the window, not at its edge: answered with an ACK"
                               : "RST outside the window: ignored";
}

static void to_connected(ip_stack_t *ips, mblk_t *mp, const segment_t *seg, struct tcp_pcb *pcb)
{
    bool opening = pcb->state == SYN_RCVD;
    assert(pcb->state != CLOSED && pcb->state != LISTEN);
    ips->ips_fanout_state = pcb->state;
    if (pcb->state == SYN_SENT) {
        to_syn_sent(ips, mp, seg, pcb);
        return;
    }
    if (pcb->state == TIME_WAIT) {
        to_time_wait(ips, mp, seg, pcb);
        return;
    }
    if (opening && (reset_in_syn_rcvd(ips, mp, seg, pcb) || has_no_room(ips, mp, seg)))
        return;
    if (!opening && refuse_synchronized(ips, mp, seg, pcb))
        return;
    if (!opening && reset_on_data(ips, mp, seg, pcb))
        return;
    if (!opening && so_of_pcb(pcb) != NULL)
        tcp_unfuse(so_of_pcb(pcb), "a segment came through IP");
    accept_rst_in_window(ips, seg, pcb);
    if (!opening && (seg->flags & TCP_ACK) != 0 && so_of_pcb(pcb) != NULL)
        so_of_pcb(pcb)->so_client_errno = 0; /* something has got through */
    found(ips, mp, seg, tcp_state_name(pcb->state), fate_of_rst(seg, pcb));
    deliver(ips, mp, seg, pcb);
    sonode_t *so = opening ? socket_of(ips, seg) : NULL; /* lwIP may have freed the connection */
    if (so != NULL && so->so_pcb != NULL)
        tcp_fuse(so);
}

void ip_fanout_tcp(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph)
{
    segment_t seg;
    assert(iph->iph_payload + iph->iph_payload_length <= mp->b_wptr);
    const char *fault = read_segment(ill, iph, &seg);
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
        found(ips, mp, &seg, NULL, NULL);
        tcp_xmit_listeners_reset(ips, mp, iph);
    }
}
