/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether output is coloured.
 */
#ifndef LO0SIM_SIM_BASE_COLOR_H
#define LO0SIM_SIM_BASE_COLOR_H

#include <stdbool.h>
#include <stdio.h>

/* Whether a stream may be coloured: a terminal, and NO_COLOR is not set. */
bool color_wanted(FILE *out);

#endif
