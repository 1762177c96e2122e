/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets that reach a host at a later time: those on a wire, and those that net_inject() has
 * queued.
 */
#include "stack/ip_path.h"

#include <assert.h>

struct later {
    struct later *la_next, **la_link;
    vclock_t *la_clock;
    ip_stack_t *la_stack;
    ip_recv_t la_func;
    ill_t *la_ill;
    mblk_t *la_mp;
    vtimer_t la_timer;
};

static mblk_t *take(later_t *later)
{
    mblk_t *mp = later->la_mp;
    *later->la_link = later->la_next;
    if (later->la_next != NULL)
        later->la_next->la_link = later->la_link;
    vclock_cancel(later->la_clock, &later->la_timer);
    memory_free(vclock_memory(later->la_clock), later);
    return mp;
}

static void arrive(void *arg)
{
    later_t *later = arg;
    ip_stack_t *ips = later->la_stack;
    ill_t *ill = later->la_ill;
    ip_recv_t func = later->la_func;
    mblk_t *mp = take(later);
    stack_enter(ips);
    func(ips, ill, mp);
    stack_leave(ips);
}

bool later_add(later_t **list, uint64_t at_us, ip_recv_t func, ip_stack_t *ips, ill_t *ill,
               mblk_t *mp)
{
    assert(at_us >= vclock_now(ips->ips_clock));
    later_t *later = memory_alloc(ips->ips_memory, sizeof(*later));
    if (later == NULL)
        return false;
    *later = (later_t){.la_next = *list,
                       .la_link = list,
                       .la_clock = ips->ips_clock,
                       .la_stack = ips,
                       .la_func = func,
                       .la_ill = ill,
                       .la_mp = mp};
    if (later->la_next != NULL)
        later->la_next->la_link = &later->la_next;
    *list = later;
    vclock_set(later->la_clock, &later->la_timer, at_us, arrive, later);
    return true;
}

/* Whether the clock would run a before b. */
static bool is_before(const vtimer_t *a, const vtimer_t *b)
{
    return a->vt_at_us != b->vt_at_us ? a->vt_at_us < b->vt_at_us : a->vt_sequence < b->vt_sequence;
}

bool later_run_one(const later_t *list, const vtimer_t *other)
{
    const later_t *first = list;
    for (const later_t *later = list; later != NULL; later = later->la_next) {
        if (is_before(&later->la_timer, &first->la_timer))
            first = later;
    }
    if (first == NULL || first->la_timer.vt_at_us > vclock_now(first->la_clock) ||
        (vtimer_is_set(other) && is_before(other, &first->la_timer)))
        return false;
    first->la_timer.vt_func(first->la_timer.vt_arg);
    return true;
}

void later_flush(later_t **list)
{
    while (*list != NULL)
        freemsg(take(*list));
}

size_t later_each(const later_t *list, void (*each)(void *arg, const mblk_t *mp), void *arg)
{
    size_t count = 0;
    for (; list != NULL; list = list->la_next, count++)
        each(arg, list->la_mp);
    return count;
}
