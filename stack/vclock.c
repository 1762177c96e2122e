/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Virtual time: a binary heap of timers, ordered by (time, sequence number).
 */
#include "stack/vclock.h"

#include <stdlib.h>

struct vclock {
    uint64_t now_us;
    uint64_t sequence;
    uint64_t instant_count;
    vtimer_t **heap; /* heap[1] is the earliest */
    size_t count;
    size_t capacity;
};

vclock_t *vclock_create(void)
{
    return calloc(1, sizeof(vclock_t));
}

void vclock_destroy(vclock_t *clock)
{
    if (clock == NULL)
        return;
    free(clock->heap);
    free(clock);
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

static void put(vclock_t *clock, size_t place, vtimer_t *timer)
{
    clock->heap[place] = timer;
    timer->vt_place = place;
}

static void sift_up(vclock_t *clock, size_t place)
{
    vtimer_t *timer = clock->heap[place];
    while (place > 1 && earlier(timer, clock->heap[place / 2])) {
        put(clock, place, clock->heap[place / 2]);
        place /= 2;
    }
    put(clock, place, timer);
}

static void sift_down(vclock_t *clock, size_t place)
{
    vtimer_t *timer = clock->heap[place];
    for (;;) {
        size_t child = place * 2;
        if (child > clock->count)
            break;
        if (child < clock->count && earlier(clock->heap[child + 1], clock->heap[child]))
            child++;
        if (!earlier(clock->heap[child], timer))
            break;
        put(clock, place, clock->heap[child]);
        place = child;
    }
    put(clock, place, timer);
}

static void reserve(vclock_t *clock)
{
    if (clock->count + 1 < clock->capacity)
        return;
    clock->capacity = clock->capacity == 0 ? 16 : clock->capacity * 2;
    clock->heap = realloc(clock->heap, clock->capacity * sizeof(*clock->heap));
    if (clock->heap == NULL)
        abort();
}

void vclock_set(vclock_t *clock, vtimer_t *timer, uint64_t at_us, void (*func)(void *), void *arg)
{
    vclock_cancel(clock, timer);
    reserve(clock);
    timer->vt_at_us = at_us > clock->now_us ? at_us : clock->now_us;
    timer->vt_sequence = clock->sequence++;
    timer->vt_func = func;
    timer->vt_arg = arg;
    put(clock, ++clock->count, timer);
    sift_up(clock, clock->count);
}

void vclock_cancel(vclock_t *clock, vtimer_t *timer)
{
    size_t place = timer->vt_place;
    if (place == 0)
        return;
    timer->vt_place = 0;
    vtimer_t *last = clock->heap[clock->count--];
    if (last == timer)
        return;
    put(clock, place, last);
    sift_up(clock, place);
    sift_down(clock, last->vt_place);
}

bool vclock_next(const vclock_t *clock, uint64_t *at_us)
{
    if (clock->count == 0)
        return false;
    *at_us = clock->heap[1]->vt_at_us;
    return true;
}

bool vclock_run_next(vclock_t *clock)
{
    if (clock->count == 0)
        return false;
    vtimer_t *timer = clock->heap[1];
    if (timer->vt_at_us != clock->now_us)
        clock->instant_count = 0;
    clock->instant_count++;
    clock->now_us = timer->vt_at_us;
    vclock_cancel(clock, timer);
    timer->vt_func(timer->vt_arg);
    return true;
}

uint64_t vclock_instant_count(const vclock_t *clock)
{
    return clock->instant_count;
}
