/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The verbs that look at a socket, its options, and those that look at several.
 */
#include "sim/base/errno_name.h"
#include "sim/script/lua_socket.h"

#include <errno.h>
#include <lcount.h>
#include <math.h>
#include <string.h>

#define PEEK_DEFAULT 65536

static int push_endpoint(lua_State *L, const ip_endpoint_t *endpoint)
{
    char text[IP_ADDRESS_TEXT_MAX];
    lua_pushstring(L, ip_address_text(&endpoint->ie_addr, text, sizeof(text)));
    lua_pushinteger(L, endpoint->ie_port);
    return 2;
}

/* An IPv6 socket shows an IPv4 address as it is mapped into IPv6 (RFC 3493 section 3.7). */
static int push_end_of(lua_State *L, const sonode_t *so, const ip_endpoint_t *endpoint)
{
    push_endpoint(L, endpoint);
    if (so_family(so) == AF_INET6 && ip_address_family(&endpoint->ie_addr) == AF_INET) {
        lua_pushfstring(L, "::ffff:%s", lua_tostring(L, -2));
        lua_replace(L, -3);
    }
    return 2;
}

static int socket_getsockname(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "getsockname");
    if (so == NULL)
        return lua_push_errno(L, EBADF);
    ip_endpoint_t local = so_sockname(so);
    return push_end_of(L, so, &local);
}

static int socket_getpeername(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "getpeername");
    ip_endpoint_t remote;
    int error = so != NULL ? so_peername(so, &remote) : EBADF;
    return error == 0 ? push_end_of(L, so, &remote) : lua_push_errno(L, error);
}

static int socket_connected(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "connected");
    if (so != NULL)
        so_settle(so);
    int error = so == NULL ? EBADF : so_has_connect(so) ? so_connect_outcome(so) : ENOTCONN;
    if (error != 0)
        return lua_push_errno(L, error);
    lua_pushboolean(L, true);
    return 1;
}

static int socket_peek(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "peek");
    lua_Integer max = luaL_optinteger(L, 2, PEEK_DEFAULT);
    if (max < 1 || max > PEEK_DEFAULT)
        luaL_argerror(L, 2, "the most to see is 1 to 65536 bytes");
    if (so == NULL)
        return lua_push_errno(L, EBADF);
    luaL_Buffer buffer;
    size_t received;
    ip_endpoint_t from;
    so_settle(so);
    char *room = luaL_buffinitsize(L, &buffer, (size_t)max);
    int error = so_peek(so, room, (size_t)max, &received, &from);
    luaL_pushresultsize(&buffer, received);
    return error == 0 ? 1 : lua_push_errno(L, error);
}

/* ---- readiness ---- */

/* As words: "IN OUT". */
static const char *push_ready(lua_State *L, unsigned ready)
{
    static const struct {
        unsigned bit;
        const char *word;
    } words[] = {{SO_READY_IN, "IN"},
                 {SO_READY_OUT, "OUT"},
                 {SO_READY_ERR, "ERR"},
                 {SO_READY_HUP, "HUP"},
                 {SO_READY_RDHUP, "RDHUP"}};
    char text[32] = "";
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if ((ready & words[i].bit) == 0)
            continue;
        if (text[0] != '\0')
            strcat(text, " ");
        strcat(text, words[i].word);
    }
    return lua_pushstring(L, text);
}

static int socket_ready(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "ready");
    if (so == NULL)
        return lua_push_errno(L, EBADF);
    so_settle(so);
    push_ready(L, so_ready(so));
    return 1;
}

/* The socket in a list of box:poll(), which is on top of the stack. */
static lua_socket_t *socket_in_list(lua_State *L, lua_Integer i)
{
    static const char *const types[] = {LUA_SOCKET_TYPE, LUA_LISTENER_TYPE, LUA_UDP_TYPE};
    for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
        lua_socket_t *sock = luaL_testudata(L, -1, types[k]);
        if (sock != NULL)
            return sock;
    }
    luaL_error(L, "box:poll: element %d of the list is no socket", (int)i);
    return NULL;
}

/* The list at 2; at 3 the time until which it waits, or nil. */
static int poll_k(lua_State *L, int status, lua_KContext context)
{
    runtime_t *rt = runtime_of(L);
    (void)status;
    (void)context;
    lua_Integer count = luaL_len(L, 2);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_geti(L, 2, i);
        lua_socket_t *sock = socket_in_list(L, i);
        unsigned ready = 0;
        if (sock->so != NULL) {
            so_settle(sock->so);
            ready = so_ready(sock->so) & ~SO_READY_OUT;
        }
        if (ready != 0) {
            push_ready(L, so_ready(sock->so));
            return 2;
        }
        lua_pop(L, 1);
    }
    if (lua_isnil(L, 3))
        return process_wait(rt, L, &lua_any_socket, "box:poll", 0, poll_k);
    uint64_t until = (uint64_t)lua_tointeger(L, 3);
    if (box_now(rt->box) < until)
        return process_wait_until(rt, L, &lua_any_socket, "box:poll", until, 0, poll_k);
    return lua_push_errno(L, EAGAIN);
}

static int box_poll(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:poll");
    process_check_wait(L, "box:poll");
    lua_settop(L, 3);
    if (!lua_isnil(L, 3)) {
        lua_pushinteger(L, (lua_Integer)(box_now(rt->box) + lua_check_seconds(L, 3)));
        lua_replace(L, 3);
    }
    return poll_k(L, LUA_OK, 0);
}

/* ---- options ---- */

typedef enum value_kind { SWITCH, BYTES, COUNT, SECONDS, LINGER } value_kind_t;

static const struct {
    const char *name;
    so_option_t option;
    value_kind_t kind;
} rows[] = {
    {"linger", SO_OPT_LINGER, LINGER},
    {"nodelay", SO_OPT_NODELAY, SWITCH},
    {"rcvbuf", SO_OPT_RCVBUF, BYTES},
    {"sndbuf", SO_OPT_SNDBUF, BYTES},
    {"rcvtimeo", SO_OPT_RCVTIMEO, SECONDS},
    {"sndtimeo", SO_OPT_SNDTIMEO, SECONDS},
    {"keepalive", SO_OPT_KEEPALIVE, SWITCH},
    {"keepidle", SO_OPT_KEEPIDLE, SECONDS},
    {"keepintvl", SO_OPT_KEEPINTVL, SECONDS},
    {"keepcnt", SO_OPT_KEEPCNT, COUNT},
    {"user_timeout", SO_OPT_USER_TIMEOUT, SECONDS},
    {"reuseaddr", SO_OPT_REUSEADDR, SWITCH},
    {"v6only", SO_OPT_V6ONLY, SWITCH},
};
enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static const char *const options[] = {
    "linger",   "nodelay",   "rcvbuf",  "sndbuf",       "rcvtimeo",  "sndtimeo", "keepalive",
    "keepidle", "keepintvl", "keepcnt", "user_timeout", "reuseaddr", "v6only",   NULL};
_Static_assert(sizeof(options) / sizeof(options[0]) == ROW_COUNT + 1,
               "the rows' names, in their order");

/* The value at 3, as the stack has it.
 * => Returns false if it is not of this kind. */
static bool read_value(lua_State *L, value_kind_t kind, int64_t *value)
{
    int is_number;
    if (kind != SWITCH && lua_type(L, 3) == LUA_TSTRING)
        return false; /* Lua would read a number in it */
    if (kind == SWITCH) {
        *value = lua_toboolean(L, 3);
        return lua_isboolean(L, 3);
    }
    if (kind == LINGER && lua_isboolean(L, 3)) {
        *value = -1;
        return !lua_toboolean(L, 3);
    }
    if (kind == SECONDS || kind == LINGER) {
        lua_Number seconds = lua_tonumberx(L, 3, &is_number);
        *value = is_number && seconds >= 0 && seconds <= 1e9 ? llround(seconds * 1e6) : -1;
        return *value >= 0;
    }
    *value = lua_tointegerx(L, 3, &is_number);
    return is_number && *value >= 1 && *value <= INT32_MAX;
}

/* => Returns 0; EINVAL if it is too late for the option; ENOPROTOOPT if it is TCP's, and this is
 * not TCP's socket. */
static int set_one(lua_State *L, sonode_t *so, size_t i)
{
    static const char *const are[] = {
        [SWITCH] = "true or false",
        [BYTES] = "a number of bytes, from 1",
        [COUNT] = "a number, from 1 to 127",
        [SECONDS] = "a time in seconds",
        [LINGER] = "false, 0 (a close is a RST), or how many seconds a close waits",
    };
    int64_t value;
    bool is_right = read_value(L, rows[i].kind, &value);
    int error = is_right ? so_set_option(so, rows[i].option, value) : EINVAL;
    if (!is_right || (error == EINVAL && rows[i].kind != SWITCH))
        luaL_error(L, "sock:set: '%s' is %s", rows[i].name, are[rows[i].kind]);
    return error;
}

static int socket_set(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "set");
    int error = 0;
    if (so == NULL)
        return lua_push_errno(L, EBADF);
    lua_settop(L, 3);
    for (size_t i = 0; i < ROW_COUNT && error == 0; i++) {
        lua_getfield(L, 2, rows[i].name);
        lua_replace(L, 3);
        if (!lua_isnil(L, 3))
            error = set_one(L, so, i);
    }
    if (error != 0)
        return lua_push_errno(L, error);
    lua_pushboolean(L, true);
    return 1;
}

static int socket_get(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "get");
    size_t i = lua_check_word(L, 2, "option", NULL, options);
    if (so == NULL)
        return lua_push_errno(L, EBADF);
    if (!so_has_option(so, rows[i].option))
        return lua_push_errno(L, ENOPROTOOPT);
    int64_t value = so_option(so, rows[i].option);
    if (rows[i].kind == SWITCH || value < 0)
        lua_pushboolean(L, value > 0);
    else if (rows[i].kind == SECONDS || rows[i].kind == LINGER)
        lua_pushnumber(L, (lua_Number)value / 1e6);
    else
        lua_pushinteger(L, value);
    return 1;
}

/* ---- endpoints ---- */

typedef struct listing {
    lua_State *L;
    lua_Integer count;
} listing_t;

static void set_end(lua_State *L, const ip_endpoint_t *end, const char *address, const char *port)
{
    push_endpoint(L, end);
    lua_setfield(L, -3, port);
    lua_setfield(L, -2, address);
}

#define ENDPOINT_WORK 100 /* what one in the list costs of the budget of instructions */

static void list_one(void *arg, const so_endpoint_t *endpoint)
{
    listing_t *listing = arg;
    lua_State *L = listing->L;
    luai_owed += ENDPOINT_WORK;
    lua_createtable(L, 0, 7);
    lua_pushstring(L, endpoint->proto);
    lua_setfield(L, -2, "proto");
    lua_pushstring(L, endpoint->state); /* NULL is nil */
    lua_setfield(L, -2, "state");
    lua_pushboolean(L, endpoint->fused);
    lua_setfield(L, -2, "fused");
    set_end(L, &endpoint->local, "address", "port");
    if (endpoint->remote.ie_port != 0)
        set_end(L, &endpoint->remote, "peer", "peer_port");
    lua_seti(L, -2, ++listing->count);
}

static int box_endpoints(lua_State *L)
{
    ip_stack_t *ips = lua_check_host(L, "endpoints");
    lua_newtable(L);
    listing_t listing = {.L = L};
    so_list_now(ips, list_one, &listing);
    return 1;
}

static int socket_state(lua_State *L)
{
    sonode_t *so = lua_check_open(L, "state");
    if (so == NULL)
        return lua_push_errno(L, EBADF);
    lua_pushstring(L, so_state(so));
    return 1;
}

void lua_sockopt_open(lua_State *L)
{
    static const sandbox_verb_t box_verbs[] = {
        {"endpoints", box_endpoints, ""},
        {"poll", box_poll, "sockets: table, seconds?: number"},
        {NULL, NULL, NULL},
    };
    static const sandbox_verb_t socket_verbs[] = {
        {"connected", socket_connected, ""},
        {"peek", socket_peek, "max?: number"},
        {"ready", socket_ready, ""},
        {"state", socket_state, ""},
        {"set", socket_set,
         "options: {linger nodelay rcvbuf sndbuf rcvtimeo sndtimeo keepalive keepidle keepintvl "
         "keepcnt user_timeout reuseaddr v6only}"},
        {"get", socket_get, "name: string"},
        {"getsockname", socket_getsockname, ""},
        {"getpeername", socket_getpeername, ""},
        {NULL, NULL, NULL},
    };
    static const sandbox_verb_t udp_verbs[] = {
        {"peek", socket_peek, "max?: number"},
        {"ready", socket_ready, ""},
        {"set", socket_set,
         "options: {linger nodelay rcvbuf sndbuf rcvtimeo sndtimeo keepalive keepidle keepintvl "
         "keepcnt user_timeout reuseaddr v6only}"},
        {"get", socket_get, "name: string"},
        {"getsockname", socket_getsockname, ""},
        {"getpeername", socket_getpeername, ""},
        {NULL, NULL, NULL},
    };
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', box_verbs);
    sandbox_add_verbs(L, LUA_SOCKET_TYPE, "sock", ':', socket_verbs);
    sandbox_add_verbs(L, LUA_UDP_TYPE, "udp", ':', udp_verbs);
}
