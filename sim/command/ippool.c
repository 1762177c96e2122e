/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim ippool: does with a file what `ippool` does, except for the kernel's part: reads it, and
 * prints its pools.
 */
#include "filter/ip_lookup.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/command/command.h"
#include "sim/command/shared.h"
#include "sim/core/rules_error.h"

#include <stdlib.h>

typedef struct ippool_options {
    bool verbose, changes_nothing, numbers;
    const char *file;
} ippool_options_t;

static void print_tables(const ip_table_t *tables)
{
    for (; tables != NULL; tables = tables->ipt_next) {
        char *text = ip_table_text(tables, false);
        if (text == NULL)
            must_end();
        fputs(text, stdout);
        free(text);
    }
}

/* => Returns the exit code. */
static int read_pools(const ippool_options_t *options)
{
    size_t length;
    ipf_error_t error;
    ip_table_t *tables = NULL;
    char *text = rules_read(options->file, &length);
    if (text == NULL)
        return EXIT_MISTAKE;
    int err = ip_tables_parse(text, length, NULL, &tables, &error);
    if (err == 0 && options->verbose)
        print_tables(tables);
    fflush(stdout);
    int code = rules_report(options->file, text, length, err, &error);
    ip_tables_free(tables);
    free(text);
    return code;
}

static const option_row_t rows[] = {{.letter = 'f',
                                     .argument = "FILE",
                                     .help = "the pools, as in ippool.conf",
                                     .set = option_text,
                                     .offset = offsetof(ippool_options_t, file)},
                                    {.letter = 'v',
                                     .help = "print the pools",
                                     .set = option_flag,
                                     .offset = offsetof(ippool_options_t, verbose)},
                                    {.letter = 'l',
                                     .help = "the same",
                                     .set = option_flag,
                                     .offset = offsetof(ippool_options_t, verbose)},
                                    {.letter = 'n',
                                     .help = "change nothing; so it is anyhow",
                                     .set = option_flag,
                                     .offset = offsetof(ippool_options_t, changes_nothing)},
                                    {.letter = 'R',
                                     .help = "names are not resolved; so it is anyhow",
                                     .set = option_flag,
                                     .offset = offsetof(ippool_options_t, numbers)},
                                    OPTION_HELP,
                                    {0}};

static int run_command(int argc, char **argv)
{
    ippool_options_t options = {0};
    option_words_t words;
    int code = options_take(&command_ippool, argc, argv, &options, &words);
    if (code >= 0)
        return code;
    if (options.file == NULL || words.count > 0)
        return command_mistake("ippool", "a file of pools is needed: lo0sim ippool -nvf FILE");
    return read_pools(&options);
}

const command_t command_ippool = {
    .name = "ippool",
    .what = "read a file of address pools, print them",
    .run = run_command,
    .synopsis = "[OPTION...] -f FILE",
    .text = "Reads address pools and group maps, - for standard input, and says what is wrong with "
            "them. With -v it prints each as IP Filter does. Nothing is kept: `lo0sim ipftest -P "
            "FILE` reads the pools that its rules ask.",
    .rows = rows,
    .tail = "exit: 0 all pools are right, 2 a mistake in them or on the command line",
};
