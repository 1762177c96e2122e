/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A TCP segment, read, reported and handed to lwIP. */
#include "stack/tcp_segment.h"
#include "stack/ip_path.h"
#include "stack/ipclassifier.h"

#define TCPOPT_EOL 0
#define TCPOPT_NOP 1

#define TCPOPT_TIMESTAMP        8
#define TCPOPT_TIMESTAMP_LENGTH 10
#define ONLY_TIMESTAMPS         0x0101080au /* two TCPOPT_NOP before them */

const char *tcp_segment_read(ill_t *ill, const ip_header_t *iph, tcp_segment_t *seg)
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
    *seg = (tcp_segment_t){.iph = iph,
                           .ill = ill,
                           .local = {iph->iph_dst, get16(tcph + 2)},
                           .remote = {iph->iph_src, get16(tcph)},
                           .seq = get32(tcph + 4),
                           .ack = get32(tcph + 8),
                           .flags = tcph[13] & TCP_FLAGS};
    return NULL;
}

size_t tcp_segment_header(const tcp_segment_t *seg)
{
    return (size_t)(seg->iph->iph_payload[12] >> 4) * 4;
}

tcp_seen_t tcp_segment_seen(const tcp_segment_t *seg)
{
    return (tcp_seen_t){seg->seq, seg->ack, seg->flags,
                        seg->iph->iph_payload_length - tcp_segment_header(seg)};
}

bool tcp_segment_tsval(const tcp_segment_t *seg, uint32_t *tsval)
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

bool tcp_segment_in_window(const tcp_segment_t *seg, const struct tcp_pcb *pcb)
{
    return TCP_SEQ_GEQ(seg->seq, pcb->rcv_nxt) &&
           TCP_SEQ_LEQ(seg->seq, pcb->rcv_nxt + pcb->rcv_wnd);
}

bool tcp_segment_is_old(const tcp_segment_t *seg, const struct tcp_pcb *pcb)
{
    uint32_t end = seg->seq + (uint32_t)tcp_segment_seen(seg).ts_length;
    return TCP_SEQ_LT(seg->seq, pcb->rcv_nxt) &&
           (TCP_SEQ_LT(end, pcb->rcv_nxt) || (end == pcb->rcv_nxt && (seg->flags & TCP_FIN) == 0));
}

bool tcp_segment_is_beyond(const tcp_segment_t *seg, const struct tcp_pcb *pcb)
{
    uint32_t edge = pcb->rcv_nxt + pcb->rcv_wnd;
    uint32_t end = seg->seq + (uint32_t)tcp_segment_seen(seg).ts_length;
    bool is_probe = pcb->rcv_wnd == 0 && seg->seq == pcb->rcv_nxt;
    return TCP_SEQ_GEQ(seg->seq, edge) && TCP_SEQ_GT(end, edge) && !is_probe;
}

void tcp_segment_found(ip_stack_t *ips, const mblk_t *mp, const tcp_segment_t *seg,
                       const char *state, const char *text)
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
            tcph[at] = TCPOPT_EOL; /* the checksum has been verified */
        }
    }
}

void tcp_segment_deliver(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb)
{
    end_malformed_options(seg->iph);
    uint32_t delayed = pcb != NULL ? tcp_ack_before(pcb) : 0;
    if (tcp_lists_deliver(ips, pcb, seg->ill, mp, seg->iph)) {
        tcp_ack_after(ips, pcb, delayed);
        tcp_send_full(pcb);
    }
}

void tcp_segment_answer(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    tcp_ack_now(pcb);
    tcp_output(pcb);
    if (pcb->state != TIME_WAIT)
        tcp_timer_touch(ips, pcb);
}
