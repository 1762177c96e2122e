/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Hosts in scripts: which one a verb is called on, and box:remote.
 */
#include "sim/base/errno_name.h"
#include "sim/script/lua_verb.h"

#include <lcount.h>
#include <math.h>
#include <string.h>

/* A remote host as a Lua object; the box owns it. */
typedef struct lua_remote {
    ip_stack_t *ips;
} lua_remote_t;

/* What trying one port costs of the budget of instructions: with thousands of sockets, many are
 * tried before a free one is found. */
#define PORT_WORK 8

ip_stack_t *lua_check_host(lua_State *L, const char *verb)
{
    char name[LUA_VERB_ROOM];
    runtime_t *rt = runtime_of(L);
    /* The call has checked that it is one of both; a box has no bytes. */
    const lua_remote_t *remote = lua_rawlen(L, 1) > 0 ? lua_touserdata(L, 1) : NULL;
    if (rt == NULL || rt->in_hook || rt->in_claim) {
        snprintf(name, sizeof(name), "%s:%s", remote != NULL ? "remote" : "box", verb);
        rt = lua_check_runtime(L, name);
    }
    ip_stack_t *ips = remote != NULL ? remote->ips : rt->box->ips;
    lua_work(L, PORT_WORK * so_take_ports_tried(ips));
    return ips;
}

void lua_add_host_verbs(lua_State *L, const sandbox_verb_t *verbs)
{
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', verbs);
    sandbox_add_verbs(L, LUA_REMOTE_TYPE, "remote", ':', verbs);
}

/* A number of the options at 3. */
static lua_Number option(lua_State *L, const char *name, lua_Number otherwise, lua_Number most)
{
    if (lua_isnoneornil(L, 3) || lua_getfield(L, 3, name) == LUA_TNIL)
        return otherwise;
    if (!lua_isnumber(L, -1) || lua_tonumber(L, -1) < 0 || lua_tonumber(L, -1) > most)
        luaL_error(L, "box:remote: '%s' is a number from 0 to %f", name, most);
    return lua_tonumber(L, -1);
}

static int box_remote(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:remote");
    const char *text = luaL_checkstring(L, 2);
    in6_addr_t address = lua_check_address(L, 2);
    bool more = !lua_isnoneornil(L, 3);
    if (more) {
        if (rt->box->link != NULL)
            luaL_error(L, "box:remote: the wire is there already; the first remote host says what "
                          "it is like");
    }
    double latency = option(L, "latency", BOX_LATENCY_S, 3600);
    double rate = option(L, "rate", BOX_RATE_BPS, 1e12);
    lua_settop(L, 2);
    lua_remote_t *remote = sandbox_new_object(L, sizeof(*remote));
    luaL_setmetatable(L, LUA_REMOTE_TYPE);
    const char *why = box_add_remote(rt->box, &address, text, (uint64_t)llround(latency * 1e6),
                                     (uint64_t)llround(rate), &remote->ips);
    if (why != NULL)
        return luaL_error(L, "box:remote: %s", why);
    LUA_TRACE_CALL(rt, REMOTE, .name = text);
    return 1;
}

void lua_host_open(lua_State *L)
{
    static const sandbox_verb_t box_verbs[] = {
        {"remote", box_remote, "address: string, options?: {latency rate}"},
        {NULL, NULL, NULL},
    };
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', box_verbs);
}
