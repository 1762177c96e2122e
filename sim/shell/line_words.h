/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The first words of lines of the shell and of step.
 */
#ifndef LO0SIM_SIM_SHELL_LINE_WORDS_H
#define LO0SIM_SIM_SHELL_LINE_WORDS_H

#include <stddef.h>

/* The command that a word means: its name, or the beginning of exactly one command's name. `exit`
 * is `quit`; `h` and `?` are `help`.
 * => Returns its index in names[count], or count if no command, or more than one, matches. */
size_t line_word_find(const char *word, const char *const *names, size_t count);

#endif
