/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a connection's timers send: a segment again, probes of a closed window, and probes of an
 * idle peer. And how the connection ends if the peer does not answer. Solaris: tcp_timer(),
 * tcp_keepalive_timer(); Linux: tcp_retransmit_timer(), tcp_probe_timer(), tcp_keepalive_timer().
 */
#include "stack/sonode.h"
#include "stack/tcp_impl.h"

#include <errno.h>

static bool is_linux(const tcp_t *tcp)
{
    return tcp->tcp_stack->ips_build->ib_linux_sockets;
}

static uint64_t now_us(const tcp_t *tcp)
{
    return vclock_now(tcp->tcp_stack->ips_clock);
}

/* The application sees ETIMEDOUT. The peer gets a RST only if `reset` is set. */
static void give_up(tcp_t *tcp, bool reset)
{
    ip_stack_t *ips = tcp->tcp_stack;
    tcp_tell_timer(tcp, IP_TIMER_ABORT);
    ips->ips_timed_out = true;
    tcp_abandon(tcp->tcp_pcb, reset);
    ips->ips_timed_out = false;
}

/* ---- again ---- */

/* Slow start (RFC 5681 section 3.1). */
static void shrink_window(struct tcp_pcb *pcb)
{
    tcpwnd_size_t flight = LWIP_MIN(pcb->cwnd, pcb->snd_wnd);
    pcb->ssthresh = LWIP_MAX(flight / 2, (tcpwnd_size_t)(2 * pcb->mss));
    pcb->cwnd = pcb->mss;
    pcb->bytes_acked = 0;
}

/* Sends only the first segment, whatever the window is now, like a probe: answers to probes are no
 * sign of a loss. The others follow when it is acknowledged. */
static void send_again(struct tcp_pcb *pcb)
{
    if (tcp_rexmit_rto_prepare(pcb) != ERR_OK)
        return;
    struct tcp_seg *others = pcb->unsent->next;
    pcb->unsent->next = NULL;
    shrink_window(pcb);
    pcb->dupacks = 0;
    if (pcb->unsent->len > pcb->snd_wnd)
        pcb->snd_wnd = pcb->unsent->len;
    tcp_rexmit_rto_commit(pcb);
    if (pcb->unsent == NULL)
        pcb->unsent = others;
    else
        pcb->unsent->next = others; /* there was no memory */
}

static void count_again(tcp_t *tcp)
{
    if (tcp->tcp_first_again_us == NEVER)
        tcp->tcp_first_again_us = now_us(tcp);
    tcp->tcp_is_timing = false;
    tcp->tcp_timer_backoff++;
}

static const syn_schedule_t *syn_acks(const tcp_t *tcp)
{
    const ip_build_t *build = tcp->tcp_stack->ips_build;
    return build->ib_syn_acks != NULL ? build->ib_syn_acks : &build->ib_syns;
}

uint64_t tcp_syn_ack_us(const tcp_t *tcp, unsigned n)
{
    const syn_schedule_t *schedule = syn_acks(tcp);
    return tcp->tcp_began_us +
           (n < schedule->sy_count ? schedule->sy_at_us[n] : schedule->sy_abort_us);
}

/* Solaris sends a RST to a peer that never answered its SYN|ACK. */
static void syn_ack_timeout(tcp_t *tcp)
{
    if (tcp->tcp_timer_backoff + 1 >= syn_acks(tcp)->sy_count) {
        give_up(tcp, !is_linux(tcp));
        return;
    }
    tcp_tell_timer(tcp, IP_TIMER_REXMIT);
    count_again(tcp);
    send_again(tcp->tcp_pcb);
}

/* On Linux TCP_USER_TIMEOUT shortens the last interval: tcp_clamp_rto_to_user_timeout(). */
static uint64_t clamp(const tcp_t *tcp, uint64_t at_us)
{
    uint64_t user_us = tcp->tcp_user_us;
    if (user_us == 0 || !is_linux(tcp) || tcp->tcp_first_again_us + user_us > at_us)
        return at_us;
    return tcp->tcp_first_again_us + user_us;
}

/* The next interval of a timer, which has doubled. */
static void wait_longer(tcp_t *tcp, tcp_timer_t timer)
{
    uint64_t us = tcp_rto_us(tcp, tcp->tcp_timer_backoff);
    tcp->tcp_waited_us += us;
    tcp->tcp_due_us[timer] = clamp(tcp, now_us(tcp) + us);
}

void tcp_rexmit_timeout(tcp_t *tcp)
{
    if (tcp->tcp_pcb->state == SYN_RCVD) {
        syn_ack_timeout(tcp);
        return;
    }
    if (tcp_rto_gives_up(tcp)) {
        give_up(tcp, false);
        return;
    }
    tcp_tell_timer(tcp, IP_TIMER_REXMIT);
    count_again(tcp);
    wait_longer(tcp, TIMER_REXMIT);
    send_again(tcp->tcp_pcb);
}

/* ---- a closed window ---- */

/* Linux sends the number of an old byte and no data (tcp_xmit_probe_skb()). Solaris sends the first
 * byte that waits, as if the window were open for it. If the window is open but small, what fits
 * into it is sent, against the rule that avoids silly windows. */
static void send_probe(tcp_t *tcp)
{
    struct tcp_pcb *pcb = tcp->tcp_pcb;
    pcb->dupacks = 0;
    if (pcb->snd_wnd == 0 && is_linux(tcp)) {
        tcp_keepalive(pcb);
        return;
    }
    if (pcb->snd_wnd == 0) {
        pcb->snd_wnd = 1;
        tcp->tcp_zero_win_probe = true;
    }
    if (tcp_split_unsent_seg(pcb, (u16_t)pcb->snd_wnd) == ERR_OK)
        tcp_output(pcb);
}

void tcp_probe_timeout(tcp_t *tcp)
{
    if (tcp_rto_gives_up_probing(tcp)) {
        give_up(tcp, false);
        return;
    }
    tcp_tell_timer(tcp, IP_TIMER_PROBE);
    count_again(tcp);
    tcp->tcp_unanswered++;
    wait_longer(tcp, TIMER_PROBE);
    send_probe(tcp);
}

/* Solaris: the byte was refused, so it goes again at once; else the stream would wait for as long
 * as the probes did. */
void tcp_probe_answered(tcp_t *tcp)
{
    tcp->tcp_zero_win_probe = false;
    if (tcp->tcp_pcb->lastack != tcp->tcp_suna || tcp->tcp_pcb->unacked == NULL)
        return;
    tcp_rto_forget(tcp);
    send_again(tcp->tcp_pcb);
}

/* ---- an idle peer ---- */

/* The value of a keepalive option, or the era's if it was not set. */
static uint64_t option_or(const sonode_t *so, so_option_t option, uint64_t otherwise)
{
    return so->so_options[option] != 0 ? (uint64_t)so->so_options[option] : otherwise;
}

uint64_t tcp_keepalive_us(const tcp_t *tcp)
{
    const sonode_t *so = so_of_pcb(tcp->tcp_pcb);
    enum tcp_state state = tcp->tcp_pcb->state;
    if (so == NULL || so->so_options[SO_OPT_KEEPALIVE] == 0 || so->so_peer != NULL ||
        state < ESTABLISHED || (state > CLOSE_WAIT && !is_linux(tcp)))
        return NEVER;
    return option_or(so, SO_OPT_KEEPIDLE, tcp_times_of(tcp->tcp_stack)->tt_keep_idle_us);
}

/* Linux: after a number of probes at equal intervals, or after TCP_USER_TIMEOUT. Solaris does the
 * same if both options were set; else its intervals double, until a time is over. */
static bool peer_is_dead(const tcp_t *tcp, const sonode_t *so, uint64_t idle_us, uint64_t after_us)
{
    const tcp_times_t *times = tcp_times_of(tcp->tcp_stack);
    uint64_t count = option_or(so, SO_OPT_KEEPCNT, times->tt_keep_count);
    uint64_t interval_us = option_or(so, SO_OPT_KEEPINTVL, times->tt_keep_interval_us);
    uint64_t user_us = (uint64_t)so->so_options[SO_OPT_USER_TIMEOUT];
    if (is_linux(tcp) && user_us != 0)
        return tcp->tcp_unanswered > 0 && idle_us >= user_us;
    if (is_linux(tcp))
        return tcp->tcp_unanswered >= count;
    bool is_even = count != 0 && interval_us != 0;
    return is_even ? tcp->tcp_unanswered >= count : idle_us > after_us + times->tt_keep_abort_us;
}

/* The time until the next probe. */
static uint64_t keepalive_interval_us(const tcp_t *tcp, const sonode_t *so, uint64_t after_us)
{
    const tcp_times_t *times = tcp_times_of(tcp->tcp_stack);
    uint64_t us = option_or(so, SO_OPT_KEEPINTVL, times->tt_keep_interval_us);
    if (us != 0)
        return us;
    if (tcp->tcp_ka_last_us == 0)
        return tcp_rto_us(tcp, 0);
    us = 2 * tcp->tcp_ka_last_us;
    us = us < after_us ? us : after_us - 1000;
    return us < times->tt_rto_max_us ? us : times->tt_rto_max_us;
}

void tcp_keepalive_timeout(tcp_t *tcp)
{
    const sonode_t *so = so_of_pcb(tcp->tcp_pcb);
    const struct tcp_pcb *pcb = tcp->tcp_pcb;
    uint64_t after_us = tcp_keepalive_us(tcp), idle_us = now_us(tcp) - tcp->tcp_last_recv_us;
    if (after_us == NEVER)
        return;
    bool is_busy = pcb->unacked != NULL || pcb->unsent != NULL;
    if (is_busy || idle_us < after_us) {
        tcp->tcp_ka_last_us = 0;
        tcp->tcp_due_us[TIMER_KEEPALIVE] = now_us(tcp) + after_us - (is_busy ? 0 : idle_us);
        return;
    }
    if (peer_is_dead(tcp, so, idle_us, after_us)) {
        give_up(tcp, is_linux(tcp));
        return;
    }
    tcp_tell_timer(tcp, IP_TIMER_KEEPALIVE);
    tcp->tcp_ka_last_us = keepalive_interval_us(tcp, so, after_us);
    tcp->tcp_due_us[TIMER_KEEPALIVE] = now_us(tcp) + tcp->tcp_ka_last_us;
    tcp->tcp_unanswered++;
    tcp_keepalive(tcp->tcp_pcb);
}
