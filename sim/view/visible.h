/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text of others as people see it: a terminal gets no control character of it, and no byte that is
 * no UTF-8.
 */
#ifndef LO0SIM_SIM_VIEW_VISIBLE_H
#define LO0SIM_SIM_VIEW_VISIBLE_H

#include "sim/view/utf8.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* C0, DEL, and C1 (U+0080 to U+009F), which some terminals obey as well. */
static inline int visible_is_control(const char *at, size_t length)
{
    const uint8_t *byte = (const uint8_t *)at;
    return length == 1 ? byte[0] < 0x20 || byte[0] == 0x7f
                       : length == 2 && byte[0] == 0xc2 && byte[1] < 0xa0;
}

/* Writes the character that begins at `at`, or U+FFFD for what cannot be shown.
 * => Returns how many bytes it took of the text, at least 1. */
static inline size_t visible_put(FILE *out, const char *at)
{
    size_t length = utf8_length(at);
    if (length == 0 || visible_is_control(at, length))
        fputs("\xef\xbf\xbd", out);
    else
        fwrite(at, 1, length, out);
    return length > 0 ? length : 1;
}

/* Writes a string, up to `most` characters of it.
 * => Returns how many they were. */
static inline size_t visible_print(FILE *out, const char *text, size_t most)
{
    size_t count = 0;
    for (; *text != '\0' && count < most; count++)
        text += visible_put(out, text);
    return count;
}

#endif
