/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Expectations: expect.eq, ne, ok, match, error. One that is not met raises a failure, a special
 * kind of error: the script is correct, but what it expected did not happen.
 */
#ifndef LO0SIM_SIM_SCRIPT_LUA_EXPECT_H
#define LO0SIM_SIM_SCRIPT_LUA_EXPECT_H

#include <lua.h>
#include <stdbool.h>

/* Whether the value at `index` is a failure. */
bool lua_is_failure(lua_State *L, int index);

/* Raises a failure whose text begins with the place of the script's current line.
 * => Does not return, unless failures are only noted (script_options_t): then it returns 0, which
 *    the verb returns in turn. */
int lua_fail(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Pushes a value in the script's own notation: "text", 30.0, { 1, key = true }. At most about 200
 * bytes. */
const char *lua_repr(lua_State *L, int index);

#endif
