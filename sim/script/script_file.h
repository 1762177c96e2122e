/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Files beside a scenario: which paths are allowed, and where in the scenario a rule is.
 */
#ifndef LO0SIM_SIM_SCRIPT_SCRIPT_FILE_H
#define LO0SIM_SIM_SCRIPT_SCRIPT_FILE_H

#include "filter/ipf.h"

#include <stdbool.h>
#include <stddef.h>

#define PATH_MAX_TEXT 4096

/* The path of `name`, which must be at or below the folder of `script`, also after symbolic
 * links are followed; into path[path_size].
 * => Returns false with a message in error[error_size]. */
bool script_file_beside(const char *script, const char *name, char *path, size_t path_size,
                        char *error, size_t error_size);

/* Finds the line of rules[] that has an error in the script itself, since rules are often written
 * there.
 * => Returns true with the place of the error in the script; false unless the line is there exactly
 *    once. */
bool script_file_locate(const char *script, const char *rules, const ipf_error_t *error, int *line,
                        int *column);

#endif
