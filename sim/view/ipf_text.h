/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What ipfstat and ipmon print about a filter, depending on their options: for the commands of
 * these names and for the verbs box:ipfstat and box:ipmon.
 */
#ifndef LO0SIM_SIM_VIEW_IPF_TEXT_H
#define LO0SIM_SIM_VIEW_IPF_TEXT_H

#include "filter/ipf.h"
#include "sim/core/observer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* All zero: ipfstat without options, which prints the counters. */
typedef struct ipfstat_options {
    bool in, out; /* -i, -o: which lists of rules */
    bool states;  /* -s: what became of states; */
    bool list;    /* -l: with it, the states */
    bool top;     /* -t: the states as a table, */
    bool inet6;   /* -6: those of IPv6 */
    bool frags;   /* -f: fragments */
    unsigned how; /* IPFSTAT_* */
} ipfstat_options_t;

/* The option letters of Solaris' ipfstat and ipmon, including those that are refused here. */
#define IPFSTAT_LETTERS "6aACdDfFghiIlMnNoPRsStTv"
#define IPMON_LETTERS   "abBCDfFhILnNoOpPsStTvxX"

/* Takes one option, by its letter.
 * => Returns false, with why in error[size], if it is not known or makes no sense here. */
bool ipfstat_option(ipfstat_options_t *options, char letter, char *error, size_t size);
bool ipmon_option(unsigned *how, char letter, char *error, size_t size);

/* Whether the options can be combined. Call it after the last option. */
bool ipfstat_options_done(ipfstat_options_t *options, char *error, size_t size);

/* Writes what the options ask for: first the out list, then the in list; or states or fragments; or
 * the counters. `aside` precedes a line that belongs on standard error, which says that a list is
 * empty. */
void ipfstat_write(const ipf_stack_t *ifs, const ipfstat_options_t *options, FILE *out,
                   const char *aside);

/* Writes the log. `how` is some of IPMON_*. */
void ipmon_write(const ipf_stack_t *ifs, unsigned how, FILE *out);

/* What they print at the end of each test, as its output. The options must outlive the observer. */
observer_t ipfstat_observer(const ipfstat_options_t *options);
observer_t ipmon_observer(const unsigned *how);

#endif
