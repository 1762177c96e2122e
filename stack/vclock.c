/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Virtual time: a pairing heap of timers, ordered by (time, sequence number). (Fredman, Sedgewick,
 * Sleator, Tarjan 1986.)
 *
 * The heap is made of the timers themselves, so that setting one takes no memory and cannot fail. A
 * timer is earlier than all of its children, which are a list; vt_back of the first child is the
 * parent, of any other the child before it.
 */
#include "stack/vclock.h"

#include <assert.h>

struct vclock {
    memory_t *memory;
    uint64_t now_us;
    uint64_t sequence;
    uint64_t instant_count;
    vtimer_t *first;  /* the earliest, or NULL */
    vtimer_t *latest; /* that was set; it can be gone since */
    vclock_choose_t choose;
    void *choose_arg;
};

vclock_t *vclock_create_in(memory_t *memory)
{
    vclock_t *clock = memory_zalloc(memory, sizeof(*clock));
    if (clock != NULL)
        clock->memory = memory;
    return clock;
}

vclock_t *vclock_create(void)
{
    return vclock_create_in(memory_of_process());
}

void vclock_destroy(vclock_t *clock)
{
    if (clock != NULL)
        memory_free(clock->memory, clock);
}

memory_t *vclock_memory(const vclock_t *clock)
{
    return clock->memory;
}

uint64_t vclock_now(const vclock_t *clock)
{
    return clock->now_us;
}

static bool earlier(const vtimer_t *a, const vtimer_t *b)
{
    if (a->vt_at_us != b->vt_at_us)
        return a->vt_at_us < b->vt_at_us;
    return a->vt_sequence < b->vt_sequence;
}

/* Merges two heaps, neither of which has a vt_next; either can be NULL. */
static vtimer_t *meld(vtimer_t *a, vtimer_t *b)
{
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    if (earlier(b, a)) {
        vtimer_t *other = a;
        a = b;
        b = other;
    }
    b->vt_back = a;
    b->vt_next = a->vt_child;
    if (b->vt_next != NULL)
        b->vt_next->vt_back = b;
    a->vt_child = b;
    return a;
}

/* Merges a timer's children into one heap, in pairs from the left, then from the right. */
static vtimer_t *meld_children(vtimer_t *timer)
{
    vtimer_t *rest = timer->vt_child, *pairs = NULL, *all = NULL;
    timer->vt_child = NULL;
    while (rest != NULL) {
        vtimer_t *a = rest, *b = a->vt_next;
        rest = b != NULL ? b->vt_next : NULL;
        a->vt_next = NULL;
        if (b != NULL)
            b->vt_next = NULL;
        a = meld(a, b);
        a->vt_next = pairs;
        pairs = a;
    }
    while (pairs != NULL) {
        vtimer_t *next = pairs->vt_next;
        pairs->vt_next = NULL;
        all = meld(all, pairs);
        pairs = next;
    }
    return all;
}

/* Of timers that are the last of their instant, the sequence number has this bit. */
#define LAST (UINT64_C(1) << 63)

/* Takes a timer out of the heap. */
static void take_out(vclock_t *clock, vtimer_t *timer)
{
    timer->vt_set = false;
    vtimer_t *children = meld_children(timer);
    if (timer == clock->first) {
        clock->first = children;
        timer->vt_back = NULL; /* of the time before it was the first */
        return;
    }
    if (timer->vt_back->vt_child == timer)
        timer->vt_back->vt_child = timer->vt_next;
    else
        timer->vt_back->vt_next = timer->vt_next;
    if (timer->vt_next != NULL)
        timer->vt_next->vt_back = timer->vt_back;
    timer->vt_next = timer->vt_back = NULL;
    clock->first = meld(clock->first, children);
}

/* Whether a timer that is put off, to a time and number, needs no other place: what is before it
 * stays earlier, and nothing is below it. */
static bool stays_in_place(const vtimer_t *timer, uint64_t at_us, uint64_t last)
{
    return timer->vt_set && timer->vt_child == NULL && at_us >= timer->vt_at_us &&
           last >= (timer->vt_sequence & LAST);
}

/* `last` is LAST or 0. */
static void set(vclock_t *clock, vtimer_t *timer, uint64_t at_us, uint64_t last)
{
    bool stays = stays_in_place(timer, at_us, last);
    if (timer->vt_set && !stays)
        take_out(clock, timer);
    timer->vt_at_us = at_us > clock->now_us ? at_us : clock->now_us;
    timer->vt_sequence = last | clock->sequence++;
    timer->vt_set = true;
    timer->vt_relays = false;
    clock->latest = timer;
    if (!stays)
        clock->first = meld(clock->first, timer);
}

void vclock_set(vclock_t *clock, vtimer_t *timer, uint64_t at_us, void (*func)(void *), void *arg)
{
    assert(func != NULL);
    set(clock, timer, at_us, 0);
    timer->vt_func = func;
    timer->vt_arg = arg;
}

void vclock_set_last(vclock_t *clock, vtimer_t *timer, void (*func)(void *), void *arg)
{
    assert(func != NULL);
    set(clock, timer, clock->now_us, clock->choose != NULL ? LAST : 0);
    timer->vt_func = func;
    timer->vt_arg = arg;
}

void vclock_set_relay(vclock_t *clock, vtimer_t *timer, void (*func)(void *), void *arg)
{
    vclock_set(clock, timer, clock->now_us, func, arg);
    timer->vt_relays = true;
}

void vclock_cancel(vclock_t *clock, vtimer_t *timer)
{
    if (!timer->vt_set)
        return;
    take_out(clock, timer);
    *timer = (vtimer_t){.vt_set = false}; /* so that it tells nothing of when it was set */
}

bool vclock_next(const vclock_t *clock, uint64_t *at_us)
{
    if (clock->first == NULL)
        return false;
    *at_us = clock->first->vt_at_us;
    return true;
}

/* How many timers of a list in the heap, and below it, are due at `now_us`: no child is due before
 * its parent. No more than `most` are counted. */
static size_t count_due(const vtimer_t *timer, uint64_t now_us, size_t most)
{
    size_t count = 0;
    for (; timer != NULL && count < most; timer = timer->vt_next) {
        if (timer->vt_at_us <= now_us)
            count += 1 + count_due(timer->vt_child, now_us, most - count - 1);
    }
    return count;
}

bool vclock_has_more_due(const vclock_t *clock, size_t count)
{
    return count_due(clock->first, clock->now_us, count + 1) > count;
}

void vclock_set_chooser(vclock_t *clock, vclock_choose_t func, void *arg)
{
    clock->choose = func;
    clock->choose_arg = arg;
}

/* The timer that is chosen among those of the earliest instant. More than READY_MAX are not asked
 * about. */
#define READY_MAX 16
static vtimer_t *choose(vclock_t *clock)
{
    vtimer_t *ready[READY_MAX];
    size_t count = 0;
    uint64_t at_us = clock->first->vt_at_us, last = clock->first->vt_sequence & LAST;
    while (clock->first != NULL && clock->first->vt_at_us == at_us &&
           (clock->first->vt_sequence & LAST) == last && count < READY_MAX) {
        ready[count] = clock->first;
        take_out(clock, ready[count++]);
    }
    for (size_t i = 0; i < count; i++) {
        ready[i]->vt_set = true;
        clock->first = meld(clock->first, ready[i]);
    }
    bool asks = count > 1 && !ready[0]->vt_relays;
    return ready[asks ? clock->choose(clock->choose_arg, count) : 0];
}

static void run(vclock_t *clock, vtimer_t *timer)
{
    assert(timer->vt_at_us >= clock->now_us); /* time never goes back */
    if (timer->vt_at_us != clock->now_us)
        clock->instant_count = 0;
    clock->instant_count++;
    clock->now_us = timer->vt_at_us;
    void (*func)(void *arg) = timer->vt_func;
    void *arg = timer->vt_arg;
    vclock_cancel(clock, timer);
    func(arg);
}

bool vclock_run_next(vclock_t *clock)
{
    vtimer_t *timer = clock->first;
    if (timer == NULL)
        return false;
    if (clock->choose != NULL)
        timer = choose(clock);
    bool jumps = timer->vt_relays && timer != clock->first;
    uint64_t since = clock->sequence;
    run(clock, timer);
    if (jumps && clock->sequence == since + 1 && vtimer_is_set(clock->latest) &&
        clock->latest->vt_at_us == clock->now_us)
        run(clock, clock->latest);
    return true;
}

uint64_t vclock_instant_count(const vclock_t *clock)
{
    return clock->instant_count;
}

void vclock_bookkeeping(vclock_t *clock, memory_bookkeeping_t tell, void *arg)
{
    vtimer_t *in_order = NULL, **last = &in_order;
    clock->sequence = 0;
    while (clock->first != NULL) {
        vtimer_t *timer = clock->first;
        take_out(clock, timer);
        *last = timer;
        last = &timer->vt_next;
    }
    while (in_order != NULL) {
        vtimer_t *timer = in_order;
        in_order = timer->vt_next;
        timer->vt_next = NULL;
        timer->vt_sequence = (timer->vt_sequence & LAST) | clock->sequence++;
        timer->vt_set = true;
        clock->first = meld(clock->first, timer);
    }
    tell(arg, &clock->instant_count, sizeof(clock->instant_count));
    tell(arg, &clock->latest, sizeof(clock->latest));
}
