/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lwIP's timers on the virtual clock: data, FIN, SYN|ACK, TIME_WAIT. (The SYNs of a connect are
 * so_connect.c's.)
 *
 * lwIP ticks every 250 ms, counted from the host's start. While no endpoint needs a tick none is
 * run, and the clock can jump, at most to where a TIME_WAIT is over; lwIP is told of the others
 * when it is entered next.
 */
#include "stack/ip_impl.h"

#include <assert.h>

#include "lwip/timeouts.h"

#define TIME_WAIT_TICKS (2 * TCP_MSL / TCP_SLOW_INTERVAL)
#define TICK_US         ((uint64_t)TCP_FAST_INTERVAL * 1000)

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

/* Only who was touched since nobody needed ticks can need them. */
static bool any_needs_ticks(ip_stack_t *ips)
{
    const struct tcp_pcb *touched = ips->ips_touched;
    bool all = ips->ips_all_touched;
    ips->ips_touched = NULL;
    ips->ips_all_touched = false;
    if (!all)
        return touched != NULL && touched->state != TIME_WAIT && needs_ticks(touched);
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        if (needs_ticks(pcb))
            return true;
    }
    return false;
}

void tcp_timer_touch(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    if (ips->ips_touched != NULL && ips->ips_touched != pcb)
        ips->ips_all_touched = true;
    ips->ips_touched = pcb;
}

/* tcp_tmr() runs the slow timer on every second tick, beginning with the first. */
static uint64_t slow_ticks(uint64_t ticks)
{
    return (ticks + 1) / 2;
}

/* Ticks up to one of them are done without lwIP: nobody needed them. */
static void skip_to(ip_stack_t *ips, uint64_t ticks)
{
    assert(ticks >= ips->ips_ticks_done);
    tcp_ticks += (u32_t)(slow_ticks(ticks) - slow_ticks(ips->ips_ticks_done));
    ips->ips_ticks_done = ticks;
}

void tcp_timer_catch_up(ip_stack_t *ips)
{
    if (ips->ips_in_tick || (vtimer_is_set(&ips->ips_tick) && !ips->ips_jumping))
        return;
    uint64_t now_us = vclock_now(ips->ips_clock);
    if (now_us < ips->ips_next_tick_us)
        return;
    uint64_t ticks = now_us / TICK_US;
    if (ips->ips_jumping && ticks >= ips->ips_tick_number)
        ticks = ips->ips_tick_number - 1; /* that one is to run */
    skip_to(ips, ticks);
    ips->ips_next_tick_us = (ticks + 1) * TICK_US;
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

/* Since which tick an endpoint has had no answer, plus one; 0: it has. It is noted when lwIP sends
 * again for the first time. */
static uintptr_t silent_since(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    void **since = &pcb->ext_args[PCB_SILENT].data;
    if (pcb->nrtx == 0)
        *since = NULL;
    else if (*since == NULL)
        *since = (void *)((uintptr_t)ips->ips_ticks_done + 1);
    return (uintptr_t)*since;
}

/* Who has sent again for as long as the build has it gives up: tcp_ip_abort_interval, or Linux'
 * tcp_retries2. lwIP would go on for longer. */
static void end_the_silent(ip_stack_t *ips)
{
    uint64_t most = ips->ips_build->ib_abort_us / TICK_US;
    struct tcp_pcb *pcb = tcp_active_pcbs;
    while (pcb != NULL && most > 0) {
        struct tcp_pcb *next = pcb->next;
        uintptr_t since = pcb->state >= ESTABLISHED ? silent_since(ips, pcb) : 0;
        if (since != 0 && (uintptr_t)ips->ips_ticks_done + 1 - since >= most)
            tcp_abandon(pcb, 0);
        pcb = next;
    }
}

/* The tick at which the first endpoint leaves TIME_WAIT, as tcp_slowtmr() has it. */
static uint64_t time_wait_over(const ip_stack_t *ips)
{
    u32_t most = 0;
    for (const struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next) {
        if (tcp_ticks - pcb->tmr > most)
            most = tcp_ticks - pcb->tmr;
    }
    u32_t slow = most > TIME_WAIT_TICKS ? 1 : TIME_WAIT_TICKS + 1 - most;
    return 2 * (slow_ticks(ips->ips_ticks_done) + slow) - 1;
}

static void tick(void *arg)
{
    ip_stack_t *ips = arg;
    ips->ips_in_tick = true;
    lwip_enter(ips);
    if (ips->ips_jumping)
        skip_to(ips, ips->ips_tick_number - 1);
    ips->ips_jumping = false;
    ips->ips_ticks_done++;
    tcp_fasttmr();
    if (ips->ips_ticks_done % 2 == 1) {
        stop_stray_persist_timers();
        end_the_silent(ips);
        tcp_slowtmr();
    }
    ips->ips_in_tick = false;
    ips->ips_all_touched = true;
    ips->ips_next_tick_us = 0;
    tcp_timer_arm(ips);
    lwip_leave();
}

static void set_tick(ip_stack_t *ips, uint64_t number, bool jumping)
{
    ips->ips_jumping = jumping;
    ips->ips_tick_number = number;
    vclock_set(ips->ips_clock, &ips->ips_tick, number * TICK_US, tick, ips);
}

void tcp_timer_arm(ip_stack_t *ips)
{
    bool is_set = vtimer_is_set(&ips->ips_tick);
    if (is_set && !ips->ips_jumping)
        return;
    if (any_needs_ticks(ips))
        set_tick(ips, ips->ips_ticks_done + 1, false);
    else if (!is_set && tcp_tw_pcbs != NULL)
        set_tick(ips, time_wait_over(ips), true);
}
