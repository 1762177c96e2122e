/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text for files that have to be UTF-8, whatever a script made of its strings.
 */
#ifndef LO0SIM_SIM_BASE_UTF8_H
#define LO0SIM_SIM_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* How long the UTF-8 sequence (RFC 3629) is that begins at `at`, in bytes; 0 if none does. The
 * string's end ends all of them. */
size_t utf8_length(const char *at);

/* A copy of a string in which each byte that begins no UTF-8 sequence (RFC 3629) is U+FFFD; with
 * `xml`, so is each control character that XML 1.0 has no place for.
 * => The caller frees it. NULL gives "". */
char *utf8_text(const char *text, bool xml);

#endif
