/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ladder in a terminal.
 */
#ifndef LO0SIM_SIM_VIEW_LADDER_TEXT_H
#define LO0SIM_SIM_VIEW_LADDER_TEXT_H

#include "sim/core/observer.h"
#include "sim/view/ladder.h"

#include <stdbool.h>
#include <stdio.h>

typedef struct ladder_style {
    unsigned width; /* in columns; if these are too few, the picture is wider */
    bool ascii;     /* no character outside of ASCII */
    bool color;     /* ANSI sequences */
    bool bare;      /* the picture alone, without the legend and the notes */
} ladder_style_t;

#define LADDER_WIDTH_MIN 40
#define LADDER_WIDTH_MAX 1000

/* Draws a ladder after ladder_finish(), and below it its notes. */
void ladder_print(const ladder_t *ladder, const ladder_style_t *style, FILE *out);

/* The ladder of each test, as its output. `style` must outlive the observer. */
observer_t ladder_observer(const char *option, const ladder_style_t *style);

#endif
