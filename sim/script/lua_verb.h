/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files of the verbs share. Each file registers its own verbs in its lua_*_open(), with
 * sandbox_add_verbs(); a verb checks its arguments, calls the box or the stack, and writes the call
 * into the trace.
 */
#ifndef LO0SIM_SIM_SCRIPT_LUA_VERB_H
#define LO0SIM_SIM_SCRIPT_LUA_VERB_H

#include "sim/script/process.h"
#include "sim/script/runtime.h"
#include "sim/script/sandbox.h"

#include <lauxlib.h>
#include <lua.h>

#define LUA_BOX_TYPE    "lo0sim.box"
#define LUA_REMOTE_TYPE "lo0sim.remote"

/* Room for a message, which can have a process' name in it, and for a verb's name. */
#define LUA_MESSAGE_ROOM 1200
#define LUA_VERB_ROOM    64

/* Adds the globals and the types of scripts: all of the lua_*_open() below. */
void lua_verbs_open(lua_State *L);

void lua_box_open(lua_State *L);
void lua_calls_open(lua_State *L);
void lua_dgram_open(lua_State *L);
void lua_exec_open(lua_State *L);
void lua_expect_open(lua_State *L);
void lua_claim_open(lua_State *L);
void lua_fault_open(lua_State *L);
void lua_hook_open(lua_State *L);
void lua_host_open(lua_State *L);
void lua_inject_open(lua_State *L);
void lua_ipf_open(lua_State *L);
void lua_names_open(lua_State *L);
void lua_packets_open(lua_State *L);
void lua_socket_open(lua_State *L);
void lua_sockopt_open(lua_State *L);

/* Adds verbs that the box and remote hosts have in common; see sandbox_add_verbs(). */
void lua_add_host_verbs(lua_State *L, const sandbox_verb_t *verbs);

/* Pushes the box of the running test. */
void lua_push_box(lua_State *L);

/* Raises an error unless a verb can be called now: in a test, and outside of hooks.
 * => Returns the runtime. */
runtime_t *lua_check_runtime(lua_State *L, const char *verb);

/* The host whose verb is called: the box, or a remote host, at 1. Raises an error as
 * lua_check_runtime() does. */
ip_stack_t *lua_check_host(lua_State *L, const char *verb);

/* Read an address, a time in seconds as scripts write it, and a port or the name of a service of
 * `protos` (IPF_SERVICE_TCP, IPF_SERVICE_UDP; 0: any). Anything else raises an error. */
in6_addr_t lua_check_address(lua_State *L, int arg);
uint16_t lua_check_port(lua_State *L, int arg, unsigned protos);

/* The n-th address, counted from 0, of the name or address at `arg` (box:hosts).
 * => Returns false if there is none. */
bool lua_name_address(lua_State *L, int arg, int n, in6_addr_t *address);
uint64_t lua_check_seconds(lua_State *L, int arg);

/* The same of the option `name` in the table at `index`, for a verb that errors name.
 * => Returns false if it is not there. */
bool lua_option_address(lua_State *L, int index, const char *verb, const char *name,
                        in6_addr_t *address);
bool lua_option_port(lua_State *L, int index, const char *verb, const char *name, unsigned protos,
                     uint16_t *port);
bool lua_option_seconds(lua_State *L, int index, const char *verb, const char *name, uint64_t *us);

/* Raises the error that there is no `what` called as the string at `arg`; `names` ends with NULL.
 * => Does not return. */
int lua_unknown_name(lua_State *L, int arg, const char *what, const char *const *names);

/* Reads one of `names`, which end with NULL; `usual`, unless NULL, if it is left out. Another word
 * raises the error that there is no such `what`.
 * => Returns its index. */
size_t lua_check_word(lua_State *L, int arg, const char *what, const char *usual,
                      const char *const *names);

/* Reads a name that is kept until the test ends, for a verb that errors name: a longer one than
 * LUA_NAME_MAX bytes, or one with a zero byte, raises an error. */
#define LUA_NAME_MAX 200
const char *lua_check_name(lua_State *L, int arg, const char *verb);

/* Pushes nil and the name of an errno.
 * => Returns 2. */
int lua_push_errno(lua_State *L, int error);

/* Writes a call and its result into the trace, with the running process' name and the time that it
 * waited; nothing if the process was killed in that call. */
void lua_trace_call(runtime_t *rt, trace_call_t call);

/* The same in place: LUA_TRACE_CALL(rt, LISTEN, .port = port). */
#define LUA_TRACE_CALL(rt, what, ...)                                                              \
    lua_trace_call(rt, (trace_call_t){.verb = TRACE_VERB_##what, __VA_ARGS__})

#endif
