/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim ipfstat, lo0sim ipmon: what these commands would print at the end of a test.
 */
#include "sim/run/observe.h"
#include "sim/command/command.h"
#include "sim/run/worker.h"
#include "sim/view/ipf_text.h"

#include <getopt.h>
#include <string.h>

#define USAGE_FILE                                                                                 \
    "FILE:TEST chooses one test by its name; FILE alone stands for all of its tests, each\n"       \
    "below a line `# NAME`. Time 0 of a test is 2009-06-16 15:30:00 UTC.\n"
#define USAGE_TAIL                                                                                 \
    "      --seed N   the seed of ports, sequence numbers and random numbers (1)\n"                \
    "      --help     this text\n"                                                                 \
    "\n"                                                                                           \
    "exit: 0, 1 a test failed, 2 a mistake in a script or on the command line, 3 lo0sim\n"         \
    "itself failed, 4 there was no test to run\n"

static const char ipfstat_usage[] =
    "usage: lo0sim ipfstat [OPTION...] FILE[:TEST]\n"
    "\n"
    "Runs a test and prints what ipfstat would at its end: the filter's counters, or with\n"
    "-i or -o its rules.\n" USAGE_FILE "\n"
    "  -i, -o         the rules of the in list, of the out list, and their groups\n"
    "  -h             before each rule, how often it was hit\n"
    "  -n             before each rule, @N, its number in its list\n"
    "  -v             before each rule, by how many bytes; \"(!)\" behind interfaces that are\n"
    "                 not there\n"
    "  -a             the `count` rules instead, with their bytes\n"
    "  -R             ports as numbers, not as names of services\n" USAGE_TAIL;

static const char ipmon_usage[] =
    "usage: lo0sim ipmon [OPTION...] FILE[:TEST]\n"
    "\n"
    "Runs a test and prints what ipmon would make of the log at its end.\n" USAGE_FILE "\n"
    "  -s             as for syslog: no date, and facility.priority first\n"
    "  -n             names of services, and localhost\n"
    "  -v             seq, ack and window of TCP\n"
    "  -b             below packets that `log body` has logged, the bytes behind the headers\n"
    "  -x             below each packet, its bytes\n" USAGE_TAIL;

/* One of the two commands. */
typedef struct tool {
    const char *name, *usage, *letters;
    bool (*take)(void *options, char letter, char *error, size_t size);
    bool (*done)(void *options, char *error, size_t size);
    observer_t observer;
} tool_t;

/* => Returns -1 to go on, with what to run in *what; else the exit code. */
static int parse(const tool_t *tool, int argc, char **argv, void *options, uint64_t *seed,
                 const char **what)
{
    enum { OPT_HELP = 256, OPT_SEED };
    static const struct option long_options[] = {{"help", no_argument, NULL, OPT_HELP},
                                                 {"seed", required_argument, NULL, OPT_SEED},
                                                 {NULL, 0, NULL, 0}};
    char error[200];
    int option;
    while ((option = getopt_long(argc, argv, tool->letters, long_options, NULL)) != -1) {
        if (option == OPT_HELP)
            return fputs(tool->usage, stdout) < 0;
        if (option == '?')
            return EXIT_MISTAKE;
        if (option == OPT_SEED) {
            if (!command_number(tool->name, "--seed", optarg, 0, UINT64_MAX, seed))
                return EXIT_MISTAKE;
        } else if (!tool->take(options, (char)option, error, sizeof(error))) {
            return command_mistake(tool->name, "%s", error);
        }
    }
    if (!tool->done(options, error, sizeof(error)))
        return command_mistake(tool->name, "%s", error);
    if (optind + 1 != argc)
        return command_mistake(tool->name, "one scenario is needed: lo0sim %s FILE[:TEST]",
                               tool->name);
    *what = argv[optind];
    return -1;
}

static int run_tool(const tool_t *tool, int argc, char **argv, void *options)
{
    char name[40];
    const char *what = NULL;
    script_options_t script = {
        .seed = 1,
        .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX, .virtual_us = BOX_VIRTUAL_US_MAX},
        .observers = (const observer_t *const[]){&tool->observer},
        .observer_count = 1};
    snprintf(name, sizeof(name), "lo0sim %s", tool->name);
    argv[0] = name; /* what getopt's messages begin with */
    int code = parse(tool, argc, argv, options, &script.seed, &what);
    return code >= 0 ? code : observe(what, &script, RUN_WALL_SECONDS);
}

/* ---- ipfstat ---- */

static bool take_ipfstat(void *options, char letter, char *error, size_t size)
{
    return ipfstat_option(options, letter, error, size);
}

static bool done_ipfstat(void *options, char *error, size_t size)
{
    return ipfstat_options_done(options, error, size);
}

int command_ipfstat(int argc, char **argv)
{
    ipfstat_options_t options = {0};
    return run_tool(&(tool_t){"ipfstat", ipfstat_usage, IPFSTAT_LETTERS, take_ipfstat, done_ipfstat,
                              ipfstat_observer(&options)},
                    argc, argv, &options);
}

/* ---- ipmon ---- */

static bool take_ipmon(void *options, char letter, char *error, size_t size)
{
    return ipmon_option(options, letter, error, size);
}

static bool done_ipmon(void *options, char *error, size_t size)
{
    (void)options;
    (void)error;
    (void)size;
    return true;
}

int command_ipmon(int argc, char **argv)
{
    unsigned how = 0;
    return run_tool(&(tool_t){"ipmon", ipmon_usage, IPMON_LETTERS, take_ipmon, done_ipmon,
                              ipmon_observer(&how)},
                    argc, argv, &how);
}
