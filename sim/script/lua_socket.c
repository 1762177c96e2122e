/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The verbs of sockets and listeners.
 *
 * Lua's garbage collector never closes a script's socket, since its timing must not matter: what a
 * script leaves open ends with the test.
 */
#include "sim/base/errno_name.h"
#include "sim/script/runtime.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SOCKET_TYPE   "lo0sim.socket"
#define LISTENER_TYPE "lo0sim.listener"
#define RECV_DEFAULT  65536
#define BACKLOG       128

static void on_notify(void *arg)
{
    lua_socket_t *sock = arg;
    process_wake(sock->rt, sock);
}

/* The Lua object must live as long as the socket notifies it: the registry keeps it. */
lua_socket_t *lua_socket_new(lua_State *L, runtime_t *rt, const char *type)
{
    lua_socket_t *sock = lua_newuserdatauv(L, sizeof(*sock), 0);
    sock->rt = rt;
    sock->so = NULL;
    luaL_setmetatable(L, type);
    return sock;
}

void lua_socket_hold(lua_State *L, lua_socket_t *sock, sonode_t *so)
{
    lua_pushvalue(L, -1);
    sock->held =
        luaL_ref(L, LUA_REGISTRYINDEX); /* can raise an error: `sock` is not known elsewhere yet */
    sock->so = so;
    so_set_notify(so, on_notify, sock);
}

void lua_socket_let_go(lua_State *L, lua_socket_t *sock)
{
    so_close(sock->so);
    sock->so = NULL;
    luaL_unref(L, LUA_REGISTRYINDEX, sock->held);
    process_wake(sock->rt, sock);
}

in6_addr_t lua_check_address(lua_State *L, int arg)
{
    in6_addr_t address;
    if (!ip_address_parse(luaL_checkstring(L, arg), &address))
        luaL_argerror(L, arg,
                      "not an IP address, such as \"127.0.0.1\" or \"::1\", nor \"localhost\" "
                      "(names are not resolved)");
    return address;
}

uint16_t lua_check_port(lua_State *L, int arg)
{
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

/* ---- connect ---- */

static int connect_k(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_socket_t *sock = lua_touserdata(L, -1);
    int error = so_connect_error(sock->so);
    if (error == EINPROGRESS)
        return process_wait(sock->rt, L, sock, "box:connect", 0, connect_k);
    LUA_TRACE_CALL(sock->rt, CONNECT, .peer = so_remote(sock->so), .error = error);
    if (error == 0)
        return 1;
    lua_socket_let_go(L, sock);
    return lua_push_errno(L, error);
}

int lua_host_connect(lua_State *L)
{
    ip_stack_t *ips = lua_check_host(L, "connect");
    runtime_t *rt = runtime_of(L);
    in6_addr_t address = lua_check_address(L, 2);
    uint16_t port = lua_check_port(L, 3);
    sonode_t *so;
    process_check_wait(L, "box:connect");
    lua_settop(L, 3);
    lua_socket_t *sock = lua_socket_new(L, rt, SOCKET_TYPE);
    int error = so_connect(ips, &address, port, &so);
    if (error != EINPROGRESS) {
        LUA_TRACE_CALL(rt, CONNECT, .peer = {address, port}, .error = error);
        return lua_push_errno(L, error);
    }
    lua_socket_hold(L, sock, so);
    return connect_k(L, LUA_OK, 0);
}

/* ---- listen and accept ---- */

int lua_host_listen(lua_State *L)
{
    ip_stack_t *ips = lua_check_host(L, "listen");
    runtime_t *rt = runtime_of(L);
    uint16_t port = lua_check_port(L, 2);
    in6_addr_t address = in6addr_any;
    sonode_t *so;
    if (!lua_isnoneornil(L, 3))
        address = lua_check_address(L, 3);
    lua_socket_t *sock = lua_socket_new(L, rt, LISTENER_TYPE);
    int error = so_listen(ips, &address, port, BACKLOG, &so);
    if (error != 0) {
        LUA_TRACE_CALL(rt, LISTEN, .port = port, .error = error);
        return lua_push_errno(L, error);
    }
    lua_socket_hold(L, sock, so);
    LUA_TRACE_CALL(rt, LISTEN, .port = port);
    return 1;
}

static int accept_k(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_socket_t *sock = luaL_checkudata(L, 1, LISTENER_TYPE);
    sonode_t *child;
    if (sock->so == NULL)
        return lua_push_errno(L, EBADF);
    int error = so_accept(sock->so, &child);
    if (error == EAGAIN)
        return process_wait(sock->rt, L, sock, "listener:accept", 0, accept_k);
    if (error != 0)
        return lua_push_errno(L, error);
    LUA_TRACE_CALL(sock->rt, ACCEPT, .peer = so_remote(child));
    lua_socket_hold(L, lua_socket_new(L, sock->rt, SOCKET_TYPE), child);
    return 1;
}

static int listener_accept(lua_State *L)
{
    luaL_checkudata(L, 1, LISTENER_TYPE);
    lua_check_runtime(L, "listener:accept");
    process_check_wait(L, "listener:accept");
    return accept_k(L, LUA_OK, 0);
}

/* ---- data ---- */

/* The index of the first unsent byte is at 3. */
static int send_k(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_socket_t *sock = luaL_checkudata(L, 1, SOCKET_TYPE);
    size_t length, sent;
    const char *data = luaL_checklstring(L, 2, &length);
    size_t done = (size_t)lua_tointeger(L, 3);
    while (sock->so != NULL) {
        int error = so_send(sock->so, data + done, length - done, &sent);
        done += sent;
        lua_pushinteger(L, (lua_Integer)done);
        lua_replace(L, 3);
        if (error == EAGAIN)
            return process_wait(sock->rt, L, sock, "sock:send", 0, send_k);
        if (error != 0) {
            LUA_TRACE_CALL(sock->rt, SEND, .error = error);
            return lua_push_errno(L, error);
        }
        if (done == length)
            break;
    }
    if (sock->so == NULL)
        return lua_push_errno(L, EBADF);
    LUA_TRACE_CALL(sock->rt, SEND, .bytes = length);
    lua_pushinteger(L, (lua_Integer)length);
    return 1;
}

static int socket_send(lua_State *L)
{
    luaL_checkudata(L, 1, SOCKET_TYPE);
    luaL_checkstring(L, 2);
    lua_check_runtime(L, "sock:send");
    process_check_wait(L, "sock:send");
    lua_settop(L, 2);
    lua_pushinteger(L, 0);
    return send_k(L, LUA_OK, 0);
}

/* The most bytes at 2; at 3 the time, in microseconds, until which it waits, or nil. */
static int recv_k(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_socket_t *sock = luaL_checkudata(L, 1, SOCKET_TYPE);
    size_t max = (size_t)lua_tointeger(L, 2), received;
    bool forever = lua_isnil(L, 3);
    uint64_t until = (uint64_t)lua_tointeger(L, 3);
    luaL_Buffer buffer;
    if (sock->so == NULL)
        return lua_push_errno(L, EBADF);
    char *room = luaL_buffinitsize(L, &buffer, max);
    int error = so_recv(sock->so, room, max, &received);
    luaL_pushresultsize(&buffer, received);
    if (error == 0) {
        LUA_TRACE_CALL(sock->rt, RECV, .bytes = received, .at_end = received == 0);
        return 1;
    }
    lua_pop(L, 1);
    if (error == EAGAIN && forever)
        return process_wait(sock->rt, L, sock, "sock:recv", 0, recv_k);
    if (error == EAGAIN && box_now(sock->rt->box) < until)
        return process_wait_until(sock->rt, L, sock, "sock:recv", until, 0, recv_k);
    LUA_TRACE_CALL(sock->rt, RECV, .error = error);
    return lua_push_errno(L, error);
}

static int socket_recv(lua_State *L)
{
    luaL_checkudata(L, 1, SOCKET_TYPE);
    runtime_t *rt = lua_check_runtime(L, "sock:recv");
    process_check_wait(L, "sock:recv");
    lua_Integer max = luaL_optinteger(L, 2, RECV_DEFAULT);
    luaL_argcheck(L, max >= 1 && max <= RECV_DEFAULT, 2, "the most to take is 1 to 65536 bytes");
    lua_settop(L, 3);
    if (!lua_isnil(L, 3)) {
        lua_pushinteger(L, (lua_Integer)(box_now(rt->box) + lua_check_seconds(L, 3)));
        lua_replace(L, 3);
    }
    lua_pushinteger(L, max);
    lua_replace(L, 2);
    return recv_k(L, LUA_OK, 0);
}

static int socket_shutdown(lua_State *L)
{
    lua_socket_t *sock = luaL_checkudata(L, 1, SOCKET_TYPE);
    lua_check_runtime(L, "sock:shutdown");
    int error = sock->so != NULL ? so_shutdown(sock->so) : EBADF;
    LUA_TRACE_CALL(sock->rt, SHUTDOWN, .error = error);
    if (error != 0)
        return lua_push_errno(L, error);
    lua_pushboolean(L, true);
    return 1;
}

int lua_socket_close(lua_State *L, const char *type, const char *verb)
{
    lua_socket_t *sock = luaL_checkudata(L, 1, type);
    lua_check_runtime(L, verb);
    if (sock->so != NULL) {
        LUA_TRACE_CALL(sock->rt, CLOSE, .error = 0);
        lua_socket_let_go(L, sock);
    }
    return 0;
}

static int socket_close(lua_State *L)
{
    return lua_socket_close(L, SOCKET_TYPE, "sock:close");
}

static int listener_close(lua_State *L)
{
    return lua_socket_close(L, LISTENER_TYPE, "listener:close");
}

void lua_socket_open(lua_State *L)
{
    static const luaL_Reg socket_verbs[] = {{"send", socket_send},
                                            {"recv", socket_recv},
                                            {"shutdown", socket_shutdown},
                                            {"close", socket_close},
                                            {NULL, NULL}};
    static const luaL_Reg listener_verbs[] = {
        {"accept", listener_accept}, {"close", listener_close}, {NULL, NULL}};
    sandbox_strict_type(L, SOCKET_TYPE, "sock", socket_verbs);
    sandbox_strict_type(L, LISTENER_TYPE, "listener", listener_verbs);
}
