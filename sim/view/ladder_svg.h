/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ladder as an SVG picture, light or dark as the reader's browser prefers.
 */
#ifndef LO0SIM_SIM_VIEW_LADDER_SVG_H
#define LO0SIM_SIM_VIEW_LADDER_SVG_H

#include "sim/core/observer.h"
#include "sim/view/ladder.h"

#include <stdio.h>

/* One ladder of a picture, with a title above and a sentence below. */
typedef struct ladder_svg_part {
    const ladder_t *ladder; /* finished */
    const char *title, *below;
} ladder_svg_part_t;

/* Writes a picture of parts[count], one below the other, at least one. */
void ladder_svg_write(FILE *out, const ladder_svg_part_t *parts, size_t count);

/* The observer of --svg FILE: each test's ladder. */
observer_t ladder_svg_observer(const char *option, const char *file);

#endif
