/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What `lo0sim shell` says of a line whose calls have been made.
 */
#ifndef LO0SIM_SIM_SHELL_SHELL_SAY_H
#define LO0SIM_SIM_SHELL_SHELL_SAY_H

#include "sim/shell/shell_record.h"

/* Writes what came of a line, where it counts how long it took, and who answered ("": nobody
 * knows), to standard output. */
void shell_say(const shell_line_t *line, const shell_answer_t *answer, uint64_t took_us,
               const char *who);

#endif
