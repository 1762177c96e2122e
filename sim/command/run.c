/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim run: the command line.
 */
#include "sim/command/command.h"

#include "sim/base/must.h"
#include "sim/command/ladder.h"
#include "sim/run/determinism.h"
#include "sim/run/file_list.h"
#include "sim/run/runner.h"
#include "sim/run/worker.h"
#include "sim/script/script_file.h"
#include "sim/view/jsonl.h"
#include "sim/view/page.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: lo0sim run [OPTION...] FILE[:TEST]...\n"
    "\n"
    "Runs the tests of scenario files; a folder stands for its *.lua files. A test's\n"
    "timeline is compared with the golden beside its file (x.lua: x.trace), if any,\n"
    "where the seed is 1.\n"
    "\n"
    "Which tests:\n"
    "  -k PATTERN             whose name has PATTERN in it; * stands for any text, capitals\n"
    "                         do not matter. Given again: or that\n"
    "      --tag WORD         that have this tag. Given again: or that\n"
    "      --last-failed      that failed when they last ran; without FILE: all here and below\n"
    "      --shard I/N        the I-th of N shares, for several machines\n"
    "      --list             print their names, FILE:TEST, and run nothing\n"
    "      --dry-run          say what would be run, and run nothing\n"
    "How:\n"
    "  -j, --jobs N           how many tests run at once (the number of processors)\n"
    "  -x, --exitfirst        end at the first failure\n"
    "      --seed N           the seed of ports, sequence numbers and random numbers (1)\n"
    "      --hook FILE.so[:ARGS]  register a shared object's hooks in each test's box; may\n"
    "                         be given again. Goldens are not compared then (docs/hooks.md)\n"
    "      --update           write the goldens anew (never where CI=true)\n"
    "      --check-determinism  run everything twice, in other memory layouts, and compare\n"
    "                         every byte\n"
    "      --max-instant N    events at one virtual instant (100000)\n"
    "      --max-time S       seconds of virtual time (86400)\n"
    "      --max-wall S       seconds of wall time for each test (60)\n"
    "      --max-instructions N   of Lua, for each test (50000000)\n"
    "      --max-memory N     MiB of Lua, for each test (64)\n"
    "What is written:\n"
    "  -v, --verbose          print the timeline of each test\n" COMMAND_LADDER_USAGE
    "      --format FORM      results as pretty (the default), tap, junit or json\n"
    "      --jsonl FILE       the trace as JSON lines (docs/jsonl.md)\n"
    "  -w, --write FILE       a capture as pcapng (docs/captures.md)\n" COMMAND_CAPTURE_USAGE
    "      --html FILE        the ladder, events and packets as a page (docs/pictures.md)\n"
    "      --bundle FOLDER    all that is needed to repeat a failure, in a folder each\n"
    "  -h, --help             this text\n"
    "\n"
    "A FILE that is written is for one test, or has %t where the test's name is to be, and\n"
    "with several scripts %f where the script's is.\n"
    "\n"
    "exit: 0 all passed, 1 a test failed, 2 a mistake in a script or on the command line,\n"
    "3 lo0sim itself failed, 4 nothing to run\n";

enum {
    OPT_UPDATE = 256,
    OPT_HOOK,
    OPT_SEED,
    OPT_INSTANT,
    OPT_TIME,
    OPT_WALL,
    OPT_INSTRUCTIONS,
    OPT_MEMORY,
    OPT_TAG,
    OPT_LAST_FAILED,
    OPT_SHARD,
    OPT_LIST,
    OPT_DRY_RUN,
    OPT_CHECK,
    OPT_FORMAT,
    OPT_JSONL,
    OPT_BUNDLE,
    OPT_HTML
};

static const struct option long_options[] = {
    {"verbose", no_argument, NULL, 'v'},
    {"update", no_argument, NULL, OPT_UPDATE},
    {"seed", required_argument, NULL, OPT_SEED},
    {"hook", required_argument, NULL, OPT_HOOK},
    {"jobs", required_argument, NULL, 'j'},
    {"write", required_argument, NULL, 'w'},
    COMMAND_CAPTURE_OPTIONS,
    {"max-instant", required_argument, NULL, OPT_INSTANT},
    {"max-time", required_argument, NULL, OPT_TIME},
    {"max-wall", required_argument, NULL, OPT_WALL},
    {"max-instructions", required_argument, NULL, OPT_INSTRUCTIONS},
    {"max-memory", required_argument, NULL, OPT_MEMORY},
    {"tag", required_argument, NULL, OPT_TAG},
    {"last-failed", no_argument, NULL, OPT_LAST_FAILED},
    {"shard", required_argument, NULL, OPT_SHARD},
    {"list", no_argument, NULL, OPT_LIST},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"exitfirst", no_argument, NULL, 'x'},
    {"check-determinism", no_argument, NULL, OPT_CHECK},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"jsonl", required_argument, NULL, OPT_JSONL},
    {"bundle", required_argument, NULL, OPT_BUNDLE},
    COMMAND_LADDER_OPTIONS,
    {"html", required_argument, NULL, OPT_HTML},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* What the command line says. */
typedef struct command_line {
    run_options_t run;
    selection_t selection;
    command_observers_t observers;
    command_capture_t capture;
    command_ladder_t ladder;
    bool check, last_failed, list;
    int option_count; /* the arguments before the paths */
} command_line_t;

/* ---- options; each returns false where one is wrong, and has said so ---- */

static bool take_number(int option, const char *text, run_options_t *run)
{
    uint64_t n;
    switch (option) {
    case 'j':
        if (!command_number("run", "--jobs", text, 1, 1000, &n))
            return false;
        run->jobs = (unsigned)n;
        return true;
    case OPT_SEED:
        return command_number("run", "--seed", text, 0, UINT64_MAX, &run->script.seed);
    case OPT_INSTANT:
        return command_number("run", "--max-instant", text, 1, UINT64_C(1) << 40,
                              &run->script.limits.instant_events);
    case OPT_TIME:
        if (!command_number("run", "--max-time", text, 1, 1000000000, &n))
            return false;
        run->script.limits.virtual_us = n * 1000000;
        return true;
    case OPT_WALL:
        if (!command_number("run", "--max-wall", text, 1, 86400, &n))
            return false;
        run->wall_seconds = (unsigned)n;
        return true;
    case OPT_MEMORY:
        if (!command_number("run", "--max-memory", text, 1, 1024, &n))
            return false;
        run->script.memory_bytes = (size_t)n << 20;
        return true;
    default:
        return command_number("run", "--max-instructions", text, 1000, UINT64_C(1) << 50,
                              &run->script.instructions);
    }
}

static bool take_format(command_line_t *line, const char *text)
{
    line->run.format = report_find(text);
    if (line->run.format != NULL)
        return true;
    command_mistake("run", "--format is one of " REPORT_FORMATS ", not '%s'", text);
    return false;
}

static bool take_shard(command_line_t *line, const char *text)
{
    char *end;
    unsigned long shard = strtoul(text, &end, 10), shards = 0;
    if (end != text && *end == '/' && end[1] >= '0' && end[1] <= '9')
        shards = strtoul(end + 1, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && shard >= 1 && shard <= shards &&
        shards <= 10000) {
        line->selection.shard = (unsigned)shard;
        line->selection.shards = (unsigned)shards;
        return true;
    }
    command_mistake("run", "--shard takes I/N, the I-th share of N, such as 1/4, not '%s'", text);
    return false;
}

static bool take_word(const char **words, size_t *count, const char *option, const char *text)
{
    if (*count == SELECTION_WORDS_MAX || text[0] == '\0') {
        command_mistake("run", text[0] == '\0' ? "%s is empty" : "%s is given too often", option);
        return false;
    }
    words[(*count)++] = text;
    return true;
}

static bool take_argument(int option, const char *text, command_line_t *line)
{
    selection_t *selection = &line->selection;
    switch (option) {
    case 'k':
        return take_word(selection->patterns, &selection->pattern_count, "-k", text);
    case OPT_TAG:
        return take_word(selection->tags, &selection->tag_count, "--tag", text);
    case OPT_SHARD:
        return take_shard(line, text);
    case OPT_FORMAT:
        return take_format(line, text);
    case OPT_JSONL:
        return command_observe("run", &line->observers, jsonl_observer("--jsonl", text));
    case OPT_HTML:
        return command_observe("run", &line->observers, page_observer("--html", text));
    case 'w':
    case OPT_TAP:
    case OPT_LINKTYPE:
        return command_capture("run", &line->capture, option, text);
    case OPT_BUNDLE:
        line->run.bundle = text;
        return true;
    case OPT_LADDER:
    case OPT_WIDTH:
    case OPT_ASCII:
        return command_ladder("run", &line->ladder, option, text);
    case OPT_HOOK:
        return command_hook("run", &line->run.script.hooks, text);
    default:
        return take_number(option, text, &line->run);
    }
}

/* => Returns false if it is no option without an argument. */
static bool take_flag(int option, command_line_t *line)
{
    switch (option) {
    case 'v':
        line->run.verbose = true;
        return true;
    case 'x':
        line->run.exit_first = true;
        return true;
    case OPT_UPDATE:
        line->run.update = true;
        return true;
    case OPT_LAST_FAILED:
        line->last_failed = true;
        return true;
    case OPT_LIST:
        line->list = true;
        return true;
    case OPT_DRY_RUN:
        line->run.script.dry = true;
        return true;
    case OPT_CHECK:
        line->check = true;
        return true;
    default:
        return false;
    }
}

/* => Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, command_line_t *line)
{
    int option;
    static char name[] = "lo0sim run";
    argv[0] = name; /* what getopt's messages begin with */
    while ((option = getopt_long(argc, argv, "vxk:j:w:h", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            return 0;
        }
        if (option == '?') /* getopt has said what is wrong */
            return EXIT_MISTAKE;
        if (!take_flag(option, line) && !take_argument(option, optarg, line))
            return EXIT_MISTAKE;
    }
    if (!command_capture_done("run", &line->capture, &line->observers))
        return EXIT_MISTAKE;
    if (!command_ladder_done("run", &line->ladder))
        return EXIT_MISTAKE;
    line->option_count = optind;
    line->run.paths = (const char *const *)argv + optind;
    line->run.path_count = (size_t)(argc - optind);
    return -1;
}

/* ---- what does not go together ---- */

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
    if (run->script.hooks.count > 0)
        return "--update does not go with --hook: a golden is what happens without it";
    if (!selection_is_all(&line->selection) || line->last_failed || names_a_test(run))
        return "--update writes all timelines of a file: name whole files";
    return NULL;
}

/* => Returns NULL if --check-determinism can do all that is said, else why not. */
static const char *no_check(const command_line_t *line)
{
    const run_options_t *run = &line->run;
    if (run->update || run->bundle != NULL || line->observers.count > 0)
        return "--check-determinism keeps no files: leave out what writes some";
    if (line->list || run->script.dry || run->format != NULL)
        return "--check-determinism prints what it compares, in a form of its own";
    if (line->last_failed)
        return "--check-determinism does not go with --last-failed, which its first run changes";
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
    if (why == NULL && line->list && line->run.format != NULL)
        why = "--list prints names; for another form take --dry-run";
    if (why == NULL && line->run.path_count == 0 && !line->last_failed)
        why = "no file was given; `lo0sim run scenarios` runs a folder";
    return why != NULL ? command_mistake("run", "%s", why) : -1;
}

/* ---- running ---- */

/* Whether an argument is --check-determinism, or as much of it as getopt takes. */
static bool asks_for_check(const char *argument)
{
    return strlen(argument) > 2 && strncmp("--check-determinism", argument, strlen(argument)) == 0;
}

static int check(const command_line_t *line, char **argv)
{
    char **options = calloc((size_t)line->option_count + 1, sizeof(*options));
    size_t count = 0;
    if (options == NULL)
        must_end();
    for (int i = 1; i < line->option_count; i++) {
        if (!asks_for_check(argv[i]) && strcmp(argv[i], "--") != 0)
            options[count++] = argv[i];
    }
    determinism_options_t o = {.options = options,
                               .option_count = count,
                               .paths = line->run.paths,
                               .path_count = line->run.path_count,
                               .jobs = line->run.jobs};
    int code = determinism_check(&o, stdout, stderr);
    free(options);
    return code;
}

/* The tests that failed; without paths, their files. */
static void take_last_failed(command_line_t *line)
{
    line->selection.failed = line->run.failed;
    if (line->run.path_count == 0)
        line->run.path_count = last_failed_files(line->run.failed, &line->run.paths);
}

static int start(command_line_t *line, char **argv)
{
    run_options_t *run = &line->run;
    size_t hooks = run->script.hooks.count;
    /* Another seed gives other ports, and hooks other events: those timelines are not golden. */
    run->golden = run->script.seed == 1 && hooks == 0 && !run->update;
    run->script.observers = line->observers.pointers;
    run->script.observer_count = line->observers.count;
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
        return check(line, argv);
    if (!command_hooks_open("run", &run->script.hooks))
        return EXIT_MISTAKE;
    if (line->ladder.wanted)
        command_ladder_observe(&run->script, &line->ladder.style);
    run->failed = last_failed_open();
    if (line->last_failed)
        take_last_failed(line);
    code = run_files(run, stdout, stderr);
    last_failed_close(run->failed);
    return code;
}

int command_run(int argc, char **argv)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    command_line_t line = {
        .run = {.script = {.seed = 1,
                           .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX,
                                      .virtual_us = BOX_VIRTUAL_US_MAX}},
                .jobs = processors > 0 ? (unsigned)processors : 1,
                .wall_seconds = RUN_WALL_SECONDS,
                .color = color_wanted(stdout)},
        .ladder = {.style = command_ladder_style(stdout)},
    };
    int code = parse(argc, argv, &line);
    if (code < 0)
        code = start(&line, argv);
    hook_objects_fini(&line.run.script.hooks);
    return code;
}
