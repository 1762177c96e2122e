/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A memory that counts its blocks, and can refuse one: `--fault 'fail allocation 12'`.
 */
#ifndef LO0SIM_SIM_CORE_COUNTED_MEMORY_H
#define LO0SIM_SIM_CORE_COUNTED_MEMORY_H

#include "stack/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTED_FAILS_MAX 64

typedef struct counted_memory {
    memory_t memory; /* the counting allocator; the first member */
    memory_t *under;
    uint64_t count;                      /* blocks requested so far */
    uint64_t fail_at[COUNTED_FAILS_MAX]; /* these are refused */
    size_t fails;
    bool (*ask)(void *arg, uint64_t nth); /* returns true to refuse; can be NULL */
    void *ask_arg;
} counted_memory_t;

/* Prepares a memory over another one, which must outlive it. */
void counted_memory_init(counted_memory_t *counted, memory_t *under);

/* Refuses the n-th block requested from now on, counted from 1, too: COUNTED_FAILS_MAX blocks at
 * most. */
void counted_memory_fail(counted_memory_t *counted, uint64_t nth);

/* Whether a block is still to be refused: what `count` is then decides something. */
bool counted_memory_will_fail(const counted_memory_t *counted);

#endif
