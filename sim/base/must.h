/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory that must be there: where the simulator itself, and not the simulated host, has run out of
 * it, nothing can be told any more but that. Each says "lo0sim: out of memory" on standard error
 * and ends the process with EXIT_CRASHED. The caller frees what is returned.
 */
#ifndef LO0SIM_SIM_BASE_MUST_H
#define LO0SIM_SIM_BASE_MUST_H

#include <stddef.h>

/* malloc(), calloc(), realloc(), strdup(), strndup(), and asprintf() that returns its text. */
void *must_malloc(size_t size);
void *must_calloc(size_t count, size_t size);
void *must_realloc(void *old, size_t size);
char *must_strdup(const char *text);
char *must_strndup(const char *text, size_t length);
char *must_asprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Hands on a pointer that must not be NULL: must_have(box_create(...)). */
void *must_have(void *pointer);

/* Says so and ends the process, for a call that failed for want of memory otherwise. */
_Noreturn void must_end(void);

#endif
