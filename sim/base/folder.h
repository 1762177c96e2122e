/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Makes folders for output files.
 */
#ifndef LO0SIM_SIM_BASE_FOLDER_H
#define LO0SIM_SIM_BASE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Makes the missing folders of a path. Errors are not reported: opening the file then fails, and
 * reports why. */
void folder_make_for(const char *path, mode_t mode);

/* The user's folder for what lo0sim remembers, into path[size]: lo0sim below $XDG_STATE_HOME or
 * ~/.local/state (XDG Base Directory Specification). It may not exist yet.
 * => Returns false, and "", if there is no home, or the path does not fit. */
bool folder_of_state(char *path, size_t size);

#endif
