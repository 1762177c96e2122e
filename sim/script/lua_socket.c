/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The verbs of sockets and listeners.
 */
#include "sim/script/lua_socket.h"

#include "filter/ipf_words.h"
#include "sim/base/errno_name.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RECV_DEFAULT 65536
#define BACKLOG      128
#define BACKLOG_MAX  4096

const char lua_any_socket = 0;

static void on_notify(void *arg)
{
    lua_socket_t *sock = arg;
    process_wake(sock->rt, sock);
    process_wake(sock->rt, &lua_any_socket);
}

static bool is_awaited(void *arg)
{
    lua_socket_t *sock = arg;
    return process_waits(sock->rt, sock) || process_waits(sock->rt, &lua_any_socket);
}

/* The Lua object must live as long as the socket notifies it: the registry keeps it. */
lua_socket_t *lua_socket_new(lua_State *L, runtime_t *rt, const char *type)
{
    lua_socket_t *sock = sandbox_new_object(L, sizeof(*sock));
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
    assert(sock->so == NULL && so != NULL);
    sock->so = so;
    sock->maker = sock->rt->current;
    sock->next = NULL;
    sock->link = sock->rt->last_socket;
    *sock->link = sock;
    sock->rt->last_socket = &sock->next;
    so_set_notify(so, on_notify, is_awaited, sock);
}

void lua_socket_let_go(lua_State *L, lua_socket_t *sock)
{
    sonode_t *so = sock->so;
    assert(so != NULL);
    sock->ends = so_ends(so); /* the FIN is sent when the sonode is gone */
    sock->so = NULL;
    so_close(so);
    *sock->link = sock->next;
    if (sock->next != NULL)
        sock->next->link = sock->link;
    else
        sock->rt->last_socket = sock->link;
    luaL_unref(L, LUA_REGISTRYINDEX, sock->held);
    process_wake(sock->rt, sock);
}

void lua_socket_check_until(lua_State *L, int arg, const lua_socket_t *sock)
{
    if (lua_isnil(L, arg))
        return;
    uint64_t wait_us = lua_check_seconds(L, arg);
    if (wait_us == 0 && sock->so != NULL)
        so_settle(sock->so);
    lua_pushinteger(L, (lua_Integer)(box_now(sock->rt->box) + wait_us));
    lua_replace(L, arg);
}

/* ---- connect ---- */

static int connect_k(lua_State *L, int status, lua_KContext context);

/* Begins to connect to an address of the name at 2, from the port at 3; the new socket is on top of
 * the stack.
 * => Returns EINPROGRESS or an errno. */
static int begin_connect(lua_State *L, ip_stack_t *ips, const ip_endpoint_t *local,
                         in6_addr_t address)
{
    runtime_t *rt = runtime_of(L);
    sonode_t *so;
    uint16_t port = (uint16_t)lua_tointeger(L, 3);
    lua_socket_t *sock = lua_socket_new(L, rt, LUA_SOCKET_TYPE);
    int error = so_connect_from(ips, local, &address, port, &so);
    if (error == EINPROGRESS)
        lua_socket_hold(L, sock, so);
    else
        LUA_TRACE_CALL(rt, CONNECT, .peer = {address, port}, .error = error);
    return error;
}

/* A connect to the n-th address has failed: tries the next one, as telnet does. */
static int connect_next(lua_State *L, int n, int error)
{
    static const ip_endpoint_t any;
    in6_addr_t address;
    while (lua_name_address(L, 2, ++n, &address)) {
        lua_settop(L, 4);
        error = begin_connect(L, lua_check_host(L, "connect"), &any, address);
        if (error == EINPROGRESS)
            return connect_k(L, LUA_OK, n);
    }
    return lua_push_errno(L, error);
}

/* At 4 the time, in microseconds, until which it waits, or nil; the socket on top. `context` is
 * which of the name's addresses it is. */
static int connect_k(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    lua_socket_t *sock = lua_touserdata(L, -1);
    int error = so_connect_error(sock->so);
    if (error == EINPROGRESS && lua_isnil(L, -2))
        return process_wait(sock->rt, L, sock, "box:connect", context, connect_k);
    uint64_t until = (uint64_t)lua_tointeger(L, -2);
    if (error == EINPROGRESS && box_now(sock->rt->box) < until)
        return process_wait_until(sock->rt, L, sock, "box:connect", until, context, connect_k);
    ip_endpoint_t peer = so_remote(sock->so);
    if (error != EINPROGRESS)
        error = so_connect_outcome(sock->so);
    LUA_TRACE_CALL(sock->rt, CONNECT, .peer = peer, .error = error);
    if (error == 0)
        return 1;
    lua_socket_let_go(L, sock);
    return error == EINPROGRESS ? lua_push_errno(L, error) : connect_next(L, (int)context, error);
}

/* What the options at 4 say. */
typedef struct connect_options {
    ip_endpoint_t local;
    bool wait;
    bool has_timeout;
    uint64_t timeout_us;
} connect_options_t;

static connect_options_t check_connect_options(lua_State *L)
{
    connect_options_t said = {.wait = true};
    if (lua_isnoneornil(L, 4))
        return said;
    lua_option_address(L, 4, "box:connect", "address", &said.local.ie_addr);
    lua_option_port(L, 4, "box:connect", "port", IPF_SERVICE_TCP, &said.local.ie_port);
    said.has_timeout = lua_option_seconds(L, 4, "box:connect", "timeout", &said.timeout_us);
    if (lua_getfield(L, 4, "wait") != LUA_TNIL) {
        if (!lua_isboolean(L, -1))
            luaL_error(L, "box:connect: 'wait' is true or false");
        said.wait = lua_toboolean(L, -1);
    }
    return said;
}

static int host_connect(lua_State *L)
{
    ip_stack_t *ips = lua_check_host(L, "connect");
    runtime_t *rt = runtime_of(L);
    in6_addr_t address = lua_check_address(L, 2);
    uint16_t port = lua_check_port(L, 3, IPF_SERVICE_TCP);
    connect_options_t options = check_connect_options(L);
    if (options.wait)
        process_check_wait(L, "box:connect");
    lua_settop(L, 2);
    lua_pushinteger(L, port);
    if (options.has_timeout)
        lua_pushinteger(L, (lua_Integer)(box_now(rt->box) + options.timeout_us));
    else
        lua_pushnil(L);
    int error = begin_connect(L, ips, &options.local, address);
    if (error != EINPROGRESS)
        return options.wait ? connect_next(L, 0, error) : lua_push_errno(L, error);
    return options.wait ? connect_k(L, LUA_OK, 0) : 1;
}

/* ---- listen and accept ---- */

static int check_backlog(lua_State *L)
{
    if (lua_isnoneornil(L, 4))
        return BACKLOG;
    if (lua_getfield(L, 4, "backlog") == LUA_TNIL)
        return BACKLOG;
    int is_whole;
    lua_Integer backlog = lua_tointegerx(L, -1, &is_whole);
    if (!is_whole || backlog < 0 || backlog > BACKLOG_MAX)
        luaL_error(L, "box:listen: 'backlog' is a whole number from 0 to %d", BACKLOG_MAX);
    return (int)backlog;
}

static int host_listen(lua_State *L)
{
    ip_stack_t *ips = lua_check_host(L, "listen");
    runtime_t *rt = runtime_of(L);
    uint16_t port = lua_check_port(L, 2, IPF_SERVICE_TCP);
    in6_addr_t address = in6addr_any;
    sonode_t *so;
    if (!lua_isnoneornil(L, 3))
        address = lua_check_address(L, 3);
    int backlog = check_backlog(L);
    lua_socket_t *sock = lua_socket_new(L, rt, LUA_LISTENER_TYPE);
    int error = so_listen(ips, &address, port, backlog, &so);
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
    lua_socket_t *sock = lua_touserdata(L, 1); /* a listener, or a socket that listens */
    sonode_t *child;
    if (sock->so == NULL)
        return lua_push_errno(L, EBADF);
    int error = so_accept(sock->so, &child);
    if (error == EAGAIN && lua_isnil(L, 2))
        return process_wait(sock->rt, L, sock, "listener:accept", 0, accept_k);
    uint64_t until = (uint64_t)lua_tointeger(L, 2);
    if (error == EAGAIN && box_now(sock->rt->box) < until)
        return process_wait_until(sock->rt, L, sock, "listener:accept", until, 0, accept_k);
    if (error != 0)
        return lua_push_errno(L, error);
    LUA_TRACE_CALL(sock->rt, ACCEPT, .peer = so_remote(child));
    lua_socket_hold(L, lua_socket_new(L, sock->rt, LUA_SOCKET_TYPE), child);
    return 1;
}

static int accept_of(lua_State *L, const char *type, const char *verb)
{
    lua_socket_t *sock = luaL_checkudata(L, 1, type);
    lua_check_runtime(L, verb);
    process_check_wait(L, verb);
    lua_settop(L, 2);
    lua_socket_check_until(L, 2, sock);
    return accept_k(L, LUA_OK, 0);
}

static int listener_accept(lua_State *L)
{
    return accept_of(L, LUA_LISTENER_TYPE, "listener:accept");
}

static int socket_accept(lua_State *L)
{
    return accept_of(L, LUA_SOCKET_TYPE, "sock:accept");
}

/* ---- data ---- */

/* A hint: rules cannot end a wait for data if the data does not pass them (tcp fusion). */
static const char *fused_hint(const void *channel)
{
    const lua_socket_t *sock = channel;
    assert(sock->so != NULL); /* a close wakes who waits */
    if (!so_is_past_hooks(sock->so))
        return "";
    return "; its connection is fused, so no rule sees its data: box:fusion(false) ends that";
}

static int wait_for_data(lua_State *L, lua_socket_t *sock, const char *why, lua_KFunction k)
{
    process_set_hint(sock->rt, fused_hint);
    return process_wait(sock->rt, L, sock, why, 0, k);
}

/* SO_RCVTIMEO or SO_SNDTIMEO, as the time until which a call waits; nil if it is not set. */
static void push_timeout(lua_State *L, const lua_socket_t *sock, so_option_t option)
{
    int64_t us = sock->so != NULL ? so_option(sock->so, option) : 0;
    if (us > 0)
        lua_pushinteger(L, (lua_Integer)box_now(sock->rt->box) + us);
    else
        lua_pushnil(L);
}

/* The send buffer is full: waits, for ever or until the time at 4; then returns how much was sent,
 * if anything. */
static int wait_for_room(lua_State *L, lua_socket_t *sock, size_t done, lua_KFunction k)
{
    uint64_t until = (uint64_t)lua_tointeger(L, 4);
    if (lua_isnil(L, 4))
        return wait_for_data(L, sock, "sock:send", k);
    if (box_now(sock->rt->box) < until)
        return process_wait_until(sock->rt, L, sock, "sock:send", until, 0, k);
    LUA_TRACE_CALL(sock->rt, SEND, .bytes = done, .error = done > 0 ? 0 : EAGAIN);
    if (done == 0)
        return lua_push_errno(L, EAGAIN);
    lua_pushinteger(L, (lua_Integer)done);
    return 1;
}

/* The index of the first unsent byte is at 3, the time until which it waits at 4. */
static int send_k(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_socket_t *sock = luaL_checkudata(L, 1, LUA_SOCKET_TYPE);
    size_t length, sent;
    const char *data = luaL_checklstring(L, 2, &length);
    size_t done = (size_t)lua_tointeger(L, 3);
    while (sock->so != NULL) {
        int error = so_send(sock->so, data + done, length - done, &sent);
        done += sent;
        lua_pushinteger(L, (lua_Integer)done);
        lua_replace(L, 3);
        if (error == EAGAIN)
            return wait_for_room(L, sock, done, send_k);
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
    const lua_socket_t *sock = luaL_checkudata(L, 1, LUA_SOCKET_TYPE);
    lua_check_runtime(L, "sock:send");
    process_check_wait(L, "sock:send");
    lua_settop(L, 3);
    lua_socket_check_until(L, 3, sock);
    if (lua_isnil(L, 3)) {
        push_timeout(L, sock, SO_OPT_SNDTIMEO);
        lua_replace(L, 3);
    }
    lua_pushinteger(L, 0);
    lua_insert(L, 3);
    return send_k(L, LUA_OK, 0);
}

/* The most bytes at 2; at 3 the time, in microseconds, until which it waits, or nil. */
static int recv_k(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_socket_t *sock = luaL_checkudata(L, 1, LUA_SOCKET_TYPE);
    size_t max = (size_t)lua_tointeger(L, 2), received;
    bool forever = lua_isnil(L, 3);
    uint64_t until = (uint64_t)lua_tointeger(L, 3);
    char data[RECV_DEFAULT];
    if (sock->so == NULL)
        return lua_push_errno(L, EBADF);
    int error = so_recv(sock->so, data, max, &received);
    if (error == 0) {
        LUA_TRACE_CALL(sock->rt, RECV, .bytes = received, .at_end = received == 0);
        lua_pushlstring(L, data, received);
        return 1;
    }
    if (error == EAGAIN && forever)
        return wait_for_data(L, sock, "sock:recv", recv_k);
    if (error == EAGAIN && box_now(sock->rt->box) < until)
        return process_wait_until(sock->rt, L, sock, "sock:recv", until, 0, recv_k);
    LUA_TRACE_CALL(sock->rt, RECV, .error = error);
    return lua_push_errno(L, error);
}

static int socket_recv(lua_State *L)
{
    lua_socket_t *sock = luaL_checkudata(L, 1, LUA_SOCKET_TYPE);
    lua_check_runtime(L, "sock:recv");
    process_check_wait(L, "sock:recv");
    lua_Integer max = luaL_optinteger(L, 2, RECV_DEFAULT);
    if (max < 1 || max > RECV_DEFAULT)
        luaL_argerror(L, 2,
                      "the first is how many bytes to take, 1 to 65536; sock:recv(65536, 0) looks "
                      "without waiting");
    lua_settop(L, 3);
    lua_socket_check_until(L, 3, sock);
    if (lua_isnil(L, 3)) {
        push_timeout(L, sock, SO_OPT_RCVTIMEO);
        lua_replace(L, 3);
    }
    lua_pushinteger(L, max);
    lua_replace(L, 2);
    return recv_k(L, LUA_OK, 0);
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

/* SO_LINGER: at 2 the time until which it waits for the last ACK. After that time the rest is still
 * sent, without the socket, as on Linux. */
static int close_k(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_socket_t *sock = luaL_checkudata(L, 1, LUA_SOCKET_TYPE);
    uint64_t until = (uint64_t)lua_tointeger(L, 2);
    if (sock->so != NULL && so_is_lingering(sock->so) && box_now(sock->rt->box) < until)
        return process_wait_until(sock->rt, L, sock, "sock:close", until, 0, close_k);
    lua_settop(L, 1);
    return lua_socket_close(L, LUA_SOCKET_TYPE, "sock:close");
}

static int socket_close(lua_State *L)
{
    const lua_socket_t *sock = luaL_checkudata(L, 1, LUA_SOCKET_TYPE);
    runtime_t *rt = lua_check_runtime(L, "sock:close");
    int64_t linger_us = sock->so != NULL ? so_option(sock->so, SO_OPT_LINGER) : 0;
    if (linger_us <= 0 || so_readable(sock->so) > 0)
        return lua_socket_close(L, LUA_SOCKET_TYPE, "sock:close");
    process_check_wait(L, "sock:close");
    so_shutdown(sock->so);
    lua_settop(L, 1);
    lua_pushinteger(L, (lua_Integer)box_now(rt->box) + linger_us);
    return close_k(L, LUA_OK, 0);
}

static int listener_close(lua_State *L)
{
    return lua_socket_close(L, LUA_LISTENER_TYPE, "listener:close");
}

static int socket_abort(lua_State *L)
{
    lua_socket_t *sock = luaL_checkudata(L, 1, LUA_SOCKET_TYPE);
    lua_check_runtime(L, "sock:abort");
    if (sock->so != NULL) {
        LUA_TRACE_CALL(sock->rt, CLOSE, .error = 0);
        so_set_option(sock->so, SO_OPT_LINGER, 0);
        lua_socket_let_go(L, sock);
    }
    return 0;
}

void lua_socket_open(lua_State *L)
{
    static const sandbox_verb_t socket_verbs[] = {
        {"accept", socket_accept, "seconds?: number"},
        {"send", socket_send, "data: string, seconds?: number"},
        {"recv", socket_recv, "max?: number, seconds?: number"},
        {"abort", socket_abort, ""},
        {"close", socket_close, ""},
        {NULL, NULL, NULL},
    };
    static const sandbox_verb_t host_verbs[] = {
        {"listen", host_listen, "port: port, address?: string, options?: {backlog}"},
        {"connect", host_connect,
         "address: string, port: port, options?: {address port timeout wait}"},
        {NULL, NULL, NULL},
    };
    static const sandbox_verb_t listener_verbs[] = {
        {"accept", listener_accept, "seconds?: number"},
        {"close", listener_close, ""},
        {NULL, NULL, NULL},
    };
    lua_add_host_verbs(L, host_verbs);
    sandbox_add_verbs(L, LUA_SOCKET_TYPE, "sock", ':', socket_verbs);
    sandbox_add_verbs(L, LUA_LISTENER_TYPE, "listener", ':', listener_verbs);
}
