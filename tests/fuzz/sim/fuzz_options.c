/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any lines as the words of a command line: the command, then its arguments, as far as options_take
 * reads them; nothing is run. It is taken, or refused on standard error in the command's name, or
 * help is printed; nothing that the user typed arrives there as a control character.
 */
#include "sim/base/mistake.h"
#include "sim/command/command.h"
#include "sim/command/shared.h"
#include "tests/fuzz/sim/fuzz_folder.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX    64
#define SETTINGS_MAX (1u << 19) /* more than any command's */

static const command_t *const commands[] = {
    &command_run,     &command_connect, &command_compare, &command_shell, &command_step,
    &command_demo,    &command_exec,    &command_ipf,     &command_check, &command_ipftest,
    &command_ipfstat, &command_ipmon,   &command_ippool,  &command_new,   &command_outcomes,
    &command_why,     &command_tour,    &command_explore,
};

static _Alignas(max_align_t) char settings[SETTINGS_MAX];

static const command_t *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

/* What a command does with the groups of its rows after the last option; and frees them. */
static void end_groups(const command_t *command, const option_row_t *row, char *where, bool taken)
{
    for (; !option_row_is_last(row); row++) {
        if (row->group == files_rows && taken)
            shared_files_done(command, (void *)(where + row->offset));
        if (row->group == ladder_rows && taken)
            shared_ladder_done(command, (void *)(where + row->offset));
        if (row->group == hook_rows)
            hook_objects_fini((void *)(where + row->offset));
        if (row->group != NULL)
            end_groups(command, row->group, where + row->offset, taken);
    }
}

static void check_words(const option_words_t *words, size_t argc)
{
    fuzz_check(words->count + words->option_count < argc);
    for (size_t i = 0; i < words->count; i++)
        fuzz_check(words->list[i] != NULL);
    fuzz_check(words->list[words->count] == NULL);
}

static void check_said(const command_t *command, const char *said)
{
    char begin[40];
    snprintf(begin, sizeof(begin), "lo0sim %s: ", command->name);
    fuzz_check(strncmp(said, begin, strlen(begin)) == 0 && said[strlen(said) - 1] == '\n');
    for (const char *c = said; *c != '\0'; c++)
        fuzz_check((unsigned char)*c >= ' ' || *c == '\n');
}

static int take(const command_t *command, int argc, char **argv)
{
    option_words_t words;
    memset(settings, 0, sizeof(settings));
    int code = options_take(command, argc, argv, settings, &words);
    if (code < 0)
        check_words(&words, (size_t)argc);
    end_groups(command, command->rows, settings, code < 0);
    return code;
}

static void run(const command_t *command, int argc, char **argv)
{
    char *said = NULL, *printed = NULL;
    size_t said_size, printed_size;
    FILE *old_out = stdout, *old_err = stderr;
    stdout = open_memstream(&printed, &printed_size);
    stderr = open_memstream(&said, &said_size);
    fuzz_check(stdout != NULL && stderr != NULL);
    int code = take(command, argc, argv);
    fclose(stdout);
    fclose(stderr);
    stdout = old_out;
    stderr = old_err;
    fuzz_check(code == -1 || code == 0 || code == EXIT_MISTAKE);
    fuzz_check(code != 0 || strncmp(printed, "usage: lo0sim ", 14) == 0);
    fuzz_check(code != EXIT_MISTAKE || said[0] != '\0');
    if (said[0] != '\0')
        check_said(command, said);
    free(printed);
    free(said);
}

/* --hosts reads its file as soon as it is named; fuzz_hosts.c is about that file. */
static bool names_hosts(const char *text)
{
    return strstr(text, "\n--ho") != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest = text, *argv[WORDS_MAX + 1];
    int argc = 0;
    bool left_alone = names_hosts(text);
    while (argc < WORDS_MAX && rest != NULL)
        argv[argc++] = strsep(&rest, "\n");
    argv[argc] = NULL;
    const command_t *command = find_command(argv[0]);
    if (command != NULL && !left_alone)
        run(command, argc, argv);
    free(text);
    return 0;
}
