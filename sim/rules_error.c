/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/rules_error.h"

#include "sim/command/command.h"
#include "sim/errno_name.h"
#include "sim/file_read.h"

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
        fprintf(stderr, "%s\n", message);
    return text;
}

/* How long the word is that the mark goes below. */
static int marked(const char *line, size_t length, size_t column)
{
    static const char ends[] = " \t,;(){}=!<>/";
    int count = 0;
    for (size_t i = column; i < length && strchr(ends, line[i]) == NULL; i++)
        count++;
    return count > 0 ? count : 1;
}

static bool can_be_shown(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (line[i] < ' ' && line[i] != '\t')
            return false;
    }
    return length <= LINE_MAX_SHOWN;
}

void rules_underline(FILE *out, const char *text, size_t length, const ipf_error_t *error)
{
    size_t line_length, column = error->column > 0 ? (size_t)error->column - 1 : 0;
    const char *line = rules_line(text, length, error->line, &line_length);
    if (line != NULL && line_length > 0 && line[line_length - 1] == '\r')
        line_length--;
    if (line == NULL || line_length == 0 || !can_be_shown(line, line_length))
        return;
    fprintf(out, "    %.*s\n    ", (int)line_length, line);
    for (size_t i = 0; i < column; i++)
        fputc(i < line_length && line[i] == '\t' ? '\t' : ' ', out);
    for (int i = marked(line, line_length, column); i > 0; i--)
        fputc('^', out);
    fputc('\n', out);
}

void rules_show(FILE *out, const char *path, const char *text, size_t length,
                const ipf_error_t *error, const char *kind)
{
    fprintf(out, "%s:%d:%d: %s%s\n", path, error->line, error->column, kind, error->message);
    if (text != NULL)
        rules_underline(out, text, length, error);
}

int rules_report(const char *path, const char *text, size_t length, int err,
                 const ipf_error_t *error)
{
    if (err == EINVAL)
        rules_show(stderr, path, text, length, error, "");
    else if (err != 0)
        fprintf(stderr, "%s: %s\n", path, errno_name(err));
    return err == 0 ? 0 : EXIT_MISTAKE;
}
