/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The process of one test, from its fork to its end: however it ends, it leaves a result.
 */
#ifndef LO0SIM_SIM_RUN_TEST_PROCESS_H
#define LO0SIM_SIM_RUN_TEST_PROCESS_H

#include "sim/script/script.h"

/* The report of a test for which this machine had no memory. */
#define TEST_PROCESS_NO_MEMORY "lo0sim: out of memory"

/* Runs a test, writes its result to `fd` (result_write(), with `spool_fd`), and ends the process.
 */
_Noreturn void test_process_run(script_t *script, size_t test, int fd, int spool_fd,
                                unsigned wall_seconds);

/* script_options_t.abandon: a test that is ended from deep inside. */
void test_process_abandon(void *arg, const result_t *result);

#endif
