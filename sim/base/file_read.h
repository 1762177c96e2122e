/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reading a file whole, with limits.
 */
#ifndef LO0SIM_SIM_BASE_FILE_READ_H
#define LO0SIM_SIM_BASE_FILE_READ_H

#include <stddef.h>

#define FILE_READ_MAX (16u << 20)

/* Reads a whole regular file, or nothing of /dev/null, terminated by a zero byte that *length does
 * not count.
 * => Returns NULL, with a message in error[size] that begins with the path, for a missing file, a
 *    directory, a file over FILE_READ_MAX bytes, one that cannot be read to its end. The caller
 * frees the text. */
char *file_read(const char *path, size_t *length, char *error, size_t size);

/* The same; "-" is standard input, with the same limit. */
char *file_read_or_stdin(const char *path, size_t *length, char *error, size_t size);

#endif
