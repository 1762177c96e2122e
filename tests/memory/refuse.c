/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Preloaded into lo0sim: one allocation in one of its processes fails. sweep.py says which one in
 * the environment:
 *
 * - REFUSE=DEPTH:N: the N-th allocation, from 1, of the processes that DEPTH forks made (0: the
 *   program itself). N 0 refuses nothing.
 * - REFUSE_ALL=1: also each later allocation of these processes.
 * - REFUSE_COUNT=FILE: each process appends "DEPTH ALLOCATIONS\n" when it ends.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned long depth, asked, refuse_depth, refuse_at;
static bool all_later, on;

static void *(*next_malloc)(size_t size);
static void *(*next_calloc)(size_t count, size_t size);
static void *(*next_realloc)(void *block, size_t size);
static void (*next_exit)(int code) __attribute__((noreturn));

/* dlsym() may allocate before the next calloc() is known. */
static char early[4096] __attribute__((aligned(16)));
static size_t early_used;

static void *early_block(size_t size)
{
    size_t whole = (size + 15) / 16 * 16;
    if (early_used + whole > sizeof(early))
        abort();
    early_used += whole;
    return early + early_used - whole;
}

static void find(void *function, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof(found));
}

static void find_all(void)
{
    static bool finding;
    if (finding)
        return;
    finding = true;
    find(&next_calloc, "calloc");
    find(&next_realloc, "realloc");
    find(&next_exit, "_exit");
    find(&next_malloc, "malloc");
}

static bool refused(void)
{
    if (!on)
        return false;
    asked++;
    if (depth != refuse_depth || refuse_at == 0 ||
        (all_later ? asked < refuse_at : asked != refuse_at))
        return false;
    errno = ENOMEM;
    return true;
}

/* Switches it off, or on again: what libgcov allocates is no part of the program
 * (cmake/coverage_exit.c). */
void refuse_nothing(bool nothing);
void refuse_nothing(bool nothing)
{
    on = !nothing;
}

static void in_child(void)
{
    depth++;
    asked = 0;
}

/* Counts from main() on: what comes before belongs to the loader of programs. */
__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("REFUSE");
    find_all();
    pthread_atfork(NULL, NULL, in_child);
    if (text != NULL && sscanf(text, "%lu:%lu", &refuse_depth, &refuse_at) == 2)
        on = true;
    all_later = getenv("REFUSE_ALL") != NULL;
}

static void tell(void)
{
    char line[64];
    const char *file = getenv("REFUSE_COUNT");
    int fd = file != NULL ? open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (fd < 0)
        return;
    int length = snprintf(line, sizeof(line), "%lu %lu\n", depth, asked);
    if (write(fd, line, (size_t)length) != length)
        abort();
    close(fd);
}

__attribute__((destructor)) static void end(void)
{
    tell();
}

void *malloc(size_t size)
{
    if (next_malloc == NULL)
        find_all();
    if (next_malloc == NULL)
        return early_block(size);
    return refused() ? NULL : next_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (next_calloc == NULL)
        return early_block(count * size); /* static memory: zeroed */
    return refused() ? NULL : next_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    if (next_realloc == NULL)
        find_all();
    return refused() ? NULL : next_realloc(block, size);
}

void _exit(int code)
{
    tell();
    next_exit(code);
}
