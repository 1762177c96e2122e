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

/* One process' share. */
typedef struct share {
    trial_t *trial;
    const explore_options_t *options;
    const explore_state_t *state;
    const batch_t *batch;
    unsigned job, jobs;
    place_t *place;
    explore_state_t found;
} share_t;

static bool counts_here(const share_t *share, uint64_t child)
{
    const explore_options_t *o = share->options;
    return o->shards == 0 || child % o->shards == o->shard - 1;
}

/* => Returns false after a violation that ends the search. */
static bool take(share_t *share, uint64_t child, const schedule_t *schedule,
                 const trial_result_t *result)
{
    uint64_t number = share->state->base + child;
    bool counts = counts_here(share, child);
    explore_state_t *found = &share->found;
    const outcome_t *outcome = outcomes_add(&found->outcomes, result, number, counts);
    found->ran[share->state->level] += counts;
    if (result->points > result->first && result->points - result->first > TRIAL_POINTS_MAX)
        found->cut = true;
    if (!share->batch->last)
        frontier_add(&found->next_frontier, number, schedule, result, share->options->trial.kinds);
    return share->options->keep_going || !explore_is_violation(share->options, outcome);
}

static bool run_child(void *arg, uint64_t child, const schedule_t *schedule)
{
    share_t *share = arg;
    trial_result_t result;
    if (child / RUN % share->jobs != share->job ||
        (share->batch->last && !counts_here(share, child)))
        return true;
    share->place->number = share->state->base + child;
    share->place->schedule = *schedule;
    trial_run(share->trial, schedule, &result);
    return take(share, child, schedule, &result);
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
        if (i % share->jobs != share->job || !counts_here(share, i))
            continue;
        share->place->number = share->state->base + i;
        trial_run_random(share->trial, share->options->random_seed * 1000003 + i, chance,
                         share->options->faults, &result);
        if (!take(share, i, &none, &result))
            return;
    }
}

static void run_share(share_t *share)
{
    const batch_t *batch = share->batch;
    uint64_t merged = trial_merged(share->trial);
    schedule_t none = {0};
    if (share->state->level == 0)
        run_child(share, 0, &none);
    else if (share->options->random > 0)
        run_random(share);
    else
        frontier_walk(&share->state->frontier, batch->from, batch->to, share->options->trial.kinds,
                      run_child, share);
    share->found.merged = trial_merged(share->trial) - merged;
}

/* ---- processes ---- */

static void add_found(explore_state_t *state, const explore_state_t *found)
{
    outcomes_merge(&state->outcomes, &found->outcomes);
    for (size_t i = 0; i <= SCHEDULE_MAX; i++)
        state->ran[i] += found->ran[i];
    state->merged += found->merged;
    state->cut = state->cut || found->cut;
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
    outcome_t *outcome = outcomes_add(&state->outcomes, &result, place->number, true);
    size_t used = 0;
    for (size_t i = 0; i < place->schedule.count; i++)
        used += (size_t)snprintf(
            outcome->example + used, sizeof(outcome->example) - used, "%spoint %u, alternative %u",
            i > 0 ? "; " : "", place->schedule.list[i].point, place->schedule.list[i].alternative);
    state->ran[state->level]++;
}

static bool take_found(explore_state_t *state, int fd)
{
    explore_state_t found = {0};
    FILE *in = fdopen(fd, "r");
    if (in == NULL)
        return false;
    char about[20];
    rewind(in);
    bool read = explore_read(&found, about, sizeof(about), in);
    if (read)
        add_found(state, &found);
    fclose(in);
    if (read)
        frontier_append(&state->next_frontier, &found.next_frontier);
    explore_fini(&found);
    return read;
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
    _exit(fflush(out) == 0 && !ferror(out) ? 0 : EXIT_CRASHED);
}

/* Takes what a process has found, or why it has not.
 * => Returns false, with a message, if it had no memory for it, or there is none to read it. */
static bool take_share(explore_state_t *state, const place_t *place, pid_t pid, int fd)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status)) {
        add_crash(state, place, status);
        return true;
    }
    if (WEXITSTATUS(status) == 0 && take_found(state, fd))
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
    unsigned started = 0;
    fflush(NULL);
    for (; done && started < jobs; started++) {
        share_t share = {trial, options,          state,       batch, started,
                         jobs,  &places[started], {.level = 0}};
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
        if (!take_share(state, &places[i], pids[i], fds[i]))
            done = false;
    }
    if (places != MAP_FAILED)
        munmap(places, jobs * sizeof(*places));
    return done;
}
