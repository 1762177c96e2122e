/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim shell: a prompt on a living box.
 */
#include "sim/shell/shell.h"
#include "sim/command/command.h"
#include "sim/core/era.h"
#include "sim/shell/shell_line.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: lo0sim shell [OPTION...]\n"
    "\n"
    "A prompt on a living box: rules, connections, pings, and what is seen of them.\n"
    "Time is virtual, and stands still while you type. From a pipe the lines are read\n"
    "without a prompt, and a mistake in one of them gives exit code 2.\n"
    "\n"
    "  -f, --rules FILE   load an ipf.conf first\n"
    "      --mode MODE    the reply mode: rewrite (the fix), inject (before it), netinfo\n"
    "                     or errno (not taken)\n"
    "      --era ERA      post, snv_116, illumos or linux\n"
    "      --seed N       the seed of ports and sequence numbers (1)\n"
    "  -h, --help         this text\n"
    "\n"
    "commands:\n";

enum { OPT_MODE = 256, OPT_ERA, OPT_SEED };

static const struct option long_options[] = {
    {"rules", required_argument, NULL, 'f'},   {"mode", required_argument, NULL, OPT_MODE},
    {"era", required_argument, NULL, OPT_ERA}, {"seed", required_argument, NULL, OPT_SEED},
    {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
};

/* The options are lines, as if they were typed first: era, mode, rules. */
typedef struct first_lines {
    char era[SHELL_LINE_MAX], mode[SHELL_LINE_MAX], rules[SHELL_LINE_MAX];
} first_lines_t;

static bool put_line(char *line, const char *before, const char *word, const char *after)
{
    int length = snprintf(line, SHELL_LINE_MAX, "%s%s%s", before, word, after);
    if (length < SHELL_LINE_MAX && strchr(word, '"') == NULL)
        return true;
    command_mistake("shell", "'%s' is too long, or has a quote in it", word);
    return false;
}

/* => Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, first_lines_t *first, uint64_t *seed)
{
    static char name[] = "lo0sim shell";
    int option;
    argv[0] = name; /* what getopt's messages begin with */
    while ((option = getopt_long(argc, argv, "f:h", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            return !shell_help(stdout, NULL);
        }
        if (option == 'f' && put_line(first->rules, "ipf -f \"", optarg, "\""))
            continue;
        if (option == OPT_ERA && put_line(first->era, "era \"", optarg, "\""))
            continue;
        if (option == OPT_MODE && put_line(first->mode, "mode \"", optarg, "\""))
            continue;
        if (option == OPT_SEED && command_number("shell", "--seed", optarg, 0, UINT64_MAX, seed))
            continue;
        return EXIT_MISTAKE;
    }
    if (optind != argc)
        return command_mistake("shell", "takes no arguments: commands come from standard input");
    return -1;
}

int command_shell(int argc, char **argv)
{
    first_lines_t first = {0};
    const char *lines[3];
    shell_options_t options = {.seed = 1, .first = lines};
    int code = parse(argc, argv, &first, &options.seed);
    if (code >= 0)
        return code;
    const char *const given[] = {first.era, first.mode, first.rules};
    for (size_t i = 0; i < 3; i++) {
        if (given[i][0] != '\0')
            lines[options.first_count++] = given[i];
    }
    return shell_run(&options);
}
