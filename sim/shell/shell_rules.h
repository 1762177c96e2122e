/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rules of a session of `lo0sim shell`: typed one by one, and loaded from files.
 */
#ifndef LO0SIM_SIM_SHELL_SHELL_RULES_H
#define LO0SIM_SIM_SHELL_SHELL_RULES_H

#include "sim/shell/shell_line.h"

#include <stdbool.h>

/* Zeroed: no rules. */
typedef struct shell_rules {
    char *sets, *text; /* lines with `set`, and all others */
    bool intercept;    /* applies unless a `set` says otherwise */
} shell_rules_t;

/* Applies an ipf line to the rules `now`; the new rules are in *next, which shell_rules_free()
 * ends.
 * => Returns NULL, or the reason why the line cannot be applied, possibly with the faulty rule on a
 *    line below it. The caller frees it. */
char *shell_rules_add(const shell_rules_t *now, const shell_line_t *line, shell_rules_t *next);

/* All rules as a text for box_filter(), with interception on unless they say otherwise.
 * => The caller frees the text. */
char *shell_rules_text(const shell_rules_t *rules);

/* Prints which of the rules are asked about a packet, and why they match or do not. `packet` is
 * as ipftest writes it.
 * => Returns NULL, or what is wrong with the packet. The caller frees it. */
char *shell_rules_why(const shell_rules_t *rules, const char *packet);

void shell_rules_free(shell_rules_t *rules);

#endif
