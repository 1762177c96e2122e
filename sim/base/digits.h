/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Numbers as text, for files with millions of them: printf() takes ten times as long.
 */
#ifndef LO0SIM_SIM_BASE_DIGITS_H
#define LO0SIM_SIM_BASE_DIGITS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The most digits that a number has, with its sign. */
#define DIGITS_MAX 20

/* Writes a number at `to`, without a NUL.
 * => Returns how many characters that took, at most DIGITS_MAX. */
size_t digits_unsigned(char *to, uint64_t number);
size_t digits_signed(char *to, int64_t number);

/* Writes two lower-case digits for each byte at `to`, without a NUL.
 * => Returns how many characters that took: 2 * length. */
size_t digits_hex(char *to, const uint8_t *bytes, size_t length);

/* The first, to a stream. */
void digits_put(FILE *out, uint64_t number);

#endif
