/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state of an exploration as a file: a checkpoint, or what a shard found. After the state
 * stands a sum over all of it, since a changed byte would give other counts and not be noticed.
 */
#ifndef LO0SIM_SIM_EXPLORE_EXPLORE_FILE_H
#define LO0SIM_SIM_EXPLORE_EXPLORE_FILE_H

#include "sim/explore/explore.h"

/* Writes the state of the exploration with these options. A new file replaces the old one only when
 * it is complete.
 * => Returns false with errno if it cannot be written: then nothing has changed. */
bool explore_file_write(const explore_options_t *options, const explore_state_t *state,
                        const char *path);

typedef enum explore_file {
    EXPLORE_FILE_READ,
    EXPLORE_FILE_MISSING,
    EXPLORE_FILE_WRONG
} explore_file_t;

/* Reads such a file into a zeroed state, and the line of explore_about() into about[size].
 * => Returns EXPLORE_FILE_MISSING if it cannot be opened, EXPLORE_FILE_WRONG if it is anything but
 *    what explore_file_write() wrote. The caller ends `state` with explore_fini() in each case. */
explore_file_t explore_file_read(const char *path, explore_state_t *state, char *about,
                                 size_t size);

#endif
