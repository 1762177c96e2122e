/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A mistake in a rules text, as people and editors read it.
 */
#ifndef LO0SIM_SIM_RULES_ERROR_H
#define LO0SIM_SIM_RULES_ERROR_H

#include "filter/ipf.h"

#include <stdio.h>

/* Prints "path:line:column: message", the line of text[length] that it is in, and a mark below the
 * place. */
void rules_error_print(FILE *out, const char *path, const char *text, size_t length,
                       const ipf_error_t *error);

#endif
