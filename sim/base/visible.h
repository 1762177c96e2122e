/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Makes text from elsewhere safe to show. Characters that a terminal or a reader would obey instead
 * of showing are escaped as Lua writes them: \n, \x1b, \u{202e}.
 */
#ifndef LO0SIM_SIM_BASE_VISIBLE_H
#define LO0SIM_SIM_BASE_VISIBLE_H

#include <stddef.h>
#include <stdio.h>

/* The length in bytes of the character at `at`; 0 if it is not shown as it is. These are not: bytes
 * that are not UTF-8 (RFC 3629); control characters (C0, DEL, and C1, which some terminals obey as
 * well); characters that change the text's direction (Unicode's Bidi_Control), end a line (U+2028,
 * U+2029), or have no width and join nothing; and noncharacters (U+FFFE). */
size_t visible_length(const char *at);

/* How many bytes at the beginning of a text are printable ASCII, which all is shown as it is. */
size_t visible_plain(const char *text);

/* The longest escape, with its end: \u{10ffff}. */
#define VISIBLE_ESCAPE_MAX 12

/* Writes the character that begins at `at`, or its escape, into to[VISIBLE_ESCAPE_MAX].
 * => Returns how many bytes of the text it consumed, at least 1. */
size_t visible_character(const char *at, char *to);

/* The same, to a stream. */
size_t visible_put(FILE *out, const char *at);

/* Writes a string, up to `most` columns of it; a character is one column.
 * => Returns how many columns it took. */
size_t visible_print(FILE *out, const char *text, size_t most);

/* A copy of a string as visible_print() writes it. visible_text() keeps ends of lines;
 * visible_line() escapes them, too. Visible text stays as it is, so a copy of a copy is the same.
 * => The caller frees it. NULL gives "". */
char *visible_text(const char *text);
char *visible_line(const char *text);

/* printf() of a text that quotes others: a message, with a path or an argument in it. */
__attribute__((format(printf, 2, 3))) void visible_printf(FILE *out, const char *format, ...);

#endif
