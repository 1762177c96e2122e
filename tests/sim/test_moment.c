/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What moments are made of: code that is left in the middle of a call, and pages that tell that
 * they were written.
 */
#include "sim/core/fiber.h"
#include "sim/core/page_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define STACK ((size_t)65536)
#define PAGES ((size_t)8)

static fiber_t *fiber;
static int steps[8];
static size_t step_count;

/* Leaves in the middle of a call that has things on its stack. */
static int deep(int level)
{
    volatile int here = level;
    if (level == 0)
        fiber_leave(fiber);
    else
        here += deep(level - 1);
    return here;
}

static void walk(void *arg)
{
    volatile int sum = *(int *)arg;
    for (int i = 0; i < 2; i++) {
        sum += deep(3);
        steps[step_count++] = sum;
    }
}

static bool skipped(void)
{
    if (!fiber_works())
        skip();
    return !fiber_works();
}

static void code_that_was_left_goes_on(void **state)
{
    (void)state;
    int start = 100;
    if (skipped())
        return;
    fiber = fiber_create(STACK);
    step_count = 0;
    assert_true(fiber_start(fiber, walk, &start));
    assert_int_equal(step_count, 0);
    assert_true(fiber_enter(fiber));
    assert_false(fiber_enter(fiber));
    assert_int_equal(step_count, 2);
    assert_int_equal(steps[0], 106);
    assert_int_equal(steps[1], 112);
    fiber_destroy(fiber);
}

static void from_a_copy_of_its_stack_it_goes_on_again(void **state)
{
    (void)state;
    int start = 0;
    size_t size;
    if (skipped())
        return;
    fiber = fiber_create(STACK);
    step_count = 0;
    assert_true(fiber_start(fiber, walk, &start));
    assert_true(fiber_enter(fiber));
    void *at = fiber_bytes(fiber, &size), *copy = malloc(size);
    assert_true(size < STACK / 8);
    memcpy(copy, at, size);
    for (int i = 0; i < 3; i++) {
        fiber_put_back(fiber, at, copy, size);
        assert_false(fiber_enter(fiber));
        assert_int_equal(steps[step_count - 1], 12);
    }
    assert_int_equal(step_count, 4);
    free(copy);
    fiber_destroy(fiber);
}

static void each_page_tells_its_first_write(void **state)
{
    (void)state;
    size_t count;
    if (skipped())
        return;
    uint8_t *at =
        mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    at[0] = 1;
    page_watch_begin(at, PAGES * 4096);
    size_t page = page_watch_page();
    assert_int_equal(at[0], 1); /* reading is no write */
    page_watch_written(&count);
    assert_int_equal(count, 0);
    at[page + 5] = 2;
    at[page + 6] = 2;
    at[0] = 3;
    const uint32_t *written = page_watch_written(&count);
    assert_int_equal(count, 2);
    assert_int_equal(written[0], page);
    assert_int_equal(written[1], 0);
    assert_int_equal(at[0] + at[page + 5] + at[page + 6], 7);
    page_watch_end();
    at[2 * page] = 1;
    munmap(at, PAGES * 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(code_that_was_left_goes_on),
        cmocka_unit_test(from_a_copy_of_its_stack_it_goes_on_again),
        cmocka_unit_test(each_page_tells_its_first_write),
    };
    return cmocka_run_group_tests_name("sim/moment", tests, NULL, NULL);
}
