/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim shell: a prompt on a living box.
 */
#include "sim/shell/shell.h"
#include "sim/base/mistake.h"
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/shared.h"
#include "sim/shell/shell_line.h"

#include <string.h>

typedef struct shell_line_options {
    const char *rules;
    shared_rule_t rule;
    shared_world_t world;
    uint64_t seed;
} shell_line_options_t;

static const option_row_t rows[] = {
    OPTION_RULES(offsetof(shell_line_options_t, rules)),
    OPTION_RULE(offsetof(shell_line_options_t, rule)),
    OPTION_HOSTS,
    {.group = world_rows, .offset = offsetof(shell_line_options_t, world)},
    OPTION_SEED(offsetof(shell_line_options_t, seed)),
    OPTION_HELP,
    {0}};

/* Makes an option a line, as if it were typed first.
 * => Returns false and reports one that cannot be used. */
static bool add_line(shell_options_t *options, const char **lines, char *line, const char *verb,
                     const char *word)
{
    int length = snprintf(line, SHELL_LINE_MAX, "%s \"%s\"", verb, word);
    if (length >= SHELL_LINE_MAX || strchr(word, '"') != NULL) {
        command_mistake("shell", "'%s' is too long, or has a quote in it", word);
        return false;
    }
    lines[options->first_count++] = line;
    return true;
}

/* => Returns false and reports why if the rules cannot be made into lines. */
static bool add_rules(shell_options_t *options, const char **lines, char (*room)[SHELL_LINE_MAX],
                      const shared_rule_t *rule)
{
    for (size_t i = 0; i < rule->count; i++) {
        int length = snprintf(room[i], SHELL_LINE_MAX, "ipf %s", rule->text[i]);
        if (length >= SHELL_LINE_MAX || rule->text[i][0] == '-' || rule->text[i][0] == '\0') {
            command_mistake("shell", "--rule: '%s' is no rule", rule->text[i]);
            return false;
        }
        lines[options->first_count++] = room[i];
    }
    return true;
}

static int run(int argc, char **argv)
{
    shell_line_options_t line = {.seed = 1};
    char era[SHELL_LINE_MAX], mode[SHELL_LINE_MAX], rules[SHELL_LINE_MAX];
    char rule[SHARED_RULES_MAX][SHELL_LINE_MAX];
    const char *lines[3 + SHARED_RULES_MAX];
    option_words_t words;
    int code = options_take(&command_shell, argc, argv, &line, &words);
    if (code >= 0)
        return code;
    if (words.count > 0)
        return command_mistake("shell", "takes no arguments: commands come from standard input");
    shell_options_t options = {.seed = line.seed, .first = lines};
    const shared_world_t *world = &line.world;
    if ((world->era != NULL && !add_line(&options, lines, era, "era", world->era->name)) ||
        (world->mode != NULL &&
         !add_line(&options, lines, mode, "mode", reply_mode_name(*world->mode))) ||
        (line.rules != NULL && !add_line(&options, lines, rules, "ipf -f", line.rules)) ||
        !add_rules(&options, lines, rule, &line.rule))
        return EXIT_MISTAKE;
    return shell_run(&options);
}

static bool print_commands(FILE *out)
{
    return shell_help(out, NULL);
}

const command_t command_shell = {
    .name = "shell",
    .what = "a prompt on a living box",
    .run = run,
    .synopsis = "[OPTION...]",
    .text = "A prompt on a living box: rules, connections, pings, and what is seen of them. Time "
            "is virtual, and stands still while you type. From a pipe the lines are read without a "
            "prompt, and a mistake in one of them gives exit code 2.",
    .rows = rows,
    .tail = "commands:",
    .more = print_commands,
};
