/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs lo0sim as a user does, in a folder of its own.
 */
#ifndef LO0SIM_TESTS_CLI_COMMAND_H
#define LO0SIM_TESTS_CLI_COMMAND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a command printed and returned; the strings are valid until the next run. */
typedef struct command {
    int code;
    const char *out, *err;
} command_t;

/* cmocka fixtures: make a temporary folder the working directory, and remove it again. */
int folder_setup(void **state);
int folder_teardown(void **state);

/* Writes a file in the folder. */
void write_file(const char *name, const char *text);
void write_bytes(const char *name, const void *bytes, size_t length);

/* => Returns the text of a file, valid until the next call. */
const char *read_file(const char *name);

/* Runs `lo0sim ARGUMENTS` in a shell; LO0SIM_PROGRAM is the program. `before` is
 * assignments to the environment, or "". */
command_t run_command(const char *before, const char *arguments);

/* Fails unless the code is as expected and the output contains each text; shows the output. */
void assert_command(command_t command, int code, const char *in_out, const char *in_err);

#endif
