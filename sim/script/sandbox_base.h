/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The libraries inside the sandbox.
 */
#ifndef LO0SIM_SIM_SCRIPT_SANDBOX_BASE_H
#define LO0SIM_SIM_SCRIPT_SANDBOX_BASE_H

#include <lua.h>
#include <stdint.h>

/* Opens base, string, table, math and utf8 as scripts have them, and makes globals strict. It
 * can raise an error when memory runs out. */
void sandbox_base_open(lua_State *L, uint64_t seed);

/* Remembers a chunk's whole name: Lua cuts long ones short in its messages, and
 * sandbox_tostring() restores them. */
void sandbox_base_name_chunk(lua_State *L, const char *name);

/* sandbox_order.c: pairs, next and table.sort. */
int sandbox_pairs(lua_State *L);
int sandbox_next(lua_State *L);
int sandbox_sort(lua_State *L);

/* The addresses of C functions differ from run to run, so each one that a script can reach is
 * numbered, once, in a fixed order. Call it before any script runs. */
void sandbox_number_functions(lua_State *L);
void sandbox_number_function(lua_State *L, int index);

#endif
