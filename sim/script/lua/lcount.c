/* SPDX-License-Identifier: BSD-3-Clause */
#define LUA_CORE

#include "lcount.h"

#include "lmem.h"
#include "lobject.h"
#include "lstate.h"

/* Units are the sizes of these, which are the same where pointers are smaller. */
_Static_assert(sizeof(TValue) == 16 && sizeof(StackValue) == 16, "a value is 16 bytes");
_Static_assert(sizeof(Node) == 24, "a pair in a table is 24 bytes");
_Static_assert(sizeof(int) == 4 && sizeof(lua_Integer) == 8, "as all machines have it");

#define WORK_STEP 1000 /* how much work is gathered before the meter is called */

lua_Unsigned luai_owed;

lua_Unsigned lua_takeowed(void)
{
    lua_Unsigned owed = luai_owed;
    luai_owed = 0;
    return owed;
}

void lua_setmeter(lua_State *L, lua_Meter meter)
{
    G(L)->meter = meter;
}

void lua_work(lua_State *L, lua_Unsigned work)
{
    global_State *g = G(L);
    g->work += work;
    if (g->work < WORK_STEP || g->meter == NULL)
        return;
    work = g->work + lua_takeowed();
    g->work = 0;
    g->meter(L, work);
}

void lua_forgetwork(lua_State *L)
{
    G(L)->work = 0;
    luai_owed = 0;
}

void lua_limitmemory(lua_State *L, lua_Unsigned units)
{
    G(L)->maxunits = (lu_mem)units;
}

lua_Unsigned lua_memoryused(lua_State *L)
{
    return (lua_Unsigned)gettotalbytes(G(L));
}

void *lua_resizeblock(lua_State *L, void *block, size_t old_size, size_t size)
{
    return luaM_saferealloc_(L, block, old_size, size, old_size, size);
}

lua_Unsigned lua_serial(lua_State *L, int index)
{
    lua_pushvalue(L, index); /* so that its TValue is at the top */
    const TValue *value = s2v(L->top - 1);
    lua_Unsigned serial = iscollectable(value) ? gcvalue(value)->serial : 0;
    lua_pop(L, 1);
    return serial;
}

lua_Unsigned lua_bookkeeping(lua_State *L, lua_Told tell, void *arg)
{
    global_State *g = G(L);
    lua_Unsigned work = g->work;
    tell(arg, L->top, (size_t)(L->stack_last + EXTRA_STACK - L->top) * sizeof(*L->top));
    for (CallInfo *ci = L->ci->next; ci != NULL; ci = ci->next) {
        tell(arg, &ci->func, sizeof(ci->func));
        tell(arg, &ci->top, sizeof(ci->top));
        tell(arg, &ci->u, sizeof(*ci) - offsetof(CallInfo, u));
    }
    tell(arg, &L->oldpc, sizeof(L->oldpc));
    tell(arg, &L->hookcount, sizeof(L->hookcount));
    tell(arg, &g->work, sizeof(g->work));
    return work;
}
