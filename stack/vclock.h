/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Virtual time: a clock in microseconds that jumps from one timer to the next.
 *
 * Timers run in the order of (time, sequence number); the number is given when a timer is set, so
 * that two timers of one instant always run in the order in which they were set.
 */
#ifndef LO0SIM_STACK_VCLOCK_H
#define LO0SIM_STACK_VCLOCK_H

#include "stack/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct vclock vclock_t;

/* A timer, embedded in what it belongs to. Zeroed, it is a timer that is not set. */
typedef struct vtimer {
    uint64_t vt_at_us;
    uint64_t vt_sequence;
    void (*vt_func)(void *arg);
    void *vt_arg;
    struct vtimer *vt_child, *vt_next, *vt_back; /* its place in the clock's heap */
    bool vt_set;
    bool vt_relays; /* it only sets another timer, of the same instant */
} vtimer_t;

/* A clock at 0.
 * => Returns NULL if there is no memory. The caller ends it with vclock_destroy(). */
vclock_t *vclock_create(void);

/* The same, from a given memory, which is also used for everything made with the clock: stacks,
 * wires, their packets. It stays the caller's and must outlive them. vclock_create() uses
 * memory_of_process(). */
vclock_t *vclock_create_in(memory_t *memory);
memory_t *vclock_memory(const vclock_t *clock);

/* Frees the clock. Timers that are still set are forgotten, not run. */
void vclock_destroy(vclock_t *clock);

/* The time, in microseconds since the clock began. */
uint64_t vclock_now(const vclock_t *clock);

/* Makes `timer` call func(arg) at `at_us`, or now if that is past. A timer that is set already
 * is moved. It takes no memory and cannot fail; the timer must stay where it is while it is set. */
void vclock_set(vclock_t *clock, vtimer_t *timer, uint64_t at_us, void (*func)(void *), void *arg);

/* The same at the present instant, for somebody who waits until there is nothing more to do at it,
 * and looks. Where the order is chosen the timer is after all others of the instant, also those
 * that are set later, since it could be chosen for ever; else it is one like others. */
void vclock_set_last(vclock_t *clock, vtimer_t *timer, void (*func)(void *), void *arg);

/* The same at the present instant, for a timer that only sets others, of processes that are to run
 * at it. When it has its turn is nothing that anyone could see, so where the order is chosen it is
 * not asked about. Instead of it what it sets can go before others, if that is one timer. */
void vclock_set_relay(vclock_t *clock, vtimer_t *timer, void (*func)(void *), void *arg);

/* Forgets a timer; does nothing if it is not set. */
void vclock_cancel(vclock_t *clock, vtimer_t *timer);

static inline bool vtimer_is_set(const vtimer_t *timer)
{
    return timer->vt_set;
}

/* The time of the earliest timer.
 * => Returns false if no timer is set. */
bool vclock_next(const vclock_t *clock, uint64_t *at_us);

/* Whether more than `count` timers are due at the present instant. */
bool vclock_has_more_due(const vclock_t *clock, size_t count);

/* Takes the earliest timer, moves the clock to its time and runs it.
 * => Returns false if no timer is set. */
bool vclock_run_next(vclock_t *clock);

/* Lets somebody choose which of several timers of one instant runs first: func(arg, count) returns
 * its place, from 0, in the order in which they were set. NULL: the first. Those that are to be
 * last cannot go before others. */
typedef size_t (*vclock_choose_t)(void *arg, size_t count);
void vclock_set_chooser(vclock_t *clock, vclock_choose_t func, void *arg);

/* Numbers the timers that are set anew, in their order, and puts them into a heap of a form that
 * only this order decides. Tells what is bookkeeping then: how many timers have run. */
void vclock_bookkeeping(vclock_t *clock, memory_bookkeeping_t tell, void *arg);

/* How many timers have run at the present instant. */
uint64_t vclock_instant_count(const vclock_t *clock);

#endif
