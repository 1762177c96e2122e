/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/text.h"

#include "sim/base/must.h"

#include <stdlib.h>
#include <string.h>

FILE *text_open(char **text, size_t *size)
{
    FILE *out = open_memstream(text, size);
    if (out == NULL)
        must_end();
    return out;
}

char *text_copy(const char *text)
{
    char *copy = must_strdup(text);
    return copy;
}
