/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A stream with a limit, into a spool or into a file that appears only when it is complete: it is
 * written without a name, or with a temporary one, and renamed at the end. So a full disk, a signal
 * or a crash leave the old file as it was, and no partial file.
 */
#ifndef LO0SIM_SIM_BASE_OUTPUT_H
#define LO0SIM_SIM_BASE_OUTPUT_H

#include "sim/base/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct output output_t;

/* Opens one for a spool; `limit` is in bytes, 0: no limit. Text beyond it is dropped.
 * => The caller ends it with output_take() or output_drop(). */
output_t *output_to_spool(uint64_t limit);

/* Opens one for a file. Anything but a plain file, such as a pipe or /dev/null, is written
 * directly.
 * => Returns NULL with errno if the file cannot be made. The caller ends it with output_commit() or
 *    output_drop(). */
output_t *output_to_file(const char *path, uint64_t limit);

/* Whether output_to_file() would succeed, asked before long work; nothing is changed.
 * => Returns false with errno. */
bool output_can_be_made(const char *path);

/* The stream to write to. It belongs to the output. */
FILE *output_stream(output_t *output);

/* Whether more was written than the limit allows, not counting what the stream still buffers. */
bool output_is_over(const output_t *output);

/* Ends one for a spool.
 * => Returns the text, which the caller frees with spool_free(). *error is 0, or says why not all
 *    of it could be kept. */
spool_t *output_take(output_t *output, int *error);

/* Ends one for a file, and gives the file its name.
 * => Returns false with errno if not everything could be written: then nothing has changed. */
bool output_commit(output_t *output);

/* Ends either kind and discards what was written. NULL does nothing. */
void output_drop(output_t *output);

#endif
