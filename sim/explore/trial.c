/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/explore/trial.h"

#include "sim/base/errno_name.h"
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/core/counted_memory.h"
#include "sim/core/trace_station.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES ((size_t)256 << 20)

struct trial {
    const trial_options_t *options;
    script_options_t script_options;
    script_t *script;
    size_t test;
    box_t *box; /* of the running test */
    const schedule_t *schedule;
    size_t next; /* deviation */
    uint32_t points;
    point_class_t classes[TRIAL_POINTS_MAX];
    uint64_t merged;
    uint64_t blocks_base;        /* of memory, from before the test began */
    const ip_stack_t *last_host; /* whose packet came to a place last */
    uint32_t last_packet;
    uint32_t orders; /* how many instants had several events, so far */
    uint32_t chance; /* in a million; 0: by the schedule */
    uint64_t seed, random;
    size_t most;
    trial_result_t *result;
    jmp_buf abandoned;
    result_t last; /* owns the report */
};

/* ---- choosing ---- */

static uint64_t next_random(trial_t *trial)
{
    uint64_t z = trial->random += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Chooses by chance. */
static unsigned draw(trial_t *trial, point_class_t class)
{
    unsigned count = point_alternatives(class, trial->options->kinds);
    if (trial->next == trial->most || count == 0 || next_random(trial) % 1000000 >= trial->chance)
        return 0;
    trial->next++;
    return (unsigned)(next_random(trial) % count) + 1;
}

/* A choice point.
 * => Returns the alternative; 0: nothing happens. */
static unsigned choose(trial_t *trial, point_class_t class)
{
    uint32_t point = trial->points++;
    const schedule_t *schedule = trial->schedule;
    if (trial->chance > 0)
        return draw(trial, class);
    if (trial->next < schedule->count) {
        if (schedule->list[trial->next].point != point)
            return 0;
        unsigned which = schedule->list[trial->next++].alternative;
        if (trial->next == schedule->count)
            trial->result->first = point + 1;
        /* A test that is found to look at taps is run again with them, and then has more points:
         * what this run's point cannot do is another point's. */
        return which <= point_alternatives(class, trial->options->kinds) ? which : 0;
    }
    uint32_t at = point - trial->result->first;
    if (at < TRIAL_POINTS_MAX)
        trial->classes[at] = class;
    return 0;
}

static char *next_text(trial_t *trial)
{
    return trial->result->texts[trial->result->text_count++];
}

static const char *host_name(const trial_t *trial, const ip_stack_t *ips)
{
    return ips == trial->box->ips ? NULL : box_host_name(trial->box, ips);
}

static ip_fault_t suffer(trial_t *trial, ip_stack_t *ips, ip_place_t place, mblk_t **mp,
                         unsigned which)
{
    char error[200], *text = next_text(trial);
    fault_t fault;
    point_packet_text(which, trial->options->kinds, place, host_name(trial, ips), *mp, text);
    if (!fault_read(text, &fault, error, sizeof(error)))
        abort(); /* never: point_packet_text() writes what can be read */
    return box_carry_out(trial->box, &fault, mp);
}

/* Whether a fault here is the same as at the place before: there is no hook between them, and no
 * tap. */
static bool is_merged(const trial_t *trial, const ip_stack_t *ips, ip_place_t place,
                      const mblk_t *mp)
{
    bool after = place == IP_AT_LOOPBACK_IN || place == IP_AT_FANOUT || place == IP_AT_WIRE;
    return trial->options->merge && after && trial->box->taps == NULL && trial->last_host == ips &&
           trial->last_packet == mp->b_packet && !ip_stack_had_hooks(ips, place, mp);
}

static ip_fault_t at_place(void *arg, ip_stack_t *ips, ip_place_t place, mblk_t **mp)
{
    trial_t *trial = arg;
    ip_fault_t none = {.if_what = IP_FAULT_NONE};
    bool sent = place == IP_AT_LOOPBACK_OUT || place == IP_AT_PHYSICAL_OUT;
    trial->result->packets += sent;
    if ((trial->options->places & (1u << place)) == 0)
        return none;
    point_class_t class = point_class_of(place, *mp);
    if (point_alternatives(class, trial->options->kinds) == 0)
        return none;
    bool merged = is_merged(trial, ips, place, *mp);
    trial->last_host = ips;
    trial->last_packet = (*mp)->b_packet;
    if (merged) {
        trial->merged++;
        return none;
    }
    unsigned which = choose(trial, class);
    return which == 0 ? none : suffer(trial, ips, place, mp, which);
}

static size_t at_instant(void *arg, size_t count)
{
    trial_t *trial = arg;
    uint32_t nth = ++trial->orders;
    unsigned which = choose(trial, POINT_READY(count));
    if (which > 0)
        snprintf(next_text(trial), POINT_TEXT_MAX, "order %u first %u", nth, which + 1);
    return which;
}

static bool at_block(void *arg, uint64_t nth)
{
    trial_t *trial = arg;
    if (choose(trial, POINT_ALLOCATION) == 0)
        return false;
    snprintf(next_text(trial), POINT_TEXT_MAX, "fail allocation %llu",
             (unsigned long long)(nth - trial->blocks_base));
    return true;
}

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
    trial_t *trial = arg;
    trial_result_t *result = trial->result;
    if (!tells(call))
        return;
    result->end_us = now_us;
    if (result->call_count == TRIAL_CALLS_MAX)
        result->calls_cut = true;
    else
        result->calls[result->call_count++] = (trial_call_t){call->verb, call->error};
}

/* ---- running ---- */

static void begin(void *arg, box_t *box)
{
    trial_t *trial = arg;
    unsigned kinds = trial->options->kinds;
    trial_result_t *result = trial->result;
    trial->box = box;
    trial->next = trial->points = trial->orders = 0;
    trial->last_packet = 0;
    trial->random = trial->seed;
    result->call_count = result->text_count = 0;
    result->packets = 0;
    trace_set_call_sink(box->trace, on_call, trial);
    if (trial->schedule == NULL)
        return;
    box_set_chooser(box, at_place, trial);
    if ((kinds & KIND_BIT(KIND_ORDER)) != 0)
        vclock_set_chooser(box->clock, at_instant, trial);
    if ((kinds & KIND_BIT(KIND_ALLOCATION)) != 0) {
        trial->blocks_base = box->counted->count;
        box->counted->ask = at_block;
        box->counted->ask_arg = trial;
    }
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
    trial->script_options = options->script;
    trial->script_options.abandon = on_abandon;
    trial->script_options.abandon_arg = trial;
    trial->script_options.begin = begin;
    trial->script_options.begin_arg = trial;
    if (options->engine == TRIAL_SNAPSHOT)
        trial->script_options.arena = must_have(arena_create(ARENA_BYTES));
    trial->script = script_load(options->path, &trial->script_options, error, size);
    if (trial->script == NULL) {
        arena_destroy(trial->script_options.arena);
        free(trial);
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
    free(trial);
}

script_t *trial_script(const trial_t *trial)
{
    return trial->script;
}

void trial_choose(trial_t *trial, size_t test)
{
    trial->test = test;
}

uint64_t trial_merged(const trial_t *trial)
{
    return trial->merged;
}

static void run(trial_t *trial, const schedule_t *schedule, trial_result_t *result)
{
    memset(result, 0, offsetof(trial_result_t, texts));
    result->text_count = 0;
    result->first = 0;
    trial->result = result;
    trial->schedule = schedule;
    result_fini(&trial->last);
    trial->last = (result_t){0};
    if (setjmp(trial->abandoned) == 0)
        script_run_test(trial->script, trial->test, &trial->last);
    else
        script_abandoned(trial->script);
    result->status = trial->last.status;
    result->report = trial->last.report;
    result->points = trial->points;
    result->classes = trial->classes;
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

/* The line of a report that says what went wrong. */
static size_t add_failure(const trial_result_t *result, char *text, size_t size)
{
    char line[160];
    const char *report = result->report != NULL ? result->report : "";
    const char *word = result->status == RESULT_CRASHED   ? "crashed: "
                       : result->status == RESULT_MISTAKE ? "error: "
                                                          : "failed: ";
    bool says_so = strncmp(report, "crashed: ", 9) == 0 || strncmp(report, "leaked: ", 8) == 0;
    if (result->status == RESULT_CRASHED && says_so)
        word = "";
    snprintf(line, sizeof(line), "%.*s", (int)strcspn(report, "\n"), report);
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
