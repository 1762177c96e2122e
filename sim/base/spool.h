/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A text that can be large: its first SPOOL_MEMORY bytes are held in memory, what is longer lies in
 * a file without a name, which ends with the process. So what a test prints never fills the memory.
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

/* Adds bytes to one of spool_create().
 * => Returns false with errno if the file cannot take them. */
bool spool_put(spool_t *spool, const void *bytes, size_t size);

/* Adds a text. NULL is an empty one. => As spool_put(). */
bool spool_add(spool_t *spool, const spool_t *more);

/* NULL is an empty one. */
uint64_t spool_size(const spool_t *spool);

/* Writes it to a stream. NULL is an empty one. */
void spool_print(const spool_t *spool, FILE *out);

/* Writes it to a file, and takes no memory if it lies in memory: half a text is not left behind for
 * want of some. => Returns false with errno. */
bool spool_write(const spool_t *spool, int fd);

/* Calls `line` with each line, without its end. NULL has none. */
void spool_lines(const spool_t *spool, void (*line)(void *arg, const char *text, size_t length),
                 void *arg);

/* The text, or its first `max` bytes, and a NUL. NULL is an empty one.
 * => The caller frees it. */
char *spool_text(const spool_t *spool, size_t max);

/* ---- between processes ---- */

/* A file without a name, in TMPDIR or /tmp, or where none can be made there in memory.
 * => Returns its descriptor, which the caller closes; -1 with errno. */
int spool_file(void);

/* Where a text lies that another process is to read: in `fd`, a file that both have, if it does not
 * lie in memory. It is moved there if it lies in a file of this process.
 * => Returns true, with *at; *at is UINT64_MAX if it lies in memory. false with errno if the file
 *    cannot take it. */
bool spool_share(const spool_t *spool, int fd, uint64_t *at);

/* Gives the disk what a shared text took of it, once it has been read. NULL takes none. */
void spool_forget(const spool_t *spool);

#endif
