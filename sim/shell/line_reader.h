/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines from standard input: on a terminal with a prompt, line editing, completion and history
 * (libedit); from a pipe as they are, without a prompt.
 */
#ifndef LO0SIM_SIM_SHELL_LINE_READER_H
#define LO0SIM_SIM_SHELL_LINE_READER_H

#include "sim/shell/line_complete.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct line_reader line_reader_t;

/* `complete` finds what Tab can complete a word to. At a terminal, typed lines are remembered for
 * the next session in the file `history` of the user's folder (folder_of_state()); NULL: they are
 * not remembered.
 * => Returns NULL if there is no memory. The caller ends it with line_reader_destroy(). */
line_reader_t *line_reader_create(const char *program, const char *history,
                                  line_complete_t *complete);
void line_reader_destroy(line_reader_t *reader);

/* Whether somebody is typing. */
bool line_reader_is_terminal(const line_reader_t *reader);

/* Why standard input ended early: an errno; 0 if it did not. */
int line_reader_error(const line_reader_t *reader);

/* The next line, without its end, and its length: it can contain a NUL.
 * => Returns NULL at the end of input. The line is valid until the next call. */
const char *line_reader_next(line_reader_t *reader, const char *prompt, size_t *length);

#endif
