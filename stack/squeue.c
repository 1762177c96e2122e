/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The queue between ip_deliver and ip_fanout, which it is given: one packet a turn, in order, at
 * the instant in which it was queued. Solaris: SQUEUE_ENTER_ONE with SQ_NODRAIN (inet/squeue.c).
 */
#include "stack/ip_impl.h"

#include <stdlib.h>

static void drain_one(void *arg);

void squeue_init(ip_stack_t *ips, ip_recv_t func)
{
    ips->ips_squeue.sq_func = func;
    ips->ips_squeue.sq_tail = &ips->ips_squeue.sq_head;
}

static void schedule(ip_stack_t *ips)
{
    squeue_t *sq = &ips->ips_squeue;
    if (sq->sq_head != NULL && !vtimer_is_set(&sq->sq_drain))
        vclock_set(ips->ips_clock, &sq->sq_drain, vclock_now(ips->ips_clock), drain_one, ips);
}

void squeue_enter(ip_stack_t *ips, ill_t *ill, mblk_t *mp)
{
    sq_entry_t *entry = malloc(sizeof(*entry));
    if (entry == NULL)
        abort();
    entry->sq_next = NULL;
    entry->sq_mp = mp;
    entry->sq_ill = ill;
    entry->sq_depth = ips->ips_depth + 1;
    *ips->ips_squeue.sq_tail = entry;
    ips->ips_squeue.sq_tail = &entry->sq_next;
    schedule(ips);
}

static sq_entry_t take(squeue_t *sq)
{
    sq_entry_t *first = sq->sq_head, entry = *first;
    sq->sq_head = entry.sq_next;
    if (sq->sq_head == NULL)
        sq->sq_tail = &sq->sq_head;
    free(first);
    return entry;
}

/* What is sent while a packet is delivered is one deeper than that. */
static void drain_one(void *arg)
{
    ip_stack_t *ips = arg;
    sq_entry_t entry = take(&ips->ips_squeue);
    stack_enter(ips);
    ips->ips_depth = entry.sq_depth;
    ips->ips_squeue.sq_func(ips, entry.sq_ill, entry.sq_mp);
    ips->ips_depth = 0;
    stack_leave(ips);
    schedule(ips);
}

void squeue_flush(ip_stack_t *ips)
{
    while (ips->ips_squeue.sq_head != NULL)
        freemsg(take(&ips->ips_squeue).sq_mp);
    vclock_cancel(ips->ips_clock, &ips->ips_squeue.sq_drain);
}
