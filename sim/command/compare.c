/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim compare: the command line.
 */
#include "sim/run/compare.h"
#include "sim/command/command.h"
#include "sim/run/worker.h"

#include <getopt.h>
#include <string.h>

#define NAMES_MAX 16

static const char usage[] =
    "usage: lo0sim compare [OPTION...] FILE[:TEST]\n"
    "\n"
    "Runs a scenario under each era and reply mode, whatever it chooses itself, and prints\n"
    "a row for each call that waited: what came of it, how long it took, which packets\n"
    "snoop saw meanwhile, how often a hook was called, and what the filter counted.\n"
    "Expectations that are not met are noted, and the script goes on.\n"
    "\n"
    "      --eras LIST    of post, snv_116, illumos, linux (all)\n"
    "      --modes LIST   of inject, rewrite, netinfo, errno (all); `-` leaves the choice to\n"
    "                     the script and the era\n"
    "      --html FILE    write a page with the runs side by side, up to four; then the eras\n"
    "                     are `post` and the modes inject,rewrite unless they are given; %t\n"
    "                     in the name is the test's (docs/pictures.md)\n"
    "      --seed N       the seed of ports, sequence numbers and random numbers (1)\n"
    "  -h, --help         this text\n"
    "\n"
    "exit: 0 whatever came out, 2 a mistake in the script or on the command line, 3 lo0sim\n"
    "itself failed, 4 there was no test to run\n";

enum { OPT_ERAS = 256, OPT_MODES, OPT_SEED, OPT_HTML };

static const struct option long_options[] = {
    {"eras", required_argument, NULL, OPT_ERAS},
    {"modes", required_argument, NULL, OPT_MODES},
    {"seed", required_argument, NULL, OPT_SEED},
    {"html", required_argument, NULL, OPT_HTML},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

typedef struct chosen {
    compare_options_t compare;
    const era_t *eras[NAMES_MAX];
    ipf_reply_mode_t modes[NAMES_MAX];
} chosen_t;

typedef enum added { ADDED, ADDED_UNKNOWN, ADDED_TWICE } added_t;

/* Each has room: none is taken twice, and there are fewer than NAMES_MAX. */
static added_t add_era(chosen_t *chosen, const char *name)
{
    const era_t *era = era_find(name);
    if (era == NULL)
        return ADDED_UNKNOWN;
    for (size_t i = 0; i < chosen->compare.era_count; i++) {
        if (chosen->eras[i] == era)
            return ADDED_TWICE;
    }
    chosen->eras[chosen->compare.era_count++] = era;
    return ADDED;
}

static added_t add_mode(chosen_t *chosen, const char *name)
{
    ipf_reply_mode_t mode;
    if (!reply_mode_find(name, &mode))
        return ADDED_UNKNOWN;
    for (size_t i = 0; i < chosen->compare.mode_count; i++) {
        if (chosen->modes[i] == mode)
            return ADDED_TWICE;
    }
    chosen->modes[chosen->compare.mode_count++] = mode;
    return ADDED;
}

/* Words with commas between them, at least one. */
static bool take_list(chosen_t *chosen, const char *what, const char *list, const char *there_are,
                      added_t (*add)(chosen_t *chosen, const char *name))
{
    char word[40];
    if (*list == '\0') {
        command_mistake("compare", "the list of %ss is empty; there are: %s", what, there_are);
        return false;
    }
    for (;; list++) {
        size_t length = strcspn(list, ",");
        snprintf(word, sizeof(word), "%.*s", (int)length, list);
        added_t added = add(chosen, word);
        if (added == ADDED_TWICE)
            command_mistake("compare", "the %s '%s' is given twice", what, word);
        else if (added == ADDED_UNKNOWN)
            command_mistake("compare", "there is no %s '%s'; there are: %s", what, word, there_are);
        if (added != ADDED)
            return false;
        list += length;
        if (*list == '\0')
            return true;
    }
}

static void all(chosen_t *chosen)
{
    for (size_t i = 0; chosen->compare.era_count == 0 && era_names[i] != NULL; i++)
        chosen->eras[i] = era_find(era_names[i]);
    for (size_t i = 0; chosen->compare.mode_count == 0 && reply_mode_names[i] != NULL; i++)
        chosen->modes[i] = (ipf_reply_mode_t)i;
    chosen->compare.era_count = chosen->compare.era_count == 0 ? 4 : chosen->compare.era_count;
    chosen->compare.mode_count = chosen->compare.mode_count == 0 ? 4 : chosen->compare.mode_count;
}

/* Chooses what a page shows unless it was said: the fix off and on.
 * => Returns false where that is too much for a page, and has said so. */
static bool for_page(chosen_t *chosen, bool own_modes)
{
    compare_options_t *compare = &chosen->compare;
    if (compare->html == NULL)
        return true;
    if (compare->era_count == 0)
        add_era(chosen, "post");
    if (compare->mode_count == 0 && !own_modes) {
        add_mode(chosen, "inject");
        add_mode(chosen, "rewrite");
    }
    size_t runs = compare->era_count * (own_modes ? 1 : compare->mode_count);
    if (runs <= COMPARE_PAGE_RUNS_MAX)
        return true;
    command_mistake("compare",
                    "--html shows up to %d runs, and these are %zu: choose with --eras "
                    "and --modes",
                    COMPARE_PAGE_RUNS_MAX, runs);
    return false;
}

/* => Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, chosen_t *chosen, bool *own_modes)
{
    static char name[] = "lo0sim compare";
    int option;
    argv[0] = name; /* what getopt's messages begin with */
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (option == 'h')
            return fputs(usage, stdout) < 0;
        if (option == OPT_HTML)
            chosen->compare.html = optarg;
        else if (option == OPT_MODES && strcmp(optarg, "-") == 0)
            *own_modes = true;
        else if (option == OPT_ERAS &&
                 take_list(chosen, "era", optarg, "post, snv_116, illumos, linux", add_era))
            continue;
        else if (option == OPT_MODES && take_list(chosen, "reply mode", optarg,
                                                  "inject, rewrite, netinfo, errno", add_mode))
            continue;
        else if (option == OPT_SEED &&
                 command_number("compare", "--seed", optarg, 0, UINT64_MAX, &chosen->compare.seed))
            continue;
        else
            return EXIT_MISTAKE;
    }
    if (optind + 1 != argc)
        return command_mistake("compare", "one scenario is needed: lo0sim compare FILE[:TEST]");
    return -1;
}

int command_compare(int argc, char **argv)
{
    chosen_t chosen = {.compare = {.seed = 1, .wall_seconds = RUN_WALL_SECONDS}};
    bool own_modes = false;
    int code = parse(argc, argv, &chosen, &own_modes);
    if (code >= 0)
        return code;
    if (!for_page(&chosen, own_modes))
        return EXIT_MISTAKE;
    all(&chosen);
    chosen.compare.eras = chosen.eras;
    chosen.compare.modes = own_modes ? NULL : chosen.modes;
    return compare(argv[optind], &chosen.compare, stdout);
}
