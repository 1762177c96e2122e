/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The subcommands, and what their command lines have in common.
 */
#ifndef LO0SIM_SIM_COMMAND_COMMAND_H
#define LO0SIM_SIM_COMMAND_COMMAND_H

#include "sim/base/color.h"
#include "sim/base/mistake.h"
#include "sim/core/hook_object.h"
#include "sim/core/observer.h"
#include "sim/view/capture.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Each takes its name as argv[0].
 * => Returns the exit code. */
int command_run(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_connect(int argc, char **argv);
int command_demo(int argc, char **argv);
int command_exec(int argc, char **argv);
int command_ipf(int argc, char **argv);
int command_ipftest(int argc, char **argv);
int command_ipfstat(int argc, char **argv);
int command_ipmon(int argc, char **argv);
int command_check(int argc, char **argv);
int command_new(int argc, char **argv);
int command_shell(int argc, char **argv);
int command_step(int argc, char **argv);

/* A whole number from `low` to `high`, for an option.
 * => Returns false and says so on standard error where it is none. */
bool command_number(const char *command, const char *option, const char *text, uint64_t low,
                    uint64_t high, uint64_t *value);

/* Notes what --hook says; loads what it said. `command` is for messages.
 * => Return false and say so on standard error where it is wrong. */
bool command_hook(const char *command, hook_objects_t *objects, const char *text);
bool command_hooks_open(const char *command, hook_objects_t *objects);

/* What an option asks to be written of each test. */
typedef struct command_observers {
    observer_t list[OBSERVERS_MAX];
    const observer_t *pointers[OBSERVERS_MAX];
    size_t count;
} command_observers_t;

/* Adds one.
 * => Returns false and says so on standard error where its option, or its file, was given before.
 */
bool command_observe(const char *command, command_observers_t *observers, observer_t observer);

/* -w, --tap and --linktype, of run and connect: what getopt_long() returns for the long ones, their
 * rows, and their lines of help. */
enum { OPT_TAP = 512, OPT_LINKTYPE };
#define COMMAND_CAPTURE_OPTIONS                                                                    \
    {"tap", required_argument, NULL, OPT_TAP},                                                     \
    {                                                                                              \
        "linktype", required_argument, NULL, OPT_LINKTYPE                                          \
    }
#define COMMAND_CAPTURE_USAGE                                                                      \
    "      --tap TAP          where -w looks: snoop (snoop's place), wire, or LOOPBACK_OUT,\n"     \
    "                         LOOPBACK_IN, PHYSICAL_OUT or PHYSICAL_IN, with :before or\n"         \
    "                         :after its hooks\n"                                                  \
    "      --linktype TYPE    of -w: null, raw, or ipnet, which is Solaris' own (null)\n"

typedef struct command_capture {
    const char *file;  /* NULL: no capture is wanted */
    const char *other; /* an option that goes with -w only, and was given */
    capture_options_t options;
} command_capture_t;

/* Takes one of these options; command_capture_done() after the last, which adds the observer.
 * `capture` must outlive it.
 * => Return false and say so on standard error where it is wrong. */
bool command_capture(const char *command, command_capture_t *capture, int option, const char *text);
bool command_capture_done(const char *command, const command_capture_t *capture,
                          command_observers_t *observers);

#endif
