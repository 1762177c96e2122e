/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory that must be there. When the simulator itself, not the simulated host, runs out of memory,
 * each of these writes "lo0sim: out of memory" to standard error and ends the process with
 * EXIT_CRASHED. The caller frees what is returned.
 */
#ifndef LO0SIM_SIM_BASE_MUST_H
#define LO0SIM_SIM_BASE_MUST_H

#include <stdarg.h>
#include <stddef.h>

/* malloc(), calloc(), realloc(), strdup(), strndup(), and asprintf() that returns its text. */
void *must_malloc(size_t size);
void *must_calloc(size_t count, size_t size);
void *must_realloc(void *old, size_t size);
char *must_strdup(const char *text);
char *must_strndup(const char *text, size_t length);
char *must_asprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *must_vasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Makes room in a list for `count` elements of `size` bytes, or more: it is doubled. *room is how
 * many it has room for; an empty list is NULL and 0.
 * => Returns the list, perhaps moved. */
void *must_grow(void *list, size_t *room, size_t count, size_t size);

/* Returns a pointer that must not be NULL: must_have(box_create(...)). */
void *must_have(void *pointer);

/* Reports that memory ran out and ends the process: for any other call that failed for lack of
 * memory. */
_Noreturn void must_end(void);

/* Sets the function that must_end() calls first, in this process and in those that it forks. There
 * a process that hands on a result can report that, and end itself. The function must not need
 * memory. NULL: none. */
void must_end_with(void (*function)(void));

#endif
