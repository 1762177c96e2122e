/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Block sizes are multiples of 16 up to 1 KiB, then eight between each power of 2 and the next. A
 * freed block goes into the free list of its size. The top never moves down.
 */
#include "sim/core/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define LO0SIM_MEMORY_IS_CHECKED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define LO0SIM_MEMORY_IS_CHECKED
#endif

#define STEP        ((size_t)16)
#define SMALL_MAX   ((size_t)1024)
#define SMALL_SIZES (SMALL_MAX / STEP)
#define STEPS       8u /* between two powers of 2 */
#define LARGE_SIZES (40 * STEPS)

typedef struct block {
    _Alignas(16) size_t size; /* without this header */
    struct block *next;       /* the next free one, or NULL; OLD and NEW are in use */
} block_t;
_Static_assert(sizeof(block_t) == ARENA_HEADER && ARENA_HEADER == STEP,
               "blocks are aligned for any type");

#define OLD ((block_t *)(uintptr_t)1)
#define NEW ((block_t *)(uintptr_t)2)

/* The arena's header is at the beginning of its own bytes. */
struct arena {
    memory_t memory;
    size_t size, top;
    size_t *high; /* the greatest top, outside of what is restored */
    bool clean;   /* arena_keep_clean() */
    bool tells;   /* arena_tell_new() */
    size_t news;  /* new blocks in use */
    block_t *freed[SMALL_SIZES + LARGE_SIZES];
};

struct arena_image {
    size_t size;
    uint8_t bytes[];
};

/* The index of a size in `freed`; rounds *size up to the size of its blocks. */
static size_t list_of(size_t *size)
{
    if (*size <= SMALL_MAX) {
        *size = (*size + STEP - 1) / STEP * STEP;
        return *size / STEP - 1;
    }
    size_t power = SMALL_MAX, i = 0;
    for (; power * 2 < *size && i < LARGE_SIZES / STEPS - 1; i++)
        power *= 2;
    size_t step = power / STEPS, steps = STEPS;
    if (*size < power * 2) /* a greater one is of no list: there is no such arena */
        steps = (*size - power + step - 1) / step;
    *size = power + steps * step;
    return SMALL_SIZES + i * STEPS + steps - 1;
}

static void use(arena_t *arena, block_t *block)
{
    block->next = arena->tells ? NEW : OLD;
    arena->news += arena->tells;
}

static void *alloc(void *arg, size_t wanted)
{
    arena_t *arena = arg;
    size_t size = wanted, list = list_of(&size);
    block_t *block = arena->freed[list];
    if (size < wanted)
        return NULL;
    if (block != NULL) {
        arena->freed[list] = block->next;
        use(arena, block);
        return block + 1;
    }
    if (size + sizeof(*block) > arena->size - arena->top)
        return NULL;
    block = (block_t *)(void *)((uint8_t *)arena + arena->top);
    arena->top += sizeof(*block) + size;
    if (arena->top > *arena->high)
        *arena->high = arena->top;
    block->size = size;
    use(arena, block);
    if (arena->clean)
        memset(block + 1, 0, size);
    return block + 1;
}

static void release(void *arg, void *at)
{
    arena_t *arena = arg;
    block_t *block = (block_t *)at - 1;
    size_t size = block->size, list = list_of(&size);
    if (arena->clean)
        memset(at, 0, size);
    arena->news -= block->next == NEW;
    block->next = arena->freed[list];
    arena->freed[list] = block;
}

static void *resize(void *arg, void *at, size_t size)
{
    const arena_t *arena = arg;
    if (at == NULL)
        return alloc(arg, size);
    size_t had = ((block_t *)at - 1)->size;
    if (size <= had && arena->clean)
        memset((uint8_t *)at + size, 0, had - size);
    if (size <= had)
        return at;
    void *moved = alloc(arg, size);
    if (moved != NULL) {
        memcpy(moved, at, had);
        release(arg, at);
    }
    return moved;
}

arena_t *arena_create(size_t size)
{
    assert(size > sizeof(arena_t));
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    arena_t *arena = at;
    arena->memory =
        (memory_t){.me_alloc = alloc, .me_realloc = resize, .me_free = release, .me_arg = arena};
    arena->size = size;
    arena->high = calloc(1, sizeof(*arena->high));
    if (arena->high == NULL) {
        munmap(at, size);
        return NULL;
    }
    arena->top = arena_first_block(arena);
    return arena;
}

void arena_destroy(arena_t *arena)
{
    if (arena == NULL)
        return;
    free(arena->high);
    munmap(arena, arena->size);
}

memory_t *arena_memory(arena_t *arena)
{
    return &arena->memory;
}

void arena_keep_clean(arena_t *arena)
{
    arena->clean = true;
}

void arena_tell_new(arena_t *arena)
{
    arena->tells = true;
}

size_t arena_first_block(const arena_t *arena)
{
    return (sizeof(*arena) + STEP - 1) / STEP * STEP;
}

size_t arena_next_block(const arena_t *arena, size_t header)
{
    const block_t *block = (const block_t *)(const void *)((const uint8_t *)arena + header);
    return header + sizeof(*block) + block->size;
}

arena_use_t arena_use(const uint8_t *header)
{
    block_t block;
    memcpy(&block, header, sizeof(block));
    return block.next == NEW ? ARENA_NEW : block.next == OLD ? ARENA_OLD : ARENA_FREE;
}

size_t arena_new_count(const arena_t *arena)
{
    return arena->news;
}

void arena_bookkeeping(arena_t *arena, memory_bookkeeping_t tell, void *arg)
{
    for (size_t i = 0; i < sizeof(arena->freed) / sizeof(arena->freed[0]); i++) {
        block_t *block = arena->freed[i];
        while (block != NULL) {
            block_t *next = block->next; /* it may be changed while it is told */
            tell(arg, block, sizeof(*block));
            block = next;
        }
    }
    tell(arg, arena->freed, sizeof(arena->freed));
    tell(arg, &arena->top, sizeof(arena->top));
}

size_t arena_high_water(const arena_t *arena)
{
    return *arena->high;
}

bool arena_is_transparent(void)
{
#ifdef LO0SIM_MEMORY_IS_CHECKED
    return false;
#else
    return true;
#endif
}

void *arena_bytes(arena_t *arena, size_t *size)
{
    *size = arena->top;
    return arena;
}

arena_image_t *arena_save(const arena_t *arena)
{
    arena_image_t *image = malloc(sizeof(*image) + arena->top);
    if (image == NULL)
        return NULL;
    image->size = arena->top;
    memcpy(image->bytes, arena, arena->top);
    return image;
}

void arena_image_free(arena_image_t *image)
{
    free(image);
}

void arena_restore(arena_t *arena, const arena_image_t *image)
{
    assert(image->size <= arena->size);
    memcpy(arena, image->bytes, image->size);
}
