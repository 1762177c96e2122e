/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/text.h"

#include "sim/base/must.h"

#include <stdlib.h>
#include <string.h>

/* open_memstream(), but that one drops what there is no memory for. */
typedef struct text {
    char **to;
    size_t *size;
    size_t room;
} text_t;

static ssize_t text_write(void *cookie, const char *bytes, size_t size)
{
    text_t *text = cookie;
    size_t whole = *text->size + size;
    if (whole + 1 > text->room) {
        text->room = 2 * (whole + 1);
        *text->to = must_realloc(*text->to, text->room);
    }
    memcpy(*text->to + *text->size, bytes, size);
    (*text->to)[whole] = '\0';
    *text->size = whole;
    return (ssize_t)size;
}

static int text_close(void *cookie)
{
    free(cookie);
    return 0;
}

FILE *text_open(char **to, size_t *size)
{
    static const cookie_io_functions_t functions = {.write = text_write, .close = text_close};
    text_t *text = must_malloc(sizeof(*text));
    *text = (text_t){.to = to, .size = size, .room = 64};
    *to = must_calloc(1, text->room);
    *size = 0;
    return must_have(fopencookie(text, "w", functions));
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
