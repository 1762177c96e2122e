/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim ipf: does with a file what `ipf` does, except for the kernel's part: reads it, and prints
 * its rules.
 */
#include "filter/ip_lookup.h"
#include "filter/ipf_parse.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/shared.h"
#include "sim/core/rules_error.h"

#include <stdlib.h>

typedef struct ipf_options {
    bool verbose, numbers, changes_nothing;
    int family;
    const char *files[64];
    size_t count;
} ipf_options_t;

/* A pool that is written inside a rule is printed before the rule; a tree from its last address to
 * the first, as by IPFilter 6. */
static void print_table(const ip_table_t *table)
{
    if (table == NULL)
        return;
    char *text = ip_table_text(table, table->ipt_type == IP_TREE);
    if (text == NULL)
        must_end();
    fputs(text, stdout);
    free(text);
}

static int print_rule(void *arg, const frentry_t *fr)
{
    const ipf_options_t *options = arg;
    char text[IPF_RULE_TEXT_MAX];
    unsigned how = IPF_TEXT_FAMILY | IPF_TEXT_NOTFOUND | IPF_TEXT_COUNT;
    if (!options->verbose)
        return 0;
    ipf_rule_format(fr, options->numbers ? how : how | IPF_TEXT_SERVICES, text, sizeof(text));
    print_table(fr->fr_src.fra_table);
    print_table(fr->fr_dst.fra_table);
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
    ipf_reading_t reading = {.family = options->family,
                             .func = print_rule,
                             .arg = (void *)(uintptr_t)options,
                             .intercept = &intercept};
    int err = ipf_read(text, length, &reading, &error);
    fflush(stdout);
    int code = rules_report(path, text, length, err, &error);
    free(text);
    return code;
}

static bool set_file(void *where, const option_given_t *given)
{
    ipf_options_t *options = where;
    if (options->count == sizeof(options->files) / sizeof(options->files[0])) {
        command_mistake("ipf", "more than %zu files", options->count);
        return false;
    }
    options->files[options->count++] = given->text;
    return true;
}

static const option_row_t rows[] = {
    {.letter = 'f', .argument = "FILE", .help = "a rules file", .set = set_file},
    {.letter = 'v',
     .help = "print the rules",
     .set = option_flag,
     .offset = offsetof(ipf_options_t, verbose)},
    {.letter = 'R',
     .help = "ports as numbers, not as names of services",
     .set = option_flag,
     .offset = offsetof(ipf_options_t, numbers)},
    {.letter = 'n',
     .help = "change nothing; so it is anyhow",
     .set = option_flag,
     .offset = offsetof(ipf_options_t, changes_nothing)},
    OPTION_FAMILY6(offsetof(ipf_options_t, family)),
    OPTION_HOSTS,
    OPTION_HELP,
    {0}};

static int run_command(int argc, char **argv)
{
    ipf_options_t options = {0};
    option_words_t words;
    int code = options_take(&command_ipf, argc, argv, &options, &words);
    if (code >= 0)
        return code;
    if (options.count == 0 || words.count > 0)
        return command_mistake("ipf", "a rules file is needed: lo0sim ipf -nvf FILE");
    code = 0;
    for (size_t i = 0; i < options.count && code == 0; i++)
        code = read_rules(&options, options.files[i]);
    return code;
}

const command_t command_ipf = {
    .name = "ipf",
    .what = "read a rules file, print its rules",
    .run = run_command,
    .knows_machine = true,
    .synopsis = "[OPTION...] -f FILE...",
    .text = "Reads rules files, - for standard input, and says what is wrong with them. With -v it "
            "prints each rule as IP Filter writes it; \"(!)\" marks an interface that is not "
            "there, which is every one of them.",
    .rows = rows,
    .tail = "exit: 0 all rules are right, 2 a mistake in them or on the command line",
};
