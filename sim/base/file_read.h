/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Opening a file, and reading it whole, with limits.
 */
#ifndef LO0SIM_SIM_BASE_FILE_READ_H
#define LO0SIM_SIM_BASE_FILE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FILE_READ_MAX (16u << 20)

/* Whether something has this name: also a link to nothing, and what cannot be reached. */
bool file_is_there(const char *path);

/* Opens a regular file for reading; *length is how long it says that it is.
 * => Returns a descriptor, which the caller closes; -1 with a message in error[size] that begins
 *    with the path, for a missing file, a directory, another thing that is no regular file. */
int file_open(const char *path, off_t *length, char *error, size_t size);

/* Reads a whole regular file, or nothing of /dev/null, terminated by a zero byte that *length does
 * not count.
 * => Returns NULL, with a message in error[size] that begins with the path, for a missing file, a
 *    directory, a file over FILE_READ_MAX bytes, one that cannot be read to its end. The caller
 * frees the text. */
char *file_read(const char *path, size_t *length, char *error, size_t size);

/* The same; "-" is standard input, with the same limit. */
char *file_read_or_stdin(const char *path, size_t *length, char *error, size_t size);

#endif
