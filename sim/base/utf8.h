/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The characters of UTF-8.
 */
#ifndef LO0SIM_SIM_BASE_UTF8_H
#define LO0SIM_SIM_BASE_UTF8_H

#include <stddef.h>

/* How long the UTF-8 sequence (RFC 3629) is that begins at `at`, in bytes; 0 if none does. The
 * string's end ends all of them. */
size_t utf8_length(const char *at);

#endif
