/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The verbs box:always and box:eventually: what must hold, after everything that happens or at the
 * test's end.
 */
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/script/lua_verb.h"

#include <assert.h>
#include <stdlib.h>

struct claim {
    char *name;
    bool at_end;
    int function; /* a reference in the registry */
};

/* A function for lua_pcall: the claim at 1 is called.
 * => Returns whether it holds. */
static int call_claim(lua_State *L)
{
    const struct claim *claim = lua_touserdata(L, 1);
    lua_pushcfunction(L, sandbox_locate);
    lua_rawgeti(L, LUA_REGISTRYINDEX, claim->function);
    if (lua_pcall(L, 0, 1, 2) != LUA_OK)
        return lua_error(L);
    lua_pushboolean(L, lua_isboolean(L, -1) && lua_toboolean(L, -1));
    return 1;
}

static void fail(runtime_t *rt, const struct claim *claim)
{
    char *text = must_asprintf("%s:%d: %s does not hold: %s", rt->path, rt->line,
                               claim->at_end ? "box:eventually" : "box:always", claim->name);
    runtime_fail(rt, RESULT_FAILED, text);
    free(text);
}

static void check(runtime_t *rt, struct claim *claim)
{
    lua_State *L = rt->claims.L;
    lua_pushcfunction(L, call_claim);
    lua_pushlightuserdata(L, claim);
    rt->in_claim = true; /* it must change nothing */
    int status = lua_pcall(L, 1, 1, 0);
    rt->in_claim = false;
    if (status != LUA_OK) {
        runtime_fail_with_error(rt, L, status);
        return;
    }
    bool holds = lua_toboolean(L, -1);
    lua_pop(L, 1);
    assert(lua_gettop(L) == 0);
    if (!holds)
        fail(rt, claim);
}

void claims_check(runtime_t *rt, bool at_end)
{
    for (size_t i = 0; i < rt->claims.count && !rt->over; i++) {
        if (rt->claims.list[i].at_end == at_end)
            check(rt, &rt->claims.list[i]);
    }
}

void claims_forget(runtime_t *rt)
{
    for (size_t i = 0; i < rt->claims.count; i++)
        memory_free(rt->box->watch, rt->claims.list[i].name);
    if (rt->claims.list != NULL)
        memory_free(rt->box->watch, rt->claims.list);
    rt->claims = (claims_t){0};
}

void claims_free(runtime_t *rt)
{
    if (rt->claims.L != NULL)
        sandbox_thread_release(rt->sandbox, rt->claims.L);
    claims_forget(rt);
}

static int add_claim(lua_State *L, const char *verb, bool at_end)
{
    runtime_t *rt = lua_check_runtime(L, verb);
    claims_t *claims = &rt->claims;
    const char *given = lua_check_name(L, 2, verb);
    if (claims->L == NULL)
        claims->L = sandbox_thread(L);
    lua_settop(L, 3);
    int function = luaL_ref(L, LUA_REGISTRYINDEX);
    claims->list = must_have(
        memory_realloc(rt->box->watch, claims->list, (claims->count + 1) * sizeof(*claims->list)));
    char *line = visible_line(given);
    char *name = strcpy(must_have(memory_alloc(rt->box->watch, strlen(line) + 1)), line);
    free(line);
    claims->list[claims->count++] =
        (struct claim){.name = name, .at_end = at_end, .function = function};
    claims->always = claims->always || !at_end;
    return 0;
}

static int box_always(lua_State *L)
{
    return add_claim(L, "box:always", false);
}

static int box_eventually(lua_State *L)
{
    return add_claim(L, "box:eventually", true);
}

void lua_claim_open(lua_State *L)
{
    static const sandbox_verb_t box_verbs[] = {
        {"always", box_always, "name: string, fn: function"},
        {"eventually", box_eventually, "name: string, fn: function"},
        {NULL, NULL, NULL},
    };
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', box_verbs);
}
