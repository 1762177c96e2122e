/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/visible.h"

#include "sim/base/utf8.h"

#include <stdbool.h>

size_t visible_length(const char *at)
{
    unsigned char first = (unsigned char)at[0];
    size_t length = utf8_length(at);
    bool control = length == 1 ? first < ' ' || first == 0x7f
                               : length == 2 && first == 0xc2 && (unsigned char)at[1] < 0xa0;
    return control ? 0 : length;
}

size_t visible_put(FILE *out, const char *at)
{
    size_t length = utf8_length(at);
    if (visible_length(at) > 0)
        fwrite(at, 1, length, out);
    else
        fputs("\xef\xbf\xbd", out);
    return length > 0 ? length : 1;
}

size_t visible_print(FILE *out, const char *text, size_t most)
{
    size_t count = 0;
    for (; *text != '\0' && count < most; count++)
        text += visible_put(out, text);
    return count;
}
