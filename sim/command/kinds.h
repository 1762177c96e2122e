/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The words that arguments of options can be, by their kind: for `lo0sim --words`, which the
 * shells' completion asks, and by which tests hold the manual and the definitions for editors to
 * the tables.
 */
#ifndef LO0SIM_SIM_COMMAND_KINDS_H
#define LO0SIM_SIM_COMMAND_KINDS_H

/* Prints the words of a kind ("eras"), one to a line; without a kind the kinds.
 * => Returns the exit code, and has said so if there is no such kind. */
int kinds_print(const char *kind);

#endif
