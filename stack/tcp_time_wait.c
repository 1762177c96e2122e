/* SPDX-License-Identifier: BSD-3-Clause
 *
 * TIME_WAIT: a queue, since all connections wait equally long, and one timer for the first. lwIP's
 * own list is empty, except for a connection to which a segment is being delivered. Solaris:
 * tcp_time_wait.c. */
#include "stack/tcp_impl.h"

#include <assert.h>

static void expire(void *arg);

static void set_timer(ip_stack_t *ips)
{
    if (ips->ips_tw_first == NULL)
        vclock_cancel(ips->ips_clock, &ips->ips_tw_timer);
    else
        vclock_set(ips->ips_clock, &ips->ips_tw_timer, ips->ips_tw_first->tcp_over_us, expire, ips);
}

void tcp_time_wait_end(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    (void)ips;
    assert(pcb->state == TIME_WAIT && pcb->next == NULL && tcp_tw_pcbs == NULL);
    tcp_tw_pcbs = pcb;
    tcp_abandon(pcb, 0);
}

static void expire(void *arg)
{
    ip_stack_t *ips = arg;
    lwip_enter(ips);
    while (ips->ips_tw_first != NULL &&
           ips->ips_tw_first->tcp_over_us <= vclock_now(ips->ips_clock))
        tcp_time_wait_end(ips, ips->ips_tw_first->tcp_pcb);
    set_timer(ips);
    lwip_leave();
}

void tcp_time_wait_append(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    tcp_t *tcp = tcp_of_pcb(pcb);
    assert(pcb->state == TIME_WAIT && tcp_tw_pcbs == pcb && pcb->next == NULL);
    tcp_tw_pcbs = NULL;
    if (tcp == NULL) { /* there was no memory */
        tcp_time_wait_end(ips, pcb);
        return;
    }
    vclock_cancel(ips->ips_clock, &tcp->tcp_vtimer);
    tcp->tcp_is_waiting = true;
    tcp->tcp_over_us = vclock_now(ips->ips_clock) + tcp_times_of(ips)->tt_time_wait_us;
    tcp->tcp_tw_prev = ips->ips_tw_last;
    tcp->tcp_tw_next = NULL;
    *(ips->ips_tw_last != NULL ? &ips->ips_tw_last->tcp_tw_next : &ips->ips_tw_first) = tcp;
    ips->ips_tw_last = tcp;
    if (!vtimer_is_set(&ips->ips_tw_timer))
        set_timer(ips);
}

void tcp_time_wait_remove(tcp_t *tcp)
{
    ip_stack_t *ips = tcp->tcp_stack;
    if (!tcp->tcp_is_waiting)
        return;
    tcp_t *prev = tcp->tcp_tw_prev, *next = tcp->tcp_tw_next;
    *(prev != NULL ? &prev->tcp_tw_next : &ips->ips_tw_first) = next;
    *(next != NULL ? &next->tcp_tw_prev : &ips->ips_tw_last) = prev;
    tcp->tcp_is_waiting = false;
    if (ips->ips_tw_first == NULL)
        vclock_cancel(ips->ips_clock, &ips->ips_tw_timer);
}

void tcp_time_wait_restart(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    tcp_time_wait_remove(tcp_of_pcb(pcb));
    pcb->next = NULL;
    tcp_tw_pcbs = pcb;
    tcp_time_wait_append(ips, pcb);
}

struct tcp_pcb *tcp_time_wait_next(const ip_stack_t *ips, const struct tcp_pcb *pcb)
{
    const tcp_t *tcp = pcb == NULL ? ips->ips_tw_first : tcp_of_pcb(pcb)->tcp_tw_next;
    return tcp != NULL ? tcp->tcp_pcb : NULL;
}
