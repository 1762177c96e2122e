/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Names of files that are made of a test's or a script's name.
 */
#ifndef LO0SIM_SIM_BASE_FILE_NAME_H
#define LO0SIM_SIM_BASE_FILE_NAME_H

/* How long the name of a file or folder can be, in bytes. */
#define FILE_NAME_BYTES 255

/* Shortens each name of a path that is longer than FILE_NAME_BYTES: its beginning stays; a hash of
 * the whole name and its ending (".html") follow, so that different names stay different. */
void file_name_fit(char *path);

#endif
