/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How far a misspelt word is from a correct one.
 */
#ifndef LO0SIM_FILTER_WORD_DISTANCE_H
#define LO0SIM_FILTER_WORD_DISTANCE_H

#include <stddef.h>

/* How many letters must be inserted, removed, changed or swapped with their neighbour to turn
 * a[a_length] into b[b_length] (Damerau's distance, no letter moved twice; upper and lower case are
 * the same).
 * => Returns SIZE_MAX if a word is too long to be compared (40 letters). */
size_t word_distance(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
