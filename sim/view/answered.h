/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lists each connection that failed, with the time and who answered it (who.h).
 */
#ifndef LO0SIM_SIM_VIEW_ANSWERED_H
#define LO0SIM_SIM_VIEW_ANSWERED_H

#include "sim/core/trace.h"

#include <stdio.h>

typedef struct answered answered_t;

/* => Returns NULL if there is no memory. The caller ends it with answered_destroy(), which takes
 *    NULL, too. */
answered_t *answered_create(void);
void answered_destroy(answered_t *answered);

/* A sink of a trace. */
void answered_event(void *arg, const trace_event_t *event);

#define ANSWERED_LINES_MAX 20

/* Prints a line for each connection that failed, at most ANSWERED_LINES_MAX, and then how many more
 * there are. Each line begins with `prefix`. */
void answered_print(const answered_t *answered, FILE *out, const char *prefix);

#endif
