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

void text_put_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fputc(*text, out);
    }
    fputc('\'', out);
}

char *text_shell_word(const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "_./,:+-";
    char *word = NULL;
    size_t size;
    FILE *out = text_open(&word, &size);
    if (text[0] != '-' && strspn(text, plain) == strlen(text))
        fputs(text, out);
    else
        text_put_quoted(out, text);
    fclose(out);
    return word;
}
