/* SPDX-License-Identifier: BSD-3-Clause
 *
 * box:hosts: the names that a script's verbs know besides addresses, as /etc/hosts has them. The
 * table is in Lua's registry: a list of addresses for each name.
 */
#include "sim/script/lua_verb.h"

#include <lcount.h>
#include <string.h>

static const char names = 0; /* its address is the key */

#define ADDRESSES_MAX 16

bool lua_name_address(lua_State *L, int arg, int n, in6_addr_t *address)
{
    const char *text = luaL_checkstring(L, arg);
    int top = lua_gettop(L);
    bool is_there = n == 0 && ip_address_parse(text, address);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &names) == LUA_TTABLE &&
        lua_getfield(L, -1, text) == LUA_TTABLE)
        is_there = lua_rawgeti(L, -1, n + 1) == LUA_TSTRING &&
                   ip_address_parse(lua_tostring(L, -1), address);
    lua_settop(L, top);
    return is_there;
}

/* One name's addresses, on top of the stack: a string, or a list of them. Leaves the list there. */
static void check_addresses(lua_State *L, const char *name)
{
    in6_addr_t unused;
    if (lua_type(L, -1) == LUA_TSTRING) {
        lua_createtable(L, 1, 0);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 1);
    }
    lua_Integer count = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0;
    if (count == 0 || count > ADDRESSES_MAX)
        luaL_error(L, "box:hosts: '%s' is an address, or a list of at most %d", name,
                   ADDRESSES_MAX);
    for (lua_Integer i = 1; i <= count; i++) {
        bool is_right = lua_rawgeti(L, -1, i) == LUA_TSTRING &&
                        strcmp(lua_tostring(L, -1), "localhost") != 0 &&
                        ip_address_parse(lua_tostring(L, -1), &unused);
        if (!is_right)
            luaL_error(L, "box:hosts: '%s': element %d is no address, such as \"127.0.0.1\"", name,
                       (int)i);
        lua_pop(L, 1);
    }
}

static int box_hosts(lua_State *L)
{
    lua_check_runtime(L, "box:hosts");
    lua_settop(L, 2);
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, 2) != 0) {
        in6_addr_t unused;
        if (lua_type(L, -2) != LUA_TSTRING)
            return luaL_error(L, "box:hosts: a name is a string");
        const char *name = lua_tostring(L, -2);
        if (strcmp(name, "localhost") != 0 && ip_address_parse(name, &unused))
            return luaL_error(L, "box:hosts: '%s' is an address, and no name", name);
        check_addresses(L, name);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, 3);
        lua_work(L, 1);
    }
    lua_rawsetp(L, LUA_REGISTRYINDEX, &names);
    return 0;
}

void lua_names_open(lua_State *L)
{
    static const sandbox_verb_t box_verbs[] = {
        {"hosts", box_hosts, "names: table"},
        {NULL, NULL, NULL},
    };
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', box_verbs);
}
