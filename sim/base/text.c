/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/text.h"

#include "sim/base/must.h"

#include <stdlib.h>
#include <string.h>

/* As open_memstream() has, but open_memstream() drops data when memory runs out. */
typedef struct text {
    char **to, *bytes;
    size_t *length, size, room;
} text_t;

static void end_at(text_t *text, size_t size)
{
    text->size = size;
    text->bytes[size] = '\0';
    *text->to = text->bytes;
    *text->length = size;
}

static ssize_t text_write(void *cookie, const char *bytes, size_t size)
{
    text_t *text = cookie;
    size_t whole = text->size + size;
    if (whole + 1 > text->room) {
        text->room = 2 * (whole + 1);
        text->bytes = must_realloc(text->bytes, text->room);
    }
    memcpy(text->bytes + text->size, bytes, size);
    end_at(text, whole);
    return (ssize_t)size;
}

/* rewind() begins the text anew; other seeks fail. */
static int text_seek(void *cookie, off64_t *offset, int whence)
{
    if (whence != SEEK_SET || *offset != 0)
        return -1;
    end_at(cookie, 0);
    return 0;
}

static int text_close(void *cookie)
{
    text_t *text = cookie;
    end_at(text, text->size);
    free(text);
    return 0;
}

FILE *text_open(char **to, size_t *size)
{
    static const cookie_io_functions_t functions = {
        .write = text_write, .seek = text_seek, .close = text_close};
    text_t *text = must_malloc(sizeof(*text));
    *text = (text_t){.to = to, .length = size, .bytes = must_malloc(64), .room = 64};
    end_at(text, 0);
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
