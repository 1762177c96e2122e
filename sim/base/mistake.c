/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/mistake.h"

#include <stdarg.h>
#include <stdio.h>

int command_mistake(const char *command, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "lo0sim %s: ", command);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    return EXIT_MISTAKE;
}
