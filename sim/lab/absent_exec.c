/* SPDX-License-Identifier: BSD-3-Clause
 *
 * box:exec where there are no programs: the verb exists, but refuses.
 */
#include "sim/exec/exec.h"
#include "sim/script/lua_verb.h"

#include <assert.h>

static int box_exec(lua_State *L)
{
    const runtime_t *rt = lua_check_box(L, "box:exec");
    if (!rt->options->allow_exec)
        return luaL_error(L,
                          "box:exec runs a program of this machine, and a scenario may not reach "
                          "the machine: `lo0sim run --allow-exec` allows it");
    return luaL_error(L, "box:exec: a browser starts no programs");
}

void lua_exec_open(lua_State *L)
{
    static const sandbox_verb_t box_verbs[] = {
        {"exec", box_exec, "command: {... stdin env cwd}"},
        {NULL, NULL, NULL},
    };
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', box_verbs);
}

void lua_exec_end(runtime_t *rt)
{
    (void)rt;
}

/* None of these is called: rt->exec is always NULL. */

bool lua_exec_goes_on(runtime_t *rt)
{
    assert(rt->exec == NULL);
    return false;
}

void exec_kill_all(exec_t *exec)
{
    assert(exec == NULL);
}

bool exec_is_alive(const exec_t *exec)
{
    return exec != NULL;
}

void exec_list_waiting(const exec_t *exec, FILE *out, const char *between)
{
    (void)out;
    (void)between;
    assert(exec == NULL);
}

bool exec_wait_for_world(exec_t *exec)
{
    return exec != NULL;
}
