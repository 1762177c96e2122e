/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text in memory. Without memory both abort.
 */
#ifndef LO0SIM_SIM_BASE_TEXT_H
#define LO0SIM_SIM_BASE_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Opens a stream. Once it is closed its text is in *text, *size bytes and a NUL.
 * => The caller closes it, and frees *text. */
FILE *text_open(char **text, size_t *size);

/* => The caller frees it. */
char *text_copy(const char *text);

#endif
