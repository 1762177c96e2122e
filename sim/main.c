/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim: the command line.
 */
#include "sim/base/mistake.h"
#include "sim/base/nearest.h"
#include "sim/base/visible.h"
#include "sim/command/command.h"
#include "sim/command/kinds.h"
#include "sim/command/services.h"
#include "stack/ip_stack.h"

#include <commit.h>

#include <errno.h>
#include <fcntl.h>
#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const command_t *const commands[] = {
    &command_run,      &command_connect, &command_compare, &command_shell,   &command_step,
    &command_explore,  &command_demo,    &command_tour,    &command_exec,    &command_ipf,
    &command_outcomes, &command_why,     &command_check,   &command_ipftest, &command_ipfstat,
    &command_ipmon,    &command_ippool,  &command_new,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
    fprintf(out, "usage: lo0sim COMMAND [OPTION...] [ARGUMENT...]\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->what);
    fprintf(out, "\n`lo0sim COMMAND --help` says more; `lo0sim --version` says which this is.\n");
}

static int unknown_command(const char *word)
{
    if (strcmp(word, "ipnat") == 0) {
        fprintf(stderr, "lo0sim: NAT is not modelled, so there is no ipnat\n");
        return EXIT_MISTAKE;
    }
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i]->name;
    const char *near = nearest(word, names, COMMAND_COUNT);
    if (near != NULL)
        visible_printf(stderr, "lo0sim: there is no command '%s'; did you mean '%s'?\n", word,
                       near);
    else
        visible_printf(stderr, "lo0sim: there is no command '%s'; `lo0sim --help` lists them\n",
                       word);
    return EXIT_MISTAKE;
}

/* What was printed may not have arrived.
 * => Returns `code`; EXIT_CRASHED if standard output is not whole, which is worse than what a test
 *    or a mistake gives, but not than a signal. */
static int end(int code)
{
    errno = 0;
    bool flushed = fflush(stdout) == 0 && ferror(stdout) == 0;
    if (flushed)
        return code;
    visible_printf(stderr, "lo0sim: standard output could not be written%s%s\n",
                   errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
    return code <= EXIT_NOTHING ? EXIT_CRASHED : code;
}

static const command_t *find_command(const char *word)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, word) == 0)
            return commands[i];
    }
    return NULL;
}

/* `help`, `help COMMAND`, and its other names. */
static int help(int argc, char **argv)
{
    char program[] = "lo0sim", option[] = "--help";
    if (argc < 2) {
        print_usage(stdout);
        return 0;
    }
    const command_t *command = find_command(argv[1]);
    char *arguments[] = {program, option, NULL};
    return command != NULL ? command->run(2, arguments) : unknown_command(argv[1]);
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

/* => Returns false and says so if there are more words than are taken. */
static bool takes(int argc, int count, const char *what)
{
    if (argc > count)
        visible_printf(stderr, "lo0sim: %s\n", what);
    return argc <= count;
}

static void print_version(void)
{
    printf("lo0sim %s\nlwIP %s, %s, commit %s\n", LO0SIM_VERSION, ip_stack_lwip_version(),
           LUA_RELEASE, LO0SIM_COMMIT);
}

/* Where a standard stream is closed, the next file that is opened would become it: a pipe would be
 * read as the script, a capture would get the report. So its number is taken, by what cannot be
 * used either: reading, or writing, goes on failing with EBADF. For programs that are run it is
 * closed. */
static void take_closed_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
    }
}

int main(int argc, char **argv)
{
    take_closed_streams();
    signal(SIGXFSZ, SIG_IGN); /* a file that grows too large fails with an errno */
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_MISTAKE;
    }
    if (is_one_of(argv[1], "help", "--help", "-h"))
        return takes(argc, 3, "help takes one command: lo0sim help run")
                   ? end(help(argc - 1, argv + 1))
                   : EXIT_MISTAKE;
    if (is_one_of(argv[1], "--version", "-V", "version")) {
        if (!takes(argc, 2, "version takes no arguments"))
            return EXIT_MISTAKE;
        print_version();
        return end(0);
    }
    if (strcmp(argv[1], "--words") == 0)
        return end(kinds_print(argv[2]));
    const command_t *command = find_command(argv[1]);
    if (command == NULL)
        return unknown_command(argv[1]);
    if (command->knows_machine)
        services_of_machine();
    return end(command->run(argc - 1, argv + 1));
}
