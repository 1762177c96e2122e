/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Folders for files that are written.
 */
#ifndef LO0SIM_SIM_BASE_FOLDER_H
#define LO0SIM_SIM_BASE_FOLDER_H

#include <sys/types.h>

/* Makes the folders that a path lies in, as far as they are missing. Whoever then opens the file
 * learns what could not be. */
void folder_make_for(const char *path, mode_t mode);

#endif
