/* SPDX-License-Identifier: BSD-3-Clause
 *
 * TCP fusion: both ends of a loopback connection are in this host, so data goes from one to the
 * other without IP. Solaris: inet/tcp/tcp_fusion.c (tcp_fuse, tcp_unfuse, tcp_fuse_output).
 *
 * A connection is fused when the last ACK of its handshake arrives. It is un-fused when anything
 * has to go through IP: a FIN, a segment that came through IP by itself, data whose copy a hook has
 * dropped, and, in some builds, an open snoop. SYN, SYN|ACK and that ACK always go through IP.
 *
 * lwIP does not know of this: what was handed over is added to the numbers of both endpoints, so
 * that seq and ack of later segments include it. */
#include "stack/ip_path.h"
#include "stack/ipclassifier.h"
#include "stack/sonode.h"
#include "stack/tcp_endpoint.h"

#include <assert.h>
#include <errno.h>

#define TCP_DATA_TTL 64

static void tell(sonode_t *so, const char *function, ip_fused_t fused, const char *reason)
{
    ip_emit(so->so_stack, &(ip_event_t){.kind = IP_EV_FUSION,
                                        .event = function,
                                        .local = so->so_local,
                                        .remote = so->so_remote,
                                        .fused = fused,
                                        .reason = reason});
}

/* ---- fusing ---- */

static bool is_idle(const struct tcp_pcb *pcb)
{
    return pcb->state == ESTABLISHED && pcb->unsent == NULL && pcb->unacked == NULL &&
           pcb->ooseq == NULL && pcb->refused_data == NULL;
}

/* The other end, if it is in this host and is a connection of its own. */
static sonode_t *find_peer(const sonode_t *so)
{
    sonode_t *peer = so_of_pcb(ipcl_active(so->so_stack, &so->so_remote, &so->so_local));
    return peer != so ? peer : NULL;
}

static bool may_fuse(const ip_stack_t *ips)
{
    return ips->ips_build->ib_fusion != IP_FUSION_NONE && !ips->ips_fusion_off &&
           !(ips->ips_snoop_open && ips->ips_build->ib_snoop_unfuses);
}

void tcp_fuse(sonode_t *so)
{
    sonode_t *peer = find_peer(so);
    if (so->so_peer != NULL || !may_fuse(so->so_stack) || peer == NULL || peer->so_peer != NULL ||
        !is_idle(so->so_pcb) || !is_idle(peer->so_pcb))
        return;
    so->so_peer = peer;
    peer->so_peer = so;
    so->so_refuse = peer->so_refuse = false;
    tell(so, "tcp_fuse", IP_FUSED, NULL);
}

/* ---- un-fusing ---- */

/* From now on the sender may send as much as its receiver can take. */
static void settle(struct tcp_pcb *from, struct tcp_pcb *to)
{
    from->snd_wnd = to->rcv_wnd;
    to->rcv_ann_wnd = to->rcv_wnd;
    to->rcv_ann_right_edge = to->rcv_nxt + to->rcv_wnd;
}

void tcp_unfuse(sonode_t *so, const char *why)
{
    sonode_t *peer = so->so_peer;
    if (peer == NULL)
        return;
    assert(peer->so_peer == so);
    so->so_peer = peer->so_peer = NULL;
    if (so->so_pcb != NULL && peer->so_pcb != NULL) {
        settle(so->so_pcb, peer->so_pcb);
        settle(peer->so_pcb, so->so_pcb);
    }
    if (why != NULL)
        tell(so, "tcp_unfuse", IP_UNFUSED, why);
}

/* ---- data ---- */

/* Counts the bytes as sent, received and acknowledged: nothing is in flight. The numbers are those
 * that a segment with the bytes and its ACK would have left, but for the window that was announced,
 * which settle() makes. */
static void account(struct tcp_pcb *from, struct tcp_pcb *to, uint32_t n)
{
    assert(n <= to->rcv_wnd &&
           from->snd_nxt == to->rcv_nxt); /* there is room, and nothing in flight */
    to->snd_wl1 = from->snd_nxt;
    to->snd_wl2 = from->rcv_nxt;
    from->snd_nxt += n;
    from->snd_lbb += n;
    from->lastack += n;
    to->rcv_nxt += n;
    from->snd_wl1 = to->snd_nxt;
    from->snd_wl2 = to->rcv_nxt;
    to->rcv_wnd -= (tcpwnd_size_t)n;
    to->ts_lastacksent = to->rcv_nxt;
}

/* Builds the segment that would have carried the data, for the hooks: tcp_xmit_mp(). */
static mblk_t *build_copy(ip_stack_t *ips, const sonode_t *so, const void *data, size_t length)
{
    const struct tcp_pcb *pcb = so->so_pcb;
    bool v4 = ip_address_family(&so->so_local.ie_addr) == AF_INET;
    size_t header = v4 ? IPH_MIN : IP6H_LEN;
    ip_header_t iph;
    mblk_t *mp = allocb_from(ips->ips_memory, header + TCPH_MIN + length);
    if (mp == NULL)
        return NULL;
    uint8_t *tcph = mp->b_rptr + header;
    mp->b_wptr = tcph + TCPH_MIN + length;
    ip_write_header(ips, mp->b_rptr, &so->so_local.ie_addr, &so->so_remote.ie_addr, IPPROTO_TCP,
                    TCP_DATA_TTL, TCPH_MIN + length);
    put16(tcph, so->so_local.ie_port);
    put16(tcph + 2, so->so_remote.ie_port);
    put32(tcph + 4, pcb->snd_nxt);
    put32(tcph + 8, pcb->rcv_nxt);
    tcph[12] = (TCPH_MIN / 4) << 4;
    tcph[13] = TCP_ACK | TCP_PSH;
    put16(tcph + 14, (uint16_t)pcb->rcv_wnd);
    memcpy(tcph + TCPH_MIN, data, length);
    ip_header_read(mp, &iph);
    put16(tcph + 16, ip_payload_cksum(&iph, IPPROTO_TCP));
    mp->b_packet = ++ips->ips_last_packet;
    return mp;
}

/* Shows the hooks a copy of the data. The copy is thrown away afterwards; only whether they drop it
 * counts.
 * => Returns false if they do. */
static bool hooks_let_pass(sonode_t *so, const void *data, size_t length)
{
    ip_stack_t *ips = so->so_stack;
    ill_t *peers = ill_of_local(ips, &so->so_remote.ie_addr);
    ill_t *own = ill_of_local(ips, &so->so_local.ie_addr);
    mblk_t *mp = build_copy(ips, so, data, length);
    if (mp == NULL) {
        ip_tell_no_memory(ips);
        return true;
    }
    ip_emit(ips, &(ip_event_t){
                     .kind = IP_EV_WPUT_IRE, .mp = mp, .ifname = peers->ill_name, .is_copy = true});
    if (ips->ips_build->ib_snoop == IP_SNOOP_BETWEEN)
        ip_emit(ips, &(ip_event_t){.kind = IP_EV_SNOOP, .mp = mp, .ifname = peers->ill_name});
    mp = fw_hooks(ips, IP_LOOPBACK_OUT, peers, mp);
    if (mp != NULL)
        mp = fw_hooks(ips, IP_LOOPBACK_IN, own, mp);
    freemsg(mp);
    return mp != NULL;
}

static bool hooks_are_interested(const sonode_t *so)
{
    const ip_stack_t *ips = so->so_stack;
    size_t family =
        ip_address_family(&so->so_local.ie_addr) == AF_INET ? FAMILY_INET : FAMILY_INET6;
    return ips->ips_build->ib_fusion == IP_FUSION_COPY &&
           (hook_interested(ips->ips_events[family][IP_LOOPBACK_OUT]) ||
            hook_interested(ips->ips_events[family][IP_LOOPBACK_IN]));
}

/* Whether the connection is fused now. An observer un-fuses it; when the observer is gone, it is
 * fused again. */
static bool is_fused(sonode_t *so)
{
    const ip_stack_t *ips = so->so_stack;
    if (so->so_peer != NULL && ips->ips_snoop_open && ips->ips_build->ib_snoop_unfuses) {
        so->so_refuse = true;
        tcp_unfuse(so, "snoop is open");
    } else if (so->so_peer == NULL && so->so_refuse) {
        tcp_fuse(so);
    }
    return so->so_peer != NULL;
}

bool tcp_fuse_output(sonode_t *so, const void *data, size_t length, size_t *sent)
{
    if (!is_fused(so))
        return false;
    sonode_t *peer = so->so_peer;
    size_t room = peer->so_pcb->rcv_wnd, mss = so->so_pcb->mss;
    size_t n = length < room ? length : room;
    *sent = 0;
    if (n > mss && hooks_are_interested(so))
        n = mss; /* the copy is one segment */
    if (n == 0)
        return true;
    if (hooks_are_interested(so) && !hooks_let_pass(so, data, n)) {
        tcp_unfuse(so, "a hook dropped the copy");
        return false;
    }
    if (!so_append(peer, data, n)) {
        ip_tell_no_memory(so->so_stack);
        return true; /* there is no room */
    }
    account(so->so_pcb, peer->so_pcb, (uint32_t)n);
    so->so_stack->ips_stats.fused_bytes += n;
    *sent = n;
    tell(so, "tcp_fuse_output", IP_HANDED_OVER, NULL);
    so_changed(peer);
    return true;
}

void tcp_fuse_received(sonode_t *so, size_t n)
{
    struct tcp_pcb *pcb = so->so_pcb;
    size_t buffer = (size_t)so->so_options[SO_OPT_RCVBUF], room = pcb->rcv_wnd + n;
    room = room + so->so_rcvlen > buffer ? buffer - LWIP_MIN(buffer, so->so_rcvlen) : room;
    tcp_window_use(pcb);
    if (room > pcb->rcv_wnd)
        pcb->rcv_wnd = LWIP_MIN((tcpwnd_size_t)room, TCP_WND_MAX(pcb));
    so_changed(so->so_peer); /* there is room again */
}

bool so_is_past_hooks(const sonode_t *so)
{
    return so->so_peer != NULL && so->so_stack->ips_build->ib_fusion == IP_FUSION_BYPASS;
}
