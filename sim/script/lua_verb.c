/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What all verbs share.
 */
#include "sim/script/lua_verb.h"

#include "filter/ipf_words.h"
#include "sim/base/errno_name.h"
#include "sim/base/nearest.h"

#include <math.h>
#include <string.h>

/* Verbs that change nothing. */
static bool only_looks(const char *verb)
{
    static const char *const names[] = {"box:now", "box:counters", "box:endpoints", "box:ipfstat"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], verb) == 0)
            return true;
    }
    return false;
}

runtime_t *lua_check_runtime(lua_State *L, const char *verb)
{
    runtime_t *rt = runtime_of(L);
    if (rt == NULL)
        luaL_error(L, "%s belongs into a test's function", verb);
    if (rt->in_hook)
        luaL_error(L, "%s cannot be called from a hook, which runs inside of the packet's path",
                   verb);
    if (rt->in_claim && !only_looks(verb))
        luaL_error(L, "%s cannot be called from what box:always and box:eventually ask", verb);
    return rt;
}

int lua_push_errno(lua_State *L, int error)
{
    lua_pushnil(L);
    lua_pushstring(L, errno_name(error));
    return 2;
}

void lua_trace_call(runtime_t *rt, trace_call_t call)
{
    uint64_t began_us = 0;
    bool waits = rt->current != NULL && process_end_call(rt, &began_us);
    call.process = rt->current != NULL ? process_name(rt->current) : "?";
    trace_call(rt->box->trace, &call, waits ? &began_us : NULL);
}

void lua_push_box(lua_State *L)
{
    lua_newuserdatauv(L, 0, 0);
    luaL_setmetatable(L, LUA_BOX_TYPE);
}

runtime_t *lua_check_box(lua_State *L, const char *verb)
{
    luaL_checkudata(L, 1, LUA_BOX_TYPE);
    return lua_check_runtime(L, verb);
}

in6_addr_t lua_check_address(lua_State *L, int arg)
{
    in6_addr_t address;
    if (!lua_name_address(L, arg, 0, &address))
        luaL_argerror(L, arg,
                      "not an IP address, such as \"127.0.0.1\" or \"::1\", nor \"localhost\", nor "
                      "a name that box:hosts gave");
    return address;
}

/* Raises the error that no service of `protos` has the name. => Does not return. */
static void no_service(lua_State *L, int arg, const char *name, unsigned protos)
{
    const char *near = ipf_service_near(name, strlen(name)), *why;
    uint16_t port;
    if (ipf_service_port(name, strlen(name), 0, &port))
        why = lua_pushfstring(L, "%s is no service of %s; its port elsewhere is %d", name,
                              protos == IPF_SERVICE_UDP ? "udp" : "tcp", port);
    else if (near != NULL)
        why = lua_pushfstring(L, "there is no service '%s'; did you mean '%s'?", name, near);
    else
        why = lua_pushfstring(L, "there is no service '%s'; write the port's number", name);
    luaL_argerror(L, arg, why);
}

uint16_t lua_check_port(lua_State *L, int arg, unsigned protos)
{
    uint16_t of_service;
    int is_number;
    lua_tointegerx(L, arg, &is_number);
    if (!is_number && lua_type(L, arg) == LUA_TSTRING) {
        size_t length;
        const char *name = lua_tolstring(L, arg, &length);
        if (ipf_service_port(name, length, protos, &of_service))
            return of_service;
        no_service(L, arg, name, protos);
    }
    lua_Integer port = luaL_checkinteger(L, arg);
    luaL_argcheck(L, port >= 1 && port <= 65535, arg, "a port is a number from 1 to 65535");
    return (uint16_t)port;
}

uint64_t lua_check_seconds(lua_State *L, int arg)
{
    lua_Number seconds = luaL_checknumber(L, arg);
    luaL_argcheck(L, seconds >= 0 && seconds <= 1e9, arg, "a time is 0 seconds or more, up to 1e9");
    return (uint64_t)llround(seconds * 1e6);
}

int lua_unknown_name(lua_State *L, int arg, const char *what, const char *const *names)
{
    char why[400];
    return luaL_error(L, "%s", there_is_no(why, sizeof(why), what, lua_tostring(L, arg), names));
}

size_t lua_check_word(lua_State *L, int arg, const char *what, const char *usual,
                      const char *const *names)
{
    const char *word = usual != NULL ? luaL_optstring(L, arg, usual) : luaL_checkstring(L, arg);
    size_t i = 0;
    while (names[i] != NULL && strcmp(names[i], word) != 0)
        i++;
    if (names[i] == NULL)
        lua_unknown_name(L, arg, what, names);
    return i;
}

void lua_verbs_open(lua_State *L)
{
    static void (*const opens[])(lua_State *) = {
        lua_expect_open, lua_box_open,     lua_socket_open, lua_calls_open, lua_dgram_open,
        lua_host_open,   lua_packets_open, lua_fault_open,  lua_claim_open, lua_sockopt_open,
        lua_hook_open,   lua_inject_open,  lua_names_open,  lua_ipf_open,   lua_exec_open,
    };
    for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]); i++)
        opens[i](L);
}
