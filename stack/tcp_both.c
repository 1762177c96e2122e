/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A simultaneous open: both ends have sent a SYN, and each answers the other's with a SYN|ACK (RFC
 * 9293 section 3.5). A connection to itself is one, too. lwIP does not know this: its endpoint
 * stays in SYN_SENT and is made to send a SYN|ACK. Then it gets the peer's SYN|ACK, or, when an ACK
 * comes, the peer's SYN once more, as a SYN|ACK. */
#include "stack/sonode.h"
#include "stack/tcp_endpoint.h"

/* Sends the SYN that waits for its ACK once more, as a SYN|ACK. */
static void send_syn_ack(struct tcp_pcb *pcb)
{
    tcp_window_use(pcb);
    if (tcp_rexmit_rto_prepare(pcb) != ERR_OK)
        return;
    pcb->state = SYN_RCVD;
    tcp_rexmit_rto_commit(pcb);
    pcb->state = SYN_SENT;
}

void tcp_both_open(sonode_t *so, mblk_t *mp, uint32_t seq)
{
    struct tcp_pcb *pcb = so->so_pcb;
    freemsg(so->so_peer_syn);
    so->so_peer_syn = mp;
    pcb->rcv_nxt = seq + 1;
    send_syn_ack(pcb);
}

mblk_t *tcp_both_take(sonode_t *so, ip_header_t *iph)
{
    mblk_t *mp = so->so_peer_syn;
    so->so_peer_syn = NULL;
    if (mp == NULL || ip_header_read(mp, iph) != NULL)
        return mp;
    uint8_t *tcph = iph->iph_payload;
    tcph[13] = TCP_SYN | TCP_ACK;
    put32(tcph + 8, so->so_pcb->snd_nxt);
    put16(tcph + 16, 0);
    put16(tcph + 16, ip_payload_cksum(iph, IPPROTO_TCP));
    return mp;
}
