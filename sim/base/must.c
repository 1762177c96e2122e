/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/must.h"

#include "sim/base/mistake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*last_words)(void);

void must_end_with(void (*function)(void))
{
    last_words = function;
}

void must_end(void)
{
    static const char text[] = "lo0sim: out of memory\n";
    if (last_words != NULL)
        last_words();
    ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)written;
    _exit(EXIT_CRASHED);
}

void *must_have(void *pointer)
{
    if (pointer == NULL)
        must_end();
    return pointer;
}

void *must_malloc(size_t size)
{
    return must_have(malloc(size > 0 ? size : 1));
}

void *must_calloc(size_t count, size_t size)
{
    return must_have(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *must_realloc(void *old, size_t size)
{
    return must_have(realloc(old, size > 0 ? size : 1));
}

void *must_grow(void *list, size_t *room, size_t count, size_t size)
{
    if (count <= *room)
        return list;
    while (*room < count)
        *room = *room == 0 ? 64 : *room * 2;
    return must_realloc(list, *room * size);
}

char *must_strdup(const char *text)
{
    return must_have(strdup(text));
}

char *must_strndup(const char *text, size_t length)
{
    return must_have(strndup(text, length));
}

char *must_vasprintf(const char *format, va_list args)
{
    char *text = NULL;
    return must_have(vasprintf(&text, format, args) >= 0 ? text : NULL);
}

char *must_asprintf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = must_vasprintf(format, args);
    va_end(args);
    return text;
}
