/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim run: the command line.
 */
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/terminal.h"
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/shared.h"
#include "sim/run/determinism.h"
#include "sim/run/file_list.h"
#include "sim/run/runner.h"
#include "sim/run/worker.h"
#include "sim/script/script_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the command line says. */
typedef struct command_line {
    run_options_t run;
    selection_t selection;
    shared_world_t world;
    shared_files_t files;
    shared_ladder_t ladder;
    ladder_style_t style;
    color_when_t color;
    uint64_t jobs, seconds, wall_seconds, mebibytes, output_mebibytes;
    bool check, last_failed, list, coverage;
    bool writes; /* a file of each test */
    option_words_t words;
} command_line_t;

/* ---- options ---- */

static bool set_format(void *where, const option_given_t *given)
{
    const report_format_t **format = where;
    *format = report_find(given->text);
    return *format != NULL || option_unknown(given->command, "format", given->text, report_names);
}

static bool set_shard(void *where, const option_given_t *given)
{
    selection_t *selection = where;
    const char *text = given->text;
    char *end;
    unsigned long shard = strtoul(text, &end, 10), shards = 0;
    if (end != text && *end == '/' && end[1] >= '0' && end[1] <= '9')
        shards = strtoul(end + 1, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && shard >= 1 && shard <= shards &&
        shards <= 10000) {
        selection->shard = (unsigned)shard;
        selection->shards = (unsigned)shards;
        return true;
    }
    command_mistake("run", "--shard takes I/N, the I-th share of N, such as 1/4, not '%s'", text);
    return false;
}

static bool add_word(const option_given_t *given, const char **words, size_t *count)
{
    bool empty = given->text[0] == '\0';
    if (empty || *count == SELECTION_WORDS_MAX) {
        command_mistake("run", empty ? "%s is empty" : "%s is given too often", given->name);
        return false;
    }
    words[(*count)++] = given->text;
    return true;
}

static bool set_pattern(void *where, const option_given_t *given)
{
    selection_t *selection = where;
    return add_word(given, selection->patterns, &selection->pattern_count);
}

static bool set_tag(void *where, const option_given_t *given)
{
    selection_t *selection = where;
    return add_word(given, selection->tags, &selection->tag_count);
}

#define AT(field) .offset = offsetof(command_line_t, field)
#define NUMBER(name_, argument_, field, low_, high_, help_)                                        \
    {                                                                                              \
        .name = (name_), .argument = (argument_), .help = (help_), .set = option_number,           \
        AT(field), .low = (low_), .high = (high_)                                                  \
    }
#define FLAG(letter_, name_, field, help_)                                                         \
    {                                                                                              \
        .letter = (letter_), .name = (name_), .help = (help_), .set = option_flag, AT(field)       \
    }

static const option_row_t rows[] = {
    {.help = "Which tests:"},
    {.letter = 'k',
     .argument = "PATTERN",
     .help = "whose name has PATTERN in it; * stands for any text, capitals do not matter. "
             "Repeatable; any match is enough",
     .set = set_pattern,
     AT(selection)},
    {.name = "tag",
     .argument = "WORD",
     .help = "that have this tag. Repeatable; any match is enough",
     .set = set_tag,
     AT(selection)},
    FLAG(0, "last-failed", last_failed,
         "that failed when they last ran; without FILE: all here and below"),
    {.name = "shard",
     .argument = "I/N",
     .help = "the I-th of N shares, for several machines",
     .set = set_shard,
     AT(selection)},
    FLAG(0, "list", list, "print their names, FILE:TEST, and run nothing"),
    FLAG(0, "dry-run", run.script.dry, "say what would be run, and run nothing"),
    {.help = "How:"},
    {.letter = 'j',
     .name = "jobs",
     .argument = "N",
     .help = "how many tests run at once (the number of processors)",
     .set = option_number,
     AT(jobs),
     .low = 1,
     .high = 1000},
    FLAG('x', "exitfirst", run.exit_first, "end at the first failure"),
    FLAG(0, "isolate", run.script.isolate,
         "each test in a process of its own, not only one that does not pass"),
    OPTION_SEED(offsetof(command_line_t, run.script.seed)),
    {.group = world_rows, AT(world)},
    OPTION_HOSTS,
    {.group = hook_rows, AT(run.script.hooks)},
    {.group = fault_rows, AT(run.script.faults)},
    FLAG(0, "allow-exec", run.script.allow_exec,
         "let scripts run programs of this machine in the box: box:exec"),
    FLAG(0, "update", run.update, "write the goldens anew (never where CI=true)"),
    FLAG(0, "check-determinism", check,
         "run everything twice, in other memory layouts, and compare every byte"),
    NUMBER("max-instant", "N", run.script.limits.instant_events, 1, UINT64_C(1) << 40,
           "events at one virtual instant (100000)"),
    NUMBER("max-time", "S", seconds, 1, 1000000000, "seconds of virtual time (86400)"),
    NUMBER("max-wall", "S", wall_seconds, 1, 86400, "seconds of wall time for each test (60)"),
    NUMBER("max-instructions", "N", run.script.instructions, 1000, UINT64_C(1) << 50,
           "of Lua, for each test (50000000)"),
    NUMBER("max-memory", "N", mebibytes, 1, 1024, "MiB of memory, for each test (64)"),
    NUMBER("max-output", "N", output_mebibytes, 1, 1 << 20,
           "MiB of each file or text that is written of a test (256)"),
    {.help = "What is written:"},
    FLAG('v', "verbose", run.verbose, "print the timeline of each test"),
    FLAG('q', "quiet", run.quiet, "print nothing but the tests that failed"),
    FLAG(0, "rule-coverage", coverage,
         "list each rule of each file, and the tests that reached it"),
    {.group = ladder_rows, AT(ladder)},
    OPTION_COLOR(offsetof(command_line_t, color)),
    {.name = "format",
     .argument = "FORM",
     .help = "results as pretty (the default), tap, junit or json",
     .set = set_format,
     AT(run.format)},
    {.group = files_rows, AT(files)},
    {.name = "bundle",
     .argument = "FOLDER",
     .help = "all that is needed to repeat a failure, in a folder each",
     .set = option_text,
     AT(run.bundle)},
    OPTION_HELP,
    {0}};

/* => Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, command_line_t *line)
{
    run_options_t *run = &line->run;
    int code = options_take(&command_run, argc, argv, line, &line->words);
    if (code >= 0)
        return code;
    if (!shared_files_done(&command_run, &line->files) ||
        !shared_ladder_done(&command_run, &line->ladder))
        return EXIT_MISTAKE;
    run->jobs = (unsigned)line->jobs;
    run->wall_seconds = (unsigned)line->wall_seconds;
    run->script.limits.virtual_us = line->seconds * 1000000;
    run->script.memory_bytes = (size_t)line->mebibytes << 20;
    run->script.output_bytes = line->output_mebibytes << 20;
    run->script.forced_era = line->world.era;
    run->script.forced_mode = line->world.mode;
    run->paths = line->words.list;
    run->path_count = line->words.count;
    run->color = color_wanted(stdout, line->color);
    line->style = shared_ladder_style(&line->ladder, line->color, stdout);
    line->writes = line->files.count > 0;
    if (line->ladder.wanted)
        shared_ladder_observe(&line->files, &line->style);
    run->script.observers = line->files.observers;
    run->script.observer_count = line->files.count;
    return -1;
}

/* ---- options that do not go together ---- */

static bool in_ci(void)
{
    const char *ci = getenv("CI");
    return ci != NULL && strcmp(ci, "true") == 0;
}

static bool names_a_test(const run_options_t *run)
{
    char path[PATH_MAX_TEXT];
    for (size_t i = 0; i < run->path_count; i++) {
        if (file_list_split(run->paths[i], path, sizeof(path)) != NULL)
            return true;
    }
    return false;
}

/* => Returns NULL if the goldens may be written, else why not. */
static const char *no_update(const command_line_t *line)
{
    const run_options_t *run = &line->run;
    if (in_ci())
        return "--update is refused where CI=true: a golden is written by who has looked at it";
    if (run->script.seed != 1)
        return "--update goes with the seed 1 only";
    if (line->world.era != NULL || line->world.mode != NULL)
        return "--update does not go with --era and --mode: a golden is what the script chooses";
    if (run->script.hooks.count > 0)
        return "--update does not go with --hook: a golden is what happens without it";
    if (run->script.faults.count > 0)
        return "--update does not go with --fault: a golden is what happens without it";
    if (!selection_is_all(&line->selection) || line->last_failed || names_a_test(run))
        return "--update writes all timelines of a file: name whole files";
    return NULL;
}

/* => Returns NULL if --check-determinism supports all given options, else why not. */
static const char *no_check(const command_line_t *line)
{
    const run_options_t *run = &line->run;
    if (run->update || run->bundle != NULL || line->writes)
        return "--check-determinism keeps no files: leave out what writes some";
    if (line->list || run->script.dry || run->format != NULL)
        return "--check-determinism prints what it compares, in a form of its own";
    if (line->coverage)
        return "--check-determinism does not go with --rule-coverage";
    if (line->last_failed)
        return "--check-determinism does not go with --last-failed, which its first run changes";
    return NULL;
}

/* => Returns NULL unless `-` is given with an option that reads a script again; then why not. */
static const char *no_stdin(const command_line_t *line)
{
    size_t count = 0;
    for (size_t i = 0; i < line->run.path_count; i++)
        count += line->run.paths[i][0] == '-' && strchr(":", line->run.paths[i][1]) != NULL;
    if (count > 1)
        return "standard input, -, can be read once";
    if (count > 0 &&
        (line->check || line->last_failed || line->run.update || line->run.bundle != NULL))
        return "a script from standard input cannot be read again: --check-determinism, "
               "--last-failed, --update and --bundle want a file";
    return NULL;
}

/* => Returns -1 to go on, else the exit code. */
static int look_through(const command_line_t *line)
{
    const char *why = line->run.update ? no_update(line) : NULL;
    if (why == NULL && line->check)
        why = no_check(line);
    if (why == NULL && line->ladder.wanted && line->run.format != NULL &&
        line->run.format != &report_pretty)
        why = "--ladder is for people: it goes with --format pretty only";
    if (why == NULL && line->coverage && line->run.format != NULL &&
        line->run.format != &report_pretty)
        why = "--rule-coverage is for people: it goes with --format pretty only";
    if (why == NULL && line->coverage && (line->list || line->run.script.dry))
        why = "--rule-coverage counts what tests do: nothing is run by --list and --dry-run";
    if (why == NULL && line->run.quiet && line->run.format != NULL &&
        line->run.format != &report_pretty)
        why = "--quiet is for people: it goes with --format pretty only";
    if (why == NULL && line->run.quiet && (line->list || line->run.script.dry))
        why = "--quiet prints what failed: nothing is run by --list and --dry-run";
    if (why == NULL)
        why = no_stdin(line);
    if (why == NULL && line->list && line->run.format != NULL)
        why = "--list prints names; for another form take --dry-run";
    if (why == NULL && line->run.path_count == 0 && !line->last_failed)
        why = "no file was given; `lo0sim run scenarios` runs a folder";
    return why != NULL ? command_mistake("run", "%s", why) : -1;
}

/* ---- running ---- */

/* Whether an argument is --check-determinism, or a sufficient abbreviation of it. */
static bool asks_for_check(const char *argument)
{
    return strlen(argument) > 2 && strncmp("--check-determinism", argument, strlen(argument)) == 0;
}

static int check(const command_line_t *line)
{
    const option_words_t *words = &line->words;
    char **options = must_calloc(words->option_count + 1, sizeof(*options));
    size_t count = 0;
    for (size_t i = 0; i < words->option_count; i++) {
        if (!asks_for_check(words->options[i]))
            options[count++] = words->options[i];
    }
    determinism_options_t o = {.options = options,
                               .option_count = count,
                               .paths = line->run.paths,
                               .path_count = line->run.path_count,
                               .programs = line->run.script.allow_exec,
                               .jobs = line->run.jobs};
    int code = determinism_check(&o, stdout, stderr);
    free(options);
    return code;
}

/* The tests that failed; without paths, their files.
 * => Returns false, and says why, if nobody knows them. */
static bool take_last_failed(command_line_t *line)
{
    const char *trouble = last_failed_trouble(line->run.failed);
    if (trouble != NULL)
        command_mistake("run", "--last-failed: %s", trouble);
    line->selection.failed = line->run.failed;
    if (line->run.path_count == 0)
        line->run.path_count = last_failed_files(line->run.failed, &line->run.paths);
    return trouble == NULL;
}

static int start(command_line_t *line)
{
    run_options_t *run = &line->run;
    /* Another seed gives other ports; hooks, faults, another era or mode other events: those
     * timelines are not golden. */
    run->golden = run->script.seed == 1 && run->script.hooks.count == 0 &&
                  run->script.faults.count == 0 && line->world.era == NULL &&
                  line->world.mode == NULL && !run->update;
    run->selection = &line->selection;
    run->script.wanted = selection_wanted;
    run->script.wanted_arg = &line->selection;
    int code = look_through(line);
    if (code >= 0)
        return code;
    if (line->list) {
        run->format = &report_list;
        run->script.dry = true;
    }
    if (line->check)
        return check(line);
    if (!shared_hooks_done(&command_run, &run->script.hooks))
        return EXIT_MISTAKE;
    run->failed = last_failed_open();
    if (line->last_failed && !take_last_failed(line)) {
        last_failed_close(run->failed);
        return EXIT_MISTAKE;
    }
    if (line->coverage)
        run->coverage = rule_coverage_create();
    code = run_files(run, stdout, stderr);
    if (line->coverage)
        rule_coverage_write(run->coverage, stdout, terminal_width(stdout));
    rule_coverage_destroy(run->coverage);
    last_failed_close(run->failed);
    return code;
}

static int run_command(int argc, char **argv)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    command_line_t line = {
        .run = {.script = {.seed = 1, .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX}}},
        .jobs = processors > 0 ? (uint64_t)processors : 1,
        .seconds = BOX_VIRTUAL_US_MAX / 1000000,
        .wall_seconds = RUN_WALL_SECONDS,
    };
    int code = parse(argc, argv, &line);
    if (code < 0)
        code = start(&line);
    hook_objects_fini(&line.run.script.hooks);
    return code;
}

const command_t command_run = {
    .name = "run",
    .what = "run scenario files",
    .run = run_command,
    .synopsis = "[OPTION...] FILE[:TEST]...",
    .text = "Runs the tests of scenario files; a folder stands for the *.lua files in it and "
            "below, - for standard "
            "input. A test's "
            "timeline is compared with the golden beside its file (x.lua: x.trace), if any, where "
            "the seed is 1.",
    .rows = rows,
    .tail = "A FILE that is written is for one test, or has %t where the test's name is to be, and "
            "with several scripts %f where the script's is.\n\n"
            "exit: 0 all passed, 1 a test failed, 2 a mistake in a script or on the command line, "
            "3 lo0sim itself failed, 4 nothing to run",
};
