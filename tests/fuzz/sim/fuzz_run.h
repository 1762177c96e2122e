/* SPDX-License-Identifier: BSD-3-Clause
 *
 * For harnesses of scripts: runs all tests of a script, as `lo0sim run` does.
 */
#ifndef LO0SIM_TESTS_FUZZ_SIM_FUZZ_RUN_H
#define LO0SIM_TESTS_FUZZ_SIM_FUZZ_RUN_H

#include <stdbool.h>
#include <stddef.h>

/* Loads the script, and runs its first tests, within small bounds; twice, in an arena and in the
 * process' memory: once as a strand of tests is run, and once where a sanitizer sees each block.
 * Both give the same results; no result is a crash, and one that is no pass has a reason.
 * => Returns whether the script could be loaded. */
bool fuzz_run_script(const char *text, size_t size);

#endif
