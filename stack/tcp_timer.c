/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lwIP's timers on the virtual clock: data, FIN, SYN|ACK, TIME_WAIT. (The SYNs of a connect are
 * so_connect.c's.)
 *
 * lwIP ticks every 250 ms, counted from the host's start. While no endpoint needs a tick none is
 * run, and the clock can jump; lwIP is told of them when it is entered next.
 */
#include "stack/ip_impl.h"

#include "lwip/timeouts.h"

#define TICK_US ((uint64_t)TCP_FAST_INTERVAL * 1000)

static bool needs_ticks(const struct tcp_pcb *pcb)
{
    switch (pcb->state) {
    case SYN_SENT:
        return false; /* the schedule is ours */
    case ESTABLISHED:
    case CLOSE_WAIT:
    case FIN_WAIT_2:
        return pcb->unsent != NULL || pcb->unacked != NULL || pcb->ooseq != NULL ||
               pcb->refused_data != NULL || pcb->persist_backoff > 0 ||
               (pcb->flags & (TF_ACK_DELAY | TF_ACK_NOW | TF_CLOSEPEND)) != 0 ||
               (pcb->state == FIN_WAIT_2 && (pcb->flags & TF_RXCLOSED) != 0);
    default:
        return true;
    }
}

static bool any_needs_ticks(void)
{
    if (tcp_tw_pcbs != NULL)
        return true;
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        if (needs_ticks(pcb))
            return true;
    }
    return false;
}

/* tcp_tmr() runs the slow timer on every second tick, beginning with the first. */
static uint64_t slow_ticks(uint64_t ticks)
{
    return (ticks + 1) / 2;
}

void tcp_timer_catch_up(ip_stack_t *ips)
{
    if (vtimer_is_set(&ips->ips_tick) || ips->ips_in_tick)
        return;
    uint64_t ticks = vclock_now(ips->ips_clock) / TICK_US;
    tcp_ticks += (u32_t)(slow_ticks(ticks) - slow_ticks(ips->ips_ticks_done));
    ips->ips_ticks_done = ticks;
}

/* A window that closes and opens at odd moments can leave lwIP's persist timer running beside the
 * retransmission timer, or with nothing to probe with; its slow timer asserts that it does not.
 * The persist timer is for data that waits while none is in flight (RFC 9293 section 3.8.6.1). */
static void stop_stray_persist_timers(void)
{
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        if (pcb->persist_backoff > 0 && (pcb->unacked != NULL || pcb->unsent == NULL))
            pcb->persist_backoff = 0;
    }
}

static void tick(void *arg)
{
    ip_stack_t *ips = arg;
    ips->ips_in_tick = true;
    lwip_enter(ips);
    ips->ips_ticks_done++;
    tcp_fasttmr();
    if (ips->ips_ticks_done % 2 == 1) {
        stop_stray_persist_timers();
        tcp_slowtmr();
    }
    ips->ips_in_tick = false;
    tcp_timer_arm(ips);
    lwip_leave();
}

void tcp_timer_arm(ip_stack_t *ips)
{
    if (vtimer_is_set(&ips->ips_tick) || !any_needs_ticks())
        return;
    vclock_set(ips->ips_clock, &ips->ips_tick, (ips->ips_ticks_done + 1) * TICK_US, tick, ips);
}
