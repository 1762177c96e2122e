/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A text that can be large: up to SPOOL_MEMORY bytes are held in memory; a longer text is in a file
 * without a name, which disappears with the process. So a test's output never fills the memory.
 */
#ifndef LO0SIM_SIM_BASE_SPOOL_H
#define LO0SIM_SIM_BASE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct spool spool_t;

#define SPOOL_MEMORY ((size_t)1 << 20)

/* => The caller ends it with spool_free(). */
spool_t *spool_create(void);

/* A text that lies in a file, `size` bytes from `at` on. The file stays the caller's and must be
 * open as long as the spool is read.
 * => The caller ends it with spool_free(). */
spool_t *spool_in_file(int fd, uint64_t at, uint64_t size);

/* NULL is an empty one. */
void spool_free(spool_t *spool);

/* Adds bytes to a spool made by spool_create().
 * => Returns false with errno if the file cannot take them. */
bool spool_put(spool_t *spool, const void *bytes, size_t size);

/* Adds a text. NULL is an empty one. => As spool_put(). */
bool spool_add(spool_t *spool, const spool_t *more);

/* NULL is an empty one. */
uint64_t spool_size(const spool_t *spool);

/* Writes it to a stream. NULL is an empty one. */
void spool_print(const spool_t *spool, FILE *out);

/* Writes it to a file. A text that is in memory is written without allocating, so that lack of
 * memory does not leave half of it. => Returns false with errno. */
bool spool_write(const spool_t *spool, int fd);

/* Calls `line` with each line, without its end. NULL has no lines. */
void spool_lines(const spool_t *spool, void (*line)(void *arg, const char *text, size_t length),
                 void *arg);

/* The text, or its first `max` bytes, and a NUL. NULL is an empty one.
 * => The caller frees it. */
char *spool_text(const spool_t *spool, size_t max);

/* Reads up to `size` bytes, from byte `from` on. NULL is an empty one.
 * => Returns how many: fewer only at its end, or if its file cannot be read. */
size_t spool_read(const spool_t *spool, uint64_t from, char *bytes, size_t size);

/* Where two texts begin to differ. NULL is an empty one.
 * => Returns UINT64_MAX if they are the same; the length of one if the other begins with it. */
uint64_t spool_difference(const spool_t *a, const spool_t *b);

/* ---- between processes ---- */

/* Makes a file without a name: in TMPDIR or /tmp, or in memory if it cannot be made there.
 * => Returns its descriptor, which the caller closes; -1 with errno. */
int spool_file(void);

/* Finds where another process can read a text: in `fd`, a file that both have open, unless the text
 * is in memory. A text in a file of this process's own is moved to `fd`.
 * => Returns true, with *at; *at is UINT64_MAX if it lies in memory. false with errno if the file
 *    cannot take it. */
bool spool_share(const spool_t *spool, int fd, uint64_t *at);

/* Frees the disk space of a shared text once it has been read. NULL does nothing. */
void spool_forget(const spool_t *spool);

#endif
