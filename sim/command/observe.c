/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim ipfstat, lo0sim ipmon: what these commands would print at the end of a test.
 */
#include "sim/run/observe.h"
#include "sim/base/mistake.h"
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/shared.h"
#include "sim/run/worker.h"
#include "sim/view/ipf_text.h"

#include <string.h>

#define TEXT_FILE                                                                                  \
    " FILE:TEST chooses one test by its name; FILE alone stands for all of its tests, each below " \
    "a line `# NAME`. Time 0 of a test is 2009-06-16 15:30:00 UTC."
#define SYNOPSIS "[OPTION...] FILE[:TEST]"
#define TAIL                                                                                       \
    "exit: 0, 1 a test failed, 2 a mistake in a script or on the command line, 3 lo0sim itself "   \
    "failed, 4 there was no test to run"

typedef struct tool_line {
    uint64_t seed;
    ipfstat_options_t ipfstat;
    unsigned ipmon;
} tool_line_t;

/* Runs what the words name, and shows each box at its end. */
static int run_tool(const command_t *command, const tool_line_t *line, const option_words_t *words,
                    observer_t observer)
{
    script_options_t script = {
        .seed = line->seed,
        .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX, .virtual_us = BOX_VIRTUAL_US_MAX},
        .observers = (const observer_t *const[]){&observer},
        .observer_count = 1};
    if (words->count != 1)
        return command_mistake(command->name, "one scenario is needed: lo0sim %s FILE[:TEST]",
                               command->name);
    return observe(words->list[0], &script, RUN_WALL_SECONDS);
}

/* ---- ipfstat ---- */

static bool set_ipfstat(void *where, const option_given_t *given)
{
    char error[200];
    tool_line_t none = {0}, *line = where != NULL ? where : &none;
    if (strchr(IPFSTAT_LETTERS, given->name[1]) == NULL ||
        ipfstat_option(&line->ipfstat, given->name[1], error, sizeof(error)))
        return true;
    command_mistake("ipfstat", "%s", error);
    return false;
}

#define LETTER(l, set_, help_)                                                                     \
    {                                                                                              \
        .letter = (l), .help = (help_), .set = (set_)                                              \
    }

static const option_row_t ipfstat_rows[] = {
    LETTER('i', set_ipfstat, "the rules of the in list, and their groups"),
    LETTER('o', set_ipfstat, "the same of the out list"),
    LETTER('h', set_ipfstat, "before each rule, how often it was hit"),
    LETTER('n', set_ipfstat, "before each rule, @N, its number in its list"),
    LETTER('v', set_ipfstat,
           "before each rule, by how many bytes; \"(!)\" after interfaces that are not there"),
    LETTER('a', set_ipfstat, "the `count` rules instead, with their bytes"),
    LETTER('R', set_ipfstat, "ports as numbers, not as names of services"),
    LETTER('t', set_ipfstat, "the states as a table, those with the most bytes first"),
    LETTER('6', set_ipfstat, "with -t, those of IPv6"),
    LETTER('s', set_ipfstat, "what became of states, and the state table's lists"),
    LETTER('l', set_ipfstat, "with -s, the states themselves"),
    LETTER('f', set_ipfstat, "what became of fragments, and the fragments that are known"),
    OPTION_HOSTS,
    OPTION_SEED(offsetof(tool_line_t, seed)),
    OPTION_HELP_LONG,
    {0}};

static int run_ipfstat(int argc, char **argv)
{
    tool_line_t line = {.seed = 1};
    option_words_t words;
    char error[200];
    int code = options_take(&command_ipfstat, argc, argv, &line, &words);
    if (code >= 0)
        return code;
    if (!ipfstat_options_done(&line.ipfstat, error, sizeof(error)))
        return command_mistake("ipfstat", "%s", error);
    return run_tool(&command_ipfstat, &line, &words, ipfstat_observer(&line.ipfstat));
}

const command_t command_ipfstat = {
    .name = "ipfstat",
    .what = "run a test, print its rules and counters",
    .run = run_ipfstat,
    .synopsis = SYNOPSIS,
    .text =
        "Runs a test and prints what ipfstat would at its end: the filter's counters; with -i or "
        "-o its rules; with -t or -s its states; with -f its fragments." TEXT_FILE,
    .rows = ipfstat_rows,
    .tail = TAIL,
    .other = set_ipfstat,
};

/* ---- ipmon ---- */

static bool set_ipmon(void *where, const option_given_t *given)
{
    char error[200];
    tool_line_t none = {0}, *line = where != NULL ? where : &none;
    if (strchr(IPMON_LETTERS, given->name[1]) == NULL ||
        ipmon_option(&line->ipmon, given->name[1], error, sizeof(error)))
        return true;
    command_mistake("ipmon", "%s", error);
    return false;
}

static const option_row_t ipmon_rows[] = {
    LETTER('s', set_ipmon, "as for syslog: no date, and facility.priority first"),
    LETTER('n', set_ipmon, "names of services, and localhost"),
    LETTER('v', set_ipmon, "seq, ack and window of TCP"),
    LETTER('b', set_ipmon, "below packets that `log body` has logged, the bytes after the headers"),
    LETTER('x', set_ipmon, "below each packet, its bytes"),
    OPTION_HOSTS,
    OPTION_SEED(offsetof(tool_line_t, seed)),
    OPTION_HELP_LONG,
    {0}};

static int run_ipmon(int argc, char **argv)
{
    tool_line_t line = {.seed = 1};
    option_words_t words;
    int code = options_take(&command_ipmon, argc, argv, &line, &words);
    return code >= 0 ? code : run_tool(&command_ipmon, &line, &words, ipmon_observer(&line.ipmon));
}

const command_t command_ipmon = {
    .name = "ipmon",
    .what = "run a test, print its log",
    .run = run_ipmon,
    .synopsis = SYNOPSIS,
    .text = "Runs a test and prints what ipmon would make of the log at its end." TEXT_FILE,
    .rows = ipmon_rows,
    .tail = TAIL,
    .other = set_ipmon,
};
