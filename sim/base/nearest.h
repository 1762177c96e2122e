/* SPDX-License-Identifier: BSD-3-Clause
 *
 * "Did you mean ...?"
 */
#ifndef LO0SIM_SIM_BASE_NEAREST_H
#define LO0SIM_SIM_BASE_NEAREST_H

#include <stddef.h>

/* The candidate that is nearest to a word, by the number of letters to insert, delete, replace or
 * swap (Damerau-Levenshtein); the first of several that are equally near.
 * => Returns NULL if no candidate is near: at most a third of the word's letters, or one, can
 *    differ. */
const char *nearest(const char *word, const char *const *candidates, size_t count);

/* Writes a message for an unknown name into text[size]: "there is no era 'linx'; did you mean
 * 'linux'?", or, if no name is near or begins with it, "there is no era 'x'; there are: post,
 * snv_116". `names` ends with NULL.
 * => Returns text. */
const char *there_is_no(char *text, size_t size, const char *what, const char *word,
                        const char *const *names);

#endif
