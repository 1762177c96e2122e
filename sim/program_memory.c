/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory of the program lo0sim. The libraries of stack/ and filter/ make an errno, or a lost
 * packet, of a block that is not to be had, as a kernel does; but what this machine lacks must
 * never look like an answer of the simulated one. So the program alone is linked with --wrap=malloc
 * and so on: whoever asks for memory in it gets it, or the program ends with "lo0sim: out of
 * memory" and exit code 3 (must_end()).
 */
#include "sim/base/must.h"

#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t length);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);

/* A block of 0 bytes can be NULL. */

void *__wrap_malloc(size_t size)
{
    void *block = __real_malloc(size);
    return size > 0 ? must_have(block) : block;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *block = __real_calloc(count, size);
    return count > 0 && size > 0 ? must_have(block) : block;
}

void *__wrap_realloc(void *block, size_t size)
{
    void *moved = __real_realloc(block, size);
    return size > 0 ? must_have(moved) : moved;
}

char *__wrap_strdup(const char *text)
{
    return must_have(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t length)
{
    return must_have(__real_strndup(text, length));
}
