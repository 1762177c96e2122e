/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim explore: the command line.
 */
#include "sim/explore/explore.h"
#include "sim/explore/explore_file.h"

#include "sim/base/json_text.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/output.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/command/command.h"
#include "sim/command/host_table.h"
#include "sim/command/shared.h"
#include "sim/core/trace_station.h"
#include "sim/explore/grid.h"
#include "sim/explore/report.h"
#include "sim/explore/shrink.h"
#include "sim/run/file_list.h"
#include "sim/run/observe.h"
#include "sim/script/script_file.h"
#include "sim/view/ladder_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_BOUND       4
#define LADDER_BYTES_MAX ((size_t)64 << 10) /* of each in a page */

typedef struct explore_line {
    explore_options_t explore;
    shared_world_t world;
    uint64_t faults, jobs, seed, seconds, mebibytes, show;
    bool orders, no_prune, pruned, expectations, merge;
    int engine;
    const char *save, *out, *html;
    /* Over all tests. */
    uint64_t tests, ran, violations;
} explore_line_t;

/* ---- options ---- */

/* Takes a comma-separated list of names, as bits. */
static bool set_list(const option_given_t *given, const char *what, const char *const *names,
                     unsigned *bits)
{
    char word[40];
    *bits = 0;
    for (const char *at = given->text; *at != '\0';) {
        size_t length = strcspn(at, ","), i = 0;
        snprintf(word, sizeof(word), "%.*s", (int)length, at);
        while (names[i] != NULL && strcmp(names[i], word) != 0)
            i++;
        if (names[i] == NULL)
            return option_unknown(given->command, what, word, names);
        *bits |= 1u << i;
        at += length + (at[length] == ',');
    }
    if (*bits == 0)
        command_mistake("explore", "%s is empty", given->name);
    return *bits != 0;
}

static bool set_kinds(void *where, const option_given_t *given)
{
    unsigned *kinds = where;
    if (strcmp(given->text, "all") != 0)
        return set_list(given, "kind of fault", point_kind_names, kinds);
    *kinds = (1u << KINDS) - 1;
    return true;
}

static bool set_places(void *where, const option_given_t *given)
{
    const char *names[IP_PLACES + 1] = {0};
    for (int i = 0; i < IP_PLACES; i++)
        names[i] = trace_place_name((ip_place_t)i);
    return set_list(given, "place", names, where);
}

static bool set_shard(void *where, const option_given_t *given)
{
    explore_options_t *options = where;
    char rest;
    if (sscanf(given->text, "%u/%u%c", &options->shard, &options->shards, &rest) == 2 &&
        options->shard >= 1 && options->shard <= options->shards && options->shards <= 10000)
        return true;
    command_mistake("explore", "--shard takes I/N, the I-th share of N, such as 1/4, not '%s'",
                    given->text);
    return false;
}

static const char *const engines[] = {"snapshot", "reload", NULL};

#define AT(field) .offset = offsetof(explore_line_t, field)
#define NUMBER(name_, argument_, field, low_, high_, help_)                                        \
    {                                                                                              \
        .name = (name_), .argument = (argument_), .help = (help_), .set = option_number,           \
        AT(field), .low = (low_), .high = (high_)                                                  \
    }
#define FLAG(name_, field, help_)                                                                  \
    {                                                                                              \
        .name = (name_), .help = (help_), .set = option_flag, AT(field)                            \
    }
#define TEXT(name_, argument_, field, help_)                                                       \
    {                                                                                              \
        .name = (name_), .argument = (argument_), .help = (help_), .set = option_text, AT(field)   \
    }

static const option_row_t rows[] = {
    {.help = "What is tried:"},
    NUMBER("faults", "K", faults, 0, SCHEDULE_MAX,
           "at most so many in a run, 0 to 8; 0, 1, 2, ... in turn (1)"),
    {.name = "kinds",
     .argument = "LIST",
     .help = "of drop, duplicate, delay, reorder, corrupt, hooks, process, allocation and order, "
             "or all (drop,duplicate,delay)",
     .set = set_kinds,
     AT(explore.trial.kinds)},
    FLAG("orders", orders,
         "all orders of events of one instant, too; they are no faults, as the kind order is"),
    {.name = "places",
     .argument = "LIST",
     .help =
         "where: LOOPBACK_OUT, LOOPBACK_IN, PHYSICAL_OUT, wire, PHYSICAL_IN, ip_fanout (all but "
         "PHYSICAL_IN)",
     .set = set_places,
     AT(explore.trial.places)},
    NUMBER("random", "N", explore.random, 1, UINT64_C(1) << 40,
           "N schedules by chance, with some K faults each, instead of all"),
    OPTION_SEED(offsetof(explore_line_t, seed)),
    {.group = world_rows, AT(world)},
    OPTION_HOSTS,
    {.help = "What is a violation:"},
    FLAG("invariants", expectations,
         "only what always holds: a failed expectation is an outcome like others"),
    FLAG("keep-going", explore.keep_going, "do not end at the first violation"),
    TEXT("save", "FILE", save,
         "write the first violation as a scenario of its own, which fails alone"),
    TEXT("html", "FILE", html,
         "write a page: single faults as a grid, coloured by outcome, and the ladder of each"),
    NUMBER("show", "N", show, 1, 1000000, "draw the example of the table's N-th row"),
    {.help = "How:"},
    {.letter = 'j',
     .name = "jobs",
     .argument = "N",
     .help = "so many processes (the number of processors); the result is the same",
     .set = option_number,
     AT(jobs),
     .low = 1,
     .high = 64},
    {.name = "engine",
     .argument = "NAME",
     .help = "how a run begins: snapshot, from a copy of the world, or reload, with the script "
             "loaded again (snapshot)",
     .set = option_word,
     AT(engine),
     .words = engines},
    FLAG("no-prune", no_prune, "run all schedules, also those that are the same by a rule"),
    FLAG("pruned", pruned, "say how many schedules were run, and what was left out by which rule"),
    NUMBER("max-seconds", "S", seconds, 1, 10000000,
           "end after so much wall time, with exit code 4"),
    NUMBER("max-memory", "MIB", mebibytes, 1, 1 << 20,
           "end when schedules take so much memory, with exit code 4 (1024)"),
    TEXT("checkpoint", "FILE", explore.checkpoint,
         "write now and then how far it is, and go on from there if FILE is there"),
    {.name = "shard",
     .argument = "I/N",
     .help = "the I-th of N shares, for several machines",
     .set = set_shard,
     AT(explore)},
    TEXT("out", "FILE", out, "write what was found, for --merge"),
    FLAG("merge", merge, "the files are what shards wrote with --out: one table of all"),
    OPTION_HELP,
    {0}};

/* ---- one test ---- */

static int end_of(const explore_line_t *line, const explore_state_t *state)
{
    if (state->end == EXPLORE_FAILED)
        return EXIT_CRASHED;
    if (explore_violation(&line->explore, state) != NULL)
        return EXIT_FAILED;
    bool cut = state->cut != 0 && line->explore.random == 0;
    return state->end == EXPLORE_COMPLETE && !cut ? 0 : EXIT_BOUND;
}

/* FILE:TEST. => The caller frees it. */
static char *test_word(const explore_line_t *line)
{
    return must_asprintf("%s:%s", line->explore.trial.path, line->explore.trial.test);
}

/* Draws a row's example: a run with its faults. */
static int show(const explore_line_t *line, const explore_state_t *state)
{
    char *argv[DEVIATIONS_MAX + 8], text[OUTCOME_EXAMPLE_MAX];
    int argc = 0;
    if (line->show > state->outcomes.count)
        return command_mistake("explore", "--show %" PRIu64 ": there are %zu outcomes", line->show,
                               state->outcomes.count);
    fault_list_t *faults = must_calloc(1, sizeof(*faults));
    snprintf(text, sizeof(text), "%s", state->outcomes.list[line->show - 1].example);
    argv[argc++] = text_copy("run");
    argv[argc++] = text_copy("--ladder");
    argv[argc++] = must_asprintf("--seed=%" PRIu64, line->seed);
    if (line->world.era != NULL)
        argv[argc++] = must_asprintf("--era=%s", line->world.era->name);
    if (line->world.mode != NULL)
        argv[argc++] = must_asprintf("--mode=%s", reply_mode_names[*line->world.mode]);
    if (shrink_read(text, faults)) {
        for (size_t i = 0; i < faults->count; i++)
            argv[argc++] = must_asprintf("--fault=%s", faults->list[i].text);
    }
    argv[argc++] = test_word(line);
    argv[argc] = NULL;
    fflush(stdout);
    command_run.run(argc, argv);
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    free(faults);
    return 0;
}

static void put_world(const explore_line_t *line)
{
    if (line->world.era != NULL)
        printf(" --era %s", line->world.era->name);
    if (line->world.mode != NULL)
        printf(" --mode %s", reply_mode_names[*line->world.mode]);
    if (line->seed != 1)
        printf(" --seed %" PRIu64, line->seed);
}

static void put_commands(const explore_line_t *line, const fault_list_t *faults)
{
    char *test = test_word(line), *word = text_shell_word(test);
    printf("\nTo see it:\n  lo0sim run --ladder");
    put_world(line);
    for (size_t i = 0; i < faults->count; i++) {
        printf(" --fault ");
        text_put_quoted(stdout, faults->list[i].text);
    }
    printf(" %s\n", word);
    free(word);
    free(test);
}

/* After the work: whether there is place was asked before it, so the disk is full. */
static void cannot_write(const char *option, const char *path)
{
    command_mistake("explore", "%s: %s: %s", option, path, strerror(errno));
}

/* Prints the first violation, shortened as far as possible, and saves it.
 * => Returns false if it cannot be saved. */
static bool put_violation(const explore_line_t *line, trial_t *trial, size_t test,
                          const explore_state_t *state)
{
    const outcome_t *outcome = explore_violation(&line->explore, state);
    char text[OUTCOME_EXAMPLE_MAX];
    bool saved = true;
    fault_list_t *faults = must_calloc(1, sizeof(*faults));
    snprintf(text, sizeof(text), "%s", outcome->example);
    if (!shrink_read(text, faults)) {
        printf("\n%s\n  %s\n", outcome->text, outcome->example);
        free(faults);
        return true;
    }
    if (line->explore.random > 0)
        shrink(trial, faults, outcome->status);
    printf("\n%s\n", outcome->text);
    for (size_t i = 0; i < faults->count; i++)
        printf("  %s\n", faults->list[i].text);
    put_commands(line, faults);
    if (line->save != NULL)
        saved = replay_write(line->save, trial_script(trial), test, &line->explore.trial, faults,
                             outcome->text);
    if (line->save != NULL && saved)
        printf("  lo0sim run %s\n", line->save);
    if (!saved)
        cannot_write("--save", line->save);
    free(faults);
    return saved;
}

static void put_ladder(void *arg, const fault_list_t *faults, FILE *out)
{
    static const ladder_style_t style = {.width = 100};
    const explore_line_t *line = arg;
    const observer_t observer = ladder_observer("--html", &style), *observers[] = {&observer};
    script_options_t script = line->explore.trial.script;
    char *test = test_word(line);
    script.only = NULL;
    script.faults = *faults;
    script.observers = observers;
    script.observer_count = 1;
    observed_t seen = observe_run(test, &script, RUN_WALL_SECONDS);
    for (size_t i = 0; i < seen.count && seen.results[i].output != NULL; i++) {
        char *text = spool_text(seen.results[i].output, LADDER_BYTES_MAX);
        put_html_text(out, text);
        free(text);
    }
    observed_fini(&seen);
    free(test);
}

static bool write_html(explore_line_t *line, trial_t *trial, const explore_state_t *state)
{
    output_t *output = output_to_file(line->html, 0);
    bool written = false;
    if (output != NULL) {
        FILE *out = output_stream(output);
        bool drawn = grid_write(trial, &line->explore, state, put_ladder, line, out);
        if (drawn || ferror(out) != 0) {
            written = output_commit(output);
        } else { /* there was no process for a run */
            int error = errno;
            output_drop(output);
            errno = error;
        }
    }
    if (!written)
        cannot_write("--html", line->html);
    return written;
}

static bool write_out(const explore_line_t *line, const explore_state_t *state)
{
    if (explore_file_write(&line->explore, state, line->out))
        return true;
    cannot_write("--out", line->out);
    return false;
}

/* Takes over the state of a checkpoint, if there is one.
 * => Returns false and reports what is wrong. */
static bool resume(const explore_line_t *line, explore_state_t *state)
{
    char about[2000], is[2000];
    const char *path = line->explore.checkpoint;
    explore_file_t file =
        path != NULL ? explore_file_read(path, state, is, sizeof(is)) : EXPLORE_FILE_MISSING;
    if (file == EXPLORE_FILE_MISSING)
        return true;
    explore_about(&line->explore, about, sizeof(about));
    if (file == EXPLORE_FILE_READ && strcmp(is, about) == 0)
        return true;
    command_mistake("explore", "%s is %s", path,
                    file == EXPLORE_FILE_READ ? "the checkpoint of another exploration"
                                              : "no checkpoint");
    return false;
}

/* What is printed of a test: all of it, if it is the only one, or something is wrong. */
static int report(explore_line_t *line, trial_t *trial, size_t test, const explore_state_t *state,
                  bool alone)
{
    int code = end_of(line, state);
    if (!alone && code == 0)
        return 0;
    visible_printf(stdout, "%s: %s\n", line->explore.trial.path, line->explore.trial.test);
    explore_put_table(&line->explore, state, stdout);
    if (alone && line->show > 0 && show(line, state) != 0)
        code = EXIT_MISTAKE;
    if (line->pruned)
        explore_put_pruned(state, stdout);
    explore_put_last_line(&line->explore, state, stdout);
    if (code == EXIT_FAILED && !put_violation(line, trial, test, state))
        code = EXIT_CRASHED;
    fflush(stdout);
    return code;
}

static int explore_one(explore_line_t *line, trial_t *trial, size_t test, bool alone)
{
    explore_state_t state = {.level = 0};
    int code = EXIT_MISTAKE;
    line->explore.trial.test = script_test_name(trial_script(trial), test);
    trial_choose(trial, test);
    if (resume(line, &state)) {
        explore_run(trial, &line->explore, &state);
        code = end_of(line, &state);
        line->tests++;
        line->ran += explore_ran(&state);
        line->violations += code == EXIT_FAILED;
        if (code == EXIT_CRASHED)
            visible_printf(stderr, "lo0sim explore: %s\n", state.error);
        else
            code = report(line, trial, test, &state, alone);
        if (line->out != NULL && code != EXIT_CRASHED && !write_out(line, &state))
            code = EXIT_CRASHED;
        if (line->html != NULL && code != EXIT_CRASHED && !write_html(line, trial, &state))
            code = EXIT_CRASHED;
    }
    explore_fini(&state);
    return code;
}

/* ---- files ---- */

/* The exit code of several runs is the worst; from best to worst: 0, 4, 1, 2, 3. */
static int worse(int a, int b)
{
    static const int order[] = {
        [0] = 0, [EXIT_BOUND] = 1, [EXIT_FAILED] = 2, [EXIT_MISTAKE] = 3, [EXIT_CRASHED] = 4};
    return order[b] > order[a] ? b : a;
}

static int explore_file(explore_line_t *line, const char *path, const char *only, bool alone)
{
    char error[PATH_MAX_TEXT + 1000];
    line->explore.trial.path = path;
    line->explore.trial.script.only = only;
    trial_t *trial = trial_open(&line->explore.trial, error, sizeof(error));
    if (trial == NULL) {
        visible_printf(stderr, "%s\n", error);
        return EXIT_MISTAKE;
    }
    int code = 0;
    size_t count = script_test_count(trial_script(trial));
    alone = alone && count == 1;
    if (!alone && (line->out != NULL || line->html != NULL || line->explore.checkpoint != NULL ||
                   line->show > 0)) {
        code = command_mistake("explore",
                               "--out, --html, --checkpoint and --show are for one test: %s has "
                               "%zu; name one, FILE:TEST",
                               path, count);
        count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (script_test_skip(trial_script(trial), i) == NULL)
            code = worse(code, explore_one(line, trial, i, alone));
    }
    trial_close(trial);
    return code;
}

/* Asks whether all files that are written at the end can be, since what comes before can take long.
 * => Returns false and reports what is wrong. */
static bool can_write(const explore_line_t *line)
{
    const struct {
        const char *option, *path;
    } files[] = {{"--out", line->out},
                 {"--html", line->html},
                 {"--checkpoint", line->explore.checkpoint},
                 {"--save", line->save}};
    const char *why = NULL;
    size_t i = 0;
    for (; i < sizeof(files) / sizeof(files[0]) && why == NULL; i++) {
        const char *path = files[i].path;
        bool saves = path == line->save;
        for (size_t k = 0; k < i && path != NULL && why == NULL; k++) {
            if (files[k].path != NULL && strcmp(files[k].path, path) == 0)
                why = "another option names it, too";
        }
        if (path == NULL || why != NULL)
            continue;
        if (saves ? replay_spoils(path) : observer_spoils(path, NULL))
            why = saves ? "is there, and --save has not written it: it is not overwritten"
                        : OBSERVER_SPOILS;
        else if (!output_can_be_made(path))
            why = strerror(errno);
    }
    if (why != NULL)
        command_mistake("explore", "%s: %s: %s", files[i - 1].option, files[i - 1].path, why);
    return why == NULL;
}

static int explore_files(explore_line_t *line, const option_words_t *words)
{
    file_list_t list = {0};
    char error[PATH_MAX_TEXT + 300], number[32];
    int code = 0;
    if (!can_write(line))
        return EXIT_MISTAKE;
    for (size_t i = 0; i < words->count && code == 0; i++) {
        if (!file_list_add(&list, words->list[i], error, sizeof(error))) {
            visible_printf(stderr, "%s\n", error);
            code = EXIT_MISTAKE;
        }
    }
    for (size_t i = 0; i < list.count && code != EXIT_MISTAKE; i++)
        code = worse(code, explore_file(line, list.files[i], list.tests[i], list.count == 1));
    file_list_fini(&list);
    if (line->tests == 0 && code == 0) {
        visible_printf(stderr, "lo0sim explore: there is no test\n");
        return EXIT_NOTHING;
    }
    if (line->tests > 1)
        printf("%" PRIu64 " tests, %s schedules of at most %u fault%s: %" PRIu64 " violated\n",
               line->tests, explore_number(line->ran, number), line->explore.faults,
               line->explore.faults == 1 ? "" : "s", line->violations);
    return code;
}

/* ---- --merge ---- */

/* => Returns 0, or EXIT_MISTAKE and reports what is wrong. */
static int merge_all(explore_state_t *all, const option_words_t *words, char *about, size_t size)
{
    char is[2000];
    for (size_t i = 0; i < words->count; i++) {
        explore_state_t one = {.level = 0};
        bool read = explore_file_read(words->list[i], &one, is, sizeof(is)) == EXPLORE_FILE_READ;
        if (read && i == 0)
            snprintf(about, size, "%s", is);
        bool same = read && strcmp(about, is) == 0;
        if (same)
            explore_merge(all, &one);
        explore_fini(&one);
        if (!same)
            return command_mistake("explore", "%s is %s", words->list[i],
                                   read ? "of another exploration than the files before"
                                        : "no file that --out wrote");
    }
    return 0;
}

static int merge(explore_line_t *line, const option_words_t *words)
{
    explore_state_t all = {.level = 0};
    char about[2000] = "";
    const char *of = NULL;
    int code = merge_all(&all, words, about, sizeof(about));
    if (code == 0 && !explore_about_read(about, &line->explore, &of))
        code = command_mistake("explore", "--merge takes what --out wrote");
    size_t shards = line->explore.shards > 0 ? line->explore.shards : 1;
    if (code == 0 && words->count != shards)
        code =
            command_mistake("explore", "there are %zu shards, and %zu files", shards, words->count);
    if (code == 0) {
        line->explore.shards = 0;
        outcomes_sort(&all.outcomes);
        visible_printf(stdout, "%s\n", of);
        explore_put_table(&line->explore, &all, stdout);
        explore_put_last_line(&line->explore, &all, stdout);
        code = end_of(line, &all);
    }
    explore_fini(&all);
    return code;
}

/* ---- the command ---- */

static void settle(explore_line_t *line)
{
    explore_options_t *o = &line->explore;
    o->faults = (unsigned)line->faults;
    o->jobs = (unsigned)line->jobs;
    o->expectations_are_outcomes = line->expectations;
    o->max_ms = line->seconds * 1000;
    o->max_bytes = line->mebibytes << 20;
    o->random_seed = line->seed;
    o->progress = isatty(STDERR_FILENO) != 0;
    o->trial.engine = (trial_engine_t)line->engine;
    o->trial.merge = !line->no_prune;
    o->trial.script.seed = line->seed;
    o->trial.script.forced_era = line->world.era;
    o->trial.script.forced_mode = line->world.mode;
    o->orders = line->orders && o->random == 0;
    if (line->orders)
        o->trial.kinds |= KIND_BIT(KIND_ORDER);
}

static int run(int argc, char **argv)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    explore_line_t line = {
        .explore = {.trial = {.kinds = KINDS_DEFAULT,
                              .places = TRIAL_PLACES,
                              .script = {.limits = {.instant_events = BOX_INSTANT_EVENTS_MAX,
                                                    .virtual_us = BOX_VIRTUAL_US_MAX}}}},
        .faults = 1,
        .jobs = processors > 0 ? (uint64_t)processors : 1,
        .seed = 1,
        .mebibytes = 1024};
    option_words_t words;
    int code = options_take(&command_explore, argc, argv, &line, &words);
    if (code >= 0)
        return code;
    if (words.count == 0)
        return command_mistake("explore", "no file was given: lo0sim explore FILE[:TEST]");
    if (line.merge && (line.out != NULL || line.save != NULL || line.html != NULL ||
                       line.explore.checkpoint != NULL))
        return command_mistake("explore", "--merge prints one table, and writes no file: leave out "
                                          "--out, --save, --html and --checkpoint");
    settle(&line);
    return line.merge ? merge(&line, &words) : explore_files(&line, &words);
}

const command_t command_explore = {
    .name = "explore",
    .what = "every placement of faults in a test",
    .run = run,
    .synopsis = "[OPTION...] FILE[:TEST]...",
    .text =
        "Runs a test with no fault, with each single fault, with each two, and so on, and says "
        "what came of it: a table of outcomes, and whether anything was violated that must hold "
        "(docs/explore.md). A folder stands for the *.lua files in it and below.",
    .rows = rows,
    .tail = "exit: 0 complete, 1 a violation, 2 a mistake in a script or on the command line, 3 "
            "lo0sim itself failed, 4 a bound came first, or there is nothing to explore",
};
