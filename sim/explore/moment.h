/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A moment: a world in the middle of a run, saved and restored. It is a copy of all that a run
 * changes: the arena with the box and the script's Lua, the stack of the code that runs it, lwIP's
 * variables, and what the script and the explorer note on the way.
 */
#ifndef LO0SIM_SIM_EXPLORE_MOMENT_H
#define LO0SIM_SIM_EXPLORE_MOMENT_H

#include "sim/core/arena.h"
#include "sim/core/fiber.h"
#include "sim/script/script.h"

/* What runs. */
typedef struct moment_world {
    arena_t *arena;
    fiber_t *fiber; /* it was left */
    script_t *script;
    void *notes; /* of the explorer */
    size_t notes_size;
} moment_world_t;

typedef struct moment moment_t;

/* An empty one. => The caller ends it with moment_free(). */
moment_t *moment_create(void);
void moment_free(moment_t *moment);

/* Begins a series of moments with the world as it is now: those of earlier series cannot be
 * restored any more. One series of the process at a time; moment_end_series() ends it. */
void moment_begin_series(const moment_world_t *world);
void moment_end_series(void);

/* Saves the world as it is now, in place of what was saved before. script_running() is not NULL. */
void moment_save(moment_t *moment, const moment_world_t *world);

/* A key of the world as it is now, between two events (script_options_t.between): worlds of this
 * series, or of other processes' with the same base, that have the same key go on alike, up to one
 * chance in 2^100. It is made of all bytes that differ from the series' base, and of `facts`, but
 * what is told to be bookkeeping: counters, free memory, the numbers of timers. The stack is not
 * part of it, since between two events nothing on it changes during a run. */
typedef struct moment_key {
    uint64_t low, high;
} moment_key_t;

moment_key_t moment_key(const moment_world_t *world, const uint64_t *facts, size_t count);

/* Puts the world back, as it was in a moment of this series; fiber_enter() then goes on from there.
 */
void moment_restore(const moment_t *moment, const moment_world_t *world);

#endif
