/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One box of a command line, for connect and exec: its era, mode, rules and hooks, and its
 * observers.
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

/* The rows of these options, except --ladder and --color, which each command places itself. */
extern const option_row_t one_box_rows[];
extern const option_row_t one_box_view_rows[];

typedef struct one_box {
    const command_t *command;
    const one_box_options_t *options;
    box_t *box;
    FILE *out; /* where it is drawn */
    ladder_style_t style;
    timeline_t *timeline; /* NULL: no timeline; so the ladder */
    ladder_t *ladder;
    who_t *who; /* NULL: not needed without a timeline or a ladder */
    observing_t observing[OBSERVERS_MAX];
} one_box_t;

/* Call it after the last option: checks whether the options go together.
 * => Returns false and reports why if they do not. */
bool one_box_done(const command_t *command, one_box_options_t *options);

/* Makes the box, starts the observers that the options ask for (with `timeline` a timeline to
 * `out`, unless a ladder is drawn), and loads hooks and rules. `name` names the run in the files.
 * => Returns 0, or the exit code and reports what is wrong.
 * => In either case one_box_close() ends it. */
int one_box_open(one_box_t *one, const command_t *command, const one_box_options_t *options,
                 const char *name, bool timeline, FILE *out);

/* Ends the observers, and draws the ladder if `draw` is set; the box still exists.
 * => Returns 0, or the exit code if a file was not written completely, which is reported. */
int one_box_finish(one_box_t *one, bool draw);

/* Says on standard error, a line for each, which faults of the options have struck nothing, and
 * what there was instead.
 * => Returns 0; EXIT_MISTAKE if one was asked for that has not happened, and not by chance. */
int one_box_say_faults(const one_box_t *one);
void one_box_close(one_box_t *one);

#endif
