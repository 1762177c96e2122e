/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The byte order mark that some editors write at the beginning of a text. It means nothing.
 */
#ifndef LO0SIM_FILTER_IPF_MARK_H
#define LO0SIM_FILTER_IPF_MARK_H

#include <stddef.h>
#include <string.h>

/* => Returns how many bytes of text[length] are such a mark: 3 or 0. */
static inline size_t ipf_mark_length(const char *text, size_t length)
{
    return length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

#endif
