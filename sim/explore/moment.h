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

/* Puts the world back, as it was in a moment of this series; fiber_enter() then goes on from there.
 */
void moment_restore(const moment_t *moment, const moment_world_t *world);

#endif
