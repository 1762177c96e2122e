/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory in one piece, saved and restored.
 */
#include "sim/core/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIZE ((size_t)8 << 20)

static void blocks_are_aligned_and_apart(void **state)
{
    (void)state;
    arena_t *arena = arena_create(SIZE);
    memory_t *memory = arena_memory(arena);
    uint8_t *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = memory_alloc(memory, i * 37 + 1);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], (int)i, i * 37 + 1);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t at = 0; at < i * 37 + 1; at++)
            assert_int_equal(blocks[i][at], (uint8_t)i);
    }
    arena_destroy(arena);
}

static void a_freed_block_is_used_again(void **state)
{
    (void)state;
    arena_t *arena = arena_create(SIZE);
    memory_t *memory = arena_memory(arena);
    void *block = memory_alloc(memory, 100);
    memory_free(memory, block);
    assert_ptr_equal(memory_alloc(memory, 97), block);
    arena_destroy(arena);
}

static void a_block_grows_with_its_bytes(void **state)
{
    (void)state;
    arena_t *arena = arena_create(SIZE);
    memory_t *memory = arena_memory(arena);
    char *text = memory_realloc(memory, NULL, 5);
    strcpy(text, "four");
    for (size_t size = 10; size < 100000; size *= 3) {
        text = memory_realloc(memory, text, size);
        assert_string_equal(text, "four");
    }
    arena_destroy(arena);
}

static void what_is_restored_is_as_it_was(void **state)
{
    (void)state;
    arena_t *arena = arena_create(SIZE);
    memory_t *memory = arena_memory(arena);
    char *kept = memory_alloc(memory, 64), *freed = memory_alloc(memory, 64);
    strcpy(kept, "kept");
    strcpy(freed, "freed");
    memory->me_messages = 7;
    arena_image_t *image = arena_save(arena);
    char *next = memory_alloc(memory, 64);
    strcpy(kept, "gone");
    memory_free(memory, freed);
    memory->me_messages = 9;
    arena_restore(arena, image);
    assert_string_equal(kept, "kept");
    assert_string_equal(freed, "freed");
    assert_int_equal(memory->me_messages, 7);
    assert_ptr_equal(memory_alloc(memory, 64), next); /* the same blocks are handed out */
    arena_image_free(image);
    arena_destroy(arena);
}

static void a_full_arena_has_no_memory(void **state)
{
    (void)state;
    arena_t *arena = arena_create(65536);
    memory_t *memory = arena_memory(arena);
    assert_null(memory_alloc(memory, 65536));
    size_t count = 0;
    while (memory_alloc(memory, 1000) != NULL)
        count++;
    assert_true(count > 50 && count < 65);
    assert_null(memory_alloc(memory, SIZE_MAX / 2));
    arena_destroy(arena);
}

static void zero(void *arg, void *at, size_t size)
{
    (void)arg;
    memset(at, 0, size);
}

/* What is left in an arena, from its first block on, when two more have been made, written and
 * freed, in some order. The caller frees it. */
static uint8_t *remains_of(size_t first, size_t second, bool other_order)
{
    size_t size;
    arena_t *arena = arena_create(65536);
    memory_t *memory = arena_memory(arena);
    arena_keep_clean(arena);
    char *kept = strcpy(memory_alloc(memory, 32), "kept");
    char *a = memset(memory_alloc(memory, first), 'a', first);
    char *b = memset(memory_alloc(memory, second), 'b', second);
    memory_free(memory, other_order ? b : a);
    memory_free(memory, other_order ? a : b);
    const char *end = (const char *)arena_bytes(arena, &size) + size;
    arena_bookkeeping(arena, zero, NULL);
    uint8_t *copy = calloc(1, 65536);
    memcpy(copy, kept, (size_t)(end - kept));
    arena_destroy(arena);
    return copy;
}

static void a_clean_arena_tells_nothing_of_blocks_that_are_no_more(void **state)
{
    (void)state;
    uint8_t *copies[4] = {remains_of(16, 48, false), remains_of(16, 48, true),
                          remains_of(48, 1000, false), remains_of(2000, 16, true)};
    assert_string_equal(copies[0], "kept");
    for (size_t i = 1; i < 4; i++) {
        assert_memory_equal(copies[0], copies[i], 65536);
        free(copies[i]);
    }
    free(copies[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_apart),
        cmocka_unit_test(a_freed_block_is_used_again),
        cmocka_unit_test(a_block_grows_with_its_bytes),
        cmocka_unit_test(what_is_restored_is_as_it_was),
        cmocka_unit_test(a_clean_arena_tells_nothing_of_blocks_that_are_no_more),
        cmocka_unit_test(a_full_arena_has_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
