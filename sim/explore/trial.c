/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/explore/trial_inside.h"

#include "sim/base/errno_name.h"
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/core/trace_station.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES ((size_t)256 << 20)
#define STACK_BYTES ((size_t)8 << 20)

/* ---- what the calls return ---- */

static bool tells(const trace_call_t *call)
{
    switch (call->verb) {
    case TRACE_VERB_CONNECT:
    case TRACE_VERB_PING:
        return true;
    case TRACE_VERB_SEND:
    case TRACE_VERB_RECV:
    case TRACE_VERB_ACCEPT:
        return call->error != 0;
    default:
        return false;
    }
}

static void on_call(void *arg, const trace_call_t *call, uint64_t now_us)
{
    progress_t *now = &((trial_t *)arg)->now;
    if (!tells(call))
        return;
    now->end_us = now_us;
    if (now->call_count == TRIAL_CALLS_MAX)
        now->calls_cut = true;
    else
        now->calls[now->call_count++] = (trial_call_t){call->verb, call->error};
}

/* ---- running ---- */

/* Between two events: lets the state be told, if the schedule has no more deviations, and what came
 * after the last of them is to be told. In a search for orders, where most runs end at the first
 * state, telling takes longer than running: there it is not told again before another choice. */
static void between(void *arg)
{
    trial_t *trial = arg;
    const progress_t *now = &trial->now;
    size_t size;
    bool orders = (trial->options->kinds & KIND_BIT(KIND_ORDER)) != 0;
    bool is_told = orders && trial->told_at == now->points;
    if (!trial->keeps || trial->state == NULL || !trial->in_series || is_told ||
        now->next < trial->schedule->count || script_running(trial->script, &size) == NULL)
        return;
    trial->tells = true;
    trial->told_at = now->points;
    fiber_leave(trial->fiber);
}

/* The second run of one test is the one that counts. */
static void forget_progress(trial_t *trial)
{
    progress_t *now = &trial->now;
    uint32_t begun = now->begun;
    uint64_t merged = now->merged;
    memset(now, 0, offsetof(progress_t, calls));
    now->begun = begun;
    now->merged = merged;
    now->call_count = now->fault_count = 0;
    now->calls_cut = now->crowded = false;
    trial->random = trial->seed;
}

static void begin(void *arg, box_t *box)
{
    trial_t *trial = arg;
    forget_progress(trial);
    trial->unsteady = trial->unsteady || trial->now.begun++ > 0;
    trial->now.box = box;
    trace_set_call_sink(box->trace, on_call, trial);
    box->counters_shown = &trial->counters_shown;
    if (trial->schedule != NULL)
        trial_decide(trial, box);
}

/* A test that is ended from deep inside. */
static void on_abandon(void *arg, const result_t *result)
{
    trial_t *trial = arg;
    trial->last = (result_t){.status = result->status,
                             .now_us = result->now_us,
                             .report = text_copy(result->report != NULL ? result->report : "")};
    longjmp(trial->abandoned, 1);
}

trial_t *trial_open(const trial_options_t *options, char *error, size_t size)
{
    trial_t *trial = must_calloc(1, sizeof(*trial));
    trial->options = options;
    trial->keeps_last = true;
    trial->script_options = options->script;
    trial->script_options.abandon = on_abandon;
    trial->script_options.abandon_arg = trial;
    trial->script_options.begin = begin;
    trial->script_options.begin_arg = trial;
    trial->script_options.between = between;
    trial->script_options.between_arg = trial;
    if (options->engine == TRIAL_SNAPSHOT)
        trial->script_options.arena = must_have(arena_create(ARENA_BYTES));
    if (trial->script_options.arena != NULL)
        arena_keep_clean(trial->script_options.arena);
    /* Code that asks for memory can have its own in its hands, which no arena holds. */
    if (options->engine == TRIAL_SNAPSHOT && (options->kinds & KIND_BIT(KIND_ALLOCATION)) == 0)
        trial->fiber = fiber_create(STACK_BYTES);
    trial->script = script_load(options->path, &trial->script_options, error, size);
    if (trial->script == NULL) {
        trial_close(trial);
        return NULL;
    }
    return trial;
}

void trial_close(trial_t *trial)
{
    if (trial == NULL)
        return;
    result_fini(&trial->last);
    script_close(trial->script);
    arena_destroy(trial->script_options.arena);
    if (trial->fiber != NULL)
        moment_end_series();
    fiber_destroy(trial->fiber);
    for (size_t i = 0; i < DEVIATIONS_MAX; i++)
        moment_free(trial->kept[i].moment);
    free(trial);
}

script_t *trial_script(const trial_t *trial)
{
    return trial->script;
}

static void forget_moments(trial_t *trial)
{
    for (size_t i = 0; i < DEVIATIONS_MAX; i++)
        trial->kept[i].valid = false;
}

void trial_choose(trial_t *trial, size_t test)
{
    trial->test = test;
    trial->unsteady = trial->counters_shown = false;
    forget_moments(trial);
}

void trial_tell_states(trial_t *trial, trial_state_t state, void *arg)
{
    trial->state = trial->fiber != NULL ? state : NULL;
    trial->state_arg = arg;
}

void trial_watch(trial_t *trial, trial_watch_t watch, void *arg)
{
    trial->watch = watch;
    trial->watch_arg = arg;
}

/* One run, from its beginning to its end. */
static void run_whole(void *arg)
{
    trial_t *trial = arg;
    trial->now.begun = 0;
    trial->now.merged = 0;
    forget_progress(trial);
    if (setjmp(trial->abandoned) == 0)
        script_run_test(trial->script, trial->test, &trial->last);
    else
        script_abandoned(trial->script);
}

static moment_world_t world_of(trial_t *trial)
{
    return (moment_world_t){.arena = trial->script_options.arena,
                            .fiber = trial->fiber,
                            .script = trial->script,
                            .notes = &trial->now,
                            .notes_size = offsetof(progress_t, faults) +
                                          trial->now.fault_count * sizeof(point_fault_t)};
}

/* The run stands at the point of its next deviation. */
static void keep(trial_t *trial)
{
    moment_world_t world = world_of(trial);
    kept_t *kept = &trial->kept[trial->now.next];
    if (!trial->in_series)
        moment_begin_series(&world);
    trial->in_series = true;
    if (kept->moment == NULL)
        kept->moment = moment_create();
    moment_save(kept->moment, &world);
    kept->valid = true;
    kept->prefix = *trial->schedule;
    kept->point = trial->now.points;
}

/* The latest moment that is part of the schedule's run.
 * => Returns NULL: there is none. */
static const kept_t *find_moment(const trial_t *trial)
{
    const schedule_t *schedule = trial->schedule;
    for (size_t i = schedule->count; i-- > 0;) {
        const kept_t *kept = &trial->kept[i];
        if (kept->valid && kept->point <= schedule->list[i].point &&
            trial_same_beginning(&kept->prefix, schedule, i))
            return kept;
    }
    return NULL;
}

/* Tells the state, as which the run stands between two events.
 * => Returns whether the run is to end there. */
static bool tell_state(trial_t *trial)
{
    const progress_t *now = &trial->now;
    moment_world_t world = world_of(trial);
    uint64_t facts[6 + TRIAL_CALLS_MAX] = {now->packets,
                                           now->end_us,
                                           now->calls_cut,
                                           now->last_packet,
                                           (uint64_t)(uintptr_t)now->last_host,
                                           box_now(now->box)};
    size_t count = 6;
    for (size_t i = 0; i < now->call_count; i++)
        facts[count++] = ((uint64_t)now->calls[i].verb << 32) + (uint32_t)now->calls[i].error;
    trial->tells = false;
    moment_key_t key = moment_key(&world, facts, count);
    return trial->state(trial->state_arg, &key, now->points - now->first,
                        now->merged - now->merged_before);
}

/* The first moment of a series is at the first choice point of a run. */
static bool begin_series(trial_t *trial)
{
    moment_end_series();
    trial->in_series = false;
    forget_moments(trial);
    return fiber_start(trial->fiber, run_whole, trial);
}

/* A run from the latest moment, on a stack of its own. */
static void run_on(trial_t *trial)
{
    moment_world_t world = world_of(trial);
    const kept_t *kept = trial->unsteady ? NULL : find_moment(trial);
    bool alive;
    if (kept != NULL) {
        moment_restore(kept->moment, &world);
        alive = fiber_enter(trial->fiber);
    } else {
        alive = begin_series(trial);
    }
    while (alive && !trial->stopped) {
        if (trial->tells)
            trial->stopped = tell_state(trial);
        else
            keep(trial);
        if (!trial->stopped)
            alive = fiber_enter(trial->fiber);
    }
    if (trial->stopped)
        script_abandoned(trial->script);
}

static void take_result(trial_t *trial, trial_result_t *result)
{
    const progress_t *now = &trial->now;
    *result = (trial_result_t){.status = trial->last.status,
                               .report = trial->last.report,
                               .end_us = now->end_us,
                               .packets = now->packets,
                               .calls = now->calls,
                               .call_count = now->call_count,
                               .calls_cut = now->calls_cut,
                               .points = now->points,
                               .first = now->first,
                               .classes = trial->classes,
                               .faults = now->faults,
                               .fault_count = now->fault_count,
                               .merged = now->merged - now->merged_before,
                               .crowded = now->crowded,
                               .stopped = trial->stopped,
                               .mixes = trial->unsteady || trial->counters_shown};
}

static void run(trial_t *trial, const schedule_t *schedule, trial_result_t *result)
{
    trial->schedule = schedule;
    result_fini(&trial->last);
    trial->last = (result_t){0};
    trial->stopped = false;
    trial->told_at = UINT32_MAX;
    trial->keeps = trial->fiber != NULL && trial->chance == 0 && schedule != NULL &&
                   (schedule->count > 0 || trial->state != NULL);
    if (trial->keeps)
        run_on(trial);
    else
        run_whole(trial);
    take_result(trial, result);
}

void trial_expect_more(trial_t *trial, bool more)
{
    trial->keeps_last = more;
}

void trial_run(trial_t *trial, const schedule_t *schedule, trial_result_t *result)
{
    run(trial, schedule, result);
}

void trial_run_random(trial_t *trial, uint64_t seed, uint32_t chance, size_t most,
                      trial_result_t *result)
{
    static const schedule_t none;
    trial->chance = chance;
    trial->seed = seed;
    trial->most = most < SCHEDULE_MAX ? most : SCHEDULE_MAX;
    run(trial, &none, result);
    trial->chance = 0;
}

void trial_run_faults(trial_t *trial, const fault_list_t *faults, trial_result_t *result)
{
    trial->script_options.faults = *faults;
    run(trial, NULL, result);
    trial->script_options.faults.count = 0;
}

/* ---- as text ---- */

static size_t add(char *text, size_t size, size_t used, const char *more)
{
    if (used < size)
        used += (size_t)snprintf(text + used, size - used, "%s", more);
    return used < size ? used : size;
}

/* The line of a report that says what went wrong, with "..." where it is too long. */
#define LINE_MAX_BYTES 2000
static void take_line(const char *report, char *line)
{
    size_t length = strcspn(report, "\n");
    const char *more = length < LINE_MAX_BYTES ? "" : "...";
    if (length >= LINE_MAX_BYTES)
        length = LINE_MAX_BYTES - sizeof("...");
    while (*more != '\0' && length > 0 && ((unsigned char)report[length] & 0xc0) == 0x80)
        length--; /* not in the middle of a character */
    snprintf(line, LINE_MAX_BYTES, "%.*s%s", (int)length, report, more);
}

static size_t add_failure(const trial_result_t *result, char *text, size_t size)
{
    char line[LINE_MAX_BYTES];
    const char *report = result->report != NULL ? result->report : "";
    const char *word = result->status == RESULT_CRASHED   ? "crashed: "
                       : result->status == RESULT_MISTAKE ? "error: "
                                                          : "failed: ";
    bool says_so = strncmp(report, "crashed: ", 9) == 0 || strncmp(report, "leaked: ", 8) == 0;
    if (result->status == RESULT_CRASHED && says_so)
        word = "";
    take_line(report, line);
    return add(text, size, add(text, size, 0, word), line);
}

void trial_outcome(const trial_result_t *result, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    if (result->status != RESULT_PASSED)
        used = add_failure(result, text, size);
    for (size_t i = 0; i < result->call_count;) {
        char one[100], times[32] = "";
        const trial_call_t *call = &result->calls[i];
        size_t same = 1;
        while (i + same < result->call_count && call[same].verb == call->verb &&
               call[same].error == call->error)
            same++;
        if (same > 1)
            snprintf(times, sizeof(times), " x%zu", same);
        snprintf(one, sizeof(one), "%s%s %s%s", used > 0 ? ", " : "", trace_verb_word(call->verb),
                 call->error == 0 ? "succeeds" : errno_name(call->error), times);
        used = add(text, size, used, one);
        i += same;
    }
    if (result->calls_cut)
        used = add(text, size, used, ", ...");
    if (used == 0)
        add(text, size, 0, "passed");
}
