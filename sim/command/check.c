/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim check: what is wrong with rules files, for an editor and for who writes them.
 */
#include "filter/ipf_check.h"
#include "sim/command/command.h"

#include "sim/base/must.h"
#include "sim/core/rules_error.h"

#include <getopt.h>
#include <stdlib.h>

#define ERRORS_SHOWN 100

static const char usage[] =
    "usage: lo0sim check [OPTION...] RULES...\n"
    "\n"
    "Reads rules files, - for standard input, and prints all that is wrong with them, on\n"
    "standard output: FILE:LINE:COLUMN: error: or warning:, and below it the line. A\n"
    "warning is about what IP Filter takes and what will not do what it seems to say.\n"
    "\n"
    "  -6           rules are for IPv6 where they do not say\n"
    "  -q           the findings alone, without the lines they are about\n"
    "  -h, --help   this text\n"
    "\n"
    "exit: 0 nothing, or warnings only, 2 an error in a file or on the command line\n";

typedef struct checked {
    const char *path, *text;
    size_t length, errors;
    bool quiet;
} checked_t;

static void print_finding(void *arg, const ipf_error_t *finding, bool warning)
{
    checked_t *file = arg;
    file->errors += !warning;
    if (!warning && file->errors > ERRORS_SHOWN)
        return;
    rules_show(stdout, file->path, file->quiet ? NULL : file->text, file->length, finding,
               warning ? "warning: " : "error: ");
}

/* => Returns the exit code. */
static int check_file(const char *path, int family, bool quiet)
{
    checked_t file = {.path = path, .quiet = quiet};
    size_t errors;
    char *text = rules_read(path, &file.length);
    if (text == NULL)
        return EXIT_MISTAKE;
    file.text = text;
    if (ipf_check(text, file.length, family, print_finding, &file, &errors) != 0)
        must_end();
    if (errors > ERRORS_SHOWN)
        printf("%s: %zu more errors are not shown\n", path, errors - ERRORS_SHOWN);
    fflush(stdout);
    free(text);
    return errors > 0 ? EXIT_MISTAKE : 0;
}

int command_check(int argc, char **argv)
{
    static char name[] = "lo0sim check";
    static const struct option long_options[] = {{"help", no_argument, NULL, 'h'},
                                                 {NULL, 0, NULL, 0}};
    int option, family = 0, code = 0;
    bool quiet = false;
    argv[0] = name;
    while ((option = getopt_long(argc, argv, "6qh", long_options, NULL)) != -1) {
        if (option == 'h')
            return fputs(usage, stdout) < 0;
        if (option == '?')
            return EXIT_MISTAKE;
        family = option == '6' ? 6 : family;
        quiet = quiet || option == 'q';
    }
    if (optind == argc)
        return command_mistake("check", "a rules file is needed: lo0sim check FILE");
    for (int i = optind; i < argc; i++) {
        if (check_file(argv[i], family, quiet) != 0)
            code = EXIT_MISTAKE;
    }
    return code;
}
