/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Blocks of one size, one after the other in large pieces: each begins at a line of the processor's
 * caches, and a block has nothing beside it that is not the caller's. For tables with a million
 * entries, whose cost is the lines that are waited for.
 */
#ifndef LO0SIM_FILTER_FR_POOL_H
#define LO0SIM_FILTER_FR_POOL_H

#include "stack/memory.h"

#define FR_CACHE_LINE 64 /* of most processors; elsewhere it costs a little */

/* Zeroed, it is empty. */
typedef struct fr_pool {
    struct fr_piece *po_pieces; /* the newest first */
    void *po_free;              /* a list of the blocks that are free, each with its next one */
    size_t po_count;            /* blocks, in all pieces */
    size_t po_unused;           /* blocks at the end of the newest piece that never were in use */
} fr_pool_t;

/* A block of `size` bytes, the same for all of a pool and a multiple of FR_CACHE_LINE,
 * uninitialised. The caller gives it back with fr_pool_put(), or ends all by fr_pool_fini().
 * => Returns NULL if there is no memory. */
void *fr_pool_take(fr_pool_t *pool, const memory_t *memory, size_t size);

/* Its memory stays the pool's, for the next block. */
void fr_pool_put(fr_pool_t *pool, void *block);

/* Frees the memory of all blocks. The pool is empty then. */
void fr_pool_fini(fr_pool_t *pool, const memory_t *memory);

#endif
