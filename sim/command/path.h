/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Each packet's way in one line: its flags and the stations that it passed, and where it ended.
 * Packets that went the same way one after the other are one line with several times.
 */
#ifndef LO0SIM_SIM_COMMAND_PATH_H
#define LO0SIM_SIM_COMMAND_PATH_H

#include "sim/core/trace.h"

#include <stdio.h>

typedef struct path path_t;

/* => Returns NULL if there is no memory. The caller ends it with path_destroy(). */
path_t *path_create(void);
void path_destroy(path_t *path);

/* The trace's sink; `arg` is a path_t. */
void path_event(void *arg, const trace_event_t *event);

/* Writes the ways of all packets so far, each line after `indent` blanks and at most `width`
 * columns long. */
void path_write(const path_t *path, FILE *out, int indent, int width);

#endif
