/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The words that arguments of options can be, by their kind: for `lo0sim --words`. The shells'
 * completion asks it, and tests use it to compare the manual and the editors' definitions with the
 * tables.
 */
#ifndef LO0SIM_SIM_COMMAND_KINDS_H
#define LO0SIM_SIM_COMMAND_KINDS_H

/* Prints the words of a kind ("eras"), one to a line; without a kind, prints the kinds.
 * => Returns the exit code; reports if there is no such kind. */
int kinds_print(const char *kind);

#endif
