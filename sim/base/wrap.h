/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Breaks text into lines of a width.
 */
#ifndef LO0SIM_SIM_BASE_WRAP_H
#define LO0SIM_SIM_BASE_WRAP_H

#include <stddef.h>
#include <stdio.h>

/* Prints a text and ends its line. The lines break at blanks, before column `width`; a word that is
 * wider than that has a line of its own. `column` is where the cursor is, further lines begin
 * at column `indent`. A '\n' in the text begins a line; blanks in a row stay. A column is a
 * character: UTF-8's continuation bytes have no width. */
void wrap_print(FILE *out, const char *text, size_t column, size_t indent, size_t width);

/* The same for a format's text, which begins at column `indent` of a new line. */
__attribute__((format(printf, 4, 5))) void wrap_printf(FILE *out, size_t indent, size_t width,
                                                       const char *format, ...);

/* Prints the lines of a text, each from column `indent` on. A line that is too wide continues below
 * its own first word, or at column `hang` if that is further to the right. An empty line stays
 * empty. */
void wrap_lines(FILE *out, const char *text, size_t indent, size_t hang, size_t width);

/* How many columns bytes[length] of UTF-8 take. */
size_t wrap_columns(const char *text, size_t length);

#endif
