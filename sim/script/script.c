/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A scenario file: its tests, registered by the verb `test` while its chunk runs.
 */
#include "sim/script/script.h"

#include "sim/base/file_read.h"
#include "sim/base/must.h"
#include "sim/base/nearest.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/core/counted_memory.h"
#include "sim/script/lua_expect.h"
#include "sim/script/lua_verb.h"
#include "sim/script/script_file.h"

#include <lcount.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct test {
    char *name;
    char *skip;       /* why it is skipped, or NULL */
    char *mode, *era; /* NULL: the era's */
    char *tags;       /* separated by one blank */
    int line;
    int function; /* a reference in the registry */
} test_t;

struct script {
    char *path;
    const script_options_t *options;
    sandbox_t *sandbox;
    test_t *tests;
    size_t count, capacity;
    bool loading;
    int includes;              /* how deeply they are nested */
    bool ran;                  /* a test has changed the state that the chunk left */
    bool names_taps;           /* expect_packets is in its text */
    char *only;                /* options->only, as names are shown; NULL: all */
    arena_image_t *image;      /* the arena as the chunk left it; NULL: not saved */
    lua_Unsigned owed;         /* Lua's uncharged work at that time */
    counted_memory_t *counted; /* for boxes, in the arena */
    runtime_t *running;        /* the running test, or NULL; these two are the last members */
    runtime_t runtime;
};

#define INCLUDES_MAX 32

/* The script of a Lua state, from the state's registry. */
static script_t *script_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, (const void *)&script_of);
    script_t *script = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return script;
}

/* ---- the verb test ---- */

/* Makes the string at an index visible: a test's name is kept in the form in which it is shown. */
static void make_visible(lua_State *L, int index)
{
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (const char *at = lua_tostring(L, index); *at != '\0';) {
        char shown[VISIBLE_ESCAPE_MAX];
        at += visible_character(at, shown);
        luaL_addstring(&buffer, shown);
    }
    luaL_pushresult(&buffer);
    lua_replace(L, index);
}

static int calling_line(lua_State *L)
{
    lua_Debug ar;
    if (!lua_getstack(L, 1, &ar))
        return 0;
    lua_getinfo(L, "l", &ar);
    return ar.currentline;
}

/* => Returns NULL if there is no such test. */
static const test_t *find_test(const script_t *script, const char *name)
{
    for (size_t i = 0; i < script->count; i++) {
        if (strcmp(script->tests[i].name, name) == 0)
            return &script->tests[i];
    }
    return NULL;
}

static void check_unique(lua_State *L, const script_t *script, const char *name)
{
    const test_t *test = find_test(script, name);
    if (test != NULL)
        luaL_error(L, "there is a test '%s' already, in line %d", name, test->line);
}

/* If modes and eras are overridden, tests that differ only in them get the same name: the second is
 * NAME (2). */
static void number_name(const script_t *script, const char *name, char *full, size_t size)
{
    snprintf(full, size, "%s", name);
    for (unsigned i = 2; find_test(script, full) != NULL; i++)
        snprintf(full, size, "%s (%u)", name, i);
}

static void add_test(lua_State *L, script_t *script, const char *name, const char *mode,
                     const char *era)
{
    const int function = 3, skip = 6, tags = 7; /* where test_verb() has them */
    char full[1024];
    snprintf(full, sizeof(full), "%s%s%s%s%s%s%s", name, era != NULL ? " [" : "",
             era != NULL ? era : "", era != NULL ? "]" : "", mode != NULL ? " [" : "",
             mode != NULL ? mode : "", mode != NULL ? "]" : "");
    check_unique(L, script, full);
    if (script->count == script->capacity) {
        script->capacity = script->capacity == 0 ? 16 : script->capacity * 2;
        script->tests = must_realloc(script->tests, script->capacity * sizeof(*script->tests));
    }
    lua_pushvalue(L, function);
    script->tests[script->count++] = (test_t){
        .name = text_copy(full),
        .mode = mode != NULL ? text_copy(mode) : NULL,
        .era = era != NULL ? text_copy(era) : NULL,
        .skip = !lua_isnil(L, skip) ? text_copy(lua_tostring(L, skip)) : NULL,
        .tags = text_copy(lua_tostring(L, tags)),
        .line = calling_line(L),
        .function = luaL_ref(L, LUA_REGISTRYINDEX),
    };
}

static void check_strings(lua_State *L, const char *option, int table)
{
    if (!lua_istable(L, table) || lua_rawlen(L, table) == 0)
        luaL_error(L, "test: the option '%s' is a list of strings, and not empty", option);
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, table); i++) {
        if (lua_rawgeti(L, table, i) != LUA_TSTRING)
            luaL_error(L, "test: the option '%s' is a list of strings", option);
        const char *word = lua_tostring(L, -1);
        ipf_reply_mode_t mode;
        char why[200];
        if (strcmp(option, "eras") == 0 && era_find(word) == NULL)
            luaL_error(L, "test: %s", there_is_no(why, sizeof(why), "era", word, era_names));
        if (strcmp(option, "modes") == 0 && !reply_mode_find(word, &mode))
            luaL_error(L, "test: %s",
                       there_is_no(why, sizeof(why), "reply mode", word, reply_mode_names));
        lua_pop(L, 1);
    }
}

/* Leaves the option `tags` as one string at 7. */
static void read_tags(lua_State *L)
{
    lua_settop(L, 6);
    if (lua_getfield(L, 2, "tags") == LUA_TNIL) {
        lua_pushliteral(L, "");
        lua_replace(L, 7);
        return;
    }
    check_strings(L, "tags", 7);
    lua_pushliteral(L, "");
    for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 7); i++) {
        lua_rawgeti(L, 7, i);
        const char *tag = lua_tostring(L, 9);
        if (tag[0] == '\0' || strlen(tag) != lua_rawlen(L, 9) ||
            strpbrk(tag, " \t\r\n\v\f") != NULL)
            luaL_error(L, "test: a tag is one word, without blanks");
        lua_pushfstring(L, "%s%s%s", lua_tostring(L, 8), i > 1 ? " " : "", tag);
        lua_replace(L, 8);
        lua_settop(L, 8);
    }
    make_visible(L, 8);
    lua_replace(L, 7);
}

/* Leaves the lists of modes and of eras, or nil, at 4 and 5, why the test is skipped, or nil, at
 * 6, and the tags at 7. */
static void read_options(lua_State *L)
{
    static const char *const options[] = {"eras", "modes", "tags", "skip", NULL};
    sandbox_check_options(L, 2, "test", options);
    static const char *const lists[] = {"modes", "eras"};
    for (int i = 0; i < 2; i++) {
        int at = 4 + i;
        lua_settop(L, at - 1);
        if (lua_getfield(L, 2, lists[i]) != LUA_TNIL)
            check_strings(L, lists[i], at);
        lua_settop(L, at);
    }
    int type = lua_getfield(L, 2, "skip");
    if (type == LUA_TBOOLEAN) {
        if (lua_toboolean(L, 6))
            lua_pushstring(L, "skipped");
        else
            lua_pushnil(L);
        lua_replace(L, 6);
    } else if (type != LUA_TNIL && (type != LUA_TSTRING || lua_rawlen(L, 6) == 0)) {
        luaL_error(L, "test: the option 'skip' is a reason, or true");
    } else if (type == LUA_TSTRING) {
        make_visible(L, 6);
    }
    read_tags(L);
}

/* Item `i` of the list at an index, or NULL without a list; it stays on the stack. */
static const char *item(lua_State *L, int list, lua_Integer i)
{
    if (lua_isnil(L, list))
        return NULL;
    lua_rawgeti(L, list, i);
    return lua_tostring(L, -1);
}

static lua_Integer count_of(lua_State *L, int list)
{
    return lua_isnil(L, list) ? 1 : (lua_Integer)lua_rawlen(L, list);
}

/* A test has options or none, so its function is the second argument or the third. */
static void check_test(lua_State *L)
{
    static const char takes[] = "test(name [, options], fn)";
    int last = lua_isfunction(L, 2) ? 2 : 3, count = lua_gettop(L);
    if (lua_type(L, 1) != LUA_TSTRING)
        luaL_error(L, "%s needs name, a string", takes);
    if (last == 3 && !lua_isnoneornil(L, 2) && !lua_istable(L, 2))
        luaL_error(L, "%s takes a table as options, not a %s", takes, luaL_typename(L, 2));
    if (!lua_isfunction(L, last))
        luaL_error(L, "%s needs fn, a function", takes);
    if (count > last)
        luaL_error(L, "%s takes %d arguments, not %d", takes, last, count);
}

static int test_verb(lua_State *L)
{
    script_t *script = script_of(L);
    check_test(L);
    const char *name = luaL_checkstring(L, 1);
    if (script == NULL || !script->loading)
        return luaL_error(L, "test registers a test while the file is loaded, not inside of one");
    luaL_argcheck(L, name[0] != '\0' && strlen(name) < 900 && strpbrk(name, "\r\n") == NULL, 1,
                  "a test's name is one line, not empty");
    make_visible(L, 1);
    name = lua_tostring(L, 1);
    luaL_argcheck(L, strlen(name) < 900, 1, "the name is too long");
    if (!lua_istable(L, 2)) {
        lua_newtable(L);
        if (lua_isfunction(L, 2))
            lua_insert(L, 2);
        else
            lua_replace(L, 2);
    }
    read_options(L);
    if (script->options->forced_era != NULL || script->options->forced_mode != NULL) {
        char numbered[1024];
        number_name(script, name, numbered, sizeof(numbered));
        add_test(L, script, numbered, NULL, NULL);
        return 0;
    }
    for (lua_Integer e = 1; e <= count_of(L, 5); e++) {
        for (lua_Integer m = 1; m <= count_of(L, 4); m++) {
            const char *era = item(L, 5, e), *mode = item(L, 4, m);
            add_test(L, script, name, mode, era);
            lua_settop(L, 7);
        }
    }
    return 0;
}

/* ---- what it calls ---- */

/* Whether a line's code contains the word; what is after "--" is taken for a comment. */
static bool line_names(const char *line, size_t length, const char *word)
{
    const char *comment = memmem(line, length, "--", 2);
    if (comment != NULL)
        length = (size_t)(comment - line);
    return memmem(line, length, word, strlen(word)) != NULL;
}

/* Whether a script's text contains a call that needs taps: expect_packets, box:packets. A test that
 * hides the call is run twice. */
static bool names_taps(const char *path)
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

/* ---- the verb include ---- */

/* Names are written whole: require() would look for "x.lua". */
static void check_is_there(lua_State *L, const char *name, const char *path)
{
    char *whole = must_asprintf("%s.lua", path);
    bool mistaken = access(path, F_OK) != 0 && access(whole, F_OK) == 0;
    free(whole);
    if (mistaken)
        luaL_error(L, "include: there is no '%s'; did you mean '%s.lua'?", name, name);
}

static int include_verb(lua_State *L)
{
    script_t *script = script_of(L);
    char path[PATH_MAX_TEXT], error[PATH_MAX_TEXT + 200];
    if (lua_type(L, 1) != LUA_TSTRING)
        return luaL_error(L, "include(file) needs file, a string");
    if (lua_gettop(L) > 1)
        return luaL_error(L, "include(file) takes 1 argument, not %d", lua_gettop(L));
    const char *name = lua_tostring(L, 1);
    if (!script_file_beside(script->path, name, path, sizeof(path), error, sizeof(error)))
        return luaL_error(L, "%s", error);
    if (script->includes == INCLUDES_MAX)
        return luaL_error(L, "include: '%s' is over %d files deep: does a file include itself?",
                          name, INCLUDES_MAX);
    if (script->options->reads != NULL)
        script->options->reads(script->options->reads_arg, name);
    script->includes++;
    script->names_taps = script->names_taps || names_taps(path);
    check_is_there(L, name, path);
    bool included = sandbox_include(script->sandbox, L, path, error, sizeof(error));
    script->includes--;
    if (!included && !sandbox_has_place(error))
        return luaL_error(L, "include: %s", error);
    if (!included) {
        lua_pushstring(L, error);
        return lua_error(L);
    }
    return lua_gettop(L) - 1;
}

/* ---- loading ---- */

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
    lua_pushcfunction(L, test_verb);
    sandbox_set_global(L, "test");
    lua_pushcfunction(L, include_verb);
    sandbox_set_global(L, "include");
    lua_verbs_open(L);
    if (script->options->extend != NULL)
        script->options->extend(L);
}

/* Whether a test is the wanted one, by its name with or without its mode. */
static bool is_wanted(const test_t *test, const char *only)
{
    size_t length = strlen(only);
    return strcmp(test->name, only) == 0 ||
           ((test->mode != NULL || test->era != NULL) && strncmp(test->name, only, length) == 0 &&
            strncmp(test->name + length, " [", 2) == 0);
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
    else
        snprintf(error, size, "%s: there is no test '%s'; the first one is '%s'", script->path,
                 only, script->count > 0 ? names[0] : "");
    free(names);
}

static bool is_taken(const script_t *script, const test_t *test)
{
    const script_options_t *o = script->options;
    return (o->only == NULL || is_wanted(test, script->only)) &&
           (o->wanted == NULL || o->wanted(o->wanted_arg, script->path, test->name, test->tags));
}

/* Drops all tests that are not wanted, possibly all.
 * => Returns false, with a message, if there is no test of the wanted name. */
static bool keep_wanted(script_t *script, char *error, size_t size)
{
    const char *only = script->only;
    bool found = only == NULL;
    for (size_t i = 0; i < script->count; i++)
        found = found || is_wanted(&script->tests[i], only);
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
    script->names_taps = names_taps(path);
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
    char error[1024];
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
    uint64_t roughly = ((*spent + luai_owed) >> INSTRUCTIONS_BITS) +
                       ((vclock_instant_count(rt->box->clock) >> EVENTS_BITS) << 32);
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
