/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What all verbs share.
 */
#include "sim/script/lua_verb.h"

#include "filter/ipf_words.h"
#include "sim/base/errno_name.h"
#include "sim/base/nearest.h"

#include <assert.h>
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
    assert(rt != NULL); /* boxes and sockets are there in a test only */
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
    uint64_t began_us;
    assert(rt->current != NULL); /* hooks and claims make no calls */
    if (process_is_killed(rt->current))
        return; /* the call does not return any more */
    bool waits = process_end_call(rt, &began_us);
    call.process = process_name(rt->current);
    trace_call(rt->box->trace, &call, waits ? &began_us : NULL);
}

void lua_push_box(lua_State *L)
{
    sandbox_new_object(L, 0);
    luaL_setmetatable(L, LUA_BOX_TYPE);
}

/* ---- values ---- */

/* These read the value at `index`.
 * => Return NULL, or what is wrong with it; Lua's stack can hold the text. */

static const char *read_address(lua_State *L, int index, in6_addr_t *address)
{
    if (lua_type(L, index) == LUA_TSTRING && lua_name_address(L, index, 0, address))
        return NULL;
    return "not an IP address, such as \"127.0.0.1\" or \"::1\", nor \"localhost\", nor a name "
           "that box:hosts gave";
}

/* => Returns that no service of `protos` has the name. */
static const char *no_service(lua_State *L, const char *name, unsigned protos)
{
    const char *near = ipf_service_near(name, strlen(name));
    uint16_t port = 0;
    if (ipf_service_port(name, strlen(name), 0, &port))
        return lua_pushfstring(L, "%s is no service of %s; its port elsewhere is %d", name,
                               protos == IPF_SERVICE_UDP ? "udp" : "tcp", port);
    if (near != NULL)
        return lua_pushfstring(L, "there is no service '%s'; did you mean '%s'?", name, near);
    return lua_pushfstring(L, "there is no service '%s'; write the port's number", name);
}

static const char *read_port(lua_State *L, int index, unsigned protos, uint16_t *port)
{
    int is_whole;
    lua_Integer number = lua_tointegerx(L, index, &is_whole);
    if (!is_whole && lua_type(L, index) == LUA_TSTRING) {
        size_t length;
        const char *name = lua_tolstring(L, index, &length);
        return ipf_service_port(name, length, protos, port) ? NULL : no_service(L, name, protos);
    }
    *port = (uint16_t)number;
    return is_whole && number >= 1 && number <= 65535 ? NULL : "a port is a number from 1 to 65535";
}

static const char *read_seconds(lua_State *L, int index, uint64_t *us)
{
    int is_number;
    lua_Number seconds = lua_tonumberx(L, index, &is_number);
    if (!is_number || !(seconds >= 0 && seconds <= 1e9))
        return "a time is 0 seconds or more, up to 1e9";
    *us = (uint64_t)llround(seconds * 1e6);
    return NULL;
}

in6_addr_t lua_check_address(lua_State *L, int arg)
{
    in6_addr_t address = {0};
    const char *why = read_address(L, arg, &address);
    if (why != NULL)
        luaL_argerror(L, arg, why);
    return address;
}

uint16_t lua_check_port(lua_State *L, int arg, unsigned protos)
{
    uint16_t port = 0;
    const char *why = read_port(L, arg, protos, &port);
    if (why != NULL)
        luaL_argerror(L, arg, why);
    return port;
}

uint64_t lua_check_seconds(lua_State *L, int arg)
{
    uint64_t us = 0;
    const char *why = read_seconds(L, arg, &us);
    if (why != NULL)
        luaL_argerror(L, arg, why);
    return us;
}

/* An option that has been read: raises the error that it is wrong, if it is. */
static void check_option(lua_State *L, const char *verb, const char *name, const char *why)
{
    if (why != NULL)
        luaL_error(L, "%s: '%s': %s", verb, name, why);
}

bool lua_option_address(lua_State *L, int index, const char *verb, const char *name,
                        in6_addr_t *address)
{
    if (lua_getfield(L, index, name) == LUA_TNIL)
        return false;
    check_option(L, verb, name, read_address(L, -1, address));
    return true;
}

bool lua_option_port(lua_State *L, int index, const char *verb, const char *name, unsigned protos,
                     uint16_t *port)
{
    if (lua_getfield(L, index, name) == LUA_TNIL)
        return false;
    check_option(L, verb, name, read_port(L, -1, protos, port));
    return true;
}

bool lua_option_seconds(lua_State *L, int index, const char *verb, const char *name, uint64_t *us)
{
    if (lua_getfield(L, index, name) == LUA_TNIL)
        return false;
    check_option(L, verb, name, read_seconds(L, -1, us));
    return true;
}

int lua_unknown_name(lua_State *L, int arg, const char *what, const char *const *names)
{
    char why[LUA_MESSAGE_ROOM];
    return luaL_error(L, "%s", there_is_no(why, sizeof(why), what, lua_tostring(L, arg), names));
}

size_t lua_check_word(lua_State *L, int arg, const char *what, const char *usual,
                      const char *const *names)
{
    const char *word = lua_isnoneornil(L, arg) ? usual : lua_tostring(L, arg);
    size_t i = 0;
    if (word == NULL)
        luaL_error(L, "a %s is a string, not a %s", what, luaL_typename(L, arg));
    while (names[i] != NULL && strcmp(names[i], word) != 0)
        i++;
    if (names[i] == NULL)
        lua_unknown_name(L, arg, what, names);
    return i;
}

const char *lua_check_name(lua_State *L, int arg, const char *verb)
{
    size_t length;
    const char *name = luaL_checklstring(L, arg, &length);
    if (length > LUA_NAME_MAX)
        luaL_error(L, "%s takes a name of at most %d bytes, not %I", verb, LUA_NAME_MAX,
                   (LUAI_UACINT)length);
    if (strlen(name) != length)
        luaL_error(L, "%s takes a name without zero bytes", verb);
    return name;
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
