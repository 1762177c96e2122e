/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/color.h"

#include <stdlib.h>
#include <unistd.h>

bool color_wanted(FILE *out)
{
    const char *no_color = getenv("NO_COLOR");
    return (no_color == NULL || no_color[0] == '\0') && isatty(fileno(out));
}
