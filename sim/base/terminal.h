/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the terminal can show.
 */
#ifndef LO0SIM_SIM_BASE_TERMINAL_H
#define LO0SIM_SIM_BASE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#define TERMINAL_WIDTH_MIN 40
#define TERMINAL_WIDTH_MAX 1000

/* How wide a line printed to `out` can be: COLUMNS, or the terminal's width, from 40 to 1000
 * columns; otherwise 80. */
unsigned terminal_width(FILE *out);

/* The same, but `otherwise` if neither gives a width, as for a pipe or a file. */
unsigned terminal_width_or(FILE *out, unsigned otherwise);

/* Whether `out` is a terminal in a locale that is not UTF-8: then it gets ASCII only. */
bool terminal_is_ascii(FILE *out);

#endif
