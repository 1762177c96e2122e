/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Order in the sandbox: pairs and next go by key (numbers, then strings by their bytes, then
 * booleans, then objects in the order in which they were made), and
 * table.sort is a merge sort, whose result depends on nothing but its input.
 */
#include "sim/script/sandbox_base.h"

#include <lauxlib.h>
#include <lcount.h>
#include <stdbool.h>
#include <string.h>

static const char functions_key; /* in the registry */

static int rank(lua_State *L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        return 0;
    case LUA_TSTRING:
        return 1;
    case LUA_TBOOLEAN:
        return 2;
    default:
        return 3;
    }
}

static int compare_strings(lua_State *L, int a, int b)
{
    size_t length_a, length_b;
    const char *text_a = lua_tolstring(L, a, &length_a), *text_b = lua_tolstring(L, b, &length_b);
    size_t shorter = length_a < length_b ? length_a : length_b;
    lua_work(L, shorter / 16);
    int order = memcmp(text_a, text_b, shorter);
    return order != 0 ? order : (length_a > length_b) - (length_a < length_b);
}

/* C functions are not objects: they were numbered when the libraries were opened. */
static lua_Integer function_number(lua_State *L, int index)
{
    lua_pushvalue(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key);
    lua_insert(L, -2);
    lua_rawget(L, -2);
    lua_Integer number = lua_tointeger(L, -1);
    lua_pop(L, 2);
    return number;
}

static int compare_objects(lua_State *L, int a, int b)
{
    lua_Unsigned serial_a = lua_serial(L, a), serial_b = lua_serial(L, b);
    if (serial_a != serial_b)
        return serial_a < serial_b ? -1 : 1;
    if (serial_a != 0)
        return 0;
    lua_Integer number_a = function_number(L, a), number_b = function_number(L, b);
    return (number_a > number_b) - (number_a < number_b);
}

void sandbox_number_function(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TFUNCTION || lua_serial(L, index) != 0 ||
        function_number(L, index) != 0)
        return;
    index = lua_absindex(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &functions_key);
    lua_Integer number = (lua_rawgeti(L, -1, 0), lua_tointeger(L, -1)) + 1;
    lua_pushinteger(L, number);
    lua_rawseti(L, -3, 0);
    lua_pushvalue(L, index);
    lua_pushinteger(L, number);
    lua_rawset(L, -4);
    lua_pop(L, 2);
}

void sandbox_number_functions(lua_State *L)
{
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &functions_key);
}

/* Less than 0, 0, more than 0. */
static int compare_keys(lua_State *L, int a, int b)
{
    lua_work(L, 2);
    int rank_a = rank(L, a), rank_b = rank(L, b);
    if (rank_a != rank_b)
        return rank_a - rank_b;
    switch (rank_a) {
    case 0:
        return lua_compare(L, b, a, LUA_OPLT) - lua_compare(L, a, b, LUA_OPLT);
    case 1:
        return compare_strings(L, a, b);
    case 2:
        return lua_toboolean(L, a) - lua_toboolean(L, b);
    default:
        return compare_objects(L, a, b);
    }
}

/* ---- next: the smallest key that is greater than the one given ---- */

int sandbox_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    lua_pushnil(L); /* 3: the best so far */
    lua_pushnil(L); /* 4: the current key */
    while (lua_next(L, 1) != 0) {
        lua_work(L, 1);
        lua_pop(L, 1);
        if ((lua_isnil(L, 2) || compare_keys(L, 4, 2) > 0) &&
            (lua_isnil(L, 3) || compare_keys(L, 4, 3) < 0)) {
            lua_pushvalue(L, 4);
            lua_replace(L, 3);
        }
    }
    lua_settop(L, 3);
    if (lua_isnil(L, 3))
        return 1;
    lua_pushvalue(L, 3);
    lua_rawget(L, 1);
    return 2;
}

/* ---- sorting: bottom up, between two tables ---- */

/* Whether the value on top comes before the one below it. The function, or nil, is at 2. */
static bool top_is_less(lua_State *L, bool keys)
{
    if (keys)
        return compare_keys(L, -1, -2) < 0;
    if (lua_isnil(L, 2))
        return lua_compare(L, -1, -2, LUA_OPLT) != 0;
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -4);
    lua_call(L, 2, 1);
    bool less = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    return less;
}

/* Merges [low, middle) and [middle, high) of the table at `from` into the one at `to`. Stable. */
static void merge(lua_State *L, int from, int to, lua_Integer low, lua_Integer middle,
                  lua_Integer high, bool keys)
{
    lua_Integer left = low, right = middle;
    for (lua_Integer i = low; i < high; i++) {
        bool take_right = left >= middle;
        lua_work(L, 2);
        if (!take_right && right < high) {
            lua_geti(L, from, left);
            lua_geti(L, from, right);
            take_right = top_is_less(L, keys);
            lua_pop(L, 2);
        }
        lua_geti(L, from, take_right ? right++ : left++);
        lua_seti(L, to, i);
    }
}

/* Sorts the `count` first values of the table at `index`; the one at `scratch` is scratch space. */
static void sort_table(lua_State *L, int index, int scratch, lua_Integer count, bool keys)
{
    int from = index, to = scratch;
    for (lua_Integer width = 1; width < count; width *= 2) {
        for (lua_Integer low = 1; low <= count; low += 2 * width) {
            lua_Integer middle = low + width <= count ? low + width : count + 1;
            lua_Integer high = low + 2 * width <= count ? low + 2 * width : count + 1;
            merge(L, from, to, low, middle, high, keys);
        }
        int swap = from;
        from = to;
        to = swap;
    }
    for (lua_Integer i = 1; from != index && i <= count; i++) {
        lua_geti(L, from, i);
        lua_seti(L, index, i);
    }
}

int sandbox_sort(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_newtable(L);
    sort_table(L, 1, 3, luaL_len(L, 1), false);
    return 0;
}

/* ---- pairs: the keys as they are at the beginning; those that vanish are skipped ---- */

/* Upvalues: the table, its keys, how many have been returned. */
static int pairs_step(lua_State *L)
{
    for (;;) {
        lua_Integer i = lua_tointeger(L, lua_upvalueindex(3)) + 1;
        lua_pushinteger(L, i);
        lua_replace(L, lua_upvalueindex(3));
        if (lua_rawgeti(L, lua_upvalueindex(2), i) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
            return 2;
        lua_pop(L, 2);
    }
}

int sandbox_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushnil(L); /* where the sort looks for a function */
    lua_newtable(L);
    lua_newtable(L);
    lua_Integer count = 0;
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        lua_pop(L, 1);
        lua_work(L, 1);
        lua_pushvalue(L, -1);
        lua_rawseti(L, 3, ++count);
    }
    sort_table(L, 3, 4, count, true);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 3);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_step, 3);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}
