/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Tab: the completions of the word that is being typed.
 */
#ifndef LO0SIM_SIM_SHELL_LINE_COMPLETE_H
#define LO0SIM_SIM_SHELL_LINE_COMPLETE_H

#include <stddef.h>

/* The candidates for the word that is being typed. Zeroed: no candidate yet. */
typedef struct line_completion {
    const char *word; /* what was typed of it */
    char **words;
    size_t count;
} line_completion_t;

/* Add candidates that begin with the word: one word; words ended by NULL; files, and folders with a
 * `/`. */
void line_completion_add(line_completion_t *completion, const char *word);
void line_completion_add_all(line_completion_t *completion, const char *const *words);
void line_completion_add_files(line_completion_t *completion);

/* The length in bytes of the candidates' common beginning. */
size_t line_completion_common(const line_completion_t *completion);

void line_completion_fini(line_completion_t *completion);

/* Adds the words that can follow `before`: the line up to the word, which ends in a blank or is
 * empty. */
typedef void line_complete_t(const char *before, line_completion_t *completion);

#endif
