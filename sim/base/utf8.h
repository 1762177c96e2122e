/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text for files that must be UTF-8, whatever bytes a script's strings contain.
 */
#ifndef LO0SIM_SIM_BASE_UTF8_H
#define LO0SIM_SIM_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length in bytes of the UTF-8 sequence (RFC 3629) that begins at `at`; 0 if none begins there.
 * No sequence goes past the string's end. */
size_t utf8_length(const char *at);

/* A copy of a string in which each byte that begins no UTF-8 sequence (RFC 3629) is U+FFFD; with
 * `xml`, so is each control character that XML 1.0 does not allow.
 * => The caller frees it. NULL gives "". */
char *utf8_text(const char *text, bool xml);

#endif
