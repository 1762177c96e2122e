/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim: the command line.
 */
#include "sim/base/nearest.h"
#include "sim/command/command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*func)(int argc, char **argv);
    const char *what;
} commands[] = {
    {"run", command_run, "run scenario files"},
    {"connect", command_connect, "one connect, its path, its errno and its time"},
    {"compare", command_compare, "a scenario under each era and reply mode"},
    {"shell", command_shell, "a prompt on a living box"},
    {"step", command_step, "a test, event by event, forward and back"},
    {"exec", command_exec, "run a real program in the box"},
    {"demo", command_demo, "the story, in a screen or two"},
    {"ipf", command_ipf, "read a rules file, print its rules"},
    {"check", command_check, "look for mistakes in rules files"},
    {"ipftest", command_ipftest, "judge packets by rules"},
    {"ipfstat", command_ipfstat, "run a test, print its rules and counters"},
    {"ipmon", command_ipmon, "run a test, print its log"},
    {"new", command_new, "write a first scenario to start from"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
    fprintf(out, "usage: lo0sim COMMAND [OPTION...] [ARGUMENT...]\n\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].what);
    fprintf(out, "\n`lo0sim COMMAND --help` says more; `lo0sim --version` says which this is.\n");
}

static int unknown_command(const char *word)
{
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *near = nearest(word, names, COMMAND_COUNT);
    if (near != NULL)
        fprintf(stderr, "lo0sim: there is no command '%s'; did you mean '%s'?\n", word, near);
    else
        fprintf(stderr, "lo0sim: there is no command '%s'; `lo0sim --help` lists them\n", word);
    return EXIT_MISTAKE;
}

/* What was printed may not have arrived.
 * => Returns `code`, or EXIT_MISTAKE where all had been well and standard output is not whole. */
static int end(int code)
{
    errno = 0;
    bool flushed = fflush(stdout) == 0 && ferror(stdout) == 0;
    if (flushed)
        return code;
    fprintf(stderr, "lo0sim: standard output could not be written%s%s\n", errno != 0 ? ": " : "",
            errno != 0 ? strerror(errno) : "");
    return code == 0 ? EXIT_MISTAKE : code;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_MISTAKE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        print_usage(stdout);
        return end(0);
    }
    if (strcmp(word, "--version") == 0) {
        printf("lo0sim %s\n", LO0SIM_VERSION);
        return end(0);
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, word) == 0)
            return end(commands[i].func(argc - 1, argv + 1));
    }
    return unknown_command(word);
}
