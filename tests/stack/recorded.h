/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A table in a file, of which each line says what is done and what comes of it.
 */
#ifndef LO0SIM_TESTS_STACK_RECORDED_H
#define LO0SIM_TESTS_STACK_RECORDED_H

#include <stddef.h>

#define RECORDED_LINE_MAX 300

/* Writes the line with number `i`, from 0, into line[RECORDED_LINE_MAX]. */
typedef void (*recorded_line_t)(char *line, size_t i);

/* Fails unless the lines of a file are those `count` ones, without empty lines and those that begin
 * with #. RECORD=FILE in the environment writes what they are now. */
void recorded_compare(const char *path, size_t count, recorded_line_t line_of);

#endif
