/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Running lo0sim as a user does, in a folder of its own.
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

/* The program and this tree, as words of a shell's line: any letters may be in their paths. The
 * fixture sets the variables. */
#define PROGRAM "\"$LO0SIM_PROGRAM\""
#define SOURCE  "\"$LO0SIM_SOURCE\""

/* What a command printed and returned; the strings are good until the next run. */
typedef struct command {
    int code;
    const char *out, *err;
} command_t;

/* cmocka fixtures: a temporary folder, which is the working directory meanwhile. */
int folder_setup(void **state);
int folder_teardown(void **state);

/* Writes a file in the folder. */
void write_file(const char *name, const char *text);
void write_bytes(const char *name, const void *bytes, size_t length);

/* The text of a file, good until the next call. */
const char *read_file(const char *name);

/* Runs `lo0sim ARGUMENTS` in a shell; LO0SIM_PROGRAM is the program. `before` are assignments to
 * the environment, or "". */
command_t run_command(const char *before, const char *arguments);

/* Fails with what was printed unless the code is as expected and each text stands in it. */
void assert_command(command_t command, int code, const char *in_out, const char *in_err);

/* Skips the test, and says why, where there are no terminals: a chroot without devpts has none. */
void skip_without_terminals(void);

#endif
