/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A stack of its own for code that can be left in the middle of a call and entered again: what lies
 * on that stack can then be copied, and put back later.
 *
 * Only where fiber_works(): on x86-64, without a sanitizer, since those follow one stack only.
 */
#ifndef LO0SIM_SIM_CORE_FIBER_H
#define LO0SIM_SIM_CORE_FIBER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct fiber fiber_t;

bool fiber_works(void);

/* A stack of `size` bytes; the system provides pages as they are used.
 * => Returns NULL if there is no memory, or not fiber_works(). The caller ends it with
 *    fiber_destroy(), which does not let the code on it end. */
fiber_t *fiber_create(size_t size);
void fiber_destroy(fiber_t *fiber);

/* Calls func(arg) on the fiber's stack. What was on it is forgotten.
 * => Returns when func returns or calls fiber_leave(): whether it is still in the middle. */
bool fiber_start(fiber_t *fiber, void (*func)(void *arg), void *arg);

/* On the fiber's stack: goes back to who started or entered it. Returns once it is entered. */
void fiber_leave(fiber_t *fiber);

/* Goes on where the fiber was left.
 * => Returns as fiber_start(). */
bool fiber_enter(fiber_t *fiber);

/* The bytes of a fiber that was left, *size of them: its stack as far as it is in use. A copy that
 * is put back at the same place with fiber_put_back() is entered where it was left then. */
void *fiber_bytes(const fiber_t *fiber, size_t *size);
void fiber_put_back(fiber_t *fiber, void *at, const void *copy, size_t size);

#endif
