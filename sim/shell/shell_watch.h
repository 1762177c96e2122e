/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What `lo0sim shell` shows of the trace while a line is carried out: notes and other processes'
 * calls, and if they are on snoop's packets, or all of the timeline; and the line's ladder, which
 * is kept until it is asked for.
 */
#ifndef LO0SIM_SIM_SHELL_SHELL_WATCH_H
#define LO0SIM_SIM_SHELL_SHELL_WATCH_H

#include "sim/core/trace.h"
#include "sim/view/ladder.h"
#include "sim/view/timeline.h"

#include <stdbool.h>

/* Zeroed: snoop and trace are off, and nothing has happened yet. shell_watch_fini() ends it. */
typedef struct shell_watch {
    bool snoop, trace; /* what is shown of the lines that follow */
    bool ended;
    timeline_t *timeline; /* of the current line */
    ladder_t *drawing;    /* of the current line */
    ladder_t *ladder;     /* of the last line that sent packets; NULL: none yet */
} shell_watch_t;

/* The trace's sink; `arg` is a shell_watch_t. Writes to standard output. */
void shell_watch_event(void *arg, const trace_event_t *event);

/* Before a line's calls, and after them. The end may come without a beginning. */
void shell_watch_begin(shell_watch_t *watch);
void shell_watch_end(shell_watch_t *watch);

/* From now on nothing is shown: the box is being taken down. */
void shell_watch_over(shell_watch_t *watch);

/* Draws the ladder, or says that there is none yet. */
void shell_watch_show_ladder(const shell_watch_t *watch);

void shell_watch_fini(shell_watch_t *watch);

#endif
