/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The levels K = 0, 1, 2, ... in batches. Between batches the bounds are checked and a checkpoint
 * is written.
 */
#include "sim/explore/explore.h"

#include "sim/explore/explore_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH_FIRST 2000
#define BATCH_MOST  (UINT64_C(1) << 32)
#define BATCH_MS    500 /* about how long a batch is to take */

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void explore_fini(explore_state_t *state)
{
    outcomes_fini(&state->outcomes);
    graph_fini(&state->graph);
}

bool explore_is_violation(const explore_options_t *options, const outcome_t *outcome)
{
    if (outcome->status == RESULT_PASSED)
        return false;
    return outcome->status == RESULT_CRASHED || !options->expectations_are_outcomes ||
           outcome->first == 0;
}

const outcome_t *explore_violation(const explore_options_t *options, const explore_state_t *state)
{
    const outcome_t *first = NULL;
    for (size_t i = 0; i < state->outcomes.count; i++) {
        const outcome_t *outcome = &state->outcomes.list[i];
        if (explore_is_violation(options, outcome) &&
            (first == NULL || outcome->first < first->first))
            first = outcome;
    }
    return first;
}

void explore_merge(explore_state_t *state, const explore_state_t *other)
{
    outcomes_merge(&state->outcomes, &other->outcomes);
    for (size_t i = 0; i <= SCHEDULE_MAX; i++) {
        state->ran[i] += other->ran[i];
        state->total[i] = other->total[i];
    }
    state->runs += other->runs;
    state->merged += other->merged;
    state->equal = other->equal;
    state->commuting = other->commuting;
    state->cut |= other->cut;
    state->level = other->level;
    state->next = other->next;
    if (other->end != EXPLORE_COMPLETE)
        state->end = other->end;
}

/* ---- writing and reading ---- */

void explore_write(const explore_state_t *state, const char *about, FILE *out)
{
    fprintf(out, "lo0sim-explore 3\n%s\n", about);
    fprintf(out,
            "level %u next %" PRIu64 " base %" PRIu64 " runs %" PRIu64 " merged %" PRIu64
            " equal %" PRIu64 " commuting %" PRIu64 " cut %u mixes %d apart %d end %d\n",
            state->level, state->next, state->base, state->runs, state->merged, state->equal,
            state->commuting, state->cut, state->mixes, state->apart, (int)state->end);
    for (size_t i = 0; i <= SCHEDULE_MAX; i++)
        fprintf(out, "%" PRIu64 " %" PRIu64 "\n", state->ran[i], state->total[i]);
    outcomes_write(&state->outcomes, out);
    graph_write(&state->graph, out);
}

static bool read_counts(explore_state_t *state, FILE *in)
{
    char line[300];
    int mixes, apart, end;
    if (fgets(line, sizeof(line), in) == NULL ||
        sscanf(line,
               "level %u next %" SCNu64 " base %" SCNu64 " runs %" SCNu64 " merged %" SCNu64
               " equal %" SCNu64 " commuting %" SCNu64 " cut %u mixes %d apart %d end %d",
               &state->level, &state->next, &state->base, &state->runs, &state->merged,
               &state->equal, &state->commuting, &state->cut, &mixes, &apart, &end) != 11 ||
        state->level > SCHEDULE_MAX || end < 0 || end > (int)EXPLORE_FAILED)
        return false;
    state->mixes = mixes != 0;
    state->apart = apart != 0;
    state->end = (explore_end_t)end;
    for (size_t i = 0; i <= SCHEDULE_MAX; i++) {
        if (fgets(line, sizeof(line), in) == NULL ||
            sscanf(line, "%" SCNu64 " %" SCNu64, &state->ran[i], &state->total[i]) != 2)
            return false;
    }
    return true;
}

bool explore_read(explore_state_t *state, char *about, size_t size, FILE *in)
{
    char line[2000];
    if (fgets(line, sizeof(line), in) == NULL || strcmp(line, "lo0sim-explore 3\n") != 0 ||
        fgets(line, sizeof(line), in) == NULL)
        return false;
    line[strcspn(line, "\n")] = '\0';
    snprintf(about, size, "%s", line);
    return read_counts(state, in) && outcomes_read(&state->outcomes, in) &&
           graph_read(&state->graph, in);
}

void explore_about(const explore_options_t *options, char *text, size_t size)
{
    const trial_options_t *t = &options->trial;
    const script_options_t *s = &t->script;
    snprintf(text, size,
             "faults %u orders %d kinds %x places %x merge %d random %" PRIu64 " %" PRIu64
             " shards %u seed %" PRIu64 " era %s mode %d of %.1000s:%.400s",
             options->faults, options->orders, t->kinds, t->places, t->merge, options->random,
             options->random_seed, options->shards, s->seed,
             s->forced_era != NULL ? s->forced_era->name : "-",
             s->forced_mode != NULL ? (int)*s->forced_mode : -1, t->path, t->test);
}

bool explore_about_read(const char *text, explore_options_t *options, const char **of)
{
    int orders = 0, merge = 0, length = 0;
    unsigned kinds = 0, places = 0;
    bool read = sscanf(text,
                       "faults %u orders %d kinds %x places %x merge %d random %" SCNu64 " %" SCNu64
                       " shards %u %n",
                       &options->faults, &orders, &kinds, &places, &merge, &options->random,
                       &options->random_seed, &options->shards, &length) == 8 &&
                options->faults <= SCHEDULE_MAX;
    const char *at = read ? strstr(text + length, " of ") : NULL;
    options->trial.kinds = kinds;
    options->trial.places = places;
    options->trial.merge = merge != 0;
    options->orders = orders != 0;
    *of = at != NULL ? at + 4 : NULL;
    return at != NULL;
}

static bool write_checkpoint(const explore_options_t *options, explore_state_t *state)
{
    if (explore_file_write(options, state, options->checkpoint))
        return true;
    snprintf(state->error, sizeof(state->error), "--checkpoint: %.200s: %s", options->checkpoint,
             strerror(errno));
    return false;
}

/* ---- levels ---- */

typedef struct pace {
    uint64_t began_ms, batch, last_ms;
} pace_t;

static void tell(const explore_options_t *options, const explore_state_t *state, const pace_t *pace)
{
    uint64_t ms = now_ms() - pace->began_ms, ran = 0, total = state->total[state->level];
    if (!options->progress || ms < 500)
        return;
    for (size_t i = 0; i <= SCHEDULE_MAX; i++)
        ran += state->ran[i];
    double rate = ms > 0 ? (double)ran * 1000 / (double)ms : 0;
    fprintf(stderr, "\r\033[K%u fault%s: %" PRIu64 " of %" PRIu64 ", %.0f a second, %.0f s left",
            state->level, state->level == 1 ? "" : "s", state->next, total, rate,
            rate > 0 ? (double)(total - state->next) / rate : 0);
}

static bool is_over(const explore_options_t *options, explore_state_t *state, const pace_t *pace)
{
    if (!options->keep_going && explore_violation(options, state) != NULL)
        state->end = EXPLORE_VIOLATED;
    else if (options->max_ms != 0 && now_ms() - pace->began_ms >= options->max_ms)
        state->end = EXPLORE_TIME;
    else if (options->max_bytes != 0 && graph_size(&state->graph) > options->max_bytes)
        state->end = EXPLORE_MEMORY;
    return state->end != EXPLORE_COMPLETE;
}

/* Adapts the size of batches to BATCH_MS; it never changes what is found. */
static void adapt(pace_t *pace)
{
    uint64_t ms = now_ms() - pace->last_ms;
    if (ms < BATCH_MS && pace->batch < BATCH_MOST)
        pace->batch *= ms < BATCH_MS / 10 ? 8 : 2;
    else if (ms > 4 * BATCH_MS && pace->batch > BATCH_FIRST)
        pace->batch /= 2;
}

/* Begins a level, unless it had begun before a checkpoint. */
static void begin_level(const explore_options_t *options, explore_state_t *state)
{
    bool random = options->random > 0 && state->level > 0;
    if (!random && state->graph.levels <= state->level)
        state->total[state->level] = graph_begin_level(&state->graph);
    if (random)
        state->total[state->level] = options->random;
}

static bool is_of_shard(const explore_options_t *options, uint32_t leg)
{
    return options->shards == 0 || leg % options->shards == options->shard - 1;
}

/* Counts schedules with the outcome of a leg's run. */
typedef struct counting {
    const explore_options_t *options;
    explore_state_t *state;
    bool by_fault; /* a shard has schedules by their last fault, not by their end */
} counting_t;

/* In the last level a shard has only run what it has of it (batch.c). */
static bool begins_here(void *arg, uint32_t leg)
{
    const counting_t *counting = arg;
    const explore_state_t *state = counting->state;
    return leg >= state->graph.begins[state->level] || is_of_shard(counting->options, leg);
}

static void count(void *arg, uint32_t leg, uint32_t row, uint64_t schedules)
{
    const counting_t *counting = arg;
    const explore_options_t *options = counting->options;
    explore_state_t *state = counting->state;
    if (!counting->by_fault && !is_of_shard(options, leg))
        return;
    uint64_t *of_row = &state->outcomes.list[row].count, *of_level = &state->ran[state->level];
    *of_row = graph_sum(*of_row, schedules);
    *of_level = graph_sum(*of_level, schedules);
}

/* A level is complete: its schedules are counted. */
static void count_level(const explore_options_t *options, explore_state_t *state)
{
    bool by_fault = options->orders && state->level > 0 && state->level == options->faults;
    counting_t counting = {options, state, by_fault};
    if ((options->random == 0 || state->level == 0) &&
        !graph_count(&state->graph, state->level, by_fault ? begins_here : NULL, count, &counting))
        state->cut |= CUT_CIRCLE;
}

/* Begins the next round of a level, if there is one.
 * => Returns whether the level goes on. */
static bool begin_round(const explore_options_t *options, explore_state_t *state)
{
    uint64_t more = options->orders ? graph_begin_round(&state->graph) : 0;
    state->total[state->level] += more;
    if (state->graph.too_many_orders)
        state->cut |= CUT_ORDERS;
    return more > 0;
}

/* => Returns false when the search is over. */
static bool run_level(trial_t *trial, const explore_options_t *options, explore_state_t *state,
                      pace_t *pace)
{
    unsigned deepest = options->random > 0 ? 1 : options->faults;
    begin_level(options, state);
    bool goes_on = state->next < state->total[state->level];
    while (goes_on) {
        uint64_t total = state->total[state->level];
        batch_t batch = {.from = state->next,
                         .to =
                             total - state->next > pace->batch ? state->next + pace->batch : total,
                         .deepest = state->level == deepest,
                         .last = state->level > 0 && state->level == deepest && !options->orders};
        pace->last_ms = now_ms();
        if (!batch_run(trial, options, state, &batch)) {
            state->end = EXPLORE_FAILED;
            return false;
        }
        if (state->mixes && !state->apart)
            return false;
        state->next = batch.to;
        goes_on = state->next < total || begin_round(options, state);
        if (!goes_on)
            count_level(options, state);
        adapt(pace);
        tell(options, state, pace);
        bool finished = state->level == deepest && !goes_on;
        if (options->checkpoint != NULL && !write_checkpoint(options, state)) {
            state->end = EXPLORE_FAILED;
            return false;
        }
        if (!finished && is_over(options, state, pace))
            return false;
        if (finished && !options->keep_going && explore_violation(options, state) != NULL)
            state->end = EXPLORE_VIOLATED;
    }
    return state->level < deepest;
}

static void run_levels(trial_t *trial, const explore_options_t *options, explore_state_t *state,
                       pace_t *pace)
{
    while (run_level(trial, options, state, pace)) {
        state->base += state->total[state->level];
        state->level++;
        state->next = 0;
    }
}

void explore_run(trial_t *trial, const explore_options_t *options, explore_state_t *state)
{
    pace_t pace = {.began_ms = now_ms(), .batch = BATCH_FIRST};
    state->end = EXPLORE_COMPLETE;
    state->graph.kinds = options->trial.kinds;
    state->graph.orders = options->orders;
    state->apart = state->apart || !options->trial.merge;
    run_levels(trial, options, state, &pace);
    if (state->mixes && !state->apart) { /* once more, with all states taken for different */
        explore_fini(state);
        *state = (explore_state_t){
            .apart = true, .graph = {.kinds = options->trial.kinds, .orders = options->orders}};
        run_levels(trial, options, state, &pace);
    }
    if (state->next < state->total[state->level] && state->graph.levels > state->level &&
        (state->level < options->faults || options->orders)) {
        counting_t counting = {options, state, false};
        graph_count_added(&state->graph, count, &counting);
    }
    if (options->progress)
        fprintf(stderr, "\r\033[K");
    outcomes_sort(&state->outcomes);
}
