/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim check: what is wrong with rules files, for an editor and for who writes them.
 */
#include "filter/ipf_check.h"
#include "filter/ipf_words.h"
#include "sim/command/command.h"

#include "sim/base/must.h"
#include "sim/core/era.h"
#include "sim/core/rules_error.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERRORS_SHOWN 100

#define WARNING_NAMES                                                                              \
    "covered, overridden, duplicate, return, hangs, undone,\n"                                     \
    "intercept, lo0-address, no-state, flags, ports, skip, group, refused, unused."

static const char usage[] =
    "usage: lo0sim check [OPTION...] RULES...\n"
    "\n"
    "Reads rules files, - for standard input, and prints all that is wrong with them, on\n"
    "standard output: FILE:LINE:COLUMN: error: or warning:, and below it the line. A\n"
    "warning is about what IP Filter takes and what will not do what it seems to say.\n"
    "\n"
    "  -6                 rules are for IPv6 where they do not say\n"
    "  -q                 the findings alone, without the lines they are about\n"
    "  --ignore WARNINGS  no warnings of these names, with commas; each ends in its own\n"
    "  --era ERA          post, snv_116, illumos, linux: how long a connect hangs\n"
    "  -h, --help         this text\n"
    "\n"
    "In a file, `# check: ignore NAME` silences a warning of its line or, alone on a line, of\n"
    "the next rule; `# check: ignore-file NAME` of the whole file. What follows `--` is the\n"
    "reason. The names: " WARNING_NAMES "\n"
    "\n"
    "exit: 0 nothing, or warnings only, 2 an error in a file or on the command line\n";

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

/* The names of warnings, with commas, into *silent. */
static int parse_ignore(const char *text, uint32_t *silent)
{
    for (; *text != '\0'; text += *text == ',') {
        size_t length = strcspn(text, ","), i = 0;
        while (i < IPF_WARN_COUNT && (strlen(ipf_warning_names[i]) != length ||
                                      memcmp(ipf_warning_names[i], text, length) != 0))
            i++;
        if (i == IPF_WARN_COUNT) {
            const char *near = ipf_word_near(ipf_warning_names, text, length);
            fprintf(stderr, "lo0sim check: --ignore: there is no warning '%.*s'", (int)length,
                    text);
            fprintf(stderr, near != NULL ? "; did you mean '%s'?\n" : "\n", near);
            return EXIT_MISTAKE;
        }
        *silent |= 1u << i;
        text += length;
    }
    return 0;
}

static int parse_era(const char *name, const era_t **era)
{
    *era = era_find(name);
    return *era != NULL ? 0 : command_mistake("check", "--era is post, snv_116, illumos or linux");
}

static int check_files(char **paths, const ipf_check_how_t *how, bool quiet)
{
    int code = 0;
    if (*paths == NULL)
        return command_mistake("check", "a rules file is needed: lo0sim check FILE");
    for (; *paths != NULL; paths++) {
        if (check_file(*paths, how, quiet) != 0)
            code = EXIT_MISTAKE;
    }
    return code;
}

int command_check(int argc, char **argv)
{
    static char name[] = "lo0sim check";
    static const struct option long_options[] = {{"help", no_argument, NULL, 'h'},
                                                 {"ignore", required_argument, NULL, 'i'},
                                                 {"era", required_argument, NULL, 'e'},
                                                 {NULL, 0, NULL, 0}};
    const era_t *era = era_default();
    ipf_check_how_t how = {0};
    char hang[60];
    int option;
    bool quiet = false;
    argv[0] = name;
    while ((option = getopt_long(argc, argv, "6qh", long_options, NULL)) != -1) {
        if (option == 'h')
            return fputs(usage, stdout) < 0;
        if (option == '?' || (option == 'i' && parse_ignore(optarg, &how.silent) != 0) ||
            (option == 'e' && parse_era(optarg, &era) != 0))
            return EXIT_MISTAKE;
        how.family = option == '6' ? 6 : how.family;
        quiet = quiet || option == 'q';
    }
    snprintf(hang, sizeof(hang), "%.10g s (era %s)", (double)era->stack.ib_syns.sy_abort_us / 1e6,
             era->name);
    how.hang = hang;
    return check_files(argv + optind, &how, quiet);
}
