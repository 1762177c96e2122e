/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim exec: a real program in a box. The box prints to standard error, because standard output
 * belongs to the program.
 */
#include "sim/exec/exec.h"

#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/command/command.h"
#include "sim/command/exec_twice.h"
#include "sim/command/one_box.h"
#include "sim/view/answered.h"

#include <string.h>

typedef struct exec_line {
    one_box_options_t one;
    bool verbose, stats, twice;
    const char *const *argv;
} exec_line_t;

static const option_row_t rows[] = {
    {.group = one_box_rows, .offset = offsetof(exec_line_t, one)},
    {.help = "What is written, to standard error or to files:"},
    {.letter = 'v',
     .name = "verbose",
     .help = "the timeline",
     .set = option_flag,
     .offset = offsetof(exec_line_t, verbose)},
    {.name = "stats",
     .help = "how much virtual time it took, which connections failed, and by whose doing",
     .set = option_flag,
     .offset = offsetof(exec_line_t, stats)},
    {.name = "check-determinism",
     .help = "run the command twice, and say what differs",
     .set = option_flag,
     .offset = offsetof(exec_line_t, twice)},
    {.group = one_box_view_rows, .offset = offsetof(exec_line_t, one)},
    OPTION_HELP,
    {0}};

/* => Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, exec_line_t *line)
{
    option_words_t words;
    int code = options_take(&command_exec, argc, argv, line, &words);
    if (code >= 0)
        return code;
    if (words.count == 0)
        return command_mistake("exec", "a command is needed, such as: "
                                       "lo0sim exec -- telnet localhost 22");
    line->argv = words.list;
    if (line->one.rules != NULL && strcmp(line->one.rules, "-") == 0)
        return command_mistake("exec", "standard input is the program's: rules need a file");
    return one_box_done(&command_exec, &line->one) ? -1 : EXIT_MISTAKE;
}

static void print_stats(const one_box_t *one, const exec_result_t *result,
                        const answered_t *answered)
{
    fprintf(stderr, "lo0sim exec: %.3f s of virtual time\nlo0sim exec: %llu calls answered\n",
            (double)box_now(one->box) / 1e6, (unsigned long long)result->calls);
    answered_print(answered, stderr, "lo0sim exec: ");
}

/* `standard`: the program's 0, 1, 2; NULL: ours. Sets *ran if it was started. */
static int run(const exec_line_t *line, const int *standard, bool *ran)
{
    answered_t *answered = line->stats ? must_have(answered_create()) : NULL;
    one_box_t one;
    exec_result_t result = {0};
    const exec_options_t options = {.argv = line->argv, .standard = standard};
    char name[256], error[1024];
    snprintf(name, sizeof(name), "lo0sim exec %s", line->argv[0]);
    int code =
        one_box_open(&one, &command_exec, &line->one, name, line->verbose || line->twice, stderr);
    if (answered != NULL)
        trace_add_sink(one.box->trace, answered_event, answered);
    if (code == 0 && !exec_run(one.box, &options, &result, error, sizeof(error)))
        code = command_mistake("exec", "%s", error);
    *ran = code == 0;
    int written = one_box_finish(&one, code == 0);
    if (code == 0 && line->stats)
        print_stats(&one, &result, answered);
    int unmet = code == 0 ? one_box_say_faults(&one) : 0;
    one_box_close(&one);
    answered_destroy(answered);
    if (code == 0)
        code = result.code != 0 ? result.code : written != 0 ? written : unmet;
    return code;
}

static int run_once(const void *arg, const int standard[3], bool *ran)
{
    return run(arg, standard, ran);
}

static int run_command(int argc, char **argv)
{
    exec_line_t line = {.one.seed = 1};
    bool ran;
    int code = parse(argc, argv, &line);
    if (code < 0)
        code = line.twice ? exec_twice(run_once, &line) : run(&line, NULL, &ran);
    hook_objects_fini(&line.one.hooks);
    return code;
}

const command_t command_exec = {
    .name = "exec",
    .what = "run a real program in a box",
    .run = run_command,
    .knows_machine = true,
    .command_follows = true,
    .synopsis = "[OPTION...] COMMAND...",
    .text = "Runs a program, with its arguments and all that it starts, on the box' sockets and in "
            "its time. What the "
            "box has not answers with an errno, and a line says so.",
    .rows = rows,
    .tail =
        "exit: the program's own; 128 and the signal that ended it; 124 nothing could happen any "
        "more; 3 --check-determinism found a difference; 2 it could not be run, or a "
        "mistake on the command line or in the rules, or a --fault that nothing met",
};
