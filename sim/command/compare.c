/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim compare: the command line.
 */
#include "sim/run/compare.h"
#include "sim/base/mistake.h"
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/shared.h"
#include "sim/run/worker.h"

#include <string.h>

#define NAMES_MAX 16

typedef struct chosen {
    compare_options_t compare;
    const era_t *eras[NAMES_MAX];
    size_t era_count;
    ipf_reply_mode_t modes[NAMES_MAX];
    size_t mode_count;
    bool own_modes; /* the script's and the era's */
} chosen_t;

typedef enum added { ADDED, ADDED_UNKNOWN, ADDED_TWICE } added_t;

/* There is always room: none is taken twice, and fewer than NAMES_MAX exist. */
static added_t add_era(chosen_t *chosen, const char *name)
{
    const era_t *era = era_find(name);
    if (era == NULL)
        return ADDED_UNKNOWN;
    for (size_t i = 0; i < chosen->era_count; i++) {
        if (chosen->eras[i] == era)
            return ADDED_TWICE;
    }
    chosen->eras[chosen->era_count++] = era;
    return ADDED;
}

static added_t add_mode(chosen_t *chosen, const char *name)
{
    ipf_reply_mode_t mode;
    if (!reply_mode_find(name, &mode))
        return ADDED_UNKNOWN;
    for (size_t i = 0; i < chosen->mode_count; i++) {
        if (chosen->modes[i] == mode)
            return ADDED_TWICE;
    }
    chosen->modes[chosen->mode_count++] = mode;
    return ADDED;
}

/* One or more words, separated by commas. */
static bool take_list(chosen_t *chosen, const option_given_t *given, const char *what,
                      const char *const *names, added_t (*add)(chosen_t *chosen, const char *name))
{
    char word[40];
    if (given->text[0] == '\0') {
        command_mistake("compare", "the list of %ss is empty", what);
        return false;
    }
    for (const char *list = given->text;; list++) {
        size_t length = strcspn(list, ",");
        snprintf(word, sizeof(word), "%.*s", (int)length, list);
        added_t added = add(chosen, word);
        if (added == ADDED_TWICE)
            command_mistake("compare", "the %s '%s' is given twice", what, word);
        else if (added == ADDED_UNKNOWN)
            option_unknown(given->command, what, word, names);
        if (added != ADDED)
            return false;
        list += length;
        if (*list == '\0')
            return true;
    }
}

static bool set_eras(void *where, const option_given_t *given)
{
    return take_list(where, given, "era", era_names, add_era);
}

static bool set_modes(void *where, const option_given_t *given)
{
    chosen_t *chosen = where;
    chosen->own_modes = strcmp(given->text, "-") == 0;
    return chosen->own_modes || take_list(chosen, given, "reply mode", reply_mode_names, add_mode);
}

static const option_row_t rows[] = {
    {.name = "eras",
     .argument = "LIST",
     .help = "of %w (all)",
     .set = set_eras,
     .words = era_names},
    {.name = "modes",
     .argument = "LIST",
     .help = "of %w (all in era post, in others their own); `-` leaves the choice to the script "
             "and the era",
     .set = set_modes,
     .words = reply_mode_names},
    {.name = "html",
     .argument = "FILE",
     .help = "write a page with the runs side by side, up to four; then the eras are `post` and "
             "the modes inject,rewrite unless they are given; %t in the name is the test's "
             "(docs/pictures.md)",
     .set = option_text,
     .offset = offsetof(chosen_t, compare.html)},
    {.name = "counters",
     .help = "also how often a hook was called, and what the filter counted",
     .set = option_flag,
     .offset = offsetof(chosen_t, compare.counters)},
    OPTION_HOSTS,
    OPTION_SEED(offsetof(chosen_t, compare.seed)),
    OPTION_HELP,
    {0}};

static void add_run(chosen_t *chosen, const era_t *era, bool mode_chosen, ipf_reply_mode_t mode)
{
    chosen->compare.runs[chosen->compare.run_count++] = (compare_run_t){era, mode_chosen, mode};
}

/* Adds the era's runs: in the chosen modes. If none is chosen, the post's era runs in all modes,
 * and any other era in its own. */
static void add_runs(chosen_t *chosen, const era_t *era)
{
    if (chosen->own_modes) {
        add_run(chosen, era, false, era->mode);
        return;
    }
    for (size_t i = 0; i < chosen->mode_count; i++)
        add_run(chosen, era, true, chosen->modes[i]);
    for (size_t i = 0; chosen->mode_count == 0 && reply_mode_names[i] != NULL; i++) {
        if (era == era_default() || era->mode == (ipf_reply_mode_t)i)
            add_run(chosen, era, true, (ipf_reply_mode_t)i);
    }
}

/* A page shows the fix off and on, unless options choose other runs. */
static void choose_runs(chosen_t *chosen)
{
    bool page = chosen->compare.html != NULL;
    if (page && chosen->era_count == 0)
        add_era(chosen, "post");
    if (page && chosen->mode_count == 0 && !chosen->own_modes) {
        add_mode(chosen, "inject");
        add_mode(chosen, "rewrite");
    }
    for (size_t i = 0; i < chosen->era_count; i++)
        add_runs(chosen, chosen->eras[i]);
    for (size_t i = 0; chosen->era_count == 0 && era_names[i] != NULL; i++)
        add_runs(chosen, era_find(era_names[i]));
}

static int run(int argc, char **argv)
{
    chosen_t chosen = {.compare = {.seed = 1, .wall_seconds = RUN_WALL_SECONDS}};
    option_words_t words;
    int code = options_take(&command_compare, argc, argv, &chosen, &words);
    if (code >= 0)
        return code;
    if (words.count != 1)
        return command_mistake("compare", "one scenario is needed: lo0sim compare FILE[:TEST]");
    if (words.list[0][0] == '-' && strchr(":", words.list[0][1]) != NULL)
        return command_mistake(
            "compare", "a script is read several times: a file is needed, not standard input");
    choose_runs(&chosen);
    if (chosen.compare.html != NULL && chosen.compare.run_count > COMPARE_PAGE_RUNS_MAX)
        return command_mistake("compare",
                               "--html shows up to %d runs, and these are %zu: choose with --eras "
                               "and --modes",
                               COMPARE_PAGE_RUNS_MAX, chosen.compare.run_count);
    return compare(words.list[0], &chosen.compare, stdout);
}

const command_t command_compare = {
    .name = "compare",
    .what = "a scenario under each era and reply mode",
    .run = run,
    .synopsis = "[OPTION...] FILE[:TEST]",
    .text = "Runs a scenario under each era and reply mode, whatever it chooses itself, and prints "
            "a row for each call that waited: what came of it, how long it took, which packets "
            "snoop saw meanwhile, and who answered. A mode with a star never was in that era. "
            "Expectations that are not met are noted, and the script goes on.",
    .rows = rows,
    .tail = "exit: 0 whatever came out, 2 a mistake in the script or on the command line, 3 lo0sim "
            "itself failed, 4 there was no test to run",
};
