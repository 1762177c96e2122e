/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines of standard input (sim/shell/line_reader.h) where nobody types at a terminal: the page has
 * a text field, and hands all of its lines on at once.
 */
#include "sim/shell/line_reader.h"

#include <stdio.h>
#include <stdlib.h>

struct line_reader {
    char *line;
    size_t room;
};

line_reader_t *line_reader_create(const char *program, const char *history,
                                  line_complete_t *complete)
{
    (void)program;
    (void)history;
    (void)complete;
    return calloc(1, sizeof(line_reader_t));
}

void line_reader_destroy(line_reader_t *reader)
{
    if (reader != NULL)
        free(reader->line);
    free(reader);
}

bool line_reader_is_terminal(const line_reader_t *reader)
{
    (void)reader;
    return false;
}

/* In a browser it is a text, and ends where the text does. */
int line_reader_error(const line_reader_t *reader)
{
    (void)reader;
    return 0;
}

const char *line_reader_next(line_reader_t *reader, const char *prompt, size_t *length)
{
    (void)prompt;
    ssize_t count = getline(&reader->line, &reader->room, stdin);
    if (count < 0)
        return NULL;
    *length = (size_t)count;
    *length -= *length > 0 && reader->line[*length - 1] == '\n';
    *length -= *length > 0 && reader->line[*length - 1] == '\r';
    return reader->line;
}
