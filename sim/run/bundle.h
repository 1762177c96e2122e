/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a colleague needs to see a failure: a folder for each test that failed, with the script, the
 * files it reads, what happened, and the command that repeats it.
 */
#ifndef LO0SIM_SIM_RUN_BUNDLE_H
#define LO0SIM_SIM_RUN_BUNDLE_H

#include "sim/core/result.h"
#include "sim/run/runner.h"

/* Runs a test that failed once more, as `options` have it, and writes the folder
 * options->bundle/FILE.TEST, over one of that name:
 *
 *   repeat        a shell script: the command, from that folder, which ends as the test did
 *   report.txt    what the run said
 *   timeline.txt  what happened
 *   trace.jsonl   the same for machines (docs/jsonl.md)
 *   capture.pcapng  the packets, as snoop sees them (docs/captures.md)
 *   page.html     all of it in the browser (docs/pictures.md)
 *   FILE.lua ...  the script, what it includes, its rules, its golden, shared objects with hooks
 *
 * Then a line is added to the report in *result: where it is, or why it is not. */
void bundle_write(const run_options_t *options, const char *path, result_t *result);

#endif
