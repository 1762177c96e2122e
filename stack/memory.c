/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

#define PAGE 4096u

static void *process_alloc(void *arg, size_t size)
{
    (void)arg;
    return malloc(size);
}

static void *process_realloc(void *arg, void *block, size_t size)
{
    (void)arg;
    return realloc(block, size);
}

static void process_free(void *arg, void *block)
{
    (void)arg;
    free(block);
}

memory_t *memory_of_process(void)
{
    static memory_t of_process = {
        .me_alloc = process_alloc, .me_realloc = process_realloc, .me_free = process_free};
    return &of_process;
}

void *memory_alloc(const memory_t *memory, size_t size)
{
    assert(size > 0);
    return memory->me_alloc(memory->me_arg, size);
}

void *memory_realloc(const memory_t *memory, void *block, size_t size)
{
    assert(size > 0);
    return memory->me_realloc(memory->me_arg, block, size);
}

/* It is never part of its caller: with a size that they know, compilers clear blocks more slowly
 * than memset() does. */
__attribute__((noinline)) void *memory_zalloc(const memory_t *memory, size_t size)
{
    void *block = memory_alloc(memory, size);
    return block != NULL ? memset(block, 0, size) : NULL;
}

void memory_want_large_pages(void *block, size_t size)
{
    if (size < 2 * MEMORY_LARGE_PAGE) /* it need not have a whole one */
        return;
#ifdef MADV_HUGEPAGE
    uintptr_t first = ((uintptr_t)block + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    madvise((void *)first, ((uintptr_t)block + size - first) & ~(uintptr_t)(PAGE - 1),
            MADV_HUGEPAGE); /* only a wish: it may fail */
#else
    (void)block;
#endif
}

void memory_free(const memory_t *memory, void *block)
{
    if (block != NULL)
        memory->me_free(memory->me_arg, block);
}
