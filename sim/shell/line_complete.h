/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Tab: what a word that is being typed can become.
 */
#ifndef LO0SIM_SIM_SHELL_LINE_COMPLETE_H
#define LO0SIM_SIM_SHELL_LINE_COMPLETE_H

#include <stddef.h>

/* The words that begin as the one that is being typed. Zeroed: none yet. */
typedef struct line_completion {
    const char *word; /* what there is of it */
    char **words;
    size_t count;
} line_completion_t;

/* Adds a word, if it begins so; words up to a NULL; the files and folders that begin so, the latter
 * with a `/`. */
void line_completion_add(line_completion_t *completion, const char *word);
void line_completion_add_all(line_completion_t *completion, const char *const *words);
void line_completion_add_files(line_completion_t *completion);

/* How many bytes all of them begin alike. */
size_t line_completion_common(const line_completion_t *completion);

void line_completion_fini(line_completion_t *completion);

/* Adds what can stand after `before`, the line up to the word, which ends in a blank or is empty.
 */
typedef void line_complete_t(const char *before, line_completion_t *completion);

#endif
