/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A mistake in a rules text, in the form that people and editors read.
 */
#ifndef LO0SIM_SIM_CORE_RULES_ERROR_H
#define LO0SIM_SIM_CORE_RULES_ERROR_H

#include "filter/ipf.h"

#include <stddef.h>
#include <stdio.h>

/* Line `number`, from 1, of text[length], and its length without its end.
 * => Returns NULL if there is no such line. */
const char *rules_line(const char *text, size_t length, int number, size_t *line_length);

/* Reads a rules text, from standard input if the path is "-". The caller frees the text.
 * => Returns NULL if it cannot be read, and reports why. */
char *rules_read(const char *path, size_t *length);

/* Writes the line of text[length] that an error is about, with a mark below the place; nothing
 * if it cannot be shown. */
void rules_underline(FILE *out, const char *text, size_t length, const ipf_error_t *error);

/* Writes a finding in a rules text: "path:line:column: KINDmessage", then the line of text[length]
 * that it is about, with a mark below the place. If `text` is NULL, only the first. */
void rules_show(FILE *out, const char *path, const char *text, size_t length,
                const ipf_error_t *error, const char *kind);

/* Reports the result of loading a rules text: for EINVAL "path:line:column: message", the line of
 * text[length] that the mistake is in and a mark below the place; for another errno its name; for 0
 * nothing.
 * => Returns the exit code. */
int rules_report(const char *path, const char *text, size_t length, int err,
                 const ipf_error_t *error);

#endif
