/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim ipf: what `ipf` does with a file, but for the kernel: reads it, and prints its rules.
 */
#include "filter/ipf_parse.h"
#include "sim/base/mistake.h"
#include "sim/command/command.h"
#include "sim/core/rules_error.h"

#include <getopt.h>
#include <stdlib.h>

static const char usage[] =
    "usage: lo0sim ipf [OPTION...] -f FILE...\n"
    "\n"
    "Reads rules files, - for standard input, and says what is wrong with them. With\n"
    "-v it prints each rule as IP Filter writes it; \"(!)\" marks an interface that is\n"
    "not there, which is every one of them.\n"
    "\n"
    "  -f FILE   a rules file\n"
    "  -v        print the rules\n"
    "  -R        ports as numbers, not as names of services\n"
    "  -n        change nothing; so it is anyhow\n"
    "  -6        rules are for IPv6 where they do not say\n"
    "  -h        this text\n"
    "\n"
    "exit: 0 all rules are right, 2 a mistake in them or on the command line\n";

typedef struct ipf_options {
    bool verbose, numbers;
    int family;
} ipf_options_t;

static int print_rule(void *arg, const frentry_t *fr)
{
    const ipf_options_t *options = arg;
    char text[IPF_RULE_TEXT_MAX];
    unsigned how = IPF_TEXT_FAMILY | IPF_TEXT_NOTFOUND | IPF_TEXT_COUNT;
    if (!options->verbose)
        return 0;
    ipf_rule_format(fr, options->numbers ? how : how | IPF_TEXT_SERVICES, text, sizeof(text));
    printf("%s\n", text);
    return 0;
}

static int read_rules(const ipf_options_t *options, const char *path)
{
    size_t length;
    ipf_error_t error;
    ipf_intercept_t intercept = IPF_INTERCEPT_UNSET;
    char *text = rules_read(path, &length);
    if (text == NULL)
        return EXIT_MISTAKE;
    int err = ipf_parse(text, length, options->family, print_rule, (void *)(uintptr_t)options,
                        &intercept, &error);
    fflush(stdout);
    int code = rules_report(path, text, length, err, &error);
    free(text);
    return code;
}

static int run_command(int argc, char **argv)
{
    static char name[] = "lo0sim ipf";
    static const struct option long_options[] = {{"help", no_argument, NULL, 'h'},
                                                 {NULL, 0, NULL, 0}};
    ipf_options_t options = {0};
    const char *files[64];
    size_t count = 0;
    int option, code = 0;
    argv[0] = name;
    while ((option = getopt_long(argc, argv, "f:vRn6h", long_options, NULL)) != -1) {
        if (option == 'h')
            return fputs(usage, stdout) < 0;
        if (option == '?')
            return EXIT_MISTAKE;
        if (option == 'f' && count == sizeof(files) / sizeof(files[0]))
            return command_mistake("ipf", "more than %zu files", count);
        if (option == 'f')
            files[count++] = optarg;
        options.verbose = options.verbose || option == 'v';
        options.numbers = options.numbers || option == 'R';
        options.family = option == '6' ? 6 : options.family;
    }
    if (count == 0 || optind != argc)
        return command_mistake("ipf", "a rules file is needed: lo0sim ipf -nvf FILE");
    for (size_t i = 0; i < count && code == 0; i++)
        code = read_rules(&options, files[i]);
    return code;
}

const command_t command_ipf = {
    .name = "ipf", .what = "read a rules file, print its rules", .run = run_command};
