/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The folder for the files of a test program. Nothing is left of it: it goes when the program ends,
 * also after a failed assertion, and by ^C and other signals that end it.
 */
#ifndef LO0SIM_TESTS_TEMPORARY_H
#define LO0SIM_TESTS_TEMPORARY_H

/* The folder, in TMPDIR or /tmp; made if there is none.
 * => Ends the program if it cannot be made. */
const char *temporary_folder(void);

/* A name in it, which nothing has yet: the same at each call of a name.
 * => Valid until the next call. */
const char *temporary_path(const char *name);

/* Removes the folder with all that is in it; the next one is another. */
void temporary_remove(void);

#endif
