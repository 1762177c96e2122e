/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The process of one test, or of several, from its fork to its end.
 */
#ifndef LO0SIM_SIM_RUN_TEST_PROCESS_H
#define LO0SIM_SIM_RUN_TEST_PROCESS_H

#include "sim/script/script.h"

/* The report of a test for which this machine had no memory. */
#define TEST_PROCESS_NO_MEMORY "lo0sim: out of memory"

/* The status with which a process ends that leaves tests to another, since it has
 * grown, or to let its results be seen. */
#define TEST_PROCESS_FULL 0

typedef struct test_run {
    script_t *script;
    int fd, spool_fd;      /* where results go: result_write() */
    unsigned wall_seconds; /* for each test */
} test_run_t;

/* Runs a test, writes its result, and ends the process. However it ends, it leaves a result. */
_Noreturn void test_process_run(const test_run_t *run, size_t test);

/* Runs the tests from `first` up to `end` one after another, and writes a result for each that
 * passes, or that another run could not decide either (result_t.once). Ends the process after the
 * last, and at the first that does not pass, without its result. */
_Noreturn void test_process_run_passing(const test_run_t *run, size_t first, size_t end);

/* script_options_t.abandon: a test that is ended from deep inside. */
void test_process_abandon(void *arg, const result_t *result);

#endif
