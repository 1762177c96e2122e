/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The verb test: registers a test of the file that is loaded, with its tags, and once for each of
 * its modes and eras.
 */
#include "sim/base/must.h"
#include "sim/base/nearest.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/script/lua_verb.h"
#include "sim/script/script_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES_MAX 900  /* with its mode and its era it fits into a line */
#define NAME_ROOM      1024 /* with an era and a mode, or a number */

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

/* The line that calls the verb, perhaps by pcall. */
static int calling_line(lua_State *L)
{
    lua_Debug ar = {.currentline = -1};
    for (int level = 1; ar.currentline < 0; level++) {
        int there = lua_getstack(L, level, &ar);
        assert(there == 1); /* the file's chunk has lines */
        (void)there;
        lua_getinfo(L, "l", &ar);
    }
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
    char full[NAME_ROOM];
    snprintf(full, sizeof(full), "%s%s%s%s%s%s%s", name, era != NULL ? " [" : "",
             era != NULL ? era : "", era != NULL ? "]" : "", mode != NULL ? " [" : "",
             mode != NULL ? mode : "", mode != NULL ? "]" : "");
    check_unique(L, script, full);
    if (script->count == script->capacity) {
        script->capacity = script->capacity == 0 ? 16 : script->capacity * 2;
        script->tests = must_realloc(script->tests, script->capacity * sizeof(*script->tests));
    }
    int line = calling_line(L);
    lua_pushvalue(L, function);
    script->tests[script->count++] = (test_t){
        .name = text_copy(full),
        .mode = mode != NULL ? text_copy(mode) : NULL,
        .era = era != NULL ? text_copy(era) : NULL,
        .skip = !lua_isnil(L, skip) ? text_copy(lua_tostring(L, skip)) : NULL,
        .tags = text_copy(lua_tostring(L, tags)),
        .line = line,
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
        char why[LUA_MESSAGE_ROOM];
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
    if (!script->loading)
        return luaL_error(L, "test registers a test while the file is loaded, not inside of one");
    if (name[0] == '\0' || strpbrk(name, "\r\n") != NULL || strlen(name) != lua_rawlen(L, 1))
        luaL_argerror(L, 1, "a test's name is one line, not empty");
    make_visible(L, 1);
    name = lua_tostring(L, 1);
    if (strlen(name) > NAME_BYTES_MAX)
        luaL_argerror(L, 1, "a test's name has at most 900 bytes, as it is shown");
    if (!lua_istable(L, 2)) {
        lua_newtable(L);
        if (lua_isfunction(L, 2))
            lua_insert(L, 2);
        else
            lua_replace(L, 2);
    }
    read_options(L);
    if (script->options->forced_era != NULL || script->options->forced_mode != NULL) {
        char numbered[NAME_ROOM];
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

void lua_test_open(lua_State *L)
{
    lua_pushcfunction(L, test_verb);
    sandbox_set_global(L, "test");
}
