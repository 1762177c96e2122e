/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text of others as people see it: a terminal gets no control character of it, and no byte that is
 * no UTF-8.
 */
#ifndef LO0SIM_SIM_BASE_VISIBLE_H
#define LO0SIM_SIM_BASE_VISIBLE_H

#include <stddef.h>
#include <stdio.h>

/* How long the character at `at` is, in bytes; 0 if it cannot be shown: no UTF-8, or a control
 * character, C0, DEL, or C1 (U+0080 to U+009F), which some terminals obey as well. */
size_t visible_length(const char *at);

/* Writes the character that begins at `at`, or U+FFFD for what cannot be shown.
 * => Returns how many bytes it took of the text, at least 1. */
size_t visible_put(FILE *out, const char *at);

/* Writes a string, up to `most` characters of it.
 * => Returns how many they were. */
size_t visible_print(FILE *out, const char *text, size_t most);

#endif
