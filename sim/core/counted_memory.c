/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/core/counted_memory.h"

#include <assert.h>
#include <stddef.h>

static bool refuses(counted_memory_t *counted)
{
    uint64_t nth = ++counted->count;
    for (size_t i = 0; i < counted->fails; i++) {
        if (nth == counted->fail_at[i])
            return true;
    }
    return counted->ask != NULL && counted->ask(counted->ask_arg, nth);
}

static void *alloc(void *arg, size_t size)
{
    counted_memory_t *counted = arg;
    return refuses(counted) ? NULL : memory_alloc(counted->under, size);
}

static void *resize(void *arg, void *block, size_t size)
{
    counted_memory_t *counted = arg;
    return refuses(counted) ? NULL : memory_realloc(counted->under, block, size);
}

static void release(void *arg, void *block)
{
    counted_memory_t *counted = arg;
    memory_free(counted->under, block);
}

void counted_memory_init(counted_memory_t *counted, memory_t *under)
{
    *counted = (counted_memory_t){
        .memory = {.me_alloc = alloc, .me_realloc = resize, .me_free = release, .me_arg = counted},
        .under = under};
}

void counted_memory_fail(counted_memory_t *counted, uint64_t nth)
{
    assert(counted->fails < COUNTED_FAILS_MAX);
    counted->fail_at[counted->fails++] = counted->count + nth;
}

bool counted_memory_will_fail(const counted_memory_t *counted)
{
    for (size_t i = 0; i < counted->fails; i++) {
        if (counted->fail_at[i] > counted->count)
            return true;
    }
    return false;
}
