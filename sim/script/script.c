/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A scenario file: its chunk is run, which registers its tests; each is then run in a fresh box.
 */
#include "sim/script/script.h"

#include "sim/base/file_read.h"
#include "sim/base/must.h"
#include "sim/base/nearest.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/script/lua_verb.h"
#include "sim/script/script_file.h"
#include "sim/script/script_impl.h"

#include <assert.h>
#include <lcount.h>
#include <stdlib.h>
#include <string.h>

script_t *script_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, (const void *)&script_of);
    script_t *script = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return script;
}

/* ---- loading ---- */

/* Whether a line's code contains the word; what is after "--" is taken for a comment. */
static bool line_names(const char *line, size_t length, const char *word)
{
    const char *comment = memmem(line, length, "--", 2);
    if (comment != NULL)
        length = (size_t)(comment - line);
    return memmem(line, length, word, strlen(word)) != NULL;
}

bool script_names_taps(const char *path)
{
    char error[PATH_MAX_TEXT + 200];
    size_t length;
    char *text = file_read(path, &length, error, sizeof(error));
    bool found = false;
    for (const char *line = text; line != NULL && *line != '\0' && !found;) {
        size_t size = strcspn(line, "\n");
        found = line_names(line, size, "packets");
        line += size + (line[size] == '\n');
    }
    free(text);
    return found;
}

static void out_of_instructions(void *arg, const char *text)
{
    const script_t *script = arg;
    if (script->running != NULL)
        runtime_abandon(script->running, RESULT_FAILED, text);
}

static void open_verbs(script_t *script)
{
    lua_State *L = sandbox_lua(script->sandbox);
    lua_pushlightuserdata(L, script);
    lua_rawsetp(L, LUA_REGISTRYINDEX, (const void *)&script_of);
    lua_test_open(L);
    lua_include_open(L);
    lua_verbs_open(L);
    if (script->options->extend != NULL)
        script->options->extend(L);
}

/* Whether a test is the wanted one, by its name with or without its mode; only with it, if another
 * test has just that name. */
static bool is_wanted(const script_t *script, const test_t *test)
{
    const char *only = script->only;
    size_t length = strlen(only);
    return strcmp(test->name, only) == 0 ||
           (!script->names_one && (test->mode != NULL || test->era != NULL) &&
            strncmp(test->name, only, length) == 0 && strncmp(test->name + length, " [", 2) == 0);
}

static void free_test(test_t *test)
{
    free(test->name);
    free(test->skip);
    free(test->mode);
    free(test->era);
    free(test->tags);
}

static void no_such_test(const script_t *script, const char *only, char *error, size_t size)
{
    const char **names = must_calloc(script->count + 1, sizeof(*names));
    for (size_t i = 0; i < script->count; i++)
        names[i] = script->tests[i].name;
    const char *near = nearest(only, names, script->count);
    if (near != NULL)
        snprintf(error, size, "%s: there is no test '%s'; did you mean '%s'?", script->path, only,
                 near);
    else if (script->count > 0)
        snprintf(error, size, "%s: there is no test '%s'; the first one is '%s'", script->path,
                 only, names[0]);
    else
        snprintf(error, size, "%s: there is no test '%s', nor any other", script->path, only);
    free(names);
}

static bool is_taken(const script_t *script, const test_t *test)
{
    const script_options_t *o = script->options;
    return (o->only == NULL || is_wanted(script, test)) &&
           (o->wanted == NULL || o->wanted(o->wanted_arg, script->path, test->name, test->tags));
}

/* Drops all tests that are not wanted, possibly all.
 * => Returns false, with a message, if there is no test of the wanted name. */
static bool keep_wanted(script_t *script, char *error, size_t size)
{
    const char *only = script->only;
    bool found = only == NULL;
    for (size_t i = 0; i < script->count && only != NULL; i++)
        script->names_one = script->names_one || strcmp(script->tests[i].name, only) == 0;
    for (size_t i = 0; i < script->count && only != NULL; i++)
        found = found || is_wanted(script, &script->tests[i]);
    if (!found) {
        no_such_test(script, only, error, size);
        return false;
    }
    size_t kept = 0;
    for (size_t i = 0; i < script->count; i++) {
        if (is_taken(script, &script->tests[i]))
            script->tests[kept++] = script->tests[i];
        else
            free_test(&script->tests[i]);
    }
    script->count = kept;
    return true;
}

script_t *script_load(const char *path, const script_options_t *options, char *error, size_t size)
{
    script_t *script = must_calloc(1, sizeof(*script));
    script->path = text_copy(path);
    script->options = options;
    script->only = options->only != NULL ? visible_line(options->only) : NULL;
    script->names_taps = script_names_taps(path);
    memory_t *memory = options->arena != NULL ? arena_memory(options->arena) : NULL;
    if (memory != NULL) {
        script->counted = must_have(memory_alloc(memory, sizeof(*script->counted)));
        counted_memory_init(script->counted, memory);
    }
    sandbox_options_t sandbox_options = {.memory = memory,
                                         .memory_bytes = options->memory_bytes,
                                         .instructions = options->instructions,
                                         .seed = options->seed,
                                         .out_of_instructions = out_of_instructions,
                                         .arg = script,
                                         .look = runtime_look,
                                         .charge = runtime_charge};
    script->sandbox = sandbox_create(&sandbox_options);
    if (script->sandbox == NULL)
        must_end();
    open_verbs(script);
    assert(lua_gettop(sandbox_lua(script->sandbox)) == 0);
    script->loading = true;
    bool loaded = sandbox_load(script->sandbox, path, error, size);
    script->loading = false;
    if (loaded)
        loaded = keep_wanted(script, error, size);
    if (!loaded) {
        script_close(script);
        return NULL;
    }
    if (options->arena != NULL) {
        script->image = must_have(arena_save(options->arena));
        script->owed = luai_owed;
    }
    return script;
}

void script_close(script_t *script)
{
    if (script == NULL)
        return;
    for (size_t i = 0; i < script->count; i++)
        free_test(&script->tests[i]);
    free(script->tests);
    if (script->image != NULL)
        arena_restore(script->options->arena, script->image);
    arena_image_free(script->image);
    sandbox_destroy(script->sandbox);
    free(script->path);
    free(script->only);
    free(script);
}

/* ---- the tests ---- */

size_t script_test_count(const script_t *script)
{
    return script->count;
}

const char *script_test_name(const script_t *script, size_t test)
{
    return script->tests[test].name;
}

int script_test_line(const script_t *script, size_t test)
{
    return script->tests[test].line;
}

const char *script_test_mode(const script_t *script, size_t test)
{
    return script->tests[test].mode;
}

const char *script_test_era(const script_t *script, size_t test)
{
    return script->tests[test].era;
}

const char *script_test_tags(const script_t *script, size_t test)
{
    return script->tests[test].tags;
}

const char *script_test_skip(const script_t *script, size_t test)
{
    return script->tests[test].skip;
}

static void run_test(script_t *script, const test_t *test, bool taps, runtime_t *rt,
                     result_t *result)
{
    const script_options_t *options = script->options;
    memset(rt, 0, offsetof(runtime_t, observing)); /* which is large, and rarely used */
    memset(rt->observing, 0, options->observer_count * sizeof(rt->observing[0]));
    rt->options = options;
    rt->path = script->path;
    rt->test = test->name;
    rt->line = test->line;
    rt->counted = script->counted;
    rt->taps = taps || script->names_taps || options->hooks.count > 0;
    rt->sandbox = script->sandbox;
    sandbox_restart_budget(script->sandbox);
    lua_rawgeti(sandbox_lua(script->sandbox), LUA_REGISTRYINDEX, test->function);
    runtime_run(rt, test->mode, test->era, result);
    script->ran = true;
}

/* Loads the file once more and runs a test of the new copy. */
static void run_anew(script_t *script, size_t test, bool taps, runtime_t *rt, result_t *result)
{
    char error[LUA_MESSAGE_ROOM];
    const char *name = script->tests[test].name;
    script_t *fresh = script_load(script->path, script->options, error, sizeof(error));
    if (fresh != NULL && test < fresh->count && strcmp(fresh->tests[test].name, name) == 0) {
        fresh->running = rt;
        run_test(fresh, &fresh->tests[test], taps, rt, result);
    } else {
        *rt = (runtime_t){0};
        *result = (result_t){
            .status = RESULT_MISTAKE,
            .report = fresh == NULL ? text_copy(error)
                                    : must_asprintf("%s: the test '%s' is not there any more",
                                                    script->path, name)};
    }
    script_close(fresh);
}

/* Runs a test from the state that the chunk left: a later test from a restored copy, or from the
 * file loaded again. */
static void run(script_t *script, size_t test, bool taps, result_t *result)
{
    if (script->ran && script->image == NULL) {
        run_anew(script, test, taps, &script->runtime, result);
        return;
    }
    if (script->ran) {
        arena_restore(script->options->arena, script->image);
        luai_owed = script->owed;
    }
    run_test(script, &script->tests[test], taps, &script->runtime, result);
}

void script_run_test(script_t *script, size_t test, result_t *result)
{
    script->runtime.options = NULL; /* it has not begun */
    script->running = &script->runtime;
    run(script, test, false, result);
    if (script->runtime.again) {
        result_fini(result);
        run(script, test, true, result);
    }
    script->running = NULL;
}

size_t script_memory(const script_t *script)
{
    return arena_high_water(script->options->arena);
}

void script_abandoned(script_t *script)
{
    runtime_forget(script->running);
    script->running = NULL;
    script->ran = true;
    ip_stack_abandon();
}

void *script_running(script_t *script, size_t *size)
{
    const runtime_t *rt = script->running;
    size_t begin = offsetof(script_t, running);
    *size = offsetof(script_t, runtime) + offsetof(runtime_t, observing) - begin;
    bool whole = script->image != NULL && rt != NULL && rt->options != NULL && !rt->over &&
                 !rt->again && rt->exec == NULL && rt->notes == NULL && rt->who == NULL;
    return whole ? (uint8_t *)script + begin : NULL;
}

/* Limits of 4,000 events of an instant and a million instructions less or more are the same. */
#define EVENTS_BITS       12
#define INSTRUCTIONS_BITS 20

uint64_t script_bookkeeping(script_t *script, memory_bookkeeping_t tell, void *arg)
{
    runtime_t *rt = script->running;
    uint64_t *spent = sandbox_spent(rt->sandbox);
    uint64_t work = process_bookkeeping(rt, tell, arg) + luai_owed + *spent;
    uint64_t roughly =
        (work >> INSTRUCTIONS_BITS) + ((vclock_instant_count(rt->box->clock) >> EVENTS_BITS) << 32);
    box_bookkeeping(rt->box, tell, arg);
    tell(arg, spent, sizeof(*spent));
    return roughly;
}

void script_goes_on(script_t *script)
{
    runtime_goes_on(script->running);
}

void script_post_mortem(script_t *script, const char *what, result_status_t status,
                        result_t *result)
{
    runtime_t *rt = script->running;
    *result = (result_t){.status = status};
    if (rt == NULL || rt->options == NULL) {
        result->report = strdup(what);
        return;
    }
    result->report = runtime_report(rt, what);
    result->now_us = rt->box != NULL ? box_now(rt->box) : 0;
    runtime_rescue(rt);
}

void script_interrupt(script_t *script)
{
    if (script->running != NULL)
        script->running->interrupted = 1;
}
