/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The verbs of UDP sockets, and ping.
 */
#include "filter/ipf_words.h"
#include "sim/base/errno_name.h"
#include "sim/packet/packet.h"
#include "sim/script/lua_socket.h"
#include "stack/wire.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#define PING_TYPE     "lo0sim.ping"
#define DGRAM_MAX     65536
#define ICMPH_LEN     8
#define PING_DATA     56
#define PING_DATA_MAX 60000
#define PING_SECONDS  20

static lua_socket_t *check_udp(lua_State *L)
{
    return luaL_checkudata(L, 1, LUA_UDP_TYPE);
}

/* ---- making ---- */

static int host_udp(lua_State *L)
{
    ip_stack_t *ips = lua_check_host(L, "udp");
    runtime_t *rt = runtime_of(L);
    uint16_t port = lua_isnoneornil(L, 2) ? 0 : lua_check_port(L, 2, IPF_SERVICE_UDP);
    in6_addr_t address = in6addr_any;
    sonode_t *so;
    if (!lua_isnoneornil(L, 3))
        address = lua_check_address(L, 3);
    lua_socket_t *sock = lua_socket_new(L, rt, LUA_UDP_TYPE);
    int error = so_udp(ips, &address, port, &so);
    if (error != 0) {
        LUA_TRACE_CALL(rt, UDP, .port = port, .error = error);
        return lua_push_errno(L, error);
    }
    lua_socket_hold(L, sock, so);
    LUA_TRACE_CALL(rt, UDP, .port = so_local(so).ie_port);
    return 1;
}

static int udp_connect(lua_State *L)
{
    lua_socket_t *sock = check_udp(L);
    lua_check_runtime(L, "udp:connect");
    in6_addr_t address = lua_check_address(L, 2);
    uint16_t port = lua_check_port(L, 3, IPF_SERVICE_UDP);
    int error = sock->so != NULL ? so_udp_connect(sock->so, &address, port) : EBADF;
    LUA_TRACE_CALL(sock->rt, UDP_CONNECT, .peer = {address, port}, .error = error);
    if (error != 0)
        return lua_push_errno(L, error);
    lua_pushboolean(L, true);
    return 1;
}

/* ---- sending ---- */

static int send_to(lua_State *L, const ip_endpoint_t *to)
{
    lua_socket_t *sock = check_udp(L);
    size_t length;
    const char *data = luaL_checklstring(L, 2, &length);
    int error = sock->so != NULL ? so_sendto(sock->so, data, length, to) : EBADF;
    if (error != 0) {
        LUA_TRACE_CALL(sock->rt, SEND, .error = error);
        return lua_push_errno(L, error);
    }
    LUA_TRACE_CALL(sock->rt, SEND, .bytes = length);
    lua_pushinteger(L, (lua_Integer)length);
    return 1;
}

static int udp_send(lua_State *L)
{
    lua_check_runtime(L, "udp:send");
    return send_to(L, NULL);
}

static int udp_sendto(lua_State *L)
{
    lua_check_runtime(L, "udp:sendto");
    ip_endpoint_t to = {.ie_addr = lua_check_address(L, 3)};
    to.ie_port = lua_check_port(L, 4, IPF_SERVICE_UDP);
    return send_to(L, &to);
}

/* ---- receiving ---- */

/* At 2 the time, in microseconds, until which it waits, or nil. */
static int recv_k(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_socket_t *sock = check_udp(L);
    size_t received;
    ip_endpoint_t from;
    char address[IP_ADDRESS_TEXT_MAX], data[DGRAM_MAX];
    if (sock->so == NULL)
        return lua_push_errno(L, EBADF);
    int error = so_recvfrom(sock->so, data, sizeof(data), &received, &from);
    bool waits = lua_isnil(L, 2) || box_now(sock->rt->box) < (uint64_t)lua_tointeger(L, 2);
    if (error == EAGAIN && waits && so_waits_in_vain(sock->so))
        error = 0; /* the end: "" without a sender */
    if (error == 0) {
        LUA_TRACE_CALL(sock->rt, RECV, .bytes = received);
        lua_pushlstring(L, data, received);
        lua_pushstring(L, ip_address_text(&from.ie_addr, address, sizeof(address)));
        lua_pushinteger(L, from.ie_port);
        return 3;
    }
    if (error == EAGAIN && lua_isnil(L, 2))
        return process_wait(sock->rt, L, sock, "udp:recv", 0, recv_k);
    if (error == EAGAIN && box_now(sock->rt->box) < (uint64_t)lua_tointeger(L, 2))
        return process_wait_until(sock->rt, L, sock, "udp:recv", (uint64_t)lua_tointeger(L, 2), 0,
                                  recv_k);
    LUA_TRACE_CALL(sock->rt, RECV, .error = error);
    return lua_push_errno(L, error);
}

static int udp_recv(lua_State *L)
{
    lua_socket_t *sock = check_udp(L);
    lua_check_runtime(L, "udp:recv");
    process_check_wait(L, "udp:recv");
    lua_settop(L, 2);
    lua_socket_check_until(L, 2, sock);
    return recv_k(L, LUA_OK, 0);
}

static int udp_port(lua_State *L)
{
    lua_socket_t *sock = check_udp(L);
    lua_check_runtime(L, "udp:port");
    if (sock->so == NULL)
        return lua_push_errno(L, EBADF);
    lua_pushinteger(L, so_local(sock->so).ie_port);
    return 1;
}

static int udp_close(lua_State *L)
{
    return lua_socket_close(L, LUA_UDP_TYPE, "udp:close");
}

/* ---- ping ---- */

/* One ping that waits for its reply. */
typedef struct ping {
    uint64_t sent_us, until_us;
    uint16_t id;
    int family;
    in6_addr_t address;
} ping_t;

/* The errno of an ICMP error that quotes our request; 0 if it does not quote it. */
static int error_of(const ping_t *ping, const uint8_t *icmp, size_t size)
{
    bool v4 = ping->family == AF_INET;
    const uint8_t *ip = icmp + ICMPH_LEN;
    size_t header = v4 ? (size > ICMPH_LEN ? (size_t)(ip[0] & 0x0f) * 4 : 0) : 40;
    if (icmp[0] != (v4 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH) || header < 20 ||
        size < ICMPH_LEN + header + ICMPH_LEN || get16(ip + header + 4) != ping->id)
        return 0;
    if (icmp[1] == (v4 ? ICMP_PORT_UNREACH : ICMP6_DST_UNREACH_NOPORT))
        return ECONNREFUSED;
    return v4 && icmp[1] == ICMP_NET_UNREACH ? ENETUNREACH : EHOSTUNREACH;
}

/* Reads what has arrived.
 * => Returns 0 if the reply is there, EAGAIN if not, or the errno of an ICMP error. */
static int look(const ping_t *ping, sonode_t *so)
{
    uint8_t message[DGRAM_MAX];
    uint8_t reply = ping->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
    ip_endpoint_t from;
    size_t size;
    int error;
    while ((error = so_recvfrom(so, message, sizeof(message), &size, &from)) == 0) {
        if (message[0] == reply && get16(message + 4) == ping->id)
            return 0;
        error = error_of(ping, message, size);
        if (error != 0)
            return error;
    }
    return error;
}

/* The socket is on top of the stack, the ping below it. */
static int ping_k(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_socket_t *sock = lua_touserdata(L, -1);
    ping_t *ping = lua_touserdata(L, -2);
    uint64_t now = box_now(sock->rt->box);
    int error = look(ping, sock->so);
    if (error == EAGAIN && now < ping->until_us)
        return process_wait_until(sock->rt, L, sock, "ping", ping->until_us, 0, ping_k);
    lua_socket_let_go(L, sock);
    if (error == EAGAIN)
        error = ETIMEDOUT;
    LUA_TRACE_CALL(sock->rt, PING, .peer.ie_addr = ping->address, .error = error);
    if (error != 0)
        return lua_push_errno(L, error);
    lua_pushnumber(L, (lua_Number)(now - ping->sent_us) / 1e6);
    return 1;
}

static int send_echo(const ping_t *ping, sonode_t *so, const in6_addr_t *address, size_t size)
{
    uint8_t message[ICMPH_LEN + PING_DATA_MAX];
    ip_endpoint_t to = {*address, 0};
    memset(message, 0, ICMPH_LEN);
    message[0] = ping->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
    put16(message + 4, ping->id);
    for (size_t i = 0; i < size; i++)
        message[ICMPH_LEN + i] = (uint8_t)i;
    return so_sendto(so, message, ICMPH_LEN + size, &to);
}

/* An option at 3, an integer. */
static lua_Integer ping_option(lua_State *L, const char *name, lua_Integer otherwise,
                               lua_Integer most)
{
    if (lua_isnoneornil(L, 3) || lua_getfield(L, 3, name) == LUA_TNIL)
        return otherwise;
    int is_whole;
    lua_Integer value = lua_tointegerx(L, -1, &is_whole);
    if (lua_type(L, -1) != LUA_TNUMBER || !is_whole || value < 0 || value > most)
        luaL_error(L, "ping: '%s' is a whole number from 0 to %d", name, (int)most);
    return value;
}

static int host_ping(lua_State *L)
{
    ip_stack_t *ips = lua_check_host(L, "ping");
    runtime_t *rt = runtime_of(L);
    in6_addr_t address = lua_check_address(L, 2);
    sonode_t *so;
    process_check_wait(L, "ping");
    size_t size = (size_t)ping_option(L, "size", PING_DATA, PING_DATA_MAX);
    lua_Integer seconds = ping_option(L, "timeout", PING_SECONDS, 86400);
    lua_settop(L, 3);
    ping_t *ping = sandbox_new_object(L, sizeof(*ping));
    lua_socket_t *sock = lua_socket_new(L, rt, PING_TYPE);
    *ping = (ping_t){.sent_us = box_now(rt->box),
                     .until_us = box_now(rt->box) + (uint64_t)seconds * 1000000,
                     .id = (uint16_t)ip_stack_random(ips),
                     .family = ip_address_family(&address),
                     .address = address};
    if (so_icmp(ips, ping->family, &so) != 0)
        return lua_push_errno(L, ENOMEM);
    lua_socket_hold(L, sock, so);
    int error = send_echo(ping, so, &address, size);
    if (error == 0)
        return ping_k(L, LUA_OK, 0);
    lua_socket_let_go(L, sock);
    LUA_TRACE_CALL(rt, PING, .peer.ie_addr = address, .error = error);
    return lua_push_errno(L, error);
}

void lua_dgram_open(lua_State *L)
{
    static const sandbox_verb_t udp_verbs[] = {
        {"connect", udp_connect, "address: string, port: port"},
        {"send", udp_send, "data: string"},
        {"sendto", udp_sendto, "data: string, address: string, port: port"},
        {"recv", udp_recv, "seconds?: number"},
        {"port", udp_port, ""},
        {"close", udp_close, ""},
        {NULL, NULL, NULL},
    };
    static const sandbox_verb_t none[] = {{NULL, NULL, NULL}};
    static const sandbox_verb_t host_verbs[] = {
        {"udp", host_udp, "port?: port, address?: string"},
        {"ping", host_ping, "address: string, options?: {size timeout}"},
        {NULL, NULL, NULL},
    };
    sandbox_add_verbs(L, LUA_UDP_TYPE, "udp", ':', udp_verbs);
    sandbox_add_verbs(L, PING_TYPE, "ping", ':', none);
    lua_add_host_verbs(L, host_verbs);
}
