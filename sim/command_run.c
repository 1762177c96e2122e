/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim run: the command line.
 */
#include "sim/command.h"
#include "sim/command_ladder.h"
#include "sim/page.h"
#include "sim/runner.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WALL_SECONDS 60

static const char usage[] =
    "usage: lo0sim run [OPTION...] FILE...\n"
    "\n"
    "Runs the tests of scenario files; a folder stands for its *.lua files. A test's\n"
    "timeline is compared with the golden beside its file (x.lua: x.trace), if any.\n"
    "\n"
    "  -v, --verbose          print the timeline of each test\n"
    "      --ladder           draw the packets' ways between the stations (docs/pictures.md)\n"
    "      --width N          how wide: 40 to 1000 columns (COLUMNS, the terminal, 80)\n"
    "      --ascii            of ASCII characters only\n"
    "      --html FILE        write the ladder, events and packets as a page; %t in the name\n"
    "                         is the test's\n"
    "      --update           write the goldens anew (never where CI=true)\n"
    "      --seed N           the seed of ports, sequence numbers and random numbers (1)\n"
    "  -j, --jobs N           how many tests run at once (the number of processors)\n"
    "      --hook FILE.so[:ARGS]  register a shared object's hooks in each test's box; may\n"
    "                         be given again. Goldens are not compared then (docs/hooks.md)\n"
    "      --max-instant N    events at one virtual instant (100000)\n"
    "      --max-time S       seconds of virtual time (86400)\n"
    "      --max-wall S       seconds of wall time for each test (60)\n"
    "      --max-instructions N   of Lua, for each test (50000000)\n"
    "  -h, --help             this text\n"
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
    OPT_LADDER,
    OPT_WIDTH,
    OPT_ASCII,
    OPT_HTML
};

static const struct option long_options[] = {
    {"verbose", no_argument, NULL, 'v'},
    {"ladder", no_argument, NULL, OPT_LADDER},
    {"width", required_argument, NULL, OPT_WIDTH},
    {"ascii", no_argument, NULL, OPT_ASCII},
    {"html", required_argument, NULL, OPT_HTML},
    {"update", no_argument, NULL, OPT_UPDATE},
    {"seed", required_argument, NULL, OPT_SEED},
    {"hook", required_argument, NULL, OPT_HOOK},
    {"jobs", required_argument, NULL, 'j'},
    {"max-instant", required_argument, NULL, OPT_INSTANT},
    {"max-time", required_argument, NULL, OPT_TIME},
    {"max-wall", required_argument, NULL, OPT_WALL},
    {"max-instructions", required_argument, NULL, OPT_INSTRUCTIONS},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* => Returns false where the option is wrong, and has said so. */
static bool take_number(int option, const char *text, run_options_t *run)
{
    uint64_t n;
    switch (option) {
    case OPT_WIDTH:
        return command_ladder_width("run", text, &run->style);
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
    default:
        return command_number("run", "--max-instructions", text, 1000, UINT64_C(1) << 50,
                              &run->script.instructions);
    }
}

/* One more file to write of each test; an option that is given again names another file. */
static void add_observer(run_options_t *run, const observer_t *observer)
{
    size_t i = 0;
    while (i < run->script.observer_count && strcmp(run->files[i].option, observer->option) != 0)
        i++;
    run->files[i] = *observer;
    run->observers[i] = &run->files[i];
    if (i == run->script.observer_count)
        run->script.observer_count++;
    run->script.observers = run->observers;
}

static bool in_ci(void)
{
    const char *ci = getenv("CI");
    return ci != NULL && strcmp(ci, "true") == 0;
}

/* => Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, run_options_t *run)
{
    static char name[] = "lo0sim run";
    int option;
    argv[0] = name; /* what getopt's messages begin with */
    while ((option = getopt_long(argc, argv, "vj:h", long_options, NULL)) != -1) {
        switch (option) {
        case 'v':
            run->verbose = true;
            break;
        case OPT_UPDATE:
            run->update = true;
            break;
        case OPT_LADDER:
            run->ladder = true;
            break;
        case OPT_ASCII:
            run->style.ascii = true;
            break;
        case OPT_HTML:
            add_observer(
                run, &(observer_t){
                         .option = "--html", .file = optarg, .begin = page_begin, .end = page_end});
            break;
        case OPT_HOOK:
            if (!command_hook("run", &run->script.hooks, optarg))
                return EXIT_MISTAKE;
            break;
        case 'h':
            fputs(usage, stdout);
            return 0;
        case '?':
            return EXIT_MISTAKE; /* getopt has said what is wrong */
        default:
            if (!take_number(option, optarg, run))
                return EXIT_MISTAKE;
        }
    }
    if (run->update && in_ci())
        return command_mistake("run", "--update is refused where CI=true: a golden is written by "
                                      "who has looked at it");
    if (optind == argc)
        return command_mistake("run", "no file was given; `lo0sim run scenarios` runs a folder");
    run->paths = (const char *const *)argv + optind;
    run->path_count = (size_t)(argc - optind);
    return -1;
}

static int start(run_options_t *run)
{
    size_t hooks = run->script.hooks.count;
    /* Another seed gives other ports, and hooks other events: those timelines are not golden. */
    run->golden = run->script.seed == 1 && hooks == 0 && !run->update;
    if (run->update && run->script.seed != 1)
        return command_mistake("run", "--update goes with the seed 1 only");
    if (run->update && hooks > 0)
        return command_mistake("run", "--update does not go with --hook: a golden is what happens "
                                      "without it");
    if (!command_hooks_open("run", &run->script.hooks))
        return EXIT_MISTAKE;
    if (run->ladder)
        command_ladder_observe(&run->script, &run->style);
    return run_files(run, stdout, stderr);
}

int command_run(int argc, char **argv)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    run_options_t run = {
        .script = {.seed = 1,
                   .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX,
                              .virtual_us = BOX_VIRTUAL_US_MAX}},
        .jobs = processors > 0 ? (unsigned)processors : 1,
        .wall_seconds = WALL_SECONDS,
        .style = command_ladder_style(stdout),
        .color = command_color(stdout),
    };
    int code = parse(argc, argv, &run);
    if (code < 0)
        code = start(&run);
    hook_objects_fini(&run.script.hooks);
    return code;
}
