/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rules of a session of `lo0sim shell`: typed one by one, and loaded from files.
 */
#ifndef LO0SIM_SIM_SHELL_SHELL_RULES_H
#define LO0SIM_SIM_SHELL_SHELL_RULES_H

#include "sim/shell/shell_line.h"

#include <stdbool.h>

/* Zeroed, there are none. */
typedef struct shell_rules {
    char *sets, *text; /* lines with `set`, and all others */
    bool intercept;    /* holds unless a `set` says otherwise */
} shell_rules_t;

/* What an ipf line makes of the rules `now`, in *next, which shell_rules_free() ends.
 * => Returns NULL; else why not, in words and perhaps with the line of the rules that it is about
 *    below them, which the caller frees. */
char *shell_rules_add(const shell_rules_t *now, const shell_line_t *line, shell_rules_t *next);

/* All of them, as box_filter() takes them with interception on, unless they say otherwise.
 * => The caller frees the text. */
char *shell_rules_text(const shell_rules_t *rules);

void shell_rules_free(shell_rules_t *rules);

#endif
