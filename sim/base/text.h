/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text in memory. If there is no memory left, must_end() ends the process.
 */
#ifndef LO0SIM_SIM_BASE_TEXT_H
#define LO0SIM_SIM_BASE_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Opens a stream. Once it is closed, or flushed, its text is in *text, *size bytes and a NUL.
 * rewind() begins it anew.
 * => The caller closes it, and frees *text. */
FILE *text_open(char **text, size_t *size);

/* => The caller frees it. */
char *text_copy(const char *text);

/* Writes a text in shell quotes. */
void text_put_quoted(FILE *out, const char *text);

/* A word of a command line, quoted where a shell would read it as something else.
 * => The caller frees it. */
char *text_shell_word(const char *text);

#endif
