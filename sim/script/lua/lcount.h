/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What our patches add to Lua: memory in units that are the same on every machine, a count of
 * work that is done outside of instructions, and numbers for objects.
 */
#ifndef LO0SIM_SIM_SCRIPT_LUA_LCOUNT_H
#define LO0SIM_SIM_SCRIPT_LUA_LCOUNT_H

#include <lua.h>

/* Called with the work since its last call, in instructions; then it may raise an error. Also
 * called with 0 just before an out-of-memory error is raised, with the functions still on L's
 * stack; then it may not raise one. */
typedef void (*lua_Meter)(lua_State *L, lua_Unsigned work);

/* For all threads of L. */
void lua_setmeter(lua_State *L, lua_Meter meter);

/* Counts work, and calls the meter now and then. May raise its error. */
void lua_work(lua_State *L, lua_Unsigned work);

/* Work done where no error may be raised. The next lua_work() counts it, or the next
 * lua_takeowed(), which returns it. */
extern lua_Unsigned luai_owed;
lua_Unsigned lua_takeowed(void);

/* Forgets the work that the meter has not yet got: a new count begins. */
void lua_forgetwork(lua_State *L);

/* How much memory L and its threads may use; 0: no limit. An allocation beyond the limit fails. */
void lua_limitmemory(lua_State *L, lua_Unsigned units);

/* How much they use. */
lua_Unsigned lua_memoryused(lua_State *L);

/* As realloc() and free(), but counted; raises an error if there is no memory. */
void *lua_resizeblock(lua_State *L, void *block, size_t old_size, size_t size);

/* Tells what of a thread changes nothing that it does: stack slots and calls that are free, and how
 * much work and how many instructions were not yet counted, when there is no hook but one of
 * counts.
 * => Returns that work. */
typedef void (*lua_Told)(void *arg, void *at, size_t size);
lua_Unsigned lua_bookkeeping(lua_State *L, lua_Told tell, void *arg);

/* The number of the object at an index: later objects have greater numbers. Needs one free stack
 * slot during the call.
 * => Returns 0 for values that are not objects: numbers, booleans, C functions without upvalues. */
lua_Unsigned lua_serial(lua_State *L, int index);

#endif
