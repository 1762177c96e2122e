/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a session of `lo0sim shell` did and saw, for `save`: calls, and what is to be expected of
 * them.
 */
#ifndef LO0SIM_SIM_SHELL_SHELL_RECORD_H
#define LO0SIM_SIM_SHELL_SHELL_RECORD_H

#include "sim/core/trace.h"
#include "sim/shell/shell_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct shell_record shell_record_t;

/* What came of a line's calls: what they left in `answer` and `err`. */
typedef struct shell_answer {
    const char *err;  /* the errno's name; NULL: none */
    const char *text; /* NULL: no text */
    size_t length;
    bool has_seconds; /* a ping's time */
    uint64_t us;
} shell_answer_t;

/* => Returns NULL if there is no memory. The caller ends it with shell_record_destroy(). */
shell_record_t *shell_record_create(void);
void shell_record_destroy(shell_record_t *record);

/* The trace's sink; `arg` is a shell_record_t. */
void shell_record_event(void *arg, const trace_event_t *event);

/* Adds a line as it was typed, its calls, what came of them, and the packets that snoop's place has
 * seen since the line before. */
void shell_record_add(shell_record_t *record, const char *typed, const shell_line_t *line,
                      const char *calls, const shell_answer_t *answer, uint64_t now_us);

/* Writes all of it as a scenario, into a file that is not there yet unless this record wrote it.
 * => Returns false with why in error[size]. */
bool shell_record_save(shell_record_t *record, const char *path, char *error, size_t size);

#endif
