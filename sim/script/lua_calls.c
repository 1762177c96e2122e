/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The socket calls one by one, as a program makes them: box:socket, and bind, listen, connect,
 * accept, getsockopt(SO_ERROR) and a connect to AF_UNSPEC on what it gives.
 */
#include "sim/base/errno_name.h"
#include "sim/script/lua_socket.h"

#include <errno.h>
#include <stdio.h>

#define BACKLOG 128

sonode_t *lua_check_open(lua_State *L, const char *verb)
{
    char name[LUA_VERB_ROOM];
    const lua_socket_t *sock = luaL_testudata(L, 1, LUA_UDP_TYPE);
    snprintf(name, sizeof(name), "%s:%s", sock != NULL ? "udp" : "sock", verb);
    if (sock == NULL)
        sock = luaL_checkudata(L, 1, LUA_SOCKET_TYPE);
    lua_check_runtime(L, name);
    return sock->so;
}

/* The results of a call that returns only an errno. */
static int outcome(lua_State *L, int error)
{
    if (error != 0)
        return lua_push_errno(L, error);
    lua_pushboolean(L, true);
    return 1;
}

static int box_socket(lua_State *L)
{
    static const char *const kinds[] = {"tcp", "udp", NULL};
    static const char *const families[] = {"inet", "inet6", NULL};
    ip_stack_t *ips = lua_check_host(L, "socket");
    bool udp = lua_check_word(L, 2, "kind of socket", NULL, kinds) == 1;
    int family = lua_check_word(L, 3, "family", "inet", families) == 1 ? AF_INET6 : AF_INET;
    sonode_t *so;
    lua_socket_t *sock = lua_socket_new(L, runtime_of(L), udp ? LUA_UDP_TYPE : LUA_SOCKET_TYPE);
    int error = so_socket(ips, family, udp ? SO_KIND_DGRAM : SO_KIND_STREAM, &so);
    if (error != 0)
        return lua_push_errno(L, error);
    lua_socket_hold(L, sock, so);
    return 1;
}

static int socket_bind(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "bind");
    ip_endpoint_t local = {.ie_addr = lua_check_address(L, 2)};
    if (!lua_isnoneornil(L, 3))
        local.ie_port = lua_check_port(L, 3, 0);
    int error = so != NULL ? so_bind(so, &local) : EBADF;
    LUA_TRACE_CALL(runtime_of(L), BIND, .peer = so != NULL && error == 0 ? so_local(so) : local,
                   .error = error);
    return outcome(L, error);
}

static int socket_listen(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "listen");
    lua_Integer backlog = luaL_optinteger(L, 2, BACKLOG);
    if (backlog < INT32_MIN || backlog > INT32_MAX)
        luaL_argerror(L, 2, "a backlog is an int");
    int error = so != NULL ? so_listen_on(so, (int)backlog) : EBADF;
    LUA_TRACE_CALL(runtime_of(L), LISTEN, .port = so != NULL ? so_local(so).ie_port : 0,
                   .error = error);
    return outcome(L, error);
}

/* SO_ERROR. */
static int socket_error(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "error");
    if (so == NULL)
        return lua_push_errno(L, EBADF);
    so_settle(so);
    int error = so_take_error(so);
    if (error == 0)
        lua_pushnil(L);
    else
        lua_pushstring(L, errno_name(error));
    return 1;
}

static int socket_disconnect(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "disconnect");
    return outcome(L, so != NULL ? so_disconnect(so) : EBADF);
}

/* ---- connect ---- */

/* The peer in the trace is the address that was called. At 4 is the time until which it waits, or
 * nil; at 5 the errno that the call returns when it waits no longer. */
static int connect_k(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_socket_t *sock = luaL_checkudata(L, 1, LUA_SOCKET_TYPE);
    int error = sock->so != NULL ? so_connect_outcome(sock->so) : EBADF;
    if (error == EINPROGRESS && lua_isnil(L, 4))
        return process_wait(sock->rt, L, sock, "sock:connect", 0, connect_k);
    uint64_t until = (uint64_t)lua_tointeger(L, 4);
    if (error == EINPROGRESS && box_now(sock->rt->box) < until)
        return process_wait_until(sock->rt, L, sock, "sock:connect", until, 0, connect_k);
    if (error == EINPROGRESS)
        error = (int)lua_tointeger(L, 5);
    LUA_TRACE_CALL(sock->rt, CONNECT,
                   .peer = {lua_check_address(L, 2), (uint16_t)lua_tointeger(L, 3)},
                   .error = error);
    return outcome(L, error);
}

/* The seconds at 4 become the time until which it waits. Unlike lua_socket_check_until(), it lets
 * no packets arrive first: a connect that does not wait reports EINPROGRESS. */
static bool check_connect_until(lua_State *L)
{
    if (lua_isnil(L, 4))
        return true;
    uint64_t wait_us = lua_check_seconds(L, 4);
    lua_pushinteger(L, (lua_Integer)(box_now(runtime_of(L)->box) + wait_us));
    lua_replace(L, 4);
    return wait_us > 0;
}

static int socket_connect(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "connect");
    ip_endpoint_t to = {lua_check_address(L, 2), lua_check_port(L, 3, 0)};
    lua_settop(L, 4);
    bool waits = check_connect_until(L);
    if (waits)
        process_check_wait(L, "sock:connect");
    int error = so != NULL ? so_connect_to(so, &to) : EBADF;
    if (waits && (error == EINPROGRESS || error == EALREADY)) {
        lua_pushinteger(L, error);
        return connect_k(L, LUA_OK, 0);
    }
    LUA_TRACE_CALL(runtime_of(L), CONNECT, .peer = to, .error = error);
    return outcome(L, error);
}

static int socket_shutdown(lua_State *L)
{
    static const char *const names[] = {"write", "read", "both", NULL};
    static const unsigned hows[] = {SO_SHUT_WRITE, SO_SHUT_READ, SO_SHUT_READ | SO_SHUT_WRITE};
    sonode_t *so = lua_check_open(L, "shutdown");
    unsigned how = hows[lua_check_word(L, 2, "side", "write", names)];
    int error = so != NULL ? so_shutdown_how(so, how) : EBADF;
    LUA_TRACE_CALL(runtime_of(L), SHUTDOWN, .error = error);
    return outcome(L, error);
}

void lua_calls_open(lua_State *L)
{
    static const sandbox_verb_t box_verbs[] = {
        {"socket", box_socket, "kind: string, family?: string"},
        {NULL, NULL, NULL},
    };
    static const sandbox_verb_t socket_verbs[] = {
        {"bind", socket_bind, "address: string, port?: port"},
        {"listen", socket_listen, "backlog?: number"},
        {"connect", socket_connect, "address: string, port: port, seconds?: number"},
        {"disconnect", socket_disconnect, ""},
        {"error", socket_error, ""},
        {"shutdown", socket_shutdown, "how?: string"},
        {NULL, NULL, NULL},
    };
    static const sandbox_verb_t udp_verbs[] = {
        {"bind", socket_bind, "address: string, port?: port"},
        {"disconnect", socket_disconnect, ""},
        {"error", socket_error, ""},
        {"shutdown", socket_shutdown, "how?: string"},
        {NULL, NULL, NULL},
    };
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', box_verbs);
    sandbox_add_verbs(L, LUA_SOCKET_TYPE, "sock", ':', socket_verbs);
    sandbox_add_verbs(L, LUA_UDP_TYPE, "udp", ':', udp_verbs);
}
