/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files of the socket verbs share.
 */
#ifndef LO0SIM_SIM_SCRIPT_LUA_SOCKET_H
#define LO0SIM_SIM_SCRIPT_LUA_SOCKET_H

#include "sim/script/runtime.h"

#define LUA_SOCKET_TYPE   "lo0sim.socket"
#define LUA_LISTENER_TYPE "lo0sim.listener"
#define LUA_UDP_TYPE      "lo0sim.udp"

/* Its address is what waits for a change of any socket. */
extern const char lua_any_socket;

/* Raises an error if a verb has more arguments than `most`, its object counted. */
void lua_check_no_more(lua_State *L, int most, const char *verb);

/* The seconds at `arg`, which may be nil, become the time until which a verb waits. With 0 what is
 * on its way on the host arrives first. */
void lua_socket_check_until(lua_State *L, int arg, const lua_socket_t *sock);

/* The open socket at 1, of either kind; `verb` without its type, as in "peek".
 * => Returns NULL if it is closed. */
sonode_t *lua_check_open(lua_State *L, const char *verb, int most);

/* lua_calls.c */
int lua_box_socket(lua_State *L);
int lua_socket_bind(lua_State *L);
int lua_socket_listen(lua_State *L);
int lua_socket_connect(lua_State *L);
int lua_socket_disconnect(lua_State *L);
int lua_socket_error(lua_State *L);

/* lua_socket.c */
int lua_socket_shutdown(lua_State *L);

/* lua_sockopt.c */
int lua_socket_connected(lua_State *L);
int lua_socket_peek(lua_State *L);
int lua_socket_ready(lua_State *L);
int lua_socket_state(lua_State *L);
int lua_socket_set(lua_State *L);
int lua_socket_get(lua_State *L);
int lua_socket_getsockname(lua_State *L);
int lua_socket_getpeername(lua_State *L);
int lua_host_endpoints(lua_State *L);
int lua_box_poll(lua_State *L);

#endif
