/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --ladder, --width and --ascii, which `run` and `connect` have in common.
 */
#ifndef LO0SIM_SIM_COMMAND_LADDER_H
#define LO0SIM_SIM_COMMAND_LADDER_H

#include "sim/view/ladder_text.h"

#include <stdbool.h>
#include <stdio.h>

/* What getopt_long() returns for --ladder, --width and --ascii, their rows, and their lines of
 * help. */
enum { OPT_LADDER = 640, OPT_WIDTH, OPT_ASCII };
#define COMMAND_LADDER_OPTIONS                                                                     \
    {"ladder", no_argument, NULL, OPT_LADDER}, {"width", required_argument, NULL, OPT_WIDTH},      \
    {                                                                                              \
        "ascii", no_argument, NULL, OPT_ASCII                                                      \
    }
#define COMMAND_LADDER_USAGE                                                                       \
    "      --ladder           draw the packets' ways between the stations (docs/pictures.md)\n"    \
    "      --width N          how wide: 40 to 1000 columns (COLUMNS, the terminal, 80)\n"          \
    "      --ascii            of ASCII characters only\n"

typedef struct command_ladder {
    bool wanted;
    const char *other; /* an option that goes with --ladder only, and was given */
    ladder_style_t style;
} command_ladder_t;

/* What a ladder printed to `out` looks like unless an option says otherwise: as wide as COLUMNS
 * says, or the terminal, or 80 columns; in ASCII on a terminal whose locale is not UTF-8; in
 * colour on a terminal. */
ladder_style_t command_ladder_style(FILE *out);

/* Takes one of these options; command_ladder_done() after the last.
 * => Return false and say so on standard error where it is wrong. */
bool command_ladder(const char *command, command_ladder_t *ladder, int option, const char *text);
bool command_ladder_done(const char *command, const command_ladder_t *ladder);

#endif
