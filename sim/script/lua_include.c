/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The verb include: runs another file's chunk, and returns what it returns.
 */
#include "sim/base/must.h"
#include "sim/script/lua_verb.h"
#include "sim/script/script_file.h"
#include "sim/script/script_impl.h"

#include <stdlib.h>
#include <unistd.h>

#define INCLUDES_MAX 32

/* Names are written whole: require() would look for "x.lua". */
static void check_is_there(lua_State *L, const char *name, const char *path)
{
    char *whole = must_asprintf("%s.lua", path);
    bool mistaken = access(path, F_OK) != 0 && access(whole, F_OK) == 0;
    free(whole);
    if (mistaken)
        luaL_error(L, "include: there is no '%s'; did you mean '%s.lua'?", name, name);
}

static int include_verb(lua_State *L)
{
    script_t *script = script_of(L);
    char path[PATH_MAX_TEXT], error[PATH_MAX_TEXT + 200];
    if (lua_type(L, 1) != LUA_TSTRING)
        return luaL_error(L, "include(file) needs file, a string");
    if (lua_gettop(L) > 1)
        return luaL_error(L, "include(file) takes 1 argument, not %d", lua_gettop(L));
    const char *name = lua_tostring(L, 1);
    if (!script_file_beside(script->path, name, path, sizeof(path), error, sizeof(error)))
        return luaL_error(L, "%s", error);
    if (script->includes == INCLUDES_MAX)
        return luaL_error(L, "include: '%s' is over %d files deep: does a file include itself?",
                          name, INCLUDES_MAX);
    if (script->options->reads != NULL)
        script->options->reads(script->options->reads_arg, name);
    script->includes++;
    script->names_taps = script->names_taps || script_names_taps(path);
    check_is_there(L, name, path);
    bool included = sandbox_include(script->sandbox, L, path, error, sizeof(error));
    script->includes--;
    if (!included && !sandbox_has_place(error))
        return luaL_error(L, "include: %s", error);
    if (!included) {
        lua_pushstring(L, error);
        return lua_error(L);
    }
    return lua_gettop(L) - 1;
}

void lua_include_open(lua_State *L)
{
    lua_pushcfunction(L, include_verb);
    sandbox_set_global(L, "include");
}
