/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/color.h"

#include <stdlib.h>
#include <unistd.h>

const char *const color_when_names[] = {"auto", "always", "never", NULL};

bool color_wanted(FILE *out, color_when_t when)
{
    const char *no_color = getenv("NO_COLOR");
    if (when != COLOR_AUTO)
        return when == COLOR_ALWAYS;
    return (no_color == NULL || no_color[0] == '\0') && isatty(fileno(out));
}
