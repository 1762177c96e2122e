/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The tests that failed when they last ran, remembered from run to run for --last-failed.
 *
 * They are in a file of the user's, lo0sim/last-failed below XDG_STATE_HOME or ~/.local/state, not
 * in the source tree. It is written when a test fails, or when a failed test passes again.
 */
#ifndef LO0SIM_SIM_RUN_LAST_FAILED_H
#define LO0SIM_SIM_RUN_LAST_FAILED_H

#include <stdbool.h>
#include <stddef.h>

typedef struct last_failed last_failed_t;

/* Reads the remembered tests: there are none if the file is missing or cannot be read.
 * => The caller ends it with last_failed_close(). */
last_failed_t *last_failed_open(void);

/* Why it is not known what failed.
 * => Returns NULL if it is; `failed` owns the text. */
const char *last_failed_trouble(const last_failed_t *failed);
void last_failed_close(last_failed_t *failed);

/* Whether a test is remembered, or its whole file because it could not be loaded. */
bool last_failed_has(const last_failed_t *failed, const char *path, const char *test);

/* The files with remembered tests, at or below the working folder, as paths from there, in order.
 * => Returns how many, and the array in *paths: `failed` owns it and its strings. */
size_t last_failed_files(last_failed_t *failed, const char *const **paths);

/* Notes that a test of a file has ended; "" means the whole file, which could not be loaded. */
void last_failed_note(last_failed_t *failed, const char *path, const char *test, bool did_fail);

/* Forgets the remembered tests of a file: call it when all of its tests are about to be noted. */
void last_failed_forget(last_failed_t *failed, const char *path);

/* Writes the notes to the file, if they change anything. It is not an error if the file cannot be
 * written: then nothing is remembered. */
void last_failed_save(last_failed_t *failed);

#endif
