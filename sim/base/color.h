/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether output is coloured.
 */
#ifndef LO0SIM_SIM_BASE_COLOR_H
#define LO0SIM_SIM_BASE_COLOR_H

#include <stdbool.h>
#include <stdio.h>

typedef enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color_when_t;

/* The words that --color takes, in the order of the enum; NULL after the last. */
extern const char *const color_when_names[];

/* Whether a stream is coloured. COLOR_AUTO: if it is a terminal, and NO_COLOR is not set. */
bool color_wanted(FILE *out, color_when_t when);

#endif
