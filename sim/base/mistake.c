/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/mistake.h"

#include "sim/base/must.h"
#include "sim/base/visible.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int command_mistake(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *said = must_vasprintf(format, args);
    va_end(args);
    visible_printf(stderr, "lo0sim %s: %s\n", command, said);
    free(said);
    return EXIT_MISTAKE;
}
