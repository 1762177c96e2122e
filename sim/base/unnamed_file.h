/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Files without a name, which disappear when they are closed. On Linux they are made by
 * memfd_create and O_TMPFILE; elsewhere a file in TMPDIR loses its name at once.
 */
#ifndef LO0SIM_SIM_BASE_UNNAMED_FILE_H
#define LO0SIM_SIM_BASE_UNNAMED_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Makes a file in memory, to read and write. `name` is what a debugger shows of it.
 * => Returns its descriptor, which no program that is started inherits and the caller closes; -1
 *    with errno. */
int unnamed_file(const char *name);

/* Makes a file on the file system of a folder. With `flags` O_WRONLY it can get a name later, by
 * unnamed_file_name(); with O_RDWR it is read too.
 * => As unnamed_file(); -1 where the system or the file system has no such files. */
int unnamed_file_in(const char *folder, int flags, mode_t mode);

/* Names a file of unnamed_file_in(). => Returns false with errno; EEXIST if there is such a file.
 */
bool unnamed_file_name(int fd, const char *path);

/* Opens a file that is open anew, to read it from its beginning; elsewhere it shares its place with
 * `fd`. => As unnamed_file(). */
int unnamed_file_reopen(int fd);

/* Gives the space of `size` bytes from `at` on back, where the system can; they then read as zeros,
 * or as they were. */
void unnamed_file_forget(int fd, uint64_t at, uint64_t size);

#endif
