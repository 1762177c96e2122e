/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Blocks of one size.
 */
#include "filter/fr_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
        cmocka_unit_test(without_memory_there_is_no_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
