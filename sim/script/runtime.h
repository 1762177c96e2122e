/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A running test: its box, its simulated processes, and its end.
 *
 * Each process is a coroutine. A verb that must wait yields; what it waits for wakes it by a
 * timer of that instant, so that processes, too, run in the order of (time, sequence number).
 */
#ifndef LO0SIM_SIM_SCRIPT_RUNTIME_H
#define LO0SIM_SIM_SCRIPT_RUNTIME_H

#include "sim/core/box.h"
#include "sim/core/result.h"
#include "sim/script/sandbox.h"
#include "sim/script/script.h"
#include "sim/view/who.h"

#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <stdbool.h>

typedef struct process process_t;
typedef struct lua_program lua_program_t;

typedef struct runtime {
    const script_options_t *options;
    const char *path; /* of the script */
    const char *test; /* its name */
    int line;         /* the test's line */
    observing_t observing[OBSERVERS_MAX];
    sandbox_t *sandbox;
    box_t *box;
    who_t *who;           /* who answered, for a failure; NULL: nobody asks yet */
    process_t *processes; /* in the order in which they were spawned */
    process_t **last_process;
    process_t *current; /* the running one */
    process_t *main;    /* the test's function: its end is the test's */
    struct exec *exec;  /* of programs; NULL: box:exec was not called */
    lua_program_t *programs;
    bool in_hook; /* a script's hook runs: it must not wait or send */
    bool over;    /* the test has ended */
    bool taps;    /* taps keep packets from the start, for expect_packets */
    bool again;   /* it was called without taps: run the test again with taps */
    volatile sig_atomic_t interrupted; /* the wall time is over */
    unsigned hooks;                    /* how many were made; they are numbered */
    result_status_t status;
    char *report; /* why it failed */
    char *notes;  /* failed expectations, if they are only noted */
} runtime_t;

/* The runtime of the test that a Lua state is running; NULL before and after. */
runtime_t *runtime_of(lua_State *L);

/* Runs a test's function, which is on top of the stack of sandbox_lua(), in a fresh box, to its
 * end. `mode` names a reply mode and `era` an era, or they are NULL.
 * => Fills in *result but for the name and the line; the caller ends it with result_fini(). With
 *    rt->again there is no result yet. */
void runtime_run(runtime_t *rt, const char *mode, const char *era, result_t *result);

/* Ends the test with a failure; the first one counts. `text` is copied. */
void runtime_fail(runtime_t *rt, result_status_t status, const char *text);

/* Ends the test with the error that ended L, as sandbox_take_error() takes it: a failure if an
 * expectation or the memory limit ended it, a crash if the machine had no memory, otherwise a
 * mistake in the script. */
void runtime_fail_with_error(runtime_t *rt, lua_State *L, int status);

/* Keeps one or more lines for the report, if failures are only noted. `text` is copied. */
void runtime_note(runtime_t *rt, const char *text);

/* Ends the test at once, from anywhere. Does not return. */
void runtime_abandon(runtime_t *rt, result_status_t status, const char *text);

/* The process crashes: keeps what observers have written so far. */
void runtime_rescue(runtime_t *rt);

/* expect_packets was called, but there were no taps: ends the test, which must run again with
 * rt->taps. Return its result from the verb. */
int runtime_want_taps(runtime_t *rt, lua_State *L);

/* Ends the running test, like runtime_abandon(), if its wall time is over or an observer has
 * written too much. */
void runtime_look(lua_State *L);

/* The report of a test that failed with `text`: where, when, and the last events.
 * => The caller frees it. */
char *runtime_report(const runtime_t *rt, const char *text);

/* ---- processes (process.c) ---- */

/* Starts a process with the function near the top of L's stack, and the `nargs` arguments above it,
 * and pops them. It runs until it first waits. The name is copied. Raises an error in L if Lua has
 * no memory.
 * => The runtime owns the process until runtime_run() ends. */
process_t *process_spawn(runtime_t *rt, lua_State *L, const char *name, int nargs);

/* When the running process' call began, if that can wait; the call is then over.
 * => Returns false if it is in no such call. */
bool process_end_call(runtime_t *rt, uint64_t *began_us);

/* Raises an error if L cannot wait now: it is called from a C function that cannot be left. Call
 * it first in a verb that can wait. */
void process_check_wait(lua_State *L, const char *verb);

/* Lets the running process wait until process_wake() is called for `channel`; `why` says for what
 * (a static string). Then `k` is called with `context`, as lua_yieldk() says; return its
 * result from a verb: `return process_wait(...)`. */
int process_wait(runtime_t *rt, lua_State *L, const void *channel, const char *why,
                 lua_KContext context, lua_KFunction k);

/* The same, but at most until `until_us`. */
int process_wait_until(runtime_t *rt, lua_State *L, const void *channel, const char *why,
                       uint64_t until_us, lua_KContext context, lua_KFunction k);

/* Waits until a time, in microseconds. */
int process_sleep(runtime_t *rt, lua_State *L, uint64_t until_us, lua_KFunction k);

/* Wakes the processes that wait for `channel`. */
void process_wake(runtime_t *rt, const void *channel);

/* Whether a process has ended, and its name. */
bool process_is_done(const process_t *process);

/* Pushes what the function of a process that has ended returned; nothing if an error ended it.
 * => Returns how many values. */
int process_push_results(lua_State *L, const process_t *process);

const char *process_name(const process_t *process);

/* Where a process waits, as "x.lua:3"; the script's path if it does not wait. */
void process_place(const process_t *process, char *place, size_t size);

/* Writes a line for each process that waits: its name and what it waits for. */
void process_list_waiting(const runtime_t *rt, FILE *out);

void process_free_all(runtime_t *rt);

/* ---- programs (lua_exec.c) ---- */

/* With rt->exec: lets programs go on, and wakes who waited for the end of one.
 * => Returns whether to look again before a timer runs. */
bool lua_exec_goes_on(runtime_t *rt);

/* Ends all programs, if any. */
void lua_exec_end(runtime_t *rt);

/* ---- the verbs ---- */

/* Adds the globals of scripts: expect, and the verbs of lua_box.c, lua_host.c, lua_socket.c,
 * lua_dgram.c, lua_hook.c, lua_exec.c and lua_ipf.c. */
void lua_verbs_open(lua_State *L);
void lua_box_open(lua_State *L);
void lua_host_open(lua_State *L);
void lua_socket_open(lua_State *L);
void lua_dgram_open(lua_State *L);
void lua_hook_open(lua_State *L);
void lua_exec_open(lua_State *L);

#define LUA_BOX_TYPE    "lo0sim.box"
#define LUA_REMOTE_TYPE "lo0sim.remote"

/* Pushes the box of the running test. */
void lua_push_box(lua_State *L);

/* The host whose verb is called: the box, or a remote host, at 1. Raises an error as
 * lua_check_runtime() does. */
ip_stack_t *lua_check_host(lua_State *L, const char *verb);

/* Raises an error unless a verb can be called now: in a test, and outside of hooks.
 * => Returns the runtime. */
runtime_t *lua_check_runtime(lua_State *L, const char *verb);

/* Pushes nil and the name of an errno.
 * => Returns 2. */
int lua_push_errno(lua_State *L, int error);

/* Writes a call and its result into the trace, with the running process' name and the time that it
 * waited. */
void lua_trace_call(runtime_t *rt, trace_call_t call);

/* The same in place: LUA_TRACE_CALL(rt, LISTEN, .port = port). */
#define LUA_TRACE_CALL(rt, what, ...)                                                              \
    lua_trace_call(rt, (trace_call_t){.verb = TRACE_VERB_##what, __VA_ARGS__})

/* A socket as Lua holds it: of any kind. Its address is what processes wait for. */
typedef struct lua_socket {
    int held; /* a reference in the registry, while it is open */
    runtime_t *rt;
    sonode_t *so; /* NULL once closed */
} lua_socket_t;

/* lua_check_runtime() for a verb of the box, which is the first argument. */
runtime_t *lua_check_box(lua_State *L, const char *verb);

/* Pushes an empty socket of a type (a metatable's name). */
lua_socket_t *lua_socket_new(lua_State *L, runtime_t *rt, const char *type);

/* Gives a socket, which is on top of the stack, its sonode; and closes it. */
void lua_socket_hold(lua_State *L, lua_socket_t *sock, sonode_t *so);
void lua_socket_let_go(lua_State *L, lua_socket_t *sock);

/* The verb `close` of a type of sockets. */
int lua_socket_close(lua_State *L, const char *type, const char *verb);

/* An address, a port, a time in seconds as scripts write them; anything else is an error. */
in6_addr_t lua_check_address(lua_State *L, int arg);
uint16_t lua_check_port(lua_State *L, int arg);
uint64_t lua_check_seconds(lua_State *L, int arg);

/* Verbs of a host: connect and listen are in lua_socket.c, udp and ping in lua_dgram.c; box:hook in
 * lua_hook.c; box:exec in lua_exec.c; box:remote in lua_host.c; box:ipfstat, box:ipmon and
 * box:ipf_log in lua_ipf.c. */
int lua_host_connect(lua_State *L);
int lua_host_listen(lua_State *L);
int lua_host_udp(lua_State *L);
int lua_host_ping(lua_State *L);
int lua_box_hook(lua_State *L);
int lua_box_remote(lua_State *L);
int lua_box_exec(lua_State *L);
int lua_box_ipfstat(lua_State *L);
int lua_box_ipmon(lua_State *L);
int lua_box_ipf_log(lua_State *L);

#endif
