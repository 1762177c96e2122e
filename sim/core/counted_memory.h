/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A memory that counts its blocks, and can refuse one: `--fault 'fail allocation 12'`.
 */
#ifndef LO0SIM_SIM_CORE_COUNTED_MEMORY_H
#define LO0SIM_SIM_CORE_COUNTED_MEMORY_H

#include "stack/memory.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct counted_memory {
    memory_t memory; /* the counting allocator; the first member */
    memory_t *under;
    uint64_t count;                       /* blocks requested so far */
    uint64_t fail_at;                     /* this one is refused; 0: none */
    bool (*ask)(void *arg, uint64_t nth); /* returns true to refuse; can be NULL */
    void *ask_arg;
} counted_memory_t;

/* Prepares a memory over another one, which must outlive it. */
void counted_memory_init(counted_memory_t *counted, memory_t *under);

/* Refuses the n-th block requested from now on, counted from 1. */
void counted_memory_fail(counted_memory_t *counted, uint64_t nth);

#endif
