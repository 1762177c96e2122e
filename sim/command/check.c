/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim check: finds the mistakes in rules files, for people and for editors.
 */
#include "filter/ipf_check.h"
#include "filter/ipf_words.h"
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/shared.h"

#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/core/rules_error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERRORS_SHOWN 100

typedef struct checked {
    const char *path, *text;
    size_t length, errors;
    bool quiet;
} checked_t;

static void print_finding(void *arg, const ipf_finding_t *finding)
{
    checked_t *file = arg;
    ipf_error_t at = finding->at;
    size_t length = strlen(at.message);
    file->errors += finding->warning == NULL;
    if (finding->warning == NULL && file->errors > ERRORS_SHOWN)
        return;
    if (finding->warning != NULL)
        snprintf(at.message + length, sizeof(at.message) - length, " [%s]", finding->warning);
    rules_show(stdout, file->path, file->quiet ? NULL : file->text, file->length, &at,
               finding->warning != NULL ? "warning: " : "error: ");
}

/* => Returns the exit code. */
static int check_file(const char *path, const ipf_check_how_t *how, bool quiet)
{
    checked_t file = {.path = path, .quiet = quiet};
    size_t errors;
    char *text = rules_read(path, &file.length);
    if (text == NULL)
        return EXIT_MISTAKE;
    file.text = text;
    if (ipf_check(text, file.length, how, print_finding, &file, &errors) != 0)
        must_end();
    if (errors > ERRORS_SHOWN)
        printf("%s: %zu more errors are not shown\n", path, errors - ERRORS_SHOWN);
    fflush(stdout);
    free(text);
    return errors > 0 ? EXIT_MISTAKE : 0;
}

/* Turns the names of warnings, separated by commas, into bits of the uint32_t at `where`. */
static bool set_ignore(void *where, const option_given_t *given)
{
    uint32_t *silent = where;
    char word[40];
    for (const char *text = given->text; *text != '\0'; text += *text == ',') {
        size_t length = strcspn(text, ","), i = 0;
        snprintf(word, sizeof(word), "%.*s", (int)length, text);
        while (i < IPF_WARN_COUNT && strcmp(ipf_warning_names[i], word) != 0)
            i++;
        if (i == IPF_WARN_COUNT)
            return option_unknown(given->command, "warning", word, ipf_warning_names);
        *silent |= 1u << i;
        text += length;
    }
    return true;
}

typedef struct check_line {
    ipf_check_how_t how;
    const era_t *era;
    bool quiet;
} check_line_t;

static const option_row_t rows[] = {
    OPTION_FAMILY6(offsetof(check_line_t, how.family)),
    OPTION_HOSTS,
    {.letter = 'q',
     .help = "the findings alone, without the lines they are about",
     .set = option_flag,
     .offset = offsetof(check_line_t, quiet)},
    {.name = "ignore",
     .argument = "WARNINGS",
     .help = "no warnings of these names, with commas; each ends in its own",
     .set = set_ignore,
     .offset = offsetof(check_line_t, how.silent)},
    {.name = "era",
     .argument = "ERA",
     .help = "%w: how long a connect hangs",
     .set = option_era,
     .words = era_names,
     .offset = offsetof(check_line_t, era)},
    OPTION_HELP,
    {0}};

static int run(int argc, char **argv)
{
    check_line_t line = {.era = era_default()};
    option_words_t words;
    char hang[60];
    int code = options_take(&command_check, argc, argv, &line, &words);
    if (code >= 0)
        return code;
    if (words.count == 0)
        return command_mistake("check", "a rules file is needed: lo0sim check FILE");
    snprintf(hang, sizeof(hang), "%.10g s (era %s)",
             (double)line.era->stack.ib_syns.sy_abort_us / 1e6, line.era->name);
    line.how.hang = hang;
    line.how.build = &line.era->filter;
    code = 0;
    for (size_t i = 0; i < words.count; i++) {
        if (check_file(words.list[i], &line.how, line.quiet) != 0)
            code = EXIT_MISTAKE;
    }
    return code;
}

const command_t command_check = {
    .name = "check",
    .what = "look for mistakes in rules files",
    .run = run,
    .knows_machine = true,
    .synopsis = "[OPTION...] RULES...",
    .text = "Reads rules files, - for standard input, and prints all that is wrong with them, on "
            "standard output: FILE:LINE:COLUMN: error: or warning:, and below it the line. A "
            "warning is about what IP Filter takes and what will not do what it seems to say.",
    .rows = rows,
    .tail = "In a file, `# check: ignore NAME` silences a warning of its line or, alone on a line, "
            "of the next rule; `# check: ignore-file NAME` of the whole file. What follows `--` is "
            "the reason. The names: covered, overridden, duplicate, return, hangs, undone, "
            "intercept, lo0-address, no-state, flags, ports, skip, group, refused, unused.\n\n"
            "exit: 0 nothing, or warnings only, 2 an error in a file or on the command line",
};
