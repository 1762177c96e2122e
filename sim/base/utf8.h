/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The characters of UTF-8.
 */
#ifndef LO0SIM_SIM_BASE_UTF8_H
#define LO0SIM_SIM_BASE_UTF8_H

#include <stddef.h>

/* The length in bytes of the UTF-8 sequence (RFC 3629) that begins at `at`; 0 if none begins there.
 * It never extends past the string's end. */
size_t utf8_length(const char *at);

#endif
