/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A part of a level, run by several processes. It is fixed which of them runs which schedule, and
 * their results are merged in order: so one process finds the same as many.
 */
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/unnamed_file.h"
#include "sim/explore/explore.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS_MAX 64
#define RUN      64 /* so many schedules in a row are one process': neighbours begin alike */

/* Where a process is, for its parent if it dies. */
typedef struct place {
    uint64_t number;
    schedule_t schedule;
} place_t;

/* What a process has found: all but the last level's runs are told one by one. */
typedef struct told {
    uint8_t *bytes; /* of each a graph_run_t, its states, its points */
    size_t used, room;
} told_t;

/* One process' share. */
typedef struct share {
    trial_t *trial;
    const explore_options_t *options;
    explore_state_t *state; /* of this process: it may be changed */
    const batch_t *batch;
    unsigned job, jobs;
    place_t *place;
    uint64_t nth;          /* of the walk's children */
    graph_state_t *states; /* of the present run */
    size_t state_count, state_room;
    told_t told;
    explore_state_t found;
} share_t;

static bool counts_here(const explore_options_t *options, uint64_t number)
{
    return options->shards == 0 || number % options->shards == options->shard - 1;
}

/* ---- runs ---- */

static void tell(told_t *told, const void *bytes, size_t size)
{
    told->bytes = must_grow(told->bytes, &told->room, told->used + size, 1);
    if (size > 0)
        memcpy(told->bytes + told->used, bytes, size);
    told->used += size;
}

/* The present run has come to a state.
 * => Returns whether it is known: then the run's end is, too. */
static bool on_state(void *arg, const moment_key_t *key, uint32_t points, uint64_t passed_over)
{
    share_t *share = arg;
    if (points > TRIAL_POINTS_MAX)
        return false;
    share->states = must_grow(share->states, &share->state_room, share->state_count + 1,
                              sizeof(*share->states));
    share->states[share->state_count++] = (graph_state_t){*key, points, (uint32_t)passed_over};
    return graph_knows(&share->state->graph, key);
}

/* Tells a run, whose successors are wanted. */
static void tell_run(share_t *share, uint64_t number, const trial_result_t *result,
                     uint64_t outcome)
{
    uint32_t points = result->points > result->first ? result->points - result->first : 0;
    graph_run_t run;
    memset(&run, 0, sizeof(run)); /* since its padding is told, too */
    run.number = number;
    run.first = result->first;
    run.points = points < TRIAL_POINTS_MAX ? points : TRIAL_POINTS_MAX;
    run.states = (uint32_t)share->state_count;
    run.passed_over = (uint32_t)result->merged;
    run.outcome = outcome;
    run.stopped = result->stopped;
    tell(&share->told, &run, sizeof(run));
    tell(&share->told, share->states, share->state_count * sizeof(*share->states));
    tell(&share->told, result->classes, run.points * sizeof(*result->classes));
    while (share->told.used % sizeof(uint64_t) != 0)
        tell(&share->told, "", 1);
    for (size_t i = 0; i < share->state_count; i++)
        graph_note(&share->state->graph, &share->states[i].key);
}

/* => Returns false after a violation that ends the search. */
static bool take(share_t *share, uint64_t number, uint64_t weight, const trial_result_t *result)
{
    const batch_t *batch = share->batch;
    explore_state_t *found = &share->found;
    const outcome_t *outcome = NULL;
    found->mixes = found->mixes || result->mixes;
    if (!result->stopped)
        outcome = outcomes_add(&found->outcomes, result, share->state->base + number, weight);
    if (!batch->last)
        tell_run(share, number, result, outcome != NULL ? outcome->hash : 0);
    else
        found->merged += result->merged;
    found->ran[share->state->level] += weight;
    if (result->points > result->first && result->points - result->first > TRIAL_POINTS_MAX)
        found->cut |= CUT_POINTS;
    if (result->crowded && share->options->orders)
        found->cut |= CUT_READY;
    return outcome == NULL || share->options->keep_going ||
           !explore_is_violation(share->options, outcome);
}

/* Shards divide the last level among them: its schedules, or where orders are free what begins with
 * each of its faults. */
static bool runs_here(const share_t *share, const graph_child_t *child)
{
    if (share->batch->last)
        return counts_here(share->options, child->number);
    if (!share->batch->deepest || share->state->level == 0 || child->by_order)
        return true;
    return counts_here(share->options, (uint64_t)child->parent + child->point + child->alternative);
}

static bool run_child(void *arg, const graph_child_t *child)
{
    share_t *share = arg;
    trial_result_t result;
    bool last = share->batch->last;
    if (share->nth++ / RUN % share->jobs != share->job || !runs_here(share, child))
        return true;
    share->place->number = share->state->base + child->number;
    share->place->schedule = child->schedule;
    share->state_count = 0;
    share->found.runs++;
    trial_expect_more(share->trial, child->more);
    trial_run(share->trial, &child->schedule, &result);
    return take(share, child->number, last ? child->weight : 0, &result);
}

/* Runs the schedules of a random search: `faults` in each, on average. */
static void run_random(share_t *share)
{
    static const schedule_t none;
    trial_result_t result;
    trial_run(share->trial, &none, &result);
    uint32_t points = result.points > 0 ? result.points : 1;
    uint32_t chance = (uint32_t)(1000000u * (uint64_t)share->options->faults / points);
    chance = chance == 0 ? 1 : chance > 1000000 ? 1000000 : chance;
    for (uint64_t i = share->batch->from; i < share->batch->to; i++) {
        if (i % share->jobs != share->job || !counts_here(share->options, i))
            continue;
        share->place->number = share->state->base + i;
        share->found.runs++;
        trial_run_random(share->trial, share->options->random_seed * 1000003 + i, chance,
                         share->options->faults, &result);
        if (!take(share, i, 1, &result))
            return;
    }
}

static void run_share(share_t *share)
{
    const batch_t *batch = share->batch;
    bool equal = share->options->trial.merge && !share->state->apart && !batch->last;
    trial_tell_states(share->trial, equal ? on_state : NULL, share);
    if (share->state->level > 0 && share->options->random > 0)
        run_random(share);
    else
        graph_walk(&share->state->graph, batch->from, batch->to, run_child, share);
}

/* ---- processes ---- */

/* The runs that the processes of a batch have told. */
typedef struct runs {
    uint8_t *bytes[JOBS_MAX];
    unsigned parts;
    graph_run_t *list;
    size_t count, room;
} runs_t;

static void runs_fini(runs_t *runs)
{
    for (unsigned i = 0; i < runs->parts; i++)
        free(runs->bytes[i]);
    free(runs->list);
}

static void add_found(explore_state_t *state, const explore_state_t *found)
{
    outcomes_merge(&state->outcomes, &found->outcomes);
    for (size_t i = 0; i <= SCHEDULE_MAX; i++)
        state->ran[i] += found->ran[i];
    state->runs += found->runs;
    state->merged += found->merged;
    state->cut |= found->cut;
    state->mixes = state->mixes || found->mixes;
}

/* A process that a signal ended is a violation in itself. */
static void add_crash(explore_state_t *state, const place_t *place, int status)
{
    char report[100];
    trial_result_t result;
    memset(&result, 0, sizeof(result));
    result.status = RESULT_CRASHED;
    snprintf(report, sizeof(report), "crashed: signal %d (%s)", WTERMSIG(status),
             strsignal(WTERMSIG(status)));
    result.report = report;
    outcome_t *outcome = outcomes_add(&state->outcomes, &result, place->number, 1);
    size_t used = 0;
    for (size_t i = 0; i < place->schedule.count; i++)
        used += (size_t)snprintf(
            outcome->example + used, sizeof(outcome->example) - used, "%spoint %u, alternative %u",
            i > 0 ? "; " : "", place->schedule.list[i].point, place->schedule.list[i].alternative);
    state->ran[state->level]++;
    state->runs++;
}

/* Reads the runs that a process has told, `size` bytes. */
static bool take_runs(runs_t *runs, FILE *in, size_t size)
{
    uint8_t *at = must_malloc(size + 1);
    uint8_t *end = at + size;
    runs->bytes[runs->parts++] = at;
    if (fread(at, 1, size, in) != size)
        return false;
    while (at < end) {
        runs->list = must_grow(runs->list, &runs->room, runs->count + 1, sizeof(*runs->list));
        graph_run_t *run = &runs->list[runs->count++];
        memcpy(run, at, sizeof(*run));
        at += sizeof(*run);
        run->list = (const graph_state_t *)(const void *)at;
        at += run->states * sizeof(*run->list);
        run->classes = (const point_class_t *)(const void *)at;
        size_t classes = run->points * sizeof(*run->classes);
        at += (classes + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
    }
    return true;
}

static bool take_found(explore_state_t *state, runs_t *runs, int fd)
{
    explore_state_t found = {.level = 0};
    FILE *in = fdopen(fd, "r");
    if (in == NULL)
        return false;
    char about[20], line[60];
    size_t size;
    rewind(in);
    bool read = explore_read(&found, about, sizeof(about), in) &&
                fgets(line, sizeof(line), in) != NULL && sscanf(line, "runs %zu", &size) == 1 &&
                take_runs(runs, in, size);
    if (read)
        add_found(state, &found);
    fclose(in);
    explore_fini(&found);
    return read;
}

/* Adds the runs to the graph, in the order of their numbers. */
typedef struct adding {
    explore_state_t *state;
    const runs_t *runs;
    size_t next;
    uint64_t most; /* numbers after it are not added */
} adding_t;

static int by_number(const void *a, const void *b)
{
    const graph_run_t *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static bool add_child(void *arg, const graph_child_t *child)
{
    adding_t *adding = arg;
    explore_state_t *state = adding->state;
    const graph_run_t *run = &adding->runs->list[adding->next];
    if (child->number > adding->most)
        return false;
    bool is_there = adding->next < adding->runs->count && run->number == child->number;
    adding->next += is_there;
    state->merged += graph_add(&state->graph, child, is_there ? run : NULL,
                               is_there ? outcomes_row(&state->outcomes, run->outcome) : 0);
    return true;
}

static void add_runs(explore_state_t *state, const explore_options_t *options, const batch_t *batch,
                     const runs_t *runs)
{
    adding_t adding = {.state = state, .runs = runs, .most = UINT64_MAX};
    const outcome_t *first = options->keep_going ? NULL : explore_violation(options, state);
    if (first != NULL && first->first >= state->base)
        adding.most = first->first - state->base;
    if (runs->count > 0)
        qsort(runs->list, runs->count, sizeof(*runs->list), by_number);
    graph_walk(&state->graph, batch->from, batch->to, add_child, &adding);
    state->equal = state->graph.merged;
    state->commuting = state->graph.commuting;
}

/* must_end() in a process of the search: its parent says it. */
static void end_without_memory(void)
{
    _exit(EXIT_CRASHED);
}

static void child_process(share_t *share, int fd)
{
    must_end_with(end_without_memory);
    FILE *out = must_have(fdopen(fd, "w"));
    signal(SIGINT, SIG_DFL);
    run_share(share);
    explore_write(&share->found, "batch", out);
    fprintf(out, "runs %zu\n", share->told.used);
    if (share->told.used > 0)
        fwrite(share->told.bytes, 1, share->told.used, out);
    _exit(fflush(out) == 0 && !ferror(out) ? 0 : EXIT_CRASHED);
}

/* Takes what a process has found, or why it has not.
 * => Returns false, with a message, if it had no memory for it, or there is none to read it. */
static bool take_share(explore_state_t *state, runs_t *runs, const place_t *place, pid_t pid,
                       int fd)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status)) {
        add_crash(state, place, status);
        return true;
    }
    if (WEXITSTATUS(status) == 0 && take_found(state, runs, fd))
        return true;
    snprintf(state->error, sizeof(state->error), "out of memory");
    return false;
}

bool batch_run(trial_t *trial, const explore_options_t *options, explore_state_t *state,
               const batch_t *batch)
{
    unsigned jobs = options->jobs < JOBS_MAX ? options->jobs : JOBS_MAX;
    if (batch->to - batch->from < 200)
        jobs = 1;
    pid_t pids[JOBS_MAX];
    int fds[JOBS_MAX];
    place_t *places = mmap(NULL, jobs * sizeof(*places), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool done = places != MAP_FAILED;
    runs_t runs = {.parts = 0};
    unsigned started = 0;
    fflush(NULL);
    for (; done && started < jobs; started++) {
        share_t share = {.trial = trial,
                         .options = options,
                         .state = state,
                         .batch = batch,
                         .job = started,
                         .jobs = jobs,
                         .place = &places[started]};
        fds[started] = unnamed_file("share");
        pids[started] = fds[started] >= 0 ? fork() : -1;
        if (pids[started] == 0)
            child_process(&share, fds[started]);
        if (pids[started] < 0) {
            snprintf(state->error, sizeof(state->error), "cannot start a process: %s",
                     strerror(errno));
            done = false;
            break;
        }
    }
    for (unsigned i = 0; i < started; i++) {
        if (!take_share(state, &runs, &places[i], pids[i], fds[i]))
            done = false;
    }
    if (done && !batch->last)
        add_runs(state, options, batch, &runs);
    runs_fini(&runs);
    if (places != MAP_FAILED)
        munmap(places, jobs * sizeof(*places));
    return done;
}
