/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sockets of any kind as Lua objects: what the files of the socket verbs share.
 *
 * Lua's garbage collector never closes a script's socket, since its timing must not matter: what a
 * script leaves open ends with the test.
 */
#ifndef LO0SIM_SIM_SCRIPT_LUA_SOCKET_H
#define LO0SIM_SIM_SCRIPT_LUA_SOCKET_H

#include "sim/script/lua_verb.h"

#define LUA_SOCKET_TYPE   "lo0sim.socket"
#define LUA_LISTENER_TYPE "lo0sim.listener"
#define LUA_UDP_TYPE      "lo0sim.udp"

/* A socket as a Lua object. Processes wait for its address (process_wait()'s channel). */
typedef struct lua_socket {
    int held; /* a reference in the registry, while it is open */
    runtime_t *rt;
    sonode_t *so;             /* NULL once closed */
    so_ends_t ends;           /* of a socket that is just being closed: `so` is NULL */
    const process_t *maker;   /* the process that made or accepted it */
    struct lua_socket *next;  /* of the open ones, in the order in which they were made */
    struct lua_socket **link; /* what points to it */
} lua_socket_t;

/* The channel on which processes wait for a change of any socket: its address. */
extern const char lua_any_socket;

/* Pushes an empty socket of a type (a metatable's name). */
lua_socket_t *lua_socket_new(lua_State *L, runtime_t *rt, const char *type);

/* Gives the socket on top of the stack its sonode; and closes a socket. */
void lua_socket_hold(lua_State *L, lua_socket_t *sock, sonode_t *so);
void lua_socket_let_go(lua_State *L, lua_socket_t *sock);

/* The verb `close` of a type of sockets. */
int lua_socket_close(lua_State *L, const char *type, const char *verb);

/* The seconds at `arg`, which may be nil, become the time until which a verb waits. With 0, packets
 * that are on their way on the host arrive first. */
void lua_socket_check_until(lua_State *L, int arg, const lua_socket_t *sock);

/* The open socket at 1, TCP or UDP; `verb` is named without its type, as in "peek".
 * => Returns NULL if it is closed. */
sonode_t *lua_check_open(lua_State *L, const char *verb);

#endif
