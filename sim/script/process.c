/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Simulated processes: coroutines that wait for each other, for sockets and for the clock.
 */
#include "sim/script/process.h"

#include "sim/base/must.h"
#include "sim/base/visible.h"

#include <assert.h>
#include <lcount.h>
#include <stdlib.h>
#include <string.h>

struct process {
    runtime_t *rt;
    struct process *next;
    lua_State *L;
    char *name;
    const void *channel; /* what it waits for; NULL: it runs, or will run */
    const char *why;
    process_hint_t *hint; /* NULL: there is none */
    bool done;
    bool killed;
    int results;  /* what its function returned, on the stack of L */
    bool in_call; /* in a call that can wait, since: */
    uint64_t call_us;
    vtimer_t wake;
    vtimer_t close; /* of a process that was killed: its sockets are closed */
};

bool process_is_done(const process_t *process)
{
    return process->done;
}

bool process_is_killed(const process_t *process)
{
    return process->killed;
}

process_t *process_next(const runtime_t *rt, const process_t *process)
{
    return process == NULL ? rt->processes : process->next;
}

runtime_t *process_runtime(const process_t *process)
{
    return process->rt;
}

/* Lua calls it before the next instruction of a process that was killed in a call of its own. Where
 * the process cannot be left, an error ends what it is in. */
static void on_dead(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    if (lua_isyieldable(L))
        lua_yield(L, 0); /* for ever */
    else
        luaL_error(L, "the process was killed");
}

void process_kill(process_t *process, void (*close)(void *process))
{
    runtime_t *rt = process->rt;
    assert(!process->done && process != rt->main);
    process->done = process->killed = true;
    process->results = 0;
    vclock_cancel(rt->box->clock, &process->wake);
    vclock_set(rt->box->clock, &process->close, box_now(rt->box), close, process);
    lua_sethook(process->L, on_dead, LUA_MASKCOUNT, 1);
    process_wake(rt, process);
}

int process_push_results(lua_State *L, const process_t *process)
{
    assert(process->done);
    if (process->killed) {
        lua_pushnil(L);
        lua_pushliteral(L, "killed");
        return 2;
    }
    int results = process->results, first = lua_gettop(process->L) - results + 1;
    luaL_checkstack(L, results, "too many results of a process");
    if (!lua_checkstack(process->L, results))
        return luaL_error(L, "too many results of a process");
    for (int i = 0; i < results; i++)
        lua_pushvalue(process->L, first + i);
    lua_xmove(process->L, L, results);
    return results;
}

const char *process_name(const process_t *process)
{
    return process->name;
}

static void resume(process_t *process, int nargs)
{
    runtime_t *rt = process->rt;
    process_t *caller = rt->current;
    int results;

    assert(!process->done && process != caller);
    rt->current = process;
    process->channel = NULL;
    process->why = NULL;
    process->hint = NULL;
    box_note_progress(rt->box);
    vclock_cancel(rt->box->clock, &process->wake);
    int status = lua_resume(process->L, caller != NULL ? caller->L : NULL, nargs, &results);
    rt->current = caller;
    if (process->killed) { /* in that call, which may have set the timer again */
        vclock_cancel(rt->box->clock, &process->wake);
        return;
    }
    if (status == LUA_YIELD) {
        assert(results == 0);
        return;
    }
    process->done = true;
    process->results = status == LUA_OK ? results : 0;
    vclock_cancel(rt->box->clock, &process->wake);
    if (status != LUA_OK)
        runtime_fail_with_error(rt, process->L, status);
    process_wake(rt, process);
}

static void on_wake(void *arg)
{
    process_t *process = arg;
    if (!process->rt->over)
        resume(process, 0);
}

process_t *process_spawn(runtime_t *rt, lua_State *L, const char *name, int nargs)
{
    lua_State *thread = sandbox_thread(L);
    memory_t *memory = rt->box->watch;
    process_t *process = must_have(memory_zalloc(memory, sizeof(*process)));
    char *line = visible_line(name);
    process->name = strcpy(must_have(memory_alloc(memory, strlen(line) + 1)), line);
    free(line);
    process->rt = rt;
    process->L = thread;
    *rt->last_process = process;
    rt->last_process = &process->next;
    lua_xmove(L, process->L, nargs + 1);
    resume(process, nargs);
    return process;
}

void process_place(const process_t *process, char *place, size_t size)
{
    if (!sandbox_place(process->L, place, size))
        snprintf(place, size, "%s", process->rt->path);
}

void process_check_wait(lua_State *L, const char *verb)
{
    if (!lua_isyieldable(L))
        luaL_error(L,
                   "%s waits, which is not possible inside of a function that table.sort, "
                   "string.gsub or a metamethod calls",
                   verb);
    process_t *process = runtime_of(L)->current;
    assert(process != NULL);
    process->in_call = true;
    process->call_us = box_now(process->rt->box);
}

bool process_end_call(runtime_t *rt, uint64_t *began_us)
{
    process_t *process = rt->current;
    bool was = process->in_call;
    *began_us = process->call_us;
    process->in_call = false;
    return was;
}

int process_wait(runtime_t *rt, lua_State *L, const void *channel, const char *why,
                 lua_KContext context, lua_KFunction k)
{
    process_t *process = rt->current;
    assert(process != NULL && process->L == L && channel != NULL && process->channel == NULL);
    process->channel = channel;
    process->why = why;
    return lua_yieldk(L, 0, context, k);
}

int process_sleep(runtime_t *rt, lua_State *L, uint64_t until_us, lua_KFunction k)
{
    process_t *process = rt->current;
    assert(until_us >= box_now(rt->box));
    vclock_set(rt->box->clock, &process->wake, until_us, on_wake, process);
    return process_wait(rt, L, process, "box:sleep", 0, k);
}

int process_sleep_last(runtime_t *rt, lua_State *L, lua_KFunction k)
{
    process_t *process = rt->current;
    vclock_set_last(rt->box->clock, &process->wake, on_wake, process);
    return process_wait(rt, L, process, "box:settle", 0, k);
}

/* Whether a process is already due to run at this instant. */
static bool is_woken(const runtime_t *rt, const process_t *process)
{
    return vtimer_is_set(&process->wake) && process->wake.vt_at_us <= box_now(rt->box);
}

static bool can_be_woken(const runtime_t *rt, const process_t *process, const void *channel)
{
    return process->channel == channel && !process->done && !is_woken(rt, process);
}

bool process_waits(runtime_t *rt, const void *channel)
{
    for (const process_t *process = rt->processes; process != NULL; process = process->next) {
        luai_owed++;
        if (can_be_woken(rt, process, channel))
            return true;
    }
    return false;
}

void process_wake(runtime_t *rt, const void *channel)
{
    for (process_t *process = rt->processes; process != NULL; process = process->next) {
        luai_owed++;
        if (can_be_woken(rt, process, channel))
            vclock_set(rt->box->clock, &process->wake, box_now(rt->box), on_wake, process);
    }
}

int process_wait_until(runtime_t *rt, lua_State *L, const void *channel, const char *why,
                       uint64_t until_us, lua_KContext context, lua_KFunction k)
{
    process_t *process = rt->current;
    vclock_set(rt->box->clock, &process->wake, until_us, on_wake, process);
    return process_wait(rt, L, channel, why, context, k);
}

void process_set_hint(runtime_t *rt, process_hint_t *hint)
{
    rt->current->hint = hint;
}

uint64_t process_bookkeeping(runtime_t *rt, memory_bookkeeping_t tell, void *arg)
{
    uint64_t work = 0;
    for (process_t *process = rt->processes; process != NULL; process = process->next)
        work += lua_bookkeeping(process->L, tell, arg);
    return work;
}

void process_list_waiting(const runtime_t *rt, FILE *out)
{
    char place[SANDBOX_PLACE_MAX];
    for (const process_t *process = rt->processes; process != NULL; process = process->next) {
        if (process->done)
            continue;
        assert(process->channel != NULL);
        process_place(process, place, sizeof(place));
        fprintf(out, "  %s waits in %s at %s%s\n", process->name, process->why, place,
                process->hint != NULL ? process->hint(process->channel) : "");
    }
}

void process_free_all(runtime_t *rt)
{
    while (rt->processes != NULL) {
        process_t *process = rt->processes;
        rt->processes = process->next;
        vclock_cancel(rt->box->clock, &process->wake);
        vclock_cancel(rt->box->clock, &process->close);
        sandbox_thread_release(rt->sandbox, process->L);
        memory_free(rt->box->watch, process->name);
        memory_free(rt->box->watch, process);
    }
    rt->last_process = &rt->processes;
}

void process_forget_all(runtime_t *rt)
{
    while (rt->processes != NULL) {
        process_t *process = rt->processes;
        rt->processes = process->next;
        memory_free(rt->box->watch, process->name);
        memory_free(rt->box->watch, process);
    }
}
