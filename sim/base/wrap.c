/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/wrap.h"

#include <string.h>

static size_t columns_of(const char *text, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

static void begin_line(FILE *out, size_t indent)
{
    fprintf(out, "\n%*s", (int)indent, "");
}

void wrap_print(FILE *out, const char *text, size_t column, size_t indent, size_t width)
{
    while (*text != '\0') {
        if (*text == '\n') {
            column = indent;
            text++;
            if (*text == '\n')
                fprintf(out, "\n");
            else
                begin_line(out, indent);
            continue;
        }
        size_t blanks = strspn(text, " "), length = strcspn(text + blanks, " \n");
        size_t word = columns_of(text + blanks, length);
        if (column + blanks + word > width && column > indent) {
            begin_line(out, indent);
            column = indent;
            blanks = 0;
            text += strspn(text, " ");
        }
        fprintf(out, "%*s%.*s", (int)blanks, "", (int)length, text + blanks);
        column += blanks + word;
        text += blanks + length;
    }
    fprintf(out, "\n");
}
