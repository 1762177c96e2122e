/* SPDX-License-Identifier: BSD-3-Clause
 *
 * When data is acknowledged. Solaris: tcp_rput_data() ("deferred ACKs"), tcp_ack_timer(); Linux:
 * __tcp_ack_snd_check(), tcp_delack_timer_handler(), tcp_event_data_sent().
 */
#include "stack/tcp_impl.h"

/* tcp_deferred_acks_max, tcp_local_dacks_max */
#define RACK_MAX       2
#define RACK_MAX_LOCAL 8

static bool is_to_itself(const tcp_t *tcp)
{
    in6_addr_t peer = from_lwip(&tcp->tcp_pcb->remote_ip);
    return ip_is_local(tcp->tcp_stack, &peer);
}

uint64_t tcp_ack_delay_us(const tcp_t *tcp)
{
    const tcp_times_t *times = tcp_times_of(tcp->tcp_stack);
    if (times->tt_ack_us == times->tt_ack_local_us || (tcp->tcp_pcb->flags & TF_ACK_DELAY) == 0)
        return times->tt_ack_us;
    return is_to_itself(tcp) ? times->tt_ack_local_us : times->tt_ack_us;
}

/* How much has come since the last ACK. */
static uint32_t unacknowledged(const struct tcp_pcb *pcb)
{
    return pcb->rcv_nxt - pcb->ts_lastacksent;
}

/* How much data a full segment carries: the time stamps are in lwIP's maximum, and not in
 * tcp_mss and rcv_mss. */
static uint32_t full_segment(const struct tcp_pcb *pcb)
{
    return pcb->mss - ((pcb->flags & TF_TIMESTAMP) != 0 ? LWIP_TCP_OPT_LEN_TS_OUT : 0);
}

uint32_t tcp_ack_before(struct tcp_pcb *pcb)
{
    bool is_delayed = (pcb->flags & TF_ACK_DELAY) != 0;
    tcp_clear_flags(pcb, TF_ACK_DELAY);
    return is_delayed ? unacknowledged(pcb) : 0;
}

/* Linux acknowledges at once while its application only receives, so that the peer can send more
 * the sooner. If the application answers, the answer will carry the ACK. */
static bool linux_is_due(const tcp_t *tcp)
{
    return tcp == NULL || !tcp->tcp_is_interactive ||
           unacknowledged(tcp->tcp_pcb) > full_segment(tcp->tcp_pcb);
}

/* Solaris acknowledges several segments with one ACK: at first each segment, then more and more
 * together. A short segment after a short one is acknowledged at once. */
static bool solaris_is_due(tcp_t *tcp, uint32_t delayed)
{
    const struct tcp_pcb *pcb = tcp->tcp_pcb;
    unsigned most = is_to_itself(tcp) ? RACK_MAX_LOCAL : RACK_MAX;
    tcp->tcp_rack_cnt = delayed != 0 ? tcp->tcp_rack_cnt + 1 : 1;
    if (tcp->tcp_rack_cnt < tcp->tcp_rack_cur_max)
        return unacknowledged(pcb) - delayed < full_segment(pcb) &&
               delayed % full_segment(pcb) != 0;
    if (tcp->tcp_rack_cur_max < most)
        tcp->tcp_rack_cur_max++;
    return true;
}

void tcp_send_full(struct tcp_pcb *pcb)
{
    const struct tcp_seg *last = pcb->unsent;
    if (last == NULL || last->len < full_segment(pcb) || (pcb->flags & TF_NODELAY) != 0)
        return;
    tcp_set_flags(pcb, TF_NODELAY);
    tcp_output(pcb);
    tcp_clear_flags(pcb, TF_NODELAY);
}

static void acknowledge(struct tcp_pcb *pcb)
{
    tcp_clear_flags(pcb, TF_ACK_DELAY);
    tcp_ack_now(pcb);
    tcp_output(pcb);
}

/* The peer is alive. As long as it answers, a closed window is probed for ever. */
static void hear(tcp_t *tcp)
{
    const struct tcp_pcb *pcb = tcp->tcp_pcb;
    tcp->tcp_last_recv_us = vclock_now(tcp->tcp_stack->ips_clock);
    tcp->tcp_unanswered = 0;
    if (pcb->persist_backoff > 0 || pcb->snd_wnd <= 1)
        tcp->tcp_waited_us = 0;
    else if (tcp->tcp_zero_win_probe)
        tcp_probe_answered(tcp);
}

void tcp_ack_after(ip_stack_t *ips, struct tcp_pcb *pcb, uint32_t delayed)
{
    tcp_t *tcp = tcp_of_pcb(pcb);
    bool has_come = (pcb->flags & TF_ACK_DELAY) != 0;
    if (tcp != NULL)
        hear(tcp);
    if (!has_come && delayed != 0 && unacknowledged(pcb) != 0)
        tcp_set_flags(pcb, TF_ACK_DELAY); /* as it was */
    if (!has_come)
        return;
    if (tcp != NULL)
        tcp->tcp_last_data_us = vclock_now(ips->ips_clock);
    bool is_due = ips->ips_build->ib_quick_ack ? linux_is_due(tcp)
                                               : tcp != NULL && solaris_is_due(tcp, delayed);
    if (is_due)
        acknowledge(pcb);
}

void tcp_ack_data_sent(ip_stack_t *ips, const struct tcp_pcb *pcb)
{
    tcp_t *tcp = tcp_of_pcb(pcb);
    if (tcp != NULL && tcp->tcp_last_data_us != NEVER &&
        vclock_now(ips->ips_clock) - tcp->tcp_last_data_us < tcp_times_of(ips)->tt_ack_us)
        tcp->tcp_is_interactive = true;
}

/* The application did not answer in time: Linux does not wait for an answer next time. */
void tcp_ack_timeout(tcp_t *tcp)
{
    tcp_tell_timer(tcp, IP_TIMER_ACK);
    tcp->tcp_is_interactive = false;
    acknowledge(tcp->tcp_pcb);
}
