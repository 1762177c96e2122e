/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How far a misspelt word is from a right one.
 */
#ifndef LO0SIM_FILTER_WORD_DISTANCE_H
#define LO0SIM_FILTER_WORD_DISTANCE_H

#include <stddef.h>

/* How many letters have to be put in, taken out, changed or swapped with their neighbour to make
 * b[b_length] of a[a_length] (Damerau's distance, no letter moved twice; upper and lower case are
 * the same).
 * => Returns SIZE_MAX if a word is too long to be compared (40 letters). */
size_t word_distance(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
