/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim step: runs a test to its end, and walks through what happened.
 */
#include "sim/shell/step.h"
#include "sim/base/mistake.h"
#include "sim/base/visible.h"
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/shared.h"
#include "sim/run/file_list.h"
#include "sim/script/script.h"
#include "sim/script/script_file.h"
#include "sim/shell/step_line.h"

#include <stdlib.h>
#include <string.h>

typedef struct step_options {
    shared_world_t world;
    uint64_t seed;
} step_options_t;

static const option_row_t rows[] = {
    {.group = world_rows, .offset = offsetof(step_options_t, world)},
    OPTION_HOSTS,
    OPTION_SEED(offsetof(step_options_t, seed)),
    OPTION_HELP,
    {0}};

/* Checks that there is one test to run; of several the user must choose one. */
static int check_choice(const script_t *script, const char *path)
{
    size_t count = script_test_count(script);
    if (count == 0) {
        visible_printf(stderr, "%s: there is no test in it\n", path);
        return EXIT_NOTHING;
    }
    if (count == 1 && script_test_skip(script, 0) == NULL)
        return 0;
    if (count == 1) {
        visible_printf(stderr, "%s: the test '%s' is skipped: %s\n", path,
                       script_test_name(script, 0), script_test_skip(script, 0));
        return EXIT_NOTHING;
    }
    command_mistake("step", "%s has %zu tests: name one, FILE:TEST; there are:", path, count);
    for (size_t i = 0; i < count; i++)
        visible_printf(stderr, "  %s\n", script_test_name(script, i));
    return EXIT_MISTAKE;
}

/* The run was ended from deep inside: the part that was recorded can still be walked. */
static void on_abandon(void *arg, const result_t *result)
{
    exit(step_walk(arg, result));
}

static int run_and_walk(script_t *script, const recording_t *recording)
{
    result_t result = {0};
    script_run_test(script, 0, &result);
    int code = step_walk(recording, &result);
    result_fini(&result);
    return code;
}

static int run(int argc, char **argv)
{
    char path[PATH_MAX_TEXT], error[PATH_MAX_TEXT + 1000];
    script_options_t options = {
        .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX, .virtual_us = BOX_VIRTUAL_US_MAX},
        .abandon = on_abandon};
    step_options_t line = {.seed = 1};
    option_words_t words;
    int code = options_take(&command_step, argc, argv, &line, &words);
    if (code >= 0)
        return code;
    if (words.count != 1)
        return command_mistake("step", "one scenario is needed: lo0sim step FILE[:TEST]");
    if (words.list[0][0] == '-' && strchr(":", words.list[0][1]) != NULL)
        return command_mistake("step", "standard input has the commands: a file is needed");
    options.seed = line.seed;
    options.forced_era = line.world.era;
    options.forced_mode = line.world.mode;
    recording_t *recording = recording_create();
    if (recording == NULL) {
        visible_printf(stderr, "lo0sim step: out of memory\n");
        return EXIT_CRASHED;
    }
    options.only = file_list_split(words.list[0], path, sizeof(path));
    const observer_t observer = recording_observer(recording);
    options.observers = (const observer_t *const[]){&observer};
    options.observer_count = 1;
    options.abandon_arg = recording;
    script_t *script = script_load(path, &options, error, sizeof(error));
    if (script == NULL)
        visible_printf(stderr, "%s\n", error);
    code = script != NULL ? check_choice(script, path) : EXIT_MISTAKE;
    if (code == 0)
        code = run_and_walk(script, recording);
    script_close(script);
    recording_destroy(recording);
    return code;
}

static bool print_commands(FILE *out)
{
    step_help(out);
    return true;
}

const command_t command_step = {
    .name = "step",
    .what = "a test, event by event, forward and back",
    .run = run,
    .synopsis = "[OPTION...] FILE[:TEST]",
    .text = "Runs a test and walks through its events, forward and back, with the packet, the "
            "endpoints and the hits of the rules at each; what changed since the event before has "
            "a `*`, an endpoint that is gone a `-`. From a pipe the lines are read without a "
            "prompt.",
    .rows = rows,
    .tail = "exit: 0 the test passed, 1 it failed, 2 a mistake in the script, on the command line "
            "or in a line from a pipe, 3 lo0sim itself failed, 4 nothing to run\n\n"
            "commands:",
    .more = print_commands,
};
