/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where memory comes from. Everything that belongs to one world (a clock, the hosts on it, their
 * packets, lwIP, and what else its owner hands it to) takes its blocks from one memory_t, so that
 * its owner can count, limit, save and restore them.
 *
 * A block that is not to be had is NULL, never an end of the process: each caller says what that
 * means where it is.
 */
#ifndef LO0SIM_STACK_MEMORY_H
#define LO0SIM_STACK_MEMORY_H

#include <stddef.h>

/* An allocator, filled in by its owner, who keeps it as long as anything that was made from it.
 * Blocks are aligned for any type. */
typedef struct memory {
    /* A block of `size` bytes, at least 1, with anything in it.
     * => Returns NULL if there is none. */
    void *(*me_alloc)(void *arg, size_t size);

    /* The block made `size` bytes long, at least 1; `block` NULL is a new one.
     * => Returns the block, perhaps elsewhere; NULL if there is none: then `block` stays. */
    void *(*me_realloc)(void *arg, void *block, size_t size);

    /* `block` is never NULL. */
    void (*me_free)(void *arg, void *block);

    void *me_arg;
    size_t me_messages; /* counts, for mblk.c: at first 0 */
} memory_t;

/* malloc()'s memory: of what is made without any other. */
memory_t *memory_of_process(void);

void *memory_alloc(const memory_t *memory, size_t size);
void *memory_realloc(const memory_t *memory, void *block, size_t size);

/* A block of zeros. */
void *memory_zalloc(const memory_t *memory, size_t size);

/* NULL is allowed. */
void memory_free(const memory_t *memory, void *block);

#endif
