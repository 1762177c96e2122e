/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One box of a command line, for connect and exec: its era, mode, rules and hooks, and what looks
 * at it.
 */
#ifndef LO0SIM_SIM_COMMAND_ONE_BOX_H
#define LO0SIM_SIM_COMMAND_ONE_BOX_H

#include "sim/command/shared.h"
#include "sim/view/timeline.h"
#include "sim/view/who.h"

#define ONE_BOX_LINES_MAX 64

typedef struct one_box_options {
    const char *rules;                    /* NULL: none */
    const char *lines[ONE_BOX_LINES_MAX]; /* of --rule, after those of the file */
    size_t line_count;
    shared_world_t world;
    hook_objects_t hooks;
    fault_list_t faults;
    shared_files_t files;
    shared_ladder_t ladder;
    color_when_t color;
    uint64_t seed;
} one_box_options_t;

/* The rows of these, but for --ladder and --color, which each command puts where it likes. */
extern const option_row_t one_box_rows[];
extern const option_row_t one_box_view_rows[];

typedef struct one_box {
    const command_t *command;
    const one_box_options_t *options;
    box_t *box;
    FILE *out; /* where it is drawn */
    ladder_style_t style;
    timeline_t *timeline; /* NULL: none, and so the ladder */
    ladder_t *ladder;
    who_t *who; /* NULL: without a timeline or a ladder nobody asks */
    observing_t observing[OBSERVERS_MAX];
} one_box_t;

/* After the last option: whether they go together.
 * => Returns false and has said so where they do not. */
bool one_box_done(const command_t *command, one_box_options_t *options);

/* Makes the box, lets what was asked for look at it (with `timeline` a timeline, unless it is a
 * ladder, to `out`), and loads hooks and rules. `name` says what is done, in files.
 * => Returns 0, or the exit code and has said what is wrong.
 * => In either case one_box_close() ends it. */
int one_box_open(one_box_t *one, const command_t *command, const one_box_options_t *options,
                 const char *name, bool timeline, FILE *out);

/* Ends what looks, and draws the ladder with `draw`; the box is still there.
 * => Returns 0, or the exit code where a file was not written whole, and has said so. */
int one_box_finish(one_box_t *one, bool draw);
void one_box_close(one_box_t *one);

#endif
