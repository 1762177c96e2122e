/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Makes folders for output files.
 */
#ifndef LO0SIM_SIM_BASE_FOLDER_H
#define LO0SIM_SIM_BASE_FOLDER_H

#include <sys/types.h>

/* Makes the missing folders of a path. Errors are not reported: opening the file then fails, and
 * reports why. */
void folder_make_for(const char *path, mode_t mode);

#endif
