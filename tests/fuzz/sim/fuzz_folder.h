/* SPDX-License-Identifier: BSD-3-Clause
 *
 * For harnesses of what reads files: a folder of their own, in which they work.
 */
#ifndef LO0SIM_TESTS_FUZZ_SIM_FUZZ_FOLDER_H
#define LO0SIM_TESTS_FUZZ_SIM_FUZZ_FOLDER_H

#include <stddef.h>
#include <stdint.h>

/* Goes to the folder, which the first call makes; it is removed when the process ends.
 * => Returns its path, without links. */
const char *fuzz_folder_enter(void);

/* Goes back to where the process was: the corpus can be named from there. */
void fuzz_folder_leave(void);

/* Writes a file in it; `path` is relative, and its folders are made. */
void fuzz_write(const char *path, const void *bytes, size_t size);

/* The input as a text: up to its first zero byte, in a block of just its size.
 * => The caller frees it. */
char *fuzz_text(const uint8_t *data, size_t size);

/* Ends the process with a crash unless it holds. */
void fuzz_check(int holds);

#endif
