/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/core/rules_error.h"

#include "sim/base/errno_name.h"
#include "sim/base/file_read.h"
#include "sim/base/mistake.h"
#include "sim/base/visible.h"

#include <errno.h>
#include <string.h>

#define LINE_MAX_SHOWN 200

const char *rules_line(const char *text, size_t length, int number, size_t *line_length)
{
    const char *end = text + length;
    for (int i = 1; i < number && text != NULL; i++) {
        text = memchr(text, '\n', (size_t)(end - text));
        text += text != NULL;
    }
    if (text == NULL || text == end)
        return NULL;
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    *line_length = (size_t)((newline != NULL ? newline : end) - text);
    return text;
}

char *rules_read(const char *path, size_t *length)
{
    char message[4096];
    char *text = file_read_or_stdin(path, length, message, sizeof(message));
    if (text == NULL)
        visible_printf(stderr, "%s\n", message);
    return text;
}

/* The number of characters of the word that is marked. */
static int marked(const char *at)
{
    static const char ends[] = " \t,;(){}=!<>/";
    int count = 0;
    while (*at != '\0' && strchr(ends, *at) == NULL) {
        char shown[VISIBLE_ESCAPE_MAX];
        bool plain = visible_length(at) > 0;
        at += visible_character(at, shown);
        count += plain ? 1 : (int)strlen(shown);
    }
    return count > 0 ? count : 1;
}

/* Keeps tabs: the line with the mark has them, too. */
static void print_line(FILE *out, const char *line, size_t length)
{
    for (size_t i = 0; i < length;) {
        if (line[i] == '\t')
            fputc(line[i++], out);
        else
            i += visible_put(out, line + i);
    }
}

/* A space for each column before a byte; after the line's end, for each byte. */
static void print_indent(FILE *out, const char *line, size_t length, size_t column)
{
    for (size_t i = 0; i < column;) {
        if (i >= length || line[i] == '\t') {
            fputc(i < length ? '\t' : ' ', out);
            i++;
            continue;
        }
        char shown[VISIBLE_ESCAPE_MAX];
        bool plain = visible_length(line + i) > 0;
        i += visible_character(line + i, shown);
        fprintf(out, "%*s", plain ? 1 : (int)strlen(shown), "");
    }
}

void rules_underline(FILE *out, const char *text, size_t length, const ipf_error_t *error)
{
    char line[LINE_MAX_SHOWN + 1]; /* the NUL ends a truncated UTF-8 sequence */
    size_t line_length, column = error->column > 0 ? (size_t)error->column - 1 : 0;
    const char *found = rules_line(text, length, error->line, &line_length);
    if (found != NULL && line_length > 0 && found[line_length - 1] == '\r')
        line_length--;
    if (found == NULL || line_length == 0 || line_length > LINE_MAX_SHOWN)
        return;
    memcpy(line, found, line_length);
    line[line_length] = '\0';
    fprintf(out, "    ");
    print_line(out, line, line_length);
    fprintf(out, "\n    ");
    print_indent(out, line, line_length, column);
    for (int i = marked(line + (column < line_length ? column : line_length)); i > 0; i--)
        fputc('^', out);
    fputc('\n', out);
}

void rules_show(FILE *out, const char *path, const char *text, size_t length,
                const ipf_error_t *error, const char *kind)
{
    visible_printf(out, "%s:%d:%d: %s%s\n", path, error->line, error->column, kind, error->message);
    if (text != NULL)
        rules_underline(out, text, length, error);
}

int rules_report(const char *path, const char *text, size_t length, int err,
                 const ipf_error_t *error)
{
    if (err == EINVAL)
        rules_show(stderr, path, text, length, error, "");
    else if (err != 0)
        visible_printf(stderr, "%s: %s\n", path, errno_name(err));
    return err == 0 ? 0 : EXIT_MISTAKE;
}
