/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The scenario files that paths stand for.
 */
#ifndef LO0SIM_SIM_RUN_FILE_LIST_H
#define LO0SIM_SIM_RUN_FILE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed, it is empty. */
typedef struct file_list {
    char **files;
    char **tests; /* the one wanted test of a file; NULL: all */
    size_t count;
} file_list_t;

/* FILE[:TEST]: either can contain colons, so FILE is the shortest beginning that is a file.
 * => Returns the test, in `text`, or NULL; the file is in path[size]. One that does not fit is cut
 *    and ends with "...", which names no file. */
const char *file_list_split(const char *text, char *path, size_t size);

/* Adds a file, one test of a file (FILE:TEST), or the *.lua files in a folder and in those below
 * it, sorted by name, whatever the locale; hidden ones are left out, and links to folders.
 * => Returns false with a message that begins with the path in error[size]; if a folder below it
 *    cannot be searched, with that folder's, and what the others have is added. A folder without
 *    such files adds nothing, which is not an error. */
bool file_list_add(file_list_t *list, const char *path, char *error, size_t size);

void file_list_fini(file_list_t *list);

#endif
