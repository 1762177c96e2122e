/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text from outside, made safe to show: a terminal gets no control character of it, and no byte
 * that is not UTF-8.
 */
#ifndef LO0SIM_SIM_BASE_VISIBLE_H
#define LO0SIM_SIM_BASE_VISIBLE_H

#include <stddef.h>
#include <stdio.h>

/* The length in bytes of the character at `at`; 0 if it cannot be shown: not UTF-8, or a control
 * character, C0, DEL, or C1 (U+0080 to U+009F), which some terminals obey as well. */
size_t visible_length(const char *at);

/* Writes the character that begins at `at`, or U+FFFD if it cannot be shown.
 * => Returns how many bytes of the text it took, at least 1. */
size_t visible_put(FILE *out, const char *at);

/* Writes at most `most` characters of a string.
 * => Returns how many it wrote. */
size_t visible_print(FILE *out, const char *text, size_t most);

#endif
