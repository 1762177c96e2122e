/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Expectations.
 */
#include "sim/script/lua_expect.h"

#include "sim/base/must.h"
#include "sim/script/lua_verb.h"
#include "sim/script/sandbox.h"

#include <lauxlib.h>
#include <lcount.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FAILURE_TYPE "lo0sim.failure"
#define DEPTH_MAX    50

/* ---- failures ---- */

static int failure_tostring(lua_State *L)
{
    lua_getiuservalue(L, 1, 1);
    return 1;
}

bool lua_is_failure(lua_State *L, int index)
{
    return luaL_testudata(L, index, FAILURE_TYPE) != NULL;
}

/* Pushes "file:line: " of the script's line that is being run. */
static void push_place(lua_State *L)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0) {
            lua_pushfstring(L, "%s:%d: ", ar.source + (*ar.source == '@'), ar.currentline);
            return;
        }
    }
    lua_pushliteral(L, "");
}

/* Raises a failure whose text is on top. */
static int raise_failure(lua_State *L)
{
    push_place(L);
    lua_insert(L, -2);
    lua_concat(L, 2);
    lua_newuserdatauv(L, 0, 1);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, 1);
    luaL_setmetatable(L, FAILURE_TYPE);
    return lua_error(L);
}

int lua_fail(lua_State *L, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = must_vasprintf(format, args);
    va_end(args);
    lua_pushstring(L, text);
    free(text);
    if (runtime_of(L) == NULL || !runtime_of(L)->options->notes_failures)
        return raise_failure(L);
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
    runtime_note(runtime_of(L), lua_tostring(L, -1));
    return 0;
}

/* What was expected and what came instead; the script's own message is at `message`. */
static int fail_with(lua_State *L, const char *verb, const char *expected_word, int expected,
                     int actual, int message)
{
    const char *own = lua_isnoneornil(L, message) ? "" : sandbox_tostring(L, message);
    const char *expected_text = expected != 0 ? lua_repr(L, expected) : "";
    const char *actual_text = lua_repr(L, actual);
    return lua_fail(L, "expect.%s failed%s%s\n  expected  %s%s\n  actual    %s", verb,
                    *own != '\0' ? ": " : "", own, expected_word, expected_text, actual_text);
}

/* ---- equality ---- */

/* Times are whole microseconds: numbers are equal if they are equal in whole microseconds. */
static bool equal_numbers(lua_State *L, int a, int b)
{
    if (lua_isinteger(L, a) && lua_isinteger(L, b))
        return lua_tointeger(L, a) == lua_tointeger(L, b);
    double x = lua_tonumber(L, a), y = lua_tonumber(L, b);
    if (fabs(x) < 9e12 && fabs(y) < 9e12)
        return llround(x * 1e6) == llround(y * 1e6);
    return x == y;
}

static bool equal(lua_State *L, int a, int b, int depth);

/* Whether each field of `a` is in `b`, and equal. */
static bool is_within(lua_State *L, int a, int b, int depth)
{
    luaL_checkstack(L, 10, "tables that are nested too deeply");
    lua_pushnil(L);
    while (lua_next(L, a) != 0) {
        lua_work(L, 4);
        lua_pushvalue(L, -2);
        lua_rawget(L, b);
        bool same = equal(L, lua_absindex(L, -2), lua_absindex(L, -1), depth + 1);
        lua_pop(L, 2);
        if (!same) {
            lua_pop(L, 1);
            return false;
        }
    }
    return true;
}

static bool equal(lua_State *L, int a, int b, int depth)
{
    if (lua_type(L, a) == LUA_TNUMBER && lua_type(L, b) == LUA_TNUMBER)
        return equal_numbers(L, a, b);
    if (lua_rawequal(L, a, b))
        return true;
    if (!lua_istable(L, a) || !lua_istable(L, b))
        return false;
    if (depth > DEPTH_MAX)
        luaL_error(L, "tables that are nested too deeply");
    return is_within(L, a, b, depth) && is_within(L, b, a, depth);
}

/* ---- the verbs: their arguments are checked by what is written in `verbs` ---- */

static int expect_eq(lua_State *L)
{
    return equal(L, 1, 2, 0) ? 0 : fail_with(L, "eq", "", 2, 1, 3);
}

static int expect_ne(lua_State *L)
{
    return equal(L, 1, 2, 0) ? fail_with(L, "ne", "anything but ", 2, 1, 3) : 0;
}

static int expect_ok(lua_State *L)
{
    return lua_toboolean(L, 1) ? 0 : fail_with(L, "ok", "neither nil nor false", 0, 1, 2);
}

static int expect_fail(lua_State *L)
{
    const char *own = lua_isnoneornil(L, 1) ? "" : sandbox_tostring(L, 1);
    return lua_fail(L, "expect.fail%s%s", *own != '\0' ? ": " : "", own);
}

/* Numbers as they are: what differs by less than a microsecond is equal, as in expect.eq. */
static int expect_lt(lua_State *L)
{
    bool holds = lua_tonumber(L, 1) < lua_tonumber(L, 2) && !equal_numbers(L, 1, 2);
    return holds ? 0 : fail_with(L, "lt", "less than ", 2, 1, 3);
}

static int expect_le(lua_State *L)
{
    bool holds = lua_tonumber(L, 1) <= lua_tonumber(L, 2) || equal_numbers(L, 1, 2);
    return holds ? 0 : fail_with(L, "le", "at most ", 2, 1, 3);
}

static int expect_near(lua_State *L)
{
    char word[80];
    double by = lua_tonumber(L, 3), far = fabs(lua_tonumber(L, 1) - lua_tonumber(L, 2));
    if (!(by >= 0))
        luaL_argerror(L, 3, "a distance is 0 or more");
    if (far <= by || fabs(far - by) < 5e-7)
        return 0;
    snprintf(word, sizeof(word), "within %.14g of ", by);
    return fail_with(L, "near", word, 2, 1, 4);
}

static bool matches(lua_State *L, int text, int pattern)
{
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "find");
    lua_pushvalue(L, text);
    lua_pushvalue(L, pattern);
    lua_call(L, 2, 1);
    bool found = !lua_isnil(L, -1);
    lua_pop(L, 2);
    return found;
}

static int expect_match(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING && matches(L, 1, 2))
        return 0;
    return fail_with(L, "match", "a string that matches ", 2, 1, 3);
}

static int expect_error_k(lua_State *L, int status, lua_KContext context)
{
    (void)context;
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_fail(L, "expect.error failed\n  expected  an error\n  actual    none");
    if (sandbox_budget_is_spent(L))
        return lua_error(L);
    const char *text = sandbox_tostring(L, -1);
    int message = lua_gettop(L);
    if (!lua_isnil(L, 1) && !matches(L, message, 1))
        return fail_with(L, "error", "an error that matches ", 1, message, message + 1);
    lua_pushstring(L, text);
    return 1;
}

static int expect_error(lua_State *L)
{
    lua_settop(L, 2);
    lua_insert(L, 1); /* the pattern at 1, the function on top */
    return expect_error_k(L, lua_pcallk(L, 0, 0, 0, 0, expect_error_k), 0);
}

static const sandbox_verb_t verbs[] = {
    {"eq", expect_eq, "actual: any, expected: any, message?: any"},
    {"ne", expect_ne, "actual: any, unexpected: any, message?: any"},
    {"ok", expect_ok, "value: any, message?: any"},
    {"fail", expect_fail, "message?: any"},
    {"lt", expect_lt, "actual: number, limit: number, message?: any"},
    {"le", expect_le, "actual: number, limit: number, message?: any"},
    {"near", expect_near, "actual: number, expected: number, distance: number, message?: any"},
    {"match", expect_match, "text: any, pattern: string, message?: any"},
    {"error", expect_error, "fn: function, pattern?: string"},
    {NULL, NULL, NULL},
};

void lua_expect_open(lua_State *L)
{
    luaL_newmetatable(L, FAILURE_TYPE);
    lua_pushcfunction(L, failure_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    sandbox_add_verbs(L, "lo0sim.expect", "expect", '.', verbs);
    sandbox_new_object(L, 0);
    luaL_setmetatable(L, "lo0sim.expect");
    sandbox_set_global(L, "expect");
}
