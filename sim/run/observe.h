/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Running the tests of one scenario file to look at their boxes at the end: ipfstat, ipmon.
 */
#ifndef LO0SIM_SIM_RUN_OBSERVE_H
#define LO0SIM_SIM_RUN_OBSERVE_H

#include "sim/run/worker.h"
#include "sim/script/script.h"

/* The results of a file's tests, in script order. */
typedef struct observed {
    char *path;
    result_t *results;
    size_t count, room;
    bool crashed;      /* the process that loads the file */
    job_slots_t slots; /* own what the results need */
} observed_t;

/* Runs FILE[:TEST], each test in a process of its own.
 * => The caller ends it with observed_fini(). A file that cannot be loaded gives one result without
 *    a name. */
observed_t observe_run(const char *file_and_test, const script_options_t *options,
                       unsigned wall_seconds);
void observed_fini(observed_t *observed);

/* Runs FILE[:TEST], each test in a process of its own, and prints the text that options->show
 * wrote. With several tests, each text is below a line "# NAME". Errors are reported on standard
 * error.
 * => Returns the exit code, as `lo0sim run` does. */
int observe(const char *file_and_test, const script_options_t *options, unsigned wall_seconds);

#endif
