/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/fr_pool.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/* A piece begins with its own header. It has an eighth of the blocks that are there already, up to
 * this many bytes. */
#define BLOCKS_FIRST 16u
#define PIECE_MOST   (8u << 20)

typedef struct fr_piece {
    struct fr_piece *pi_next;
    uint8_t *pi_blocks; /* where the first one begins */
    size_t pi_count;
} fr_piece_t;

static bool add_piece(fr_pool_t *pool, const memory_t *memory, size_t size)
{
    size_t count = pool->po_count / 8 > BLOCKS_FIRST ? pool->po_count / 8 : BLOCKS_FIRST;
    if (count > PIECE_MOST / size)
        count = PIECE_MOST / size;
    size_t align = count * size >= 2 * MEMORY_LARGE_PAGE ? MEMORY_LARGE_PAGE : FR_CACHE_LINE;
    fr_piece_t *piece = memory_alloc(memory, sizeof(*piece) + align + count * size);
    if (piece == NULL)
        return false;
    size_t past = (uintptr_t)(piece + 1) % align;
    *piece = (fr_piece_t){.pi_next = pool->po_pieces,
                          .pi_blocks = (uint8_t *)(piece + 1) + (align - past),
                          .pi_count = count};
    memory_want_large_pages(piece->pi_blocks, count * size);
    pool->po_pieces = piece;
    pool->po_unused = count;
    pool->po_count += count;
    return true;
}

void *fr_pool_take(fr_pool_t *pool, const memory_t *memory, size_t size)
{
    assert(size % FR_CACHE_LINE == 0 && size >= FR_CACHE_LINE);
    void *block = pool->po_free;
    if (block != NULL) {
        pool->po_free = *(void **)block;
        return block;
    }
    if (pool->po_unused == 0 && !add_piece(pool, memory, size))
        return NULL;
    const fr_piece_t *piece = pool->po_pieces;
    block = piece->pi_blocks + (piece->pi_count - pool->po_unused--) * size;
    return block;
}

void fr_pool_put(fr_pool_t *pool, void *block)
{
    *(void **)block = pool->po_free;
    pool->po_free = block;
}

void fr_pool_fini(fr_pool_t *pool, const memory_t *memory)
{
    fr_piece_t *piece = pool->po_pieces;
    while (piece != NULL) {
        fr_piece_t *next = piece->pi_next;
        memory_free(memory, piece);
        piece = next;
    }
    *pool = (fr_pool_t){0};
}
