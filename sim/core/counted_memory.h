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
    memory_t memory; /* what is handed on; the first member */
    memory_t *under;
    uint64_t count;                       /* blocks that were asked for */
    uint64_t fail_at;                     /* this one is refused; 0: none */
    bool (*ask)(void *arg, uint64_t nth); /* or whoever is asked says so; NULL: nobody is */
    void *ask_arg;
} counted_memory_t;

/* Prepares a memory over another one, which must outlive it. */
void counted_memory_init(counted_memory_t *counted, memory_t *under);

/* Refuses the n-th block that is asked for from now on, from 1. */
void counted_memory_fail(counted_memory_t *counted, uint64_t nth);

#endif
