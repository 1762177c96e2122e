/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Running one test: the box is made, its function runs as the process "main", timers run until it
 * has returned, and everything must be back where it was.
 */
#include "sim/script/lua_verb.h"

#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/core/counted_memory.h"
#include "sim/core/invariant.h"
#include "sim/exec/exec.h"
#include "sim/script/lua_expect.h"
#include "sim/view/timeline.h"

#include <assert.h>
#include <errno.h>
#include <lcount.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* The events that a failure shows. */
#define LAST_EVENTS 24

/* What an event costs of the budget of instructions: about as long as it takes. */
#define EVENT_WORK 50

/* A script's work is limited by its budget; this limit is for unforeseen cases and for faults of
 * the machine. */
#define OVER_WALL_TIME "over the limit of wall time (--max-wall)"

/* Room for why a test ends, without a place. */
#define WHY_MAX 300

/* ---- which runtime ---- */

/* The extra space of each Lua state holds the pointer; a new coroutine copies it from the main
 * state. A key in the registry would need a table access, which counts as the script's work. */
runtime_t *runtime_of(lua_State *L)
{
    runtime_t *rt;
    memcpy(&rt, lua_getextraspace(L), sizeof(rt));
    return rt;
}

/* Sets it for the main state and all later coroutines; NULL: no test runs. */
static void set_runtime(sandbox_t *sandbox, runtime_t *rt)
{
    memcpy(lua_getextraspace(sandbox_lua(sandbox)), &rt, sizeof(rt));
}

static bool writes_too_much(const runtime_t *rt)
{
    bool over = false;
    for (size_t i = 0; i < rt->options->observer_count; i++)
        over = over || observing_is_over(&rt->observing[i]);
    return over;
}

/* Why a test ends that writes too much. */
static void too_much(const runtime_t *rt, char why[WHY_MAX])
{
    uint64_t most = rt->options->output_bytes > 0 ? rt->options->output_bytes : OBSERVER_BYTES_MAX;
    for (size_t i = 0; i < rt->options->observer_count; i++) {
        const observing_t *o = &rt->observing[i];
        if (!observing_is_over(o))
            continue;
        snprintf(why, WHY_MAX, "over %llu MiB for %s (--max-output)",
                 (unsigned long long)(most >> 20), o->observer->option);
        return;
    }
}

/* Abandons the test at the line where L is. */
static void abandon_here(runtime_t *rt, lua_State *L, result_status_t status, const char *why)
{
    char place[SANDBOX_PLACE_MAX], text[SANDBOX_PLACE_MAX + WHY_MAX];
    sandbox_place(L, place, sizeof(place));
    snprintf(text, sizeof(text), "%s: %s", place, why);
    runtime_abandon(rt, status, text);
}

void runtime_look(lua_State *L)
{
    char why[WHY_MAX] = OVER_WALL_TIME;
    runtime_t *rt = runtime_of(L);
    bool much = rt != NULL && !rt->over && writes_too_much(rt);
    if (rt == NULL || (!rt->interrupted && !much))
        return;
    if (!rt->interrupted)
        too_much(rt, why);
    abandon_here(rt, L, rt->interrupted ? RESULT_CRASHED : RESULT_FAILED, why);
}

/* => Returns whether the test uses more memory than it may, in Lua and in its box, and why it ends
 *    then. */
static bool is_too_large(const runtime_t *rt, lua_State *L, char why[WHY_MAX])
{
    uint64_t held = box_held(rt->box);
    if (!sandbox_is_too_large(L, held))
        return false;
    sandbox_too_large(L, why, WHY_MAX);
    size_t length = strlen(why);
    if (held >> 10 > 0)
        snprintf(why + length, WHY_MAX - length, "; its box holds %llu KiB, mostly %s",
                 (unsigned long long)(held >> 10), box_holds_mostly(rt->box));
    return true;
}

void runtime_charge(lua_State *L)
{
    char why[WHY_MAX];
    runtime_t *rt = runtime_of(L);
    if (rt != NULL && !rt->over && is_too_large(rt, L, why))
        abandon_here(rt, L, RESULT_FAILED, why);
}

int runtime_want_taps(runtime_t *rt, lua_State *L)
{
    rt->again = true;
    rt->over = true;
    if (lua_isyieldable(L))
        return lua_yield(L, 0); /* for ever */
    return luaL_error(L, "the test is run again, with taps");
}

/* ---- ending ---- */

/* How many events are kept for a failure. Usually the test is run again for them, but hooks of
 * shared objects can do something else in a second run. */
static size_t last_events(const runtime_t *rt)
{
    bool keep = rt->options->keep_events || rt->options->hooks.count > 0;
    return keep ? LAST_EVENTS : 0;
}

char *runtime_report(const runtime_t *rt, const char *text)
{
    char *report = NULL;
    size_t size;
    FILE *out = text_open(&report, &size);
    size_t length = strlen(text);
    fprintf(out, "%s%s", text, length > 0 && text[length - 1] != '\n' ? "\n" : "");
    if (rt->who != NULL && who_last(rt->who)[0] != '\0')
        fprintf(out, "  the call  %s\n", who_last(rt->who));
    if (rt->box != NULL) {
        fprintf(out, "at %.6f s", (double)box_now(rt->box) / 1e6);
        if (last_events(rt) > 0 && trace_count(rt->box->trace) > 0) {
            fprintf(out, "; the last events:\n");
            timeline_t *timeline = timeline_create(out, TIMELINE_BRIEF);
            trace_last(rt->box->trace, timeline_event, timeline);
            timeline_destroy(timeline);
        } else {
            fprintf(out, "\n");
        }
    }
    fclose(out);
    return report;
}

void runtime_fail(runtime_t *rt, result_status_t status, const char *text)
{
    if (rt->over)
        return;
    rt->over = true;
    rt->status = status;
    rt->report = runtime_report(rt, text);
}

void runtime_note(runtime_t *rt, const char *text)
{
    char *notes = must_asprintf("%s%s\n", rt->notes != NULL ? rt->notes : "", text);
    free(rt->notes);
    rt->notes = notes;
}

/* The notes, followed by why the test failed. */
static char *take_report(runtime_t *rt)
{
    if (rt->notes == NULL && rt->report == NULL)
        return must_calloc(1, 1);
    char *text = must_asprintf("%s%s", rt->notes != NULL ? rt->notes : "",
                               rt->report != NULL ? rt->report : "");
    char *report = visible_text(text);
    free(text);
    free(rt->notes);
    free(rt->report);
    rt->notes = rt->report = NULL;
    return report;
}

void runtime_fail_with_error(runtime_t *rt, lua_State *L, int status)
{
    bool failure = status == LUA_ERRMEM || lua_is_failure(L, -1);
    char *text = sandbox_take_error(rt->sandbox, L, status, rt->path);
    if (status == LUA_ERRMEM && sandbox_machine_is_full(rt->sandbox))
        runtime_fail(rt, RESULT_CRASHED, text);
    else
        runtime_fail(rt, failure ? RESULT_FAILED : RESULT_MISTAKE, text);
    free(text);
}

static void fill(const runtime_t *rt, result_status_t status, char *report, result_t *result)
{
    *result = (result_t){.status = status,
                         .report = report,
                         .once = rt->interrupted || writes_too_much(rt),
                         .now_us = rt->box != NULL ? box_now(rt->box) : 0};
    if (rt->box == NULL || box_faults_count(rt->box->faults) < rt->options->faults.count)
        return;
    result->fault_count = rt->options->faults.count;
    result->faults = must_calloc(result->fault_count + 1, sizeof(*result->faults));
    for (size_t i = 0; i < result->fault_count; i++)
        box_faults_tally(rt->box->faults, i, &result->faults[i]);
}

/* A fault of the script's that has struck nothing is told in the trace; the command tells of those
 * of the command line, which come first. */
static void note_faults(const runtime_t *rt)
{
    char text[FAULT_TALLY_MAX];
    fault_tally_t tally;
    for (size_t i = rt->options->faults.count; i < box_faults_count(rt->box->faults); i++) {
        const fault_t *fault = box_faults_tally(rt->box->faults, i, &tally);
        if (tally.struck == 0 && !tally.noted)
            box_note_fault(rt->box, fault, fault_tally_text(fault, &tally, 0, text, sizeof(text)));
    }
}

/* ---- observers ---- */

static void begin_observers(runtime_t *rt)
{
    const test_info_t test = {rt->path, rt->test, rt->line, rt->options->seed, rt->path};
    char error[OBSERVER_ERROR_MAX];
    for (size_t i = 0; i < rt->options->observer_count; i++) {
        if (!observing_begin(&rt->observing[i], rt->options->observers[i], rt->box, &test,
                             rt->options->output_bytes, error)) {
            runtime_fail(rt, RESULT_MISTAKE, error);
            return;
        }
    }
}

static void look(runtime_t *rt)
{
    for (size_t i = 0; i < rt->options->observer_count; i++)
        observing_look(&rt->observing[i]);
}

/* Reports what is wrong with a file. */
static void end_observers(runtime_t *rt, result_t *result)
{
    char error[OBSERVER_ERROR_MAX];
    for (size_t i = 0; i < rt->options->observer_count; i++) {
        if (rt->again) {
            observing_drop(&rt->observing[i]);
            continue;
        }
        result_status_t status = observing_end(&rt->observing[i], result, error);
        if (status == RESULT_PASSED)
            continue;
        if (result->status == RESULT_PASSED)
            result->status = rt->status = status;
        runtime_note(rt, error);
    }
}

void runtime_abandon(runtime_t *rt, result_status_t status, const char *text)
{
    result_t result;
    if (rt->exec != NULL)
        exec_kill_all(rt->exec);
    runtime_fail(rt, status, text); /* the first failure counts */
    fill(rt, rt->status, rt->report, &result);
    end_observers(rt, &result);
    result.report = take_report(rt);
    if (rt->options->abandon != NULL)
        rt->options->abandon(rt->options->abandon_arg, &result);
    exit((int)rt->status);
}

void runtime_forget(runtime_t *rt)
{
    for (size_t i = 0; i < rt->options->observer_count; i++)
        observing_drop(&rt->observing[i]);
    process_forget_all(rt);
    claims_forget(rt);
    box_forget(rt->box);
    who_destroy(rt->who);
    free(rt->report);
    free(rt->notes);
    ip_stack_on_panic(NULL, NULL);
}

void runtime_rescue(runtime_t *rt)
{
    for (size_t i = 0; i < rt->options->observer_count; i++)
        observing_rescue(&rt->observing[i]);
}

/* An assertion of lwIP's: a message instead of a signal. */
static void on_panic(void *arg, const char *message, const char *file, int line)
{
    char text[LUA_MESSAGE_ROOM];
    const char *name = strrchr(file, '/');
    snprintf(text, sizeof(text), "crashed: an assertion in the stack failed: %s (%s:%d)", message,
             name != NULL ? name + 1 : file, line);
    runtime_abandon(arg, RESULT_CRASHED, text);
}

void runtime_goes_on(runtime_t *rt)
{
    ip_stack_on_panic(on_panic, rt);
}

/* ---- running ---- */

static void fail_deadlock(runtime_t *rt)
{
    char *text = NULL;
    size_t size;
    FILE *out = text_open(&text, &size);
    fprintf(out, "%s: deadlock: every process waits and no timer is pending\n", rt->path);
    process_list_waiting(rt, out);
    if (rt->exec != NULL && exec_is_alive(rt->exec)) {
        fprintf(out, "  ");
        exec_list_waiting(rt->exec, out, "\n  ");
        fprintf(out, "\n");
    }
    fclose(out);
    runtime_fail(rt, RESULT_FAILED, text);
    free(text);
}

/* The test ends where its function waits. */
static void fail_there(runtime_t *rt, result_status_t status, const char *why)
{
    char place[SANDBOX_PLACE_MAX], text[SANDBOX_PLACE_MAX + WHY_MAX];
    process_place(rt->main, place, sizeof(place));
    snprintf(text, sizeof(text), "%s: %s", place, why);
    runtime_fail(rt, status, text);
}

static void fail_limit(runtime_t *rt, box_step_t step)
{
    char why[WHY_MAX];
    if (step == BOX_BOUNCING)
        snprintf(why, sizeof(why),
                 "over %llu events at one instant: packets bounce and time stands still "
                 "(--max-instant)",
                 (unsigned long long)rt->options->limits.instant_events);
    else
        snprintf(why, sizeof(why), "over the limit of %.3f s of virtual time (--max-time)",
                 (double)rt->options->limits.virtual_us / 1e6);
    fail_there(rt, RESULT_FAILED, why);
}

static void check_invariants(runtime_t *rt)
{
    char text[LUA_MESSAGE_ROOM];
    if (rt->box->invariants == NULL || rt->over)
        return;
    invariants_count(rt->box->invariants, rt->box->ifs);
    const char *broken = invariants_broken(rt->box->invariants);
    if (broken == NULL)
        return;
    snprintf(text, sizeof(text), "invariant broken: %s", broken);
    runtime_fail(rt, RESULT_CRASHED, text);
}

/* After an event, and at the end. */
static void check_memory(runtime_t *rt)
{
    char why[WHY_MAX];
    if (!rt->over && is_too_large(rt, sandbox_lua(rt->sandbox), why))
        fail_there(rt, RESULT_FAILED, why);
}

/* Runs timers until the process `main` has returned or the test is over. */
static void run_to_the_end(runtime_t *rt, const process_t *main_process)
{
    char why[WHY_MAX];
    while (!rt->over && !process_is_done(main_process)) {
        box_step_t step = BOX_RAN;
        if (rt->options->between != NULL)
            rt->options->between(rt->options->between_arg);
        if (rt->exec == NULL || !lua_exec_goes_on(rt)) {
            step = box_step(rt->box);
            luai_owed += EVENT_WORK;
        }
        if (rt->interrupted) {
            fail_there(rt, RESULT_CRASHED, OVER_WALL_TIME);
        } else if (writes_too_much(rt)) {
            too_much(rt, why);
            fail_there(rt, RESULT_FAILED, why);
        } else if (step == BOX_IDLE) {
            if (rt->exec == NULL || !exec_wait_for_world(rt->exec))
                fail_deadlock(rt);
        } else if (step != BOX_RAN) {
            fail_limit(rt, step);
        }
        check_memory(rt);
        check_invariants(rt);
        if (rt->claims.always && !rt->over)
            claims_check(rt, false);
    }
}

static void check_for_leaks(runtime_t *rt)
{
    char text[LUA_MESSAGE_ROOM] = "leaked: ";
    size_t length = strlen(text);
    if (!box_drain(rt->box, text + length, sizeof(text) - length))
        runtime_fail(rt, RESULT_CRASHED, text);
}

/* The reply mode of a name that lua_test.c has checked. */
static ipf_reply_mode_t reply_mode_of(const char *name)
{
    ipf_reply_mode_t mode = 0;
    bool known = reply_mode_find(name, &mode);
    assert(known);
    (void)known;
    return mode;
}

static void make_box(runtime_t *rt, const char *mode, const char *era)
{
    const script_options_t *o = rt->options;
    rt->box = rt->counted != NULL ? box_create_in(&rt->counted->memory, rt->counted->under, o->seed,
                                                  &o->limits, last_events(rt))
                                  : box_create(o->seed, &o->limits, last_events(rt));
    if (rt->box == NULL)
        must_end();
    if (rt->counted != NULL)
        rt->box->counted = rt->counted;
    if (!o->no_invariants)
        box_want_invariants(rt->box);
    if (rt->taps)
        box_want_taps(rt->box);
    if (last_events(rt) > 0) {
        rt->who = must_have(who_create());
        trace_add_sink(rt->box->trace, who_event, rt->who);
    }
    if (o->forced_era != NULL || era != NULL)
        box_set_era(rt->box, o->forced_era != NULL ? o->forced_era : era_find(era));
    if (o->forced_mode != NULL)
        box_set_reply_mode(rt->box, *o->forced_mode);
    else if (mode != NULL)
        box_set_reply_mode(rt->box, reply_mode_of(mode));
}

/* The objects were tried before the run: one that fails only now does not behave the same each
 * time. */
static void attach_hooks(runtime_t *rt)
{
    char error[HOOK_OBJECT_ERROR_MAX];
    if (!box_attach_hooks(rt->box, &rt->options->hooks, error, sizeof(error)))
        runtime_fail(rt, RESULT_MISTAKE, error);
    lua_kill_begin(rt);
    const char *why = box_add_faults(rt->box, &rt->options->faults);
    if (why != NULL)
        runtime_fail(rt, RESULT_MISTAKE, why);
    if (rt->options->begin != NULL)
        rt->options->begin(rt->options->begin_arg, rt->box);
}

/* A function for lua_pcall: the test's function at 1 becomes the process `main`. */
static int start_main(lua_State *L)
{
    runtime_t *rt = runtime_of(L);
    lua_push_box(L);
    rt->main = process_spawn(rt, L, "main", 1);
    return 0;
}

/* The function of the test is on top of L's stack. */
static void run_test(runtime_t *rt, lua_State *L)
{
    int top = lua_gettop(L) - 1;
    lua_pushcfunction(L, start_main);
    lua_insert(L, -2);
    int status = lua_pcall(L, 1, 0, 0);
    if (status == LUA_OK)
        run_to_the_end(rt, rt->main);
    else
        runtime_fail_with_error(rt, L, status); /* no memory for a process */
    assert(lua_gettop(L) == top);
    check_invariants(rt);
    if (!rt->over)
        claims_check(rt, true);
}

/* A box in an arena ends when the arena is put back. */
static void forget_box(runtime_t *rt)
{
    hook_attachment_end(&rt->box->hooks);
    ip_stack_abandon();
}

void runtime_run(runtime_t *rt, const char *mode, const char *era, result_t *result)
{
    rt->last_process = &rt->processes;
    rt->sockets = NULL;
    rt->last_socket = &rt->sockets;
    set_runtime(rt->sandbox, rt);
    ip_stack_on_panic(on_panic, rt);
    make_box(rt, mode, era);
    begin_observers(rt);
    if (!rt->over)
        attach_hooks(rt);
    if (!rt->over)
        run_test(rt, sandbox_lua(rt->sandbox));
    lua_exec_end(rt);
    note_faults(rt);
    fill(rt, rt->status, NULL, result);
    look(rt);

    claims_free(rt);
    process_free_all(rt);
    if (rt->status == RESULT_PASSED && !rt->again) {
        assert(!rt->over);
        check_for_leaks(rt);
        result->status = rt->status;
    }
    result->report = rt->report;
    end_observers(rt, result);
    rt->box->choose = NULL; /* what a box sends while it is taken down is no part of the run */
    if (rt->counted != NULL && rt->options->observer_count == 0)
        forget_box(rt);
    else
        box_destroy(rt->box);
    who_destroy(rt->who);
    rt->box = NULL;
    rt->who = NULL;
    ip_stack_on_panic(NULL, NULL);
    set_runtime(rt->sandbox, NULL);
    result->report = take_report(rt);
}
