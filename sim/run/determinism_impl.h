/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by determinism.c, which chooses what is run twice, determinism_run.c, one of the runs, and
 * determinism_compare.c.
 */
#ifndef LO0SIM_SIM_RUN_DETERMINISM_IMPL_H
#define LO0SIM_SIM_RUN_DETERMINISM_IMPL_H

#include "sim/base/mistake.h"
#include "sim/run/determinism.h"

#include <dirent.h>
#include <stdint.h>
#include <sys/types.h>

#define LISTING 0 /* the run that only lists its tests */

typedef struct check {
    const determinism_options_t *options;
    FILE *out, *err;
    char folder[64];  /* temporary: now/ of the current run, LISTING/, 1/ and 2/ */
    const char *name; /* of the files that a run writes for a test, without the ending */
    bool occurred[EXIT_NOTHING + 1];
    size_t same, differing;
} check_t;

/* ---- one run: determinism_run.c ---- */

/* From now on a signal that ends a process ends the current run, and is remembered. */
void check_catch_endings(void);

/* The signal that came, or 0. */
int check_ended_by(void);

/* Ends the process by the signal that came. */
void check_die_as_told(void);

/* Makes the temporary folder, check->folder.
 * => Returns false, with a message to check->err, if it cannot be made. */
bool check_make_folder(check_t *check);

/* Runs FILE or FILE:TEST as `lo0sim run` does: what it prints and writes is then in the folder that
 * the number `run` (LISTING, 1 or 2) names.
 * => Returns its exit code; EXIT_CRASHED if it could not be run. */
int check_run_once(const check_t *check, int run, char *path);

/* Removes what the runs wrote. */
void check_remove_runs(const check_t *check);

/* For scandir(): everything but the folder itself and the one above it. */
int check_is_file(const struct dirent *entry);

/* ---- what the runs wrote: determinism_compare.c ---- */

typedef struct lines {
    FILE *file;
    char *line;
    size_t room;
    ssize_t length; /* of the line; -1 at the end */
} lines_t;

/* Reads a file of a run line by line: the first lines_next() gives the first line. A file that is
 * not there has no lines. The caller ends it with lines_close(). */
void lines_open(const check_t *check, int run, const char *name, lines_t *lines);
void lines_next(lines_t *lines);
void lines_close(lines_t *lines);

/* Compares the files of runs 1 and 2, and reports the first difference to check->out.
 * => Returns whether they are the same, with the number of files, and the bytes of run 1. */
bool check_compare_runs(check_t *check, const char *path, size_t *files, uint64_t *bytes);

#endif
