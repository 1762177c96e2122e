/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The simulated processes of a test: coroutines, which run in the order of (time, sequence number).
 *
 * A verb that must wait yields. The event that it waits for wakes it with a timer that is due at
 * once.
 */
#ifndef LO0SIM_SIM_SCRIPT_PROCESS_H
#define LO0SIM_SIM_SCRIPT_PROCESS_H

#include "sim/script/runtime.h"

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Starts a process with the function near the top of L's stack, and the `nargs` arguments above it,
 * and pops them. It runs until it first waits. The name is copied. Raises an error in L if Lua has
 * no memory.
 * => The runtime owns the process until runtime_run() ends. */
process_t *process_spawn(runtime_t *rt, lua_State *L, const char *name, int nargs);

/* Ends the running process' call, if it is one that can wait, and says when it began.
 * => Returns false if the process is in no such call. */
bool process_end_call(runtime_t *rt, uint64_t *began_us);

/* Raises an error if L cannot wait now: that is, if it is called from a C function that cannot
 * yield. Call it first in a verb that can wait. */
void process_check_wait(lua_State *L, const char *verb);

/* Lets the running process wait until process_wake() is called for `channel`; `why` says for what
 * (a static string). Then `k` is called with `context`, as lua_yieldk() says; return its
 * result from a verb: `return process_wait(...)`. */
int process_wait(runtime_t *rt, lua_State *L, const void *channel, const char *why,
                 lua_KContext context, lua_KFunction k);

/* The same, but at most until `until_us`. */
int process_wait_until(runtime_t *rt, lua_State *L, const void *channel, const char *why,
                       uint64_t until_us, lua_KContext context, lua_KFunction k);

/* The hint that the list of waiting processes adds to one that waits for `channel`: "" or "; ..."
 * (static). */
typedef const char *process_hint_t(const void *channel);

/* Gives the running process' next wait a hint. Call it right before process_wait(). */
void process_set_hint(runtime_t *rt, process_hint_t *hint);

/* Waits until a time, in microseconds. */
int process_sleep(runtime_t *rt, lua_State *L, uint64_t until_us, lua_KFunction k);

/* Waits until all else that is due at this instant has been done. */
int process_sleep_last(runtime_t *rt, lua_State *L, lua_KFunction k);

/* Whether a process waits for `channel`, and is not about to run anyway. */
bool process_waits(runtime_t *rt, const void *channel);

/* Wakes the processes that wait for `channel`. */
void process_wake(runtime_t *rt, const void *channel);

/* Tells what of the processes' Lua is bookkeeping, as lua_bookkeeping() does.
 * => Returns the work that is not yet counted. */
uint64_t process_bookkeeping(runtime_t *rt, memory_bookkeeping_t tell, void *arg);

/* Whether a process has ended, and its name. */
bool process_is_done(const process_t *process);

/* Whether a process was killed; it is then done, too. */
bool process_is_killed(const process_t *process);

/* Ends a process where it is: nothing of it runs any more. Call it from anywhere, also from inside
 * of the process' own call. close(process) is called at this instant, but outside of the stack. */
void process_kill(process_t *process, void (*close)(void *process));

/* The process after `process`, in the order in which they were spawned; the first one after NULL.
 * => Returns NULL after the last. */
process_t *process_next(const runtime_t *rt, const process_t *process);

runtime_t *process_runtime(const process_t *process);

/* Pushes what the function of a process that has ended returned; nothing if an error ended it;
 * nil and "killed" if it was killed.
 * => Returns how many values. */
int process_push_results(lua_State *L, const process_t *process);

const char *process_name(const process_t *process);

/* Where a process waits, as "x.lua:3"; the script's path if it does not wait. */
void process_place(const process_t *process, char *place, size_t size);

/* Writes a line for each process that waits: its name and what it waits for. */
void process_list_waiting(const runtime_t *rt, FILE *out);

void process_free_all(runtime_t *rt);

/* The same without touching Lua and the box, which no longer exist. */
void process_forget_all(runtime_t *rt);

#endif
