/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim step: runs a test to its end, and walks through what happened.
 */
#include "sim/shell/step.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/visible.h"
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/shared.h"
#include "sim/run/file_list.h"
#include "sim/script/script.h"
#include "sim/script/script_file.h"
#include "sim/shell/step_line.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define STEP_WAYS_ALL 100 /* runs of one walk, those that were taken back, too */

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

/* The test's runs: the first, and those with faults. */
typedef struct runs {
    script_options_t *options;
    script_t *script;
    observer_t observer;
    recording_t *recordings[STEP_WAYS_ALL];
    result_t results[STEP_WAYS_ALL];
    size_t count;
    fault_list_t faults; /* of the run that is made now */
    bool torn;           /* a run was ended from deep inside: its box cannot be freed */
    jmp_buf abandoned;
} runs_t;

/* The run was ended from deep inside: the part that was recorded can still be walked. */
static void on_abandon(void *arg, const result_t *result)
{
    runs_t *runs = arg;
    runs->results[runs->count] = *result;
    runs->torn = true;
    longjmp(runs->abandoned, 1);
}

/* Runs the test with runs->faults.
 * => Fills in *way; returns false if there is no memory. */
static bool run_once(runs_t *runs, step_way_t *way)
{
    size_t i = runs->count;
    runs->recordings[i] = recording_create();
    if (runs->recordings[i] == NULL)
        return false;
    runs->observer = recording_observer(runs->recordings[i]);
    runs->options->faults = runs->faults;
    if (setjmp(runs->abandoned) == 0)
        script_run_test(runs->script, 0, &runs->results[i]);
    else
        script_abandoned(runs->script);
    *way = (step_way_t){.recording = runs->recordings[i], .result = &runs->results[i]};
    runs->count++;
    return true;
}

static bool run_another(void *arg, const char *const *faults, size_t count, step_way_t *way)
{
    char error[1000];
    runs_t *runs = arg;
    if (runs->count == STEP_WAYS_ALL) {
        fprintf(stderr, "no more ways are possible\n");
        return false;
    }
    runs->faults.count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!fault_list_add(&runs->faults, faults[i], error, sizeof(error))) {
            fprintf(stderr, "%s\n", error);
            return false;
        }
    }
    return run_once(runs, way);
}

static int run_and_walk(runs_t *runs)
{
    step_way_t way;
    int code = EXIT_CRASHED;
    if (run_once(runs, &way))
        code = step_walk(&way, run_another, runs);
    else
        visible_printf(stderr, "lo0sim step: out of memory\n");
    if (runs->torn)
        exit(code);
    for (size_t i = 0; i < runs->count; i++) {
        recording_destroy(runs->recordings[i]);
        result_fini(&runs->results[i]);
    }
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
    runs_t *runs = must_calloc(1, sizeof(*runs));
    runs->options = &options;
    options.only = file_list_split(words.list[0], path, sizeof(path));
    options.observers = (const observer_t *const[]){&runs->observer};
    options.observer_count = 1;
    options.abandon_arg = runs;
    runs->script = script_load(path, &options, error, sizeof(error));
    if (runs->script == NULL)
        visible_printf(stderr, "%s\n", error);
    code = runs->script != NULL ? check_choice(runs->script, path) : EXIT_MISTAKE;
    if (code == 0)
        code = run_and_walk(runs);
    script_close(runs->script);
    free(runs);
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
