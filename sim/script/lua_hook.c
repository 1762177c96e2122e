/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The verb box:hook: a script's function as a PF-Hook, and the packet as it sees it.
 */
#include "sim/base/errno_name.h"
#include "sim/base/nearest.h"
#include "sim/packet/packet_fields.h"
#include "sim/script/lua_expect.h"
#include "sim/script/lua_verb.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of hooks. */
#define NAME_MAX_BYTES 60
#define NAME_ROOM      (NAME_MAX_BYTES + 1)

#define HOOK_TYPE     "lo0sim.hook"
#define PACKET_TYPE   "lo0sim.packet"
#define FILTERS_NAMES "ipfilter_"

enum { FAMILIES = 2 };
static const char *const families[FAMILIES] = {NHF_INET, NHF_INET6};

/* A hook of a script. It lives in the registry until the test ends, removed or not: it may be
 * running when it is removed. */
typedef struct lua_hook {
    hook_t hooks[FAMILIES]; /* one for each of its families */
    runtime_t *rt;
    lua_State *L; /* a coroutine of its own, for its calls */
    const char *event;
    char name[NAME_ROOM], hint_value[NAME_ROOM];
    int function; /* references in the registry */
    bool wanted[FAMILIES], registered[FAMILIES];
} lua_hook_t;

/* A packet, valid while its hook runs. */
typedef struct lua_packet {
    hook_pkt_event_t *info; /* NULL afterwards */
} lua_packet_t;

/* ---- the packet ---- */

static lua_packet_t *check_packet(lua_State *L)
{
    lua_packet_t *packet = luaL_checkudata(L, 1, PACKET_TYPE);
    if (packet->info == NULL)
        luaL_error(L, "a packet is good only while its hook runs: copy what you need");
    return packet;
}

static int packet_index(lua_State *L)
{
    lua_packet_t *packet = check_packet(L);
    const char *name = luaL_checkstring(L, 2);
    struct packet_value value;
    if (!packet_field_is(name))
        return sandbox_unknown(L, "packet", "field", name, packet_field_names);
    const mblk_t *mp = *packet->info->hpe_mp;
    if (!packet_field_get(mp->b_rptr, msgdsize(mp), name, &value))
        lua_pushnil(L);
    else if (value.is_number)
        lua_pushinteger(L, (lua_Integer)value.number);
    else
        lua_pushlstring(L, value.bytes, value.length);
    return 1;
}

static int packet_newindex(lua_State *L)
{
    lua_packet_t *packet = check_packet(L);
    const char *name = luaL_checkstring(L, 2);
    struct packet_value value = {0};
    char error[LUA_MESSAGE_ROOM];
    if (!packet_field_is(name))
        return sandbox_unknown(L, "packet", "field", name, packet_field_names);
    if (lua_type(L, 3) == LUA_TNUMBER) { /* 2^32 is a float, and whole */
        int is_whole;
        value.is_number = true;
        value.number = lua_tointegerx(L, 3, &is_whole);
        if (!is_whole)
            return luaL_error(L, "packet.%s is set to a whole number, not %s", name,
                              lua_repr(L, 3));
    } else if (lua_type(L, 3) == LUA_TSTRING) {
        size_t length;
        const char *bytes = lua_tolstring(L, 3, &length);
        value = (struct packet_value){.length = length};
        value.bytes = bytes;
    } else {
        return luaL_error(L, "packet.%s is set to an integer or a string", name);
    }
    mblk_t *mp = packet_field_set(*packet->info->hpe_mp, name, &value, error, sizeof(error));
    if (mp == NULL)
        return luaL_error(L, "packet.%s: %s", name, error);
    *packet->info->hpe_mp = packet->info->hpe_mb = mp;
    packet->info->hpe_hdr = mp->b_rptr;
    return 0;
}

/* ---- running ---- */

/* One call of a hook's function. */
typedef struct call {
    lua_hook_t *hook;
    hook_pkt_event_t *info;
    int verdict;
} call_t;

/* Reads what the hook's function, at `function`, returned: pass, or eat. */
static int read_verdict(lua_State *L, const lua_hook_t *hook, int function)
{
    const char *word = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    if (lua_isnil(L, -1) || strcmp(word, "pass") == 0)
        return 0;
    if (strcmp(word, "eat") == 0)
        return 1;
    lua_Debug ar;
    const char *returned = lua_repr(L, -1);
    lua_pushvalue(L, function);
    lua_getinfo(L, ">S", &ar);
    return luaL_error(
        L, "%s:%d: hook '%s' returned %s; a hook returns \"pass\" (or nothing) or \"eat\"",
        ar.source + (*ar.source == '@'), ar.linedefined, hook->name, returned);
}

/* A function for lua_pcall, with everything that can raise an error. The packet is at 2, below the
 * function and what it returns, so that it is not collected too early. */
static int call_function(lua_State *L)
{
    call_t *call = lua_touserdata(L, 1);
    lua_packet_t *packet = sandbox_new_object(L, sizeof(*packet));
    packet->info = call->info;
    luaL_setmetatable(L, PACKET_TYPE);
    lua_pushcfunction(L, sandbox_locate);
    lua_rawgeti(L, LUA_REGISTRYINDEX, call->hook->function);
    lua_pushvalue(L, -1);
    lua_pushvalue(L, 2);
    int status = lua_pcall(L, 1, 1, 3);
    packet->info = NULL;
    if (status != LUA_OK)
        return lua_error(L);
    call->verdict = read_verdict(L, call->hook, 4);
    return 0;
}

static int run_function(lua_hook_t *hook, hook_pkt_event_t *info)
{
    lua_State *L = hook->L;
    runtime_t *rt = hook->rt;
    call_t call = {.hook = hook, .info = info};
    lua_pushcfunction(L, call_function);
    lua_pushlightuserdata(L, &call);
    rt->in_hook = true;
    int status = lua_pcall(L, 1, 0, 0);
    rt->in_hook = false;
    if (status != LUA_OK)
        runtime_fail_with_error(rt, L, status);
    assert(lua_gettop(L) == 0);
    return call.verdict;
}

static int run_hook(hook_event_token_t token, hook_data_t info, void *arg)
{
    lua_hook_t *hook = arg;
    (void)token;
    /* Once the test is over, scripts' hooks do not run. */
    return hook->rt->over ? 0 : run_function(hook, info);
}

/* ---- registering ---- */

static const char *check_event(lua_State *L)
{
    static const char *const events[] = {NH_LOOPBACK_IN,  NH_LOOPBACK_OUT, NH_PHYSICAL_IN,
                                         NH_PHYSICAL_OUT, NH_FORWARDING,   NULL};
    if (strcmp(luaL_checkstring(L, 2), NH_NIC_EVENTS) == 0)
        luaL_error(L, "box:hook: %s has no packets, and is not modelled", NH_NIC_EVENTS);
    return events[lua_check_word(L, 2, "event", NULL, events)];
}

/* A string of the options at 4, or NULL. */
static const char *option(lua_State *L, const char *name)
{
    if (lua_isnoneornil(L, 4) || lua_getfield(L, 4, name) == LUA_TNIL)
        return NULL;
    if (lua_type(L, -1) != LUA_TSTRING || lua_rawlen(L, -1) > NAME_MAX_BYTES)
        luaL_error(L, "box:hook: the option '%s' is a string of %d bytes at most", name,
                   NAME_MAX_BYTES);
    return lua_tostring(L, -1); /* the options' table keeps it */
}

static hook_hint_t check_hint(lua_State *L, const char *hint, const char *of)
{
    static const char *const names[] = {"HH_NONE", "HH_FIRST", "HH_LAST", "HH_BEFORE", "HH_AFTER"};
    if (hint == NULL)
        return HH_NONE;
    for (int i = HH_NONE; i <= HH_AFTER; i++) {
        if (strcmp(hint, names[i]) != 0 && strcmp(hint, names[i] + 3) != 0)
            continue;
        if ((i == HH_BEFORE || i == HH_AFTER) && of == NULL)
            luaL_error(L, "box:hook: the hint '%s' needs the other hook's name: of = \"...\"",
                       hint);
        return (hook_hint_t)i;
    }
    const char *near = nearest(hint, names, 5);
    luaL_error(L, "box:hook: there is no hint '%s'%s%s%s; there are: FIRST, LAST, BEFORE, AFTER",
               hint, near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
               near != NULL ? "'?)" : "");
    return HH_NONE;
}

/* `family` is "inet" or "inet6"; without it the hook is for both. */
static void check_family(lua_State *L, lua_hook_t *hook)
{
    const char *family = option(L, "family");
    if (family != NULL && strcmp(family, "inet") != 0 && strcmp(family, "inet6") != 0)
        luaL_error(L, "box:hook: the option 'family' is \"inet\" or \"inet6\"");
    hook->wanted[0] = family == NULL || strcmp(family, "inet") == 0;
    hook->wanted[1] = family == NULL || strcmp(family, "inet6") == 0;
}

static void fill_hook(lua_State *L, lua_hook_t *hook)
{
    const char *name = option(L, "name"), *hint = option(L, "hint"), *of = option(L, "of");
    if (name != NULL && strncmp(name, FILTERS_NAMES, sizeof(FILTERS_NAMES) - 1) == 0)
        luaL_error(L, "box:hook: names that begin with '%s' are the filter's", FILTERS_NAMES);
    snprintf(hook->name, sizeof(hook->name), "%s", name != NULL ? name : "");
    snprintf(hook->hint_value, sizeof(hook->hint_value), "%s", of != NULL ? of : "");
    hook_t filled = {.h_version = HOOK_VERSION,
                     .h_func = run_hook,
                     .h_name = hook->name,
                     .h_hint = check_hint(L, hint, of),
                     .h_hintvalue = hook->hint_value,
                     .h_arg = hook};
    check_family(L, hook);
    for (size_t i = 0; i < FAMILIES; i++)
        hook->hooks[i] = filled;
}

static net_handle_t handle_of(const lua_hook_t *hook, size_t family)
{
    return ip_stack_net(hook->rt->box->ips, families[family]);
}

static void unregister(lua_hook_t *hook)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        if (hook->registered[i])
            net_hook_unregister(handle_of(hook, i), hook->event, &hook->hooks[i]);
        hook->registered[i] = false;
    }
}

/* Registers it in all wanted families, or in none. */
static int register_in_families(lua_hook_t *hook)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        if (!hook->wanted[i])
            continue;
        int error = net_hook_register(handle_of(hook, i), hook->event, &hook->hooks[i]);
        if (error != 0) {
            unregister(hook);
            return error;
        }
        hook->registered[i] = true;
    }
    return 0;
}

/* => Returns 0 or an errno. A hook without a name gets "hook1" or so: the first that is free. */
static int register_hook(lua_hook_t *hook)
{
    bool named = hook->name[0] != '\0';
    int error;
    do {
        if (!named)
            snprintf(hook->name, sizeof(hook->name), "hook%u", ++hook->rt->hooks);
        error = register_in_families(hook);
    } while (error == EEXIST && !named);
    return error;
}

static int box_hook(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:hook");
    const char *event = check_event(L);
    lua_settop(L, 4);
    lua_hook_t *hook = sandbox_new_object(L, sizeof(*hook));
    memset(hook, 0, sizeof(*hook));
    hook->rt = rt;
    hook->event = event;
    fill_hook(L, hook);
    lua_settop(L, 5); /* the handle is on top */
    luaL_setmetatable(L, HOOK_TYPE);
    /* Everything that can raise an error comes before the hook is registered. */
    hook->L = sandbox_thread(L);
    lua_pushvalue(L, 3);
    hook->function = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushvalue(L, -1);
    luaL_ref(L, LUA_REGISTRYINDEX);
    int error = register_hook(hook);
    if (error != 0)
        return lua_push_errno(L, error);
    LUA_TRACE_CALL(rt, HOOK, .event = event, .name = hook->name);
    return 1;
}

static int hook_remove(lua_State *L)
{
    lua_hook_t *hook = luaL_checkudata(L, 1, HOOK_TYPE);
    runtime_t *rt = runtime_of(L);
    if (rt != NULL && (hook->registered[0] || hook->registered[1])) {
        unregister(hook);
        LUA_TRACE_CALL(rt, REMOVE_HOOK, .name = hook->name);
    }
    return 0;
}

void lua_hook_open(lua_State *L)
{
    static const sandbox_verb_t box_verbs[] = {
        {"hook", box_hook, "event: string, fn: function, options?: {name hint of family}"},
        {NULL, NULL, NULL},
    };
    static const sandbox_verb_t hook_verbs[] = {
        {"remove", hook_remove, ""},
        {NULL, NULL, NULL},
    };
    static const luaL_Reg packet_access[] = {
        {"__index", packet_index}, {"__newindex", packet_newindex}, {NULL, NULL}};
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', box_verbs);
    sandbox_add_verbs(L, HOOK_TYPE, "hook", ':', hook_verbs);
    luaL_newmetatable(L, PACKET_TYPE);
    luaL_setfuncs(L, packet_access, 0);
    lua_pushstring(L, "packet");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}
