/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A contiguous memory: all blocks, and the allocator's own data, lie between its beginning and its
 * top, so that a copy of these bytes holds its whole contents. What belongs to a world (a box, a
 * script's Lua) is allocated in one, and can then be saved and restored.
 */
#ifndef LO0SIM_SIM_CORE_ARENA_H
#define LO0SIM_SIM_CORE_ARENA_H

#include "stack/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct arena arena_t;

/* An arena of `size` bytes at most; the system provides pages as they are used.
 * => Returns NULL if there is no memory. The caller ends it with arena_destroy(). */
arena_t *arena_create(size_t size);
void arena_destroy(arena_t *arena);

/* The allocator of its blocks. */
memory_t *arena_memory(arena_t *arena);

/* From now on a block is zeroed when it is freed, and when it is new: then what lies in the arena
 * tells nothing of blocks that are no more. */
void arena_keep_clean(arena_t *arena);

/* Tells what of a clean arena is bookkeeping: where its free blocks are, and of what sizes. Blocks'
 * addresses change nothing that a world does. */
void arena_bookkeeping(arena_t *arena, memory_bookkeeping_t tell, void *arg);

/* From now on new blocks can be told from those that there are already. */
void arena_tell_new(arena_t *arena);

/* Blocks follow each other from arena_first_block() to the top, each after ARENA_HEADER bytes of
 * its own, which say what it is. They are never split or joined. */
#define ARENA_HEADER ((size_t)16)

typedef enum arena_use { ARENA_FREE, ARENA_OLD, ARENA_NEW } arena_use_t;

/* Offsets from the beginning, of headers: the first block's; that of the block after one. */
size_t arena_first_block(const arena_t *arena);
size_t arena_next_block(const arena_t *arena, size_t header);

/* What a block is, by its header: of this arena, or in a copy of its bytes. */
arena_use_t arena_use(const uint8_t *header);

/* How many new blocks there are. */
size_t arena_new_count(const arena_t *arena);

/* How many bytes of it were ever used: no restoring takes back what the system has provided. */
size_t arena_high_water(const arena_t *arena);

/* Whether nobody looks for mistakes in the use of the process' memory, which would not be found in
 * an arena: AddressSanitizer, MemorySanitizer. */
bool arena_is_transparent(void);

/* Its contents, *size bytes: a copy that is put back there restores it, as arena_restore() does. */
void *arena_bytes(arena_t *arena, size_t *size);

/* A copy of an arena's contents. */
typedef struct arena_image arena_image_t;

/* => Returns NULL if there is no memory. The caller ends it with arena_image_free(). */
arena_image_t *arena_save(const arena_t *arena);
void arena_image_free(arena_image_t *image);

/* Restores the arena's contents: blocks allocated since then are gone; all others are as they were,
 * also those that have been freed since. */
void arena_restore(arena_t *arena, const arena_image_t *image);

#endif
