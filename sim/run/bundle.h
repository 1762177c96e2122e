/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a colleague needs to see a failure: a folder for each test that failed, with the script, the
 * files it reads, what happened, and the command that repeats it.
 */
#ifndef LO0SIM_SIM_RUN_BUNDLE_H
#define LO0SIM_SIM_RUN_BUNDLE_H

#include "sim/core/result.h"
#include "sim/run/runner.h"

/* Runs a failed test once more, with `options`, and writes the folder
 * options->bundle/FILE.TEST, over one of that name:
 *
 *   repeat        a shell script: the command, from that folder, which ends like the test
 *   report.txt    the run's report
 *   timeline.txt  what happened
 *   trace.jsonl   the same for machines (docs/jsonl.md)
 *   capture.pcapng  the packets that snoop sees (docs/captures.md)
 *   page.html     everything, in the browser (docs/pictures.md)
 *   hosts         the names that rules can say, if there are any (--hosts)
 *   FILE.lua ...  the script, what it includes, its rules, its golden, shared objects with hooks
 *
 * Then adds a line to the report in *result: where the folder is, or why there is none. */
void bundle_write(const run_options_t *options, const char *path, result_t *result);

#endif
