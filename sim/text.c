/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

FILE *text_open(char **text, size_t *size)
{
    FILE *out = open_memstream(text, size);
    if (out == NULL)
        abort();
    return out;
}

char *text_copy(const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        abort();
    return copy;
}
