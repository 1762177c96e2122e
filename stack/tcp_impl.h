/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The times of a connection, for the files that share them. Solaris: tcp_t (inet/tcp.h). Only what
 * lwIP lacks is here, or what it has with constants of its own. */
#ifndef LO0SIM_STACK_TCP_IMPL_H
#define LO0SIM_STACK_TCP_IMPL_H

#include "stack/tcp_endpoint.h"

#define NEVER UINT64_MAX

/* A connection's timers. Those that are due at the same instant run in this order. */
typedef enum tcp_timer {
    TIMER_ACK,
    TIMER_REXMIT,
    TIMER_PROBE,
    TIMER_KEEPALIVE,
    TIMER_FIN_WAIT_2,
    TIMER_RETRY,
    TIMER_COUNT
} tcp_timer_t;

/* A connection has one from SYN_RCVD or ESTABLISHED on, until lwIP frees it. */
struct tcp {
    ip_stack_t *tcp_stack;
    struct tcp_pcb *tcp_pcb;
    vtimer_t tcp_vtimer;              /* for the earliest of: */
    uint64_t tcp_due_us[TIMER_COUNT]; /* NEVER: not set */

    /* The round trip (Jacobson 1988), in microseconds. One segment at a time is measured, but never
     * one that was sent again (Karn 1987). */
    uint64_t tcp_began_us; /* when the connection was first looked at */
    uint64_t tcp_rtt_sa, tcp_rtt_sd;
    bool tcp_is_measured, tcp_is_timing;
    uint64_t tcp_timed_us;
    uint32_t tcp_timed_seq;
    uint32_t tcp_suna, tcp_snxt; /* as they were at the last look */
    uint32_t tcp_first_una;      /* what Linux' bytes_acked counts from */

    unsigned tcp_timer_backoff;  /* how often the interval has doubled */
    uint64_t tcp_first_again_us; /* when it was first sent again, or NEVER */
    uint64_t tcp_waited_us;      /* tcp_ms_we_have_waited: intervals since then */
    uint64_t tcp_user_us;        /* TCP_USER_TIMEOUT, which outlives the socket */
    unsigned tcp_unanswered;     /* probes since the peer was heard */
    bool tcp_zero_win_probe;     /* a byte was sent against a closed window */
    uint64_t tcp_ka_last_us;     /* tcp_ka_last_intrvl */

    /* What comes in. */
    uint64_t tcp_refused_us[2]; /* when a segment that was refused was last answered, and in
                                   TIME_WAIT; NEVER: not yet */
    uint64_t tcp_last_recv_us;
    uint64_t tcp_last_data_us; /* NEVER: no data yet */
    bool tcp_is_interactive;   /* Linux' pingpong mode: an answer will carry the ACK */
    unsigned tcp_rack_cnt,
        tcp_rack_cur_max; /* segments that wait for their ACK, and how many may */

    size_t tcp_queued; /* bytes that were sent into it and not acknowledged, for memory_hold() */

    /* TIME_WAIT: its place in the host's queue, and when it leaves it. */
    bool tcp_is_waiting;
    uint64_t tcp_over_us;
    tcp_t *tcp_tw_prev, *tcp_tw_next;
};

/* The connection of an endpoint; NULL if it has none yet. */
static inline tcp_t *tcp_of_pcb(const struct tcp_pcb *pcb)
{
    return pcb->ext_args[PCB_TCP].data;
}

/* Reports that a timer of a connection has run out. */
static inline void tcp_tell_timer(const tcp_t *tcp, ip_timer_t timer)
{
    const struct tcp_pcb *pcb = tcp->tcp_pcb;
    ip_emit(tcp->tcp_stack, &(ip_event_t){.kind = IP_EV_TIMER,
                                          .local = {from_lwip(&pcb->local_ip), pcb->local_port},
                                          .remote = {from_lwip(&pcb->remote_ip), pcb->remote_port},
                                          .state = tcp_state_name(pcb->state),
                                          .timer = timer});
}

/* ---- tcp_rto.c: how long it waits for an ACK, and when it gives up ---- */

/* Called after something was sent or acknowledged: measures the round trip, and stops waiting for
 * what has arrived. */
void tcp_rto_look(tcp_t *tcp);

/* A round trip has taken `us`. */
void tcp_rto_sample(tcp_t *tcp, uint64_t us);

/* The interval after `backoff` doublings. */
uint64_t tcp_rto_us(const tcp_t *tcp, unsigned backoff);

/* The next interval is the first one again. */
void tcp_rto_forget(tcp_t *tcp);

/* Whether the connection ends, instead of sending a segment again. */
bool tcp_rto_gives_up(const tcp_t *tcp);

/* The same for a probe of a closed window. */
bool tcp_rto_gives_up_probing(const tcp_t *tcp);

/* ---- tcp_rexmit.c: what the timers send ---- */

/* Each handles one timer that is due. The connection may be gone afterwards. */
void tcp_rexmit_timeout(tcp_t *tcp);
void tcp_probe_timeout(tcp_t *tcp);
void tcp_keepalive_timeout(tcp_t *tcp);

/* The window is open again after a byte was sent against it. */
void tcp_probe_answered(tcp_t *tcp);

/* When the SYN|ACK is sent again for the `n`-th time, from 1. After the last time: when the
 * connection is given up. */
uint64_t tcp_syn_ack_us(const tcp_t *tcp, unsigned n);

/* How long a connection is idle before it is probed; NEVER if it is not probed. */
uint64_t tcp_keepalive_us(const tcp_t *tcp);

/* ---- tcp_ack.c: when data is acknowledged ---- */

/* The timer of a delayed ACK has run out. */
void tcp_ack_timeout(tcp_t *tcp);

/* How long an ACK of this connection is delayed. */
uint64_t tcp_ack_delay_us(const tcp_t *tcp);

#endif
