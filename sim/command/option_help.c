/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --help, as the table of options says.
 */
#include "sim/command/option.h"

#include "sim/base/terminal.h"
#include "sim/base/text.h"
#include "sim/base/wrap.h"

#include <stdlib.h>
#include <string.h>

#define INDENT    2
#define GAP       2
#define WIDTH_MAX 80
#define HEAD_MAX  21 /* a longer head moves only its own help to the right */

/* The beginning of a row: "-j, --jobs N"; a row without a letter begins in the column of the long
 * names. */
static size_t head_of(const option_row_t *row, char *head, size_t size)
{
    const char letter[] = {'-', row->letter, '\0'};
    size_t length = 0;
    if (row->letter != 0)
        length = (size_t)snprintf(head, size, "%s%s", letter, row->name != NULL ? ", " : "");
    else
        length = (size_t)snprintf(head, size, "    ");
    if (row->name != NULL)
        length += (size_t)snprintf(head + length, size - length, "--%s", row->name);
    if (row->argument != NULL)
        length += (size_t)snprintf(head + length, size - length, " %s", row->argument);
    return length;
}

/* The widest head that is not too wide. */
static size_t widest(const option_row_t *row, size_t width)
{
    char head[100];
    for (; !option_row_is_last(row); row++) {
        if (row->group != NULL) {
            width = widest(row->group, width);
        } else if (row->letter != 0 || row->name != NULL) {
            size_t length = head_of(row, head, sizeof(head));
            width = length > width && length <= HEAD_MAX ? length : width;
        }
    }
    return width;
}

/* A row's help, with the list of its words in place of %w. */
static char *help_of(const option_row_t *row)
{
    char *text = NULL;
    size_t size;
    const char *at = row->words != NULL ? strstr(row->help, "%w") : NULL;
    FILE *out = text_open(&text, &size);
    if (at == NULL) {
        fputs(row->help, out);
    } else {
        fprintf(out, "%.*s", (int)(at - row->help), row->help);
        for (size_t i = 0; row->words[i] != NULL; i++)
            fprintf(out, "%s%s", i > 0 ? ", " : "", row->words[i]);
        fputs(at + strlen("%w"), out);
    }
    fclose(out);
    return text;
}

static void print_rows(FILE *out, const option_row_t *row, size_t column, size_t width)
{
    char head[100];
    for (; !option_row_is_last(row); row++) {
        if (row->group != NULL) {
            print_rows(out, row->group, column, width);
        } else if (row->letter == 0 && row->name == NULL) {
            fprintf(out, "%s\n", row->help);
        } else {
            size_t length = INDENT + head_of(row, head, sizeof(head));
            size_t begin = length + GAP > column ? length + GAP : column;
            fprintf(out, "%*s%s%*s", INDENT, "", head, (int)(begin - length), "");
            char *help = help_of(row);
            wrap_print(out, help, begin, column, width);
            free(help);
        }
    }
}

bool options_help(const command_t *command, FILE *out)
{
    size_t width = terminal_width(out) < WIDTH_MAX ? terminal_width(out) : WIDTH_MAX;
    fprintf(out, "usage: lo0sim %s %s\n\n", command->name, command->synopsis);
    wrap_print(out, command->text, 0, 0, width);
    fprintf(out, "\n");
    print_rows(out, command->rows, INDENT + widest(command->rows, 0) + GAP, width);
    if (command->tail != NULL) {
        fprintf(out, "\n");
        wrap_print(out, command->tail, 0, 0, width);
    }
    return (command->more == NULL || command->more(out)) && !ferror(out);
}
