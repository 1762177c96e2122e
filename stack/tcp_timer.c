/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The timers of connections, on the virtual clock. (Those of a connect are in so_connect.c, those
 * of TIME_WAIT in tcp_time_wait.c.) Solaris: tcp_timers.c; Linux: tcp_timer.c.
 *
 * lwIP's own timers never run: its intervals are not the era's, and it would have to be asked every
 * 250 ms. Whoever makes lwIP work on a connection calls tcp_timer_touch(). When the host is left,
 * the connection's state says which timers it needs. The clock jumps from one due timer to the
 * next. */
#include "stack/sonode.h"
#include "stack/tcp_impl.h"

#include <assert.h>

#define RETRY_US 250000

static void run_timers(void *arg);
static void look_again(void *arg);

/* ---- a connection's own ---- */

static void freed(u8_t id, void *data)
{
    tcp_t *tcp = data;
    (void)id;
    if (tcp == NULL)
        return;
    ip_stack_t *ips = tcp->tcp_stack;
    tcp_time_wait_remove(tcp);
    vclock_cancel(ips->ips_clock, &tcp->tcp_vtimer);
    if (ips->ips_running == tcp)
        ips->ips_running = NULL;
    memory_let_go(ips->ips_memory, MEMORY_SOCKETS, MEMORY_PER_ENDPOINT);
    memory_let_go(ips->ips_memory, MEMORY_UNREAD, tcp->tcp_queued);
    memory_free(ips->ips_memory, tcp);
}

void tcp_queue_grows(const struct tcp_pcb *pcb, size_t length)
{
    tcp_t *tcp = tcp_of_pcb(pcb);
    if (tcp == NULL)
        return; /* no memory for its timers */
    tcp->tcp_queued += length;
    memory_hold(tcp->tcp_stack->ips_memory, MEMORY_UNREAD, length);
}

void tcp_queue_shrinks(const struct tcp_pcb *pcb, size_t length)
{
    tcp_t *tcp = tcp_of_pcb(pcb);
    if (tcp == NULL)
        return;
    size_t units = length < tcp->tcp_queued ? length : tcp->tcp_queued;
    tcp->tcp_queued -= units;
    memory_let_go(tcp->tcp_stack->ips_memory, MEMORY_UNREAD, units);
}

/* => Returns NULL if there is no memory. */
static tcp_t *create(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    static const struct tcp_ext_arg_callbacks callbacks = {.destroy = freed};
    tcp_t *tcp = memory_zalloc(ips->ips_memory, sizeof(*tcp));
    if (tcp == NULL) {
        ip_emit(ips, &(ip_event_t){.kind = IP_EV_DISCARD, .reason = "no memory for its timers"});
        return NULL;
    }
    memory_hold(ips->ips_memory, MEMORY_SOCKETS, MEMORY_PER_ENDPOINT);
    tcp->tcp_stack = ips;
    tcp->tcp_pcb = pcb;
    for (size_t i = 0; i < TIMER_COUNT; i++)
        tcp->tcp_due_us[i] = NEVER;
    tcp->tcp_began_us = tcp->tcp_last_recv_us = vclock_now(ips->ips_clock);
    tcp->tcp_last_data_us = tcp->tcp_first_again_us = NEVER;
    tcp->tcp_suna = tcp->tcp_snxt = pcb->lastack;
    tcp->tcp_first_una = pcb->state == SYN_RCVD ? pcb->lastack + 1 : pcb->lastack - 1;
    tcp->tcp_refused_us[0] = tcp->tcp_refused_us[1] = NEVER;
    tcp->tcp_rack_cur_max = 1;
    tcp_ext_arg_set_callbacks(pcb, PCB_TCP, &callbacks);
    tcp_ext_arg_set(pcb, PCB_TCP, tcp);
    const sonode_t *so = so_of_pcb(pcb);
    if (pcb->state == ESTABLISHED && so != NULL && so->so_syns == 1) /* the SYN and its answer */
        tcp_rto_sample(tcp, tcp->tcp_began_us - so->so_started_us);
    return tcp;
}

/* ---- which timers it needs ---- */

/* Clears a timer that is not needed.
 * => Returns whether it is needed, and not yet set. */
static bool need(tcp_t *tcp, tcp_timer_t timer, bool needed)
{
    if (!needed)
        tcp->tcp_due_us[timer] = NEVER;
    return needed && tcp->tcp_due_us[timer] == NEVER;
}

/* Sets a timer, `us` from now. */
static void set_in(tcp_t *tcp, tcp_timer_t timer, uint64_t us)
{
    tcp->tcp_due_us[timer] = vclock_now(tcp->tcp_stack->ips_clock) + us;
}

static void need_rexmit(tcp_t *tcp)
{
    const struct tcp_pcb *pcb = tcp->tcp_pcb;
    if (!need(tcp, TIMER_REXMIT, pcb->unacked != NULL))
        return;
    if (pcb->state == SYN_RCVD)
        tcp->tcp_due_us[TIMER_REXMIT] = tcp_syn_ack_us(tcp, tcp->tcp_timer_backoff + 1);
    else
        set_in(tcp, TIMER_REXMIT, tcp_rto_us(tcp, tcp->tcp_timer_backoff));
}

/* The persist timer is for data that waits while none is in flight (RFC 9293 section 3.8.6.1).
 * Without this check, a window that closes and opens at odd moments can leave lwIP's persist mark
 * set. */
static void need_probe(tcp_t *tcp)
{
    struct tcp_pcb *pcb = tcp->tcp_pcb;
    if (pcb->unacked != NULL || pcb->unsent == NULL)
        pcb->persist_backoff = 0;
    if (need(tcp, TIMER_PROBE, pcb->persist_backoff > 0))
        set_in(tcp, TIMER_PROBE, tcp_rto_us(tcp, tcp->tcp_timer_backoff));
}

static bool lacked_memory(const struct tcp_pcb *pcb)
{
    bool unsent = pcb->unsent != NULL && pcb->unacked == NULL && pcb->persist_backoff == 0;
    return unsent || (pcb->flags & TF_CLOSEPEND) != 0 || pcb->refused_data != NULL;
}

static void need_keepalive(tcp_t *tcp)
{
    uint64_t idle_us = tcp_keepalive_us(tcp);
    if (need(tcp, TIMER_KEEPALIVE, idle_us != NEVER))
        tcp->tcp_due_us[TIMER_KEEPALIVE] = tcp->tcp_last_recv_us + idle_us;
}

static void set_vtimer(tcp_t *tcp)
{
    uint64_t first_us = NEVER;
    for (size_t i = 0; i < TIMER_COUNT; i++)
        first_us = tcp->tcp_due_us[i] < first_us ? tcp->tcp_due_us[i] : first_us;
    vclock_t *clock = tcp->tcp_stack->ips_clock;
    if (first_us == NEVER)
        vclock_cancel(clock, &tcp->tcp_vtimer);
    else if (!vtimer_is_set(&tcp->tcp_vtimer) || tcp->tcp_vtimer.vt_at_us != first_us)
        vclock_set(clock, &tcp->tcp_vtimer, first_us, run_timers, tcp);
}

/* => Returns false if there is no memory for its timers. */
static bool look(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    if (pcb->state <= SYN_SENT || pcb->state == TIME_WAIT)
        return true;
    tcp_t *tcp = tcp_of_pcb(pcb);
    if (tcp == NULL)
        tcp = create(ips, pcb);
    if (tcp == NULL)
        return false;
    const sonode_t *so = so_of_pcb(pcb);
    bool is_orphan = so == NULL;
    if (so != NULL) /* on Solaris TCP_ABORT_THRESHOLD; 0: not set */
        tcp->tcp_user_us = (uint64_t)so->so_options[SO_OPT_USER_TIMEOUT];
    tcp_rto_look(tcp);
    need_rexmit(tcp);
    need_probe(tcp);
    if (need(tcp, TIMER_ACK, (pcb->flags & TF_ACK_DELAY) != 0))
        set_in(tcp, TIMER_ACK, tcp_ack_delay_us(tcp));
    need_keepalive(tcp);
    if (need(tcp, TIMER_FIN_WAIT_2, pcb->state == FIN_WAIT_2 && is_orphan))
        set_in(tcp, TIMER_FIN_WAIT_2, tcp_times_of(ips)->tt_fin_wait_2_us);
    if (need(tcp, TIMER_RETRY, lacked_memory(pcb)))
        set_in(tcp, TIMER_RETRY, RETRY_US);
    set_vtimer(tcp);
    return true;
}

/* ---- connections that were touched ---- */

void tcp_timer_touch(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    tcp_window_use(pcb);
    for (size_t i = 0; i < ips->ips_touched_count; i++) {
        if (ips->ips_touched[i] == pcb)
            return;
    }
    if (ips->ips_touched_count == TOUCHED_MAX)
        ips->ips_all_touched = true;
    else
        ips->ips_touched[ips->ips_touched_count++] = pcb;
}

void tcp_timer_forget(ip_stack_t *ips, const struct tcp_pcb *pcb)
{
    for (size_t i = 0; i < ips->ips_touched_count; i++) {
        if (ips->ips_touched[i] == pcb)
            ips->ips_touched[i--] = ips->ips_touched[--ips->ips_touched_count];
    }
}

void tcp_timer_arm(ip_stack_t *ips)
{
    bool has_memory = true;
    if (ips->ips_all_touched) {
        for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
            has_memory = look(ips, pcb) && has_memory;
    } else {
        for (size_t i = 0; i < ips->ips_touched_count; i++)
            has_memory = look(ips, ips->ips_touched[i]) && has_memory;
    }
    ips->ips_all_touched = false;
    ips->ips_touched_count = 0;
    if (!has_memory)
        vclock_set(ips->ips_clock, &ips->ips_look_again, vclock_now(ips->ips_clock) + RETRY_US,
                   look_again, ips);
}

static void look_again(void *arg)
{
    ip_stack_t *ips = arg;
    lwip_enter(ips);
    ips->ips_all_touched = true;
    tcp_timer_arm(ips);
    lwip_leave();
}

void tcp_timer_keepalive_changed(ip_stack_t *ips, struct tcp_pcb *pcb)
{
    tcp_t *tcp = tcp_of_pcb(pcb);
    if (tcp != NULL)
        tcp->tcp_due_us[TIMER_KEEPALIVE] = NEVER; /* set anew */
    tcp_timer_touch(ips, pcb);
}

/* ---- those that are due ---- */

static void fin_wait_2_timeout(tcp_t *tcp)
{
    tcp_tell_timer(tcp, IP_TIMER_FIN_WAIT_2);
    tcp_abandon(tcp->tcp_pcb, 0);
}

/* lwIP's fast timer does what failed for lack of memory. It sees only this connection, and can free
 * it. */
static void retry_timeout(tcp_t *tcp)
{
    ip_stack_t *ips = tcp->tcp_stack;
    struct tcp_pcb *pcb = tcp->tcp_pcb, *rest = pcb->next, **link = &tcp_active_pcbs;
    while (*link != pcb)
        link = &(*link)->next;
    *link = rest;
    struct tcp_pcb *others = tcp_active_pcbs;
    pcb->next = NULL;
    tcp_active_pcbs = pcb;
    tcp_fasttmr();
    tcp_active_pcbs = others;
    if (ips->ips_running == NULL)
        return;
    pcb->next = others;
    tcp_active_pcbs = pcb;
    tcp_output(pcb);
}

/* Each timer that is due runs, unless one before it has ended the connection. */
static void run_timers(void *arg)
{
    static void (*const timeouts[TIMER_COUNT])(tcp_t *) = {
        [TIMER_ACK] = tcp_ack_timeout,           [TIMER_REXMIT] = tcp_rexmit_timeout,
        [TIMER_PROBE] = tcp_probe_timeout,       [TIMER_KEEPALIVE] = tcp_keepalive_timeout,
        [TIMER_FIN_WAIT_2] = fin_wait_2_timeout, [TIMER_RETRY] = retry_timeout,
    };
    tcp_t *tcp = arg;
    ip_stack_t *ips = tcp->tcp_stack;
    lwip_enter(ips);
    ips->ips_running = tcp;
    tcp_timer_touch(ips, tcp->tcp_pcb);
    for (size_t i = 0; i < TIMER_COUNT && ips->ips_running != NULL; i++) {
        if (tcp->tcp_due_us[i] > vclock_now(ips->ips_clock))
            continue;
        tcp->tcp_due_us[i] = NEVER;
        timeouts[i](tcp);
    }
    ips->ips_running = NULL;
    tcp_timer_arm(ips);
    lwip_leave();
}
