/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The libraries inside the sandbox: what is removed, and what replaces functions that show
 * addresses, chance or the order of a hash.
 */
#include "sim/script/sandbox_base.h"

#include "sim/base/nearest.h"
#include "sim/base/splitmix.h"
#include "sim/script/sandbox.h"

#include <assert.h>
#include <lauxlib.h>
#include <lcount.h>
#include <lualib.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Keys in the registry. */
static const char numbers_key, chunks_key;

/* ---- tostring without addresses ---- */

/* Pushes the number of an object: the first that is shown is 1. */
static lua_Integer object_number(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &numbers_key);
    lua_pushvalue(L, index);
    lua_Integer number;
    if (lua_rawget(L, -2) == LUA_TNUMBER) {
        number = lua_tointeger(L, -1);
        lua_pop(L, 2);
        return number;
    }
    lua_pop(L, 1);
    lua_rawgeti(L, -1, 0);
    number = lua_tointeger(L, -1) + 1;
    lua_pop(L, 1);
    lua_pushinteger(L, number);
    lua_rawseti(L, -2, 0);
    lua_pushvalue(L, index);
    lua_pushinteger(L, number);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    return number;
}

/* Of the object at a positive index. */
static void push_object_name(lua_State *L, int index)
{
    int type = luaL_getmetafield(L, index, "__name");
    const char *kind = type == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, index);
    lua_pushfstring(L, "%s: %I", kind, (LUAI_UACINT)object_number(L, index));
    if (type != LUA_TNIL)
        lua_remove(L, -2);
}

/* Restores the names of chunks that Lua has cut short. */
static const char *whole_names(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &chunks_key);
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_work(L, lua_rawlen(L, -4) / 4);
        luaL_gsub(L, lua_tostring(L, -4), lua_tostring(L, -2), lua_tostring(L, -1));
        lua_replace(L, -5);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return lua_tostring(L, -1);
}

const char *sandbox_tostring(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (luaL_callmeta(L, index, "__tostring")) {
        if (!lua_isstring(L, -1))
            luaL_error(L, "'__tostring' must return a string");
    } else {
        switch (lua_type(L, index)) {
        case LUA_TNIL:
        case LUA_TBOOLEAN:
        case LUA_TNUMBER:
        case LUA_TSTRING:
            luaL_tolstring(L, index, NULL);
            break;
        default:
            push_object_name(L, index);
        }
    }
    return whole_names(L);
}

static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    sandbox_tostring(L, 1);
    return 1;
}

void sandbox_base_name_chunk(lua_State *L, const char *name)
{
    size_t length = strlen(name);
    if (length < LUA_IDSIZE)
        return;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &chunks_key);
    lua_pushfstring(L, "...%s", name + length - (LUA_IDSIZE - 1 - 3));
    lua_pushstring(L, name);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* ---- string.format ---- */

static bool shows_addresses(const char *format, size_t length)
{
    const char *end = format + length, *p = format;
    while ((p = memchr(p, '%', (size_t)(end - p))) != NULL) {
        p++;
        while (p < end && *p != '\0' && strchr("-+ #0123456789.", *p) != NULL)
            p++;
        if (p < end && *p == 'p')
            return true;
        p += p < end;
    }
    return false;
}

/* The upvalue is string.format itself. */
static int base_format(lua_State *L)
{
    int count = lua_gettop(L);
    size_t length;
    const char *format = luaL_checklstring(L, 1, &length);
    if (shows_addresses(format, length))
        return luaL_error(L, "string.format: %%p shows an address, which differs from run to run");
    for (int i = 2; i <= count; i++) {
        int type = lua_type(L, i);
        if (type != LUA_TNIL && type != LUA_TBOOLEAN && type != LUA_TNUMBER &&
            type != LUA_TSTRING) {
            sandbox_tostring(L, i);
            lua_replace(L, i);
        }
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, count, 1);
    return 1;
}

/* ---- random numbers: xoshiro256** ---- */

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static uint64_t next_random(uint64_t s[4])
{
    uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

static void seed_random(uint64_t s[4], uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        s[i] = splitmix_next(&seed);
}

static int base_random(lua_State *L)
{
    uint64_t *s = lua_touserdata(L, lua_upvalueindex(1));
    uint64_t random = next_random(s);
    lua_Integer low = 1, high;
    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, (lua_Number)(random >> 11) * 0x1p-53);
        return 1;
    case 1:
        high = luaL_checkinteger(L, 1);
        break;
    default:
        low = luaL_checkinteger(L, 1);
        high = luaL_checkinteger(L, 2);
    }
    if (low > high)
        luaL_argerror(L, lua_gettop(L), "interval is empty");
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    lua_pushinteger(L, (lua_Integer)((uint64_t)low + (span == 0 ? random : random % span)));
    return 1;
}

static int base_randomseed(lua_State *L)
{
    return luaL_error(L, "the seed belongs to the run: lo0sim run --seed N");
}

/* ---- protected calls ---- */

/* Lua calls this when the call is over. `context` is the number of values below its results. */
static int protected_k(lua_State *L, int status, lua_KContext context)
{
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(L) - (int)context;
    if (sandbox_budget_is_spent(L))
        return lua_error(L);
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
}

static int base_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, true);
    lua_insert(L, 1);
    return protected_k(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, protected_k), 0);
}

static int base_xpcall(lua_State *L)
{
    int count = lua_gettop(L) - 2;
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushboolean(L, true);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2); /* function, handler, true, function, its arguments */
    return protected_k(L, lua_pcallk(L, count, LUA_MULTRET, 2, 2, protected_k), 2);
}

/* ---- metatables ---- */

static int base_setmetatable(lua_State *L)
{
    int type = lua_type(L, 2);
    if (type != LUA_TNIL && type != LUA_TTABLE)
        luaL_typeerror(L, 2, "nil or table");
    luaL_checktype(L, 1, LUA_TTABLE);
    static const char *const refused[] = {"__gc", "__mode"};
    for (size_t i = 0; type == LUA_TTABLE && i < 2; i++) {
        lua_pushstring(L, refused[i]);
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "setmetatable: %s depends on when garbage is collected",
                              refused[i]);
        lua_pop(L, 1);
    }
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

/* ---- strict globals ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Functions that stock Lua has, and what scenarios use instead. */
static const struct {
    const char *name, *instead;
} elsewhere[] = {
    {"print", "box:note(TEXT) writes a line into the timeline, which -v prints"},
    {"warn", "box:note(TEXT) writes a line into the timeline, which -v prints"},
    {"os", "box:now() is the time, box:sleep(S) waits, and nothing else of the machine is there"},
    {"io", "include(FILE) and box:filter({ file = FILE }) read files that lie beside the script"},
    {"require",
     "include(FILE) runs a file that lies beside the script, and returns what it returns"},
    {"dofile",
     "include(FILE) runs a file that lies beside the script, and returns what it returns"},
    {"loadfile",
     "include(FILE) runs a file that lies beside the script, and returns what it returns"},
    {"package",
     "include(FILE) runs a file that lies beside the script, and returns what it returns"},
    {"load", "a function does what a text would"},
    {"loadstring", "a function does what a text would"},
    {"coroutine", "box:spawn(NAME, FUNCTION) starts a process, which runs beside the others"},
    {"collectgarbage", "a test's memory is bounded by --max-memory"},
    {"debug", "an error tells its file and line, and -v the timeline"},
    {"unpack", "it is table.unpack"},
    {"setfenv", "it left Lua with 5.2"},
    {"getfenv", "it left Lua with 5.2"},
};

/* How many globals a misspelt name is compared with. */
#define NAMES_MAX 256

static int unknown_global(lua_State *L)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "globals have names");
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        if (strcmp(lua_tostring(L, 2), elsewhere[i].name) == 0)
            return luaL_error(L, "there is no '%s' in a scenario: %s", elsewhere[i].name,
                              elsewhere[i].instead);
    }
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        lua_work(L, 1);
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING && count < NAMES_MAX)
            names[count++] = lua_tostring(L, -1);
    }
    qsort(names, count, sizeof(names[0]), by_text);
    if (strcmp(lua_tostring(L, 2), "box") == 0)
        return luaL_error(L, "undefined name 'box': a test's function takes it, function(box)");
    const char *name = lua_tostring(L, 2), *near = nearest(name, names, count);
    if (near != NULL)
        return luaL_error(L, "undefined name '%s'; did you mean '%s'?", name, near);
    return luaL_error(L, "undefined name '%s'", name);
}

/* New globals come from a file's outermost level only. */
static int new_global(lua_State *L)
{
    lua_Debug ar;
    const char *name = sandbox_tostring(L, 2);
    if (!lua_getstack(L, 1, &ar) || lua_getinfo(L, "S", &ar) == 0 || strcmp(ar.what, "main") != 0)
        return luaL_error(L, "'%s' is assigned but not declared: write `local %s`", name, name);
    lua_settop(L, 3);
    lua_rawset(L, 1);
    return 0;
}

static void make_globals_strict(lua_State *L)
{
    static const luaL_Reg strict[] = {
        {"__index", unknown_global}, {"__newindex", new_global}, {NULL, NULL}};
    lua_pushglobaltable(L);
    luaL_newlib(L, strict);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

/* ---- putting it together ---- */

static void remove_fields(lua_State *L, const char *const *names)
{
    for (; *names != NULL; names++) {
        lua_pushnil(L);
        lua_setfield(L, -2, *names);
    }
}

static void open_libraries(lua_State *L)
{
    luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
    luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
    luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
    luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
    luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
    lua_settop(L, 0);
}

static void change_base(lua_State *L)
{
    static const char *const gone[] = {"collectgarbage", "dofile", "load", "loadfile",
                                       "print",          "warn",   NULL};
    static const luaL_Reg changed[] = {{"pairs", sandbox_pairs},
                                       {"next", sandbox_next},
                                       {"tostring", base_tostring},
                                       {"pcall", base_pcall},
                                       {"xpcall", base_xpcall},
                                       {"setmetatable", base_setmetatable},
                                       {NULL, NULL}};
    lua_pushglobaltable(L);
    remove_fields(L, gone);
    luaL_setfuncs(L, changed, 0);
    lua_pop(L, 1);
}

static void change_string(lua_State *L)
{
    static const char *const gone[] = {"dump", NULL};
    lua_getglobal(L, "string");
    remove_fields(L, gone);
    lua_getfield(L, -1, "format");
    lua_pushcclosure(L, base_format, 1);
    lua_setfield(L, -2, "format");
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 3);
}

static void change_math_and_table(lua_State *L, uint64_t seed)
{
    lua_getglobal(L, "math");
    uint64_t *random = sandbox_new_object(L, 4 * sizeof(*random));
    seed_random(random, seed);
    lua_pushcclosure(L, base_random, 1);
    lua_setfield(L, -2, "random");
    lua_pushcfunction(L, base_randomseed);
    lua_setfield(L, -2, "randomseed");
    lua_getglobal(L, "table");
    lua_pushcfunction(L, sandbox_sort);
    lua_setfield(L, -2, "sort");
    lua_pop(L, 2);
}

/* Numbers the C functions of the table on top, and of the libraries in it, which are named by
 * strings: in the order in which the table has these, which the fixed seed makes the same
 * everywhere. */
static void number_library(lua_State *L, int depth)
{
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        sandbox_number_function(L, -1);
        if (lua_istable(L, -1) && depth == 0)
            number_library(L, depth + 1);
        lua_pop(L, 1);
    }
}

/* Numbers what a call of a global, or of a field of one, returns. */
static void number_result(lua_State *L, const char *library, const char *name, bool option)
{
    lua_getglobal(L, library);
    if (name != NULL) {
        lua_getfield(L, -1, name);
        lua_remove(L, -2);
    }
    if (name == NULL)
        lua_newtable(L);
    else
        lua_pushliteral(L, "");
    lua_pushboolean(L, option);
    lua_call(L, 2, 1);
    sandbox_number_function(L, -1);
    lua_pop(L, 1);
}

static void number_libraries(lua_State *L)
{
    lua_pushglobaltable(L);
    number_library(L, 0);
    lua_pop(L, 1);
    number_result(L, "ipairs", NULL, false);
    number_result(L, "utf8", "codes", false);
    number_result(L, "utf8", "codes", true);
}

void sandbox_base_open(lua_State *L, uint64_t seed)
{
    assert(lua_gettop(L) == 0);
    sandbox_number_functions(L);
    open_libraries(L);
    lua_newtable(L); /* object -> number; it keeps the objects, so that no number comes twice */
    lua_rawsetp(L, LUA_REGISTRYINDEX, &numbers_key);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &chunks_key);
    change_base(L);
    change_string(L);
    change_math_and_table(L, seed);
    number_libraries(L);
    make_globals_strict(L);
    assert(lua_gettop(L) == 0);
}
