/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A test's result, and how it travels from the process that ran the test to the one that prints.
 */
#ifndef LO0SIM_SIM_CORE_RESULT_H
#define LO0SIM_SIM_CORE_RESULT_H

#include "sim/base/spool.h"
#include "sim/core/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In increasing order of weight: a run's exit code is the highest one, except RESULT_SKIPPED. */
typedef enum result_status {
    RESULT_PASSED = 0,
    RESULT_FAILED = 1,  /* an expectation, a deadlock, a budget, a leak */
    RESULT_MISTAKE = 2, /* the user's: a script, a verb, a rule */
    RESULT_CRASHED = 3, /* ours: a crash, an assertion */
    RESULT_SKIPPED = 4
} result_status_t;

typedef struct result {
    result_status_t status;
    uint64_t now_us; /* virtual time at its end */
    int line;        /* the test's line in its file */
    bool once;       /* a second run can end differently: by wall time, or by what is written */
    char *name;
    char *tags;        /* of the test, separated by one blank; can be "" */
    char *report;      /* what went wrong, in lines, or why it was skipped; visible; can be "" */
    spool_t *trace;    /* what an observer of OBSERVER_TIMELINE wrote; can be NULL */
    spool_t *output;   /* what observers of OBSERVER_OUTPUT wrote; can be NULL */
    spool_t *coverage; /* what an observer of OBSERVER_COVERAGE wrote; can be NULL */
    fault_tally_t *faults; /* what came of each fault of the command line */
    size_t fault_count;    /* of these; 0: it is not known, or there are none */
} result_t;

/* passed, failed, mistake, crashed, skipped: the words in files for machines. */
const char *result_status_word(result_status_t status);

/* Writes a result at the end of a file. Its large texts are in `spool_fd` (spool_file()), or are
 * moved there.
 * => Returns false if it cannot be written. */
bool result_write(int fd, int spool_fd, const result_t *result);

/* Reads the result that begins at *offset and moves *offset past it.
 * => Returns true and fills in *result, which the caller ends with result_fini(); `spool_fd` must
 *    stay open until then. Returns false if there is no complete result. */
bool result_read(int fd, int spool_fd, uint64_t *offset, result_t *result);

/* Frees the strings, the texts and the tallies. */
void result_fini(result_t *result);

#endif
