/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The queue between ip_deliver and ip_fanout (its argument): one packet per turn, in order, at the
 * instant at which it was queued. Solaris: SQUEUE_ENTER_ONE with SQ_NODRAIN (inet/squeue.c).
 */
#include "stack/ip_path.h"

#include <assert.h>

#define RING_MIN 16

static void drain_one(void *arg);

void squeue_init(ip_stack_t *ips, ip_fanout_t func)
{
    ips->ips_squeue.sq_func = func;
}

static void schedule(ip_stack_t *ips)
{
    squeue_t *sq = &ips->ips_squeue;
    if (sq->sq_count > 0 && !vtimer_is_set(&sq->sq_drain))
        vclock_set(ips->ips_clock, &sq->sq_drain, vclock_now(ips->ips_clock), drain_one, ips);
}

static sq_entry_t *entry_at(const squeue_t *sq, size_t n)
{
    return &sq->sq_ring[(sq->sq_first + n) & (sq->sq_size - 1)];
}

/* A ring of twice the size, with the same packets in it. */
IP_RARE static bool grow(const ip_stack_t *ips, squeue_t *sq)
{
    size_t size = sq->sq_size == 0 ? RING_MIN : sq->sq_size * 2;
    sq_entry_t *ring = memory_alloc(ips->ips_memory, size * sizeof(*ring));
    if (ring == NULL)
        return false;
    for (size_t i = 0; i < sq->sq_count; i++)
        ring[i] = *entry_at(sq, i);
    memory_free(ips->ips_memory, sq->sq_ring);
    sq->sq_ring = ring;
    sq->sq_size = size;
    sq->sq_first = 0;
    return true;
}

void squeue_enter(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph)
{
    squeue_t *sq = &ips->ips_squeue;
    if (sq->sq_count == sq->sq_size && !grow(ips, sq)) {
        ip_discard(ips, ill, mp, "no memory");
        return;
    }
    sq_entry_t *entry = entry_at(sq, sq->sq_count++);
    entry->sq_mp = mp;
    entry->sq_iph = *iph;
    entry->sq_ill = ill;
    entry->sq_depth = ips->ips_depth + 1;
    schedule(ips);
}

/* Takes out the first, into *entry. */
static inline void take(squeue_t *sq, sq_entry_t *entry)
{
    assert(sq->sq_count > 0);
    sq_entry_t *first = &sq->sq_ring[sq->sq_first];
    *entry = *first;
    *first = (sq_entry_t){.sq_mp = NULL}; /* an empty queue tells nothing of what was in it */
    sq->sq_count--;
    sq->sq_first = sq->sq_count > 0 ? (sq->sq_first + 1) & (sq->sq_size - 1) : 0;
}

/* A packet that is sent while another is delivered is one level deeper. */
static void drain_one(void *arg)
{
    ip_stack_t *ips = arg;
    sq_entry_t entry;
    take(&ips->ips_squeue, &entry);
    stack_enter(ips);
    ips->ips_depth = entry.sq_depth;
    ips->ips_squeue.sq_func(ips, entry.sq_ill, entry.sq_mp, &entry.sq_iph);
    ips->ips_depth = 0;
    stack_leave(ips);
    schedule(ips);
}

bool squeue_run_one(ip_stack_t *ips)
{
    squeue_t *sq = &ips->ips_squeue;
    if (sq->sq_count == 0)
        return false;
    vclock_cancel(ips->ips_clock, &sq->sq_drain);
    drain_one(ips);
    return true;
}

void squeue_flush(ip_stack_t *ips)
{
    sq_entry_t entry;
    while (ips->ips_squeue.sq_count > 0) {
        take(&ips->ips_squeue, &entry);
        freemsg(entry.sq_mp);
    }
    vclock_cancel(ips->ips_clock, &ips->ips_squeue.sq_drain);
    memory_free(ips->ips_memory, ips->ips_squeue.sq_ring);
    ips->ips_squeue.sq_ring = NULL;
    ips->ips_squeue.sq_size = ips->ips_squeue.sq_first = 0;
}

size_t squeue_each(const squeue_t *sq, void (*each)(void *arg, const mblk_t *mp), void *arg)
{
    for (size_t i = 0; i < sq->sq_count; i++)
        each(arg, entry_at(sq, i)->sq_mp);
    return sq->sq_count;
}
