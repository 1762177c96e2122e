/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What our patches add to Lua: memory in units that are the same on every machine, work that is
 * counted where no instruction is, and objects that are numbered.
 */
#ifndef LO0SIM_SIM_SCRIPT_LUA_LCOUNT_H
#define LO0SIM_SIM_SCRIPT_LUA_LCOUNT_H

#include <lua.h>

/* Called with the work that was done since it was called last, in instructions; it may raise an
 * error then. And with 0 just before an error for want of memory is raised, with the functions
 * still on L's stack; it may not raise one then. */
typedef void (*lua_Meter)(lua_State *L, lua_Unsigned work);

/* For all threads of L. */
void lua_setmeter(lua_State *L, lua_Meter meter);

/* Counts work, and calls the meter now and then. May raise its error. */
void lua_work(lua_State *L, lua_Unsigned work);

/* Work that was done where no error may be raised. The next lua_work() counts it, and
 * lua_takeowed(), which returns it. */
extern lua_Unsigned luai_owed;
lua_Unsigned lua_takeowed(void);

/* How much memory L and its threads may use; 0: as much as there is. Beyond, an allocation fails.
 */
void lua_limitmemory(lua_State *L, lua_Unsigned units);

/* How much they use. */
lua_Unsigned lua_memoryused(lua_State *L);

/* As realloc() and free(), but counted; raises an error if there is no memory. */
void *lua_resizeblock(lua_State *L, void *block, size_t old_size, size_t size);

/* The number of the object at an index, which grows from object to object as they are made. Takes
 * a place on the stack for the time.
 * => Returns 0 for what is no object: numbers, booleans, C functions without upvalues. */
lua_Unsigned lua_serial(lua_State *L, int index);

#endif
