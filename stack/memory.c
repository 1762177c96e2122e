/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

void *memory_zalloc(const memory_t *memory, size_t size)
{
    void *block = memory_alloc(memory, size);
    return block != NULL ? memset(block, 0, size) : NULL;
}

void memory_free(const memory_t *memory, void *block)
{
    if (block != NULL)
        memory->me_free(memory->me_arg, block);
}
