/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/wrap.h"

#include "sim/base/must.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

size_t wrap_columns(const char *text, size_t length)
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
        size_t word = wrap_columns(text + blanks, length);
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

void wrap_printf(FILE *out, size_t indent, size_t width, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        must_end();
    va_end(args);
    fprintf(out, "%*s", (int)indent, "");
    wrap_print(out, text, indent, indent, width);
    free(text);
}

void wrap_lines(FILE *out, const char *text, size_t indent, size_t hang, size_t width)
{
    for (size_t length; *text != '\0'; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        char *line = must_strndup(text, length);
        size_t first = indent + strspn(line, " ");
        fprintf(out, "%*s", length > 0 ? (int)indent : 0, "");
        wrap_print(out, line, indent, first > hang ? first : hang, width);
        free(line);
    }
}
