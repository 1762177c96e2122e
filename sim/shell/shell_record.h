/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The calls of a session of `lo0sim shell` and their results, which `save` writes as a scenario
 * with expectations.
 */
#ifndef LO0SIM_SIM_SHELL_SHELL_RECORD_H
#define LO0SIM_SIM_SHELL_SHELL_RECORD_H

#include "sim/core/trace.h"
#include "sim/shell/shell_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct shell_record shell_record_t;

/* The results of a line's calls: what they left in `answer` and `err`. */
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

/* Adds a line as it was typed, its calls, their results, and the packets that passed snoop's place
 * since the line before. */
void shell_record_add(shell_record_t *record, const char *typed, const shell_line_t *line,
                      const char *calls, const shell_answer_t *answer, uint64_t now_us);

typedef enum shell_saved {
    SHELL_SAVED,
    SHELL_SAVE_MISTAKE, /* there is nothing to save, or no such place */
    SHELL_SAVE_FAILED   /* a full disk: a file that this record wrote earlier stays */
} shell_saved_t;

/* Writes the record as a scenario. The file must not exist, unless this record wrote it.
 * => Returns SHELL_SAVED; otherwise the reason is in error[size]. */
shell_saved_t shell_record_save(shell_record_t *record, const char *path, char *error, size_t size);

#endif
