/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The round trip, the retransmission timer's interval, and when a connection gives up. Solaris:
 * tcp_set_rto(), tcp_timer(); Linux: tcp_rtt_estimator(), retransmits_timed_out(),
 * tcp_probe_timer(). */
#include "stack/sonode.h"
#include "stack/tcp_impl.h"

#define BACKOFF_MAX         16
#define LINUX_PROBES        15 /* tcp_retries2 */
#define LINUX_PROBES_ORPHAN 8  /* tcp_orphan_retries() */

static bool is_linux(const tcp_t *tcp)
{
    return tcp->tcp_stack->ips_build->ib_linux_sockets;
}

static uint64_t now_us(const tcp_t *tcp)
{
    return vclock_now(tcp->tcp_stack->ips_clock);
}

void tcp_rto_sample(tcp_t *tcp, uint64_t us)
{
    if (!tcp->tcp_is_measured) {
        tcp->tcp_rtt_sa = us;
        tcp->tcp_rtt_sd = us / 2;
    } else {
        uint64_t sa = tcp->tcp_rtt_sa, off = us > sa ? us - sa : sa - us;
        tcp->tcp_rtt_sd = (3 * tcp->tcp_rtt_sd + off) / 4;
        tcp->tcp_rtt_sa = (7 * sa + us) / 8;
    }
    tcp->tcp_is_measured = true;
}

/* Linux adds its least interval to the round trip. Solaris takes the greater of both and adds a
 * quarter of the round trip. */
static uint64_t base_us(const tcp_t *tcp)
{
    const tcp_times_t *times = tcp_times_of(tcp->tcp_stack);
    uint64_t deviation = 4 * tcp->tcp_rtt_sd, least = times->tt_rto_min_us;
    if (!tcp->tcp_is_measured)
        return times->tt_rto_first_us;
    if (is_linux(tcp))
        return tcp->tcp_rtt_sa + (deviation > least ? deviation : least);
    uint64_t us = tcp->tcp_rtt_sa + deviation + tcp->tcp_rtt_sa / 4;
    return us > least ? us : least;
}

uint64_t tcp_rto_us(const tcp_t *tcp, unsigned backoff)
{
    uint64_t most = tcp_times_of(tcp->tcp_stack)->tt_rto_max_us;
    uint64_t us = base_us(tcp) << (backoff < BACKOFF_MAX ? backoff : BACKOFF_MAX);
    return us < most ? us : most;
}

void tcp_rto_forget(tcp_t *tcp)
{
    tcp->tcp_timer_backoff = 0;
    tcp->tcp_first_again_us = NEVER;
    tcp->tcp_waited_us = 0;
    tcp->tcp_due_us[TIMER_REXMIT] = tcp->tcp_due_us[TIMER_PROBE] = NEVER;
}

void tcp_rto_look(tcp_t *tcp)
{
    const struct tcp_pcb *pcb = tcp->tcp_pcb;
    if (tcp->tcp_suna != pcb->lastack) {
        if (tcp->tcp_is_timing && TCP_SEQ_GEQ(pcb->lastack, tcp->tcp_timed_seq)) {
            tcp_rto_sample(tcp, now_us(tcp) - tcp->tcp_timed_us);
            tcp->tcp_is_timing = false;
        }
        tcp_rto_forget(tcp);
        tcp->tcp_suna = pcb->lastack;
    }
    bool was_probing = tcp->tcp_due_us[TIMER_PROBE] != NEVER;
    if (is_linux(tcp) && was_probing && pcb->persist_backoff == 0)
        tcp_rto_forget(tcp); /* the window is open again: tcp_ack_probe() */
    if (tcp->tcp_snxt == pcb->snd_nxt)
        return;
    if (!tcp->tcp_is_timing && tcp->tcp_first_again_us == NEVER) {
        tcp->tcp_is_timing = true;
        tcp->tcp_timed_us = now_us(tcp);
        tcp->tcp_timed_seq = pcb->snd_nxt;
    }
    tcp->tcp_snxt = pcb->snd_nxt;
}

/* ---- giving up ---- */

static uint64_t most_us(const tcp_t *tcp, const sonode_t *so)
{
    const tcp_times_t *times = tcp_times_of(tcp->tcp_stack);
    return so != NULL ? times->tt_abort_us : times->tt_orphan_us;
}

/* Linux counts from the time of the first retransmission, and assumes that its least interval came
 * before that. The real interval is a little longer, which is why 15 retries end after 924.6 s. */
static bool linux_gives_up(const tcp_t *tcp, const sonode_t *so)
{
    uint64_t user_us = tcp->tcp_user_us;
    if (tcp->tcp_first_again_us == NEVER)
        return false;
    uint64_t waited_us = now_us(tcp) - tcp->tcp_first_again_us;
    return user_us != 0
               ? waited_us >= user_us
               : waited_us + tcp_times_of(tcp->tcp_stack)->tt_rto_min_us >= most_us(tcp, so);
}

/* Solaris adds up the intervals after the first one. */
static bool solaris_has_waited(const tcp_t *tcp, const sonode_t *so)
{
    uint64_t user_us = tcp->tcp_user_us;
    return tcp->tcp_waited_us > (user_us != 0 ? user_us : most_us(tcp, so));
}

bool tcp_rto_gives_up(const tcp_t *tcp)
{
    const sonode_t *so = so_of_pcb(tcp->tcp_pcb);
    return is_linux(tcp) ? linux_gives_up(tcp, so) : solaris_has_waited(tcp, so);
}

bool tcp_rto_gives_up_probing(const tcp_t *tcp)
{
    const sonode_t *so = so_of_pcb(tcp->tcp_pcb);
    if (!is_linux(tcp))
        return solaris_has_waited(tcp, so); /* since the peer was last heard (tcp_ack.c) */
    if (tcp->tcp_user_us != 0)
        return linux_gives_up(tcp, so);
    return tcp->tcp_unanswered >= (so != NULL ? LINUX_PROBES : LINUX_PROBES_ORPHAN);
}
