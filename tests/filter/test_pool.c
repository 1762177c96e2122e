/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Blocks of one size.
 */
#include "filter/fr_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIZE  (2 * FR_CACHE_LINE)
#define COUNT 20000 /* more than one piece of large pages */

static void blocks_begin_at_cache_lines_and_do_not_overlap(void **state)
{
    (void)state;
    static uint8_t *blocks[COUNT];
    fr_pool_t pool = {0};
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = fr_pool_take(&pool, memory_of_process(), SIZE);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % FR_CACHE_LINE, 0);
        memset(blocks[i], (int)(i % 251), SIZE);
    }
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(blocks[i][0], i % 251);
        assert_int_equal(blocks[i][SIZE - 1], i % 251);
    }
    fr_pool_fini(&pool, memory_of_process());
    assert_null(pool.po_pieces);
}

static void a_block_that_is_given_back_is_the_next(void **state)
{
    (void)state;
    fr_pool_t pool = {0};
    void *first = fr_pool_take(&pool, memory_of_process(), SIZE);
    void *second = fr_pool_take(&pool, memory_of_process(), SIZE);
    fr_pool_put(&pool, first);
    fr_pool_put(&pool, second);
    assert_ptr_equal(fr_pool_take(&pool, memory_of_process(), SIZE), second);
    assert_ptr_equal(fr_pool_take(&pool, memory_of_process(), SIZE), first);
    fr_pool_fini(&pool, memory_of_process());
}

static size_t asked[64];
static size_t asked_count;

static void *note(void *arg, size_t size)
{
    (void)arg;
    asked[asked_count++] = size;
    return malloc(size);
}

static void give_back(void *arg, void *block)
{
    (void)arg;
    free(block);
}

/* A piece has an eighth of the blocks so far, at least 16, and 8 MiB at most. It is a header, the
 * blocks, and what it takes to begin them at a cache line, or at a large page from 4 MiB on. */
static void pieces_grow_with_the_pool(void **state)
{
    static const struct {
        size_t size, blocks; /* that are taken */
        struct {
            size_t count, align;
        } pieces[12]; /* until a count is 0 */
    } rows[] = {
        {SIZE,
         160,
         {{16, 64},
          {16, 64},
          {16, 64},
          {16, 64},
          {16, 64},
          {16, 64},
          {16, 64},
          {16, 64},
          {16, 64},
          {18, 64}}},
        {1u << 18, 49, {{16, 2u << 20}, {16, 2u << 20}, {16, 2u << 20}, {16, 2u << 20}}},
        {(1u << 18) - 64, 17, {{16, 64}, {16, 64}}},
        {1u << 20, 17, {{8, 2u << 20}, {8, 2u << 20}, {8, 2u << 20}}},
    };
    const memory_t memory = {.me_alloc = note, .me_free = give_back};
    fr_pool_t empty = {0};
    (void)state;
    fr_pool_take(&empty, &memory, SIZE);
    size_t header = asked[0] - 64 - 16 * SIZE;
    fr_pool_fini(&empty, &memory);
    assert_in_range(header, sizeof(void *), 64);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fr_pool_t pool = {0};
        size_t count = 0;
        asked_count = 0;
        for (size_t k = 0; k < rows[i].blocks; k++) {
            uint8_t *block = fr_pool_take(&pool, &memory, rows[i].size);
            assert_int_equal((uintptr_t)block % FR_CACHE_LINE, 0);
            block[rows[i].size - 1] = 1;
        }
        for (; rows[i].pieces[count].count != 0; count++)
            assert_int_equal(asked[count], header + rows[i].pieces[count].align +
                                               rows[i].pieces[count].count * rows[i].size);
        assert_int_equal(asked_count, count);
        fr_pool_fini(&pool, &memory);
    }
}

static void *none(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return NULL;
}

static void without_memory_there_is_no_block(void **state)
{
    (void)state;
    const memory_t empty = {.me_alloc = none};
    fr_pool_t pool = {0};
    assert_null(fr_pool_take(&pool, &empty, SIZE));
    void *block = fr_pool_take(&pool, memory_of_process(), SIZE);
    assert_non_null(block); /* nothing was left half made */
    fr_pool_fini(&pool, memory_of_process());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_begin_at_cache_lines_and_do_not_overlap),
        cmocka_unit_test(a_block_that_is_given_back_is_the_next),
        cmocka_unit_test(pieces_grow_with_the_pool),
        cmocka_unit_test(without_memory_there_is_no_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
