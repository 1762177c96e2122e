/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What `lo0sim shell` prints after a line's calls.
 */
#ifndef LO0SIM_SIM_SHELL_SHELL_SAY_H
#define LO0SIM_SIM_SHELL_SHELL_SAY_H

#include "sim/shell/shell_record.h"

/* Writes the result of a line to standard output, with the time it took if that matters, and with
 * who answered ("": unknown). */
void shell_say(const shell_line_t *line, const shell_answer_t *answer, uint64_t took_us,
               const char *who);

#endif
