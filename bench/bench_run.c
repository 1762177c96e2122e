/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What does observing cost? Runs 1,000 tests by `lo0sim run -j 2`, without options and then with
 * each option that writes something, in each round; ratios are taken within a round.
 *
 * usage: bench_run LO0SIM [ROUNDS [TESTS [OPTION...]]]
 *
 * An OPTION is written as for lo0sim run, such as "--jsonl %t.jsonl"; its files go to a folder that
 * is removed.
 */
#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define ROUNDS_MAX  100
#define OPTIONS_MAX 16

/* The others are compared with "". */
static const char *options[OPTIONS_MAX] = {
    "", "-v", "--format json", "--jsonl %t.jsonl", "-w %t.pcapng", "--html %t.html"};
static size_t option_count = 6;

/* Wall time and processor time; each also as a ratio to that of "" in the same round. */
enum { WALL, PROCESSORS, MEASURES };
static double seconds[MEASURES][OPTIONS_MAX][ROUNDS_MAX];
static double ratios[MEASURES][OPTIONS_MAX][ROUNDS_MAX];

static void die(const char *what)
{
    fprintf(stderr, "bench_run: %s\n", what);
    exit(3);
}

/* Each test is the story in small: rules, a server, a refused connect, another that hangs. */
static void write_tests(unsigned tests)
{
    FILE *out = fopen("tests.lua", "w");
    if (out == NULL)
        die("no file can be written");
    for (unsigned i = 1; i <= tests; i++)
        fprintf(out,
                "test('test %u', function(box)\n"
                "  box:filter('block return-rst in on lo0 proto tcp from any to any port = 22')\n"
                "  box:spawn('sshd', function() box:listen(80):accept():close() end)\n"
                "  local _, err = box:connect('127.0.0.1', 22)\n"
                "  expect.eq(err, 'ECONNREFUSED')\n"
                "  expect.eq(box:connect('127.0.0.1', 80):recv(), '')\n"
                "  box:reply_mode('inject')\n"
                "  _, err = box:connect('127.0.0.1', 22)\n"
                "  expect.eq(err, 'ETIMEDOUT')\n"
                "end)\n",
                i);
    if (fclose(out) != 0)
        die("no file can be written");
}

/* Processor time of all children that have ended. */
static double used_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void run_once(size_t round, size_t option, const char *program)
{
    char command[5000];
    if (system("rm -rf out && mkdir out") != 0)
        die("no folder can be made");
    /* By the environment, since its path may have any character. */
    setenv("LO0SIM", program, 1);
    snprintf(command, sizeof(command), "cd out && \"$LO0SIM\" run -j 2 %s ../tests.lua >results",
             options[option]);
    double start = now_s(), used = used_s();
    if (system(command) != 0)
        die(command);
    seconds[WALL][option][round] = now_s() - start;
    seconds[PROCESSORS][option][round] = used_s() - used;
}

/* Takes all ratios before a median sorts the values, which mixes the rounds up. */
static void take_ratios(size_t rounds)
{
    for (int measure = 0; measure < MEASURES; measure++) {
        for (size_t option = 0; option < option_count; option++) {
            for (size_t round = 0; round < rounds; round++)
                ratios[measure][option][round] =
                    seconds[measure][option][round] / seconds[measure][0][round];
        }
    }
}

static void print_rows(size_t rounds, unsigned tests)
{
    printf("%-24s %10s %10s %14s %10s\n", "", "time, s", "plain = 1", "processors, s", "plain = 1");
    for (size_t option = 0; option < option_count; option++) {
        printf("%-24s", options[option][0] != '\0' ? options[option] : "plain");
        for (int measure = 0; measure < MEASURES; measure++)
            printf(" %*.3f %10.2f", measure == WALL ? 10 : 14,
                   median(seconds[measure][option], rounds),
                   median(ratios[measure][option], rounds));
        printf("\n");
    }
    printf("\nmedians of %zu rounds of %u tests, -j 2\n", rounds, tests);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/bench_run.XXXXXX";
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 7;
    unsigned tests = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1000;
    if (argc < 2 || rounds < 1 || rounds > ROUNDS_MAX || tests < 1)
        die("usage: bench_run LO0SIM [ROUNDS [TESTS [OPTION...]]]");
    char *program = realpath(argv[1], NULL);
    if (program == NULL || access(program, X_OK) != 0)
        die("the first argument is the program lo0sim");
    for (int i = 4; i < argc && option_count < OPTIONS_MAX; i++) {
        if (i == 4)
            option_count = 1;
        options[option_count++] = argv[i];
    }
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        die("no folder can be made");
    write_tests(tests);
    for (size_t round = 0; round < rounds; round++) {
        for (size_t option = 0; option < option_count; option++)
            run_once(round, option, program);
    }
    take_ratios(rounds);
    print_rows(rounds, tests);
    free(program);
    if (chdir("/") != 0)
        return 3;
    char command[100];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) == 0 ? 0 : 3;
}
