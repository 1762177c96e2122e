/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Types of userdata, their verbs, and what verbs are called with.
 */
#include "sim/base/nearest.h"
#include "sim/script/lua_expect.h"
#include "sim/script/sandbox.h"
#include "sim/script/sandbox_base.h"

#include <assert.h>
#include <lcount.h>
#include <string.h>

/* ---- names ---- */

int sandbox_unknown(lua_State *L, const char *display, const char *what, const char *name,
                    const char *const *names)
{
    size_t count = 0;
    while (names[count] != NULL)
        count++;
    const char *near = nearest(name, names, count);
    if (near != NULL)
        return luaL_error(L, "%s has no %s '%s'; did you mean '%s'?", display, what, name, near);
    luaL_Buffer list;
    luaL_buffinit(L, &list);
    for (size_t i = 0; i < count; i++) {
        luaL_addstring(&list, i > 0 ? ", " : "");
        luaL_addstring(&list, names[i]);
    }
    luaL_pushresult(&list);
    return luaL_error(L, "%s has no %s '%s'; it has: %s", display, what, name, lua_tostring(L, -1));
}

static bool is_item(lua_State *L, int index)
{
    return lua_isinteger(L, index) && lua_tointeger(L, index) >= 1;
}

/* `list`: it can have items, too. */
static void check_options(lua_State *L, int index, const char *display, const char *const *names,
                          bool list)
{
    const char *worst = NULL; /* the first by name, not by the order of a hash */
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        if (list && is_item(L, -1))
            continue;
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "%s: options have names: { %s = ... }", display, names[0]);
        const char *key = lua_tostring(L, -1);
        const char *const *name = names;
        while (*name != NULL && strcmp(*name, key) != 0)
            name++;
        if (*name == NULL && (worst == NULL || strcmp(key, worst) < 0))
            worst = key; /* the table keeps it */
    }
    if (worst != NULL)
        sandbox_unknown(L, display, "option", worst, names);
}

void sandbox_check_options(lua_State *L, int index, const char *display, const char *const *names)
{
    check_options(L, index, display, names, false);
}

/* ---- arguments ---- */

#define TAKES_MAX  12 /* parameters of a verb, and one more */
#define TAKES_KEPT 64 /* verbs */

/* One parameter from a verb's `takes`. */
typedef struct parameter {
    const char *name, *type;
    int name_length, type_length;
    unsigned types;      /* a bit for each of Lua's types that it can have */
    bool may_miss, rest; /* "?", "..." */
    const char *keys;    /* of a table: what follows its brace; NULL: it is not a table */
} parameter_t;

/* Lua's types that `type` stands for, one word of a parameter's type. */
static unsigned types_of(const char *type, size_t length)
{
#define KNOWN(name, types) name, sizeof(name) - 1, (types)
    static const struct {
        const char *name;
        size_t length;
        unsigned types;
    } known[] = {
        {KNOWN("any", ~0u)},
        {KNOWN("string", 1u << LUA_TSTRING | 1u << LUA_TNUMBER)}, /* as everywhere in Lua */
        {KNOWN("number", 1u << LUA_TNUMBER)},
        {KNOWN("boolean", 1u << LUA_TBOOLEAN)},
        {KNOWN("table", 1u << LUA_TTABLE)},
        {KNOWN("function", 1u << LUA_TFUNCTION)},
        {KNOWN("port", 1u << LUA_TSTRING | 1u << LUA_TNUMBER)}};
#undef KNOWN
    if (*type == '{')
        return 1u << LUA_TTABLE;
    size_t i = 0;
    while (known[i].length != length || memcmp(known[i].name, type, length) != 0) {
        i++;
        assert(i < sizeof(known) / sizeof(known[0]));
    }
    return known[i].types;
}

static unsigned all_types_of(const parameter_t *parameter)
{
    const char *at = parameter->type, *end = at + parameter->type_length;
    unsigned types = 0;
    while (at < end) {
        size_t length = strcspn(at, "|,");
        types |= types_of(at, length);
        at += length + 1;
    }
    return types;
}

/* => Returns false at the end. */
static bool next_parameter(const char **at, parameter_t *parameter)
{
    const char *name = *at, *colon = strchr(name, ':');
    if (colon == NULL)
        return false;
    const char *type = colon + 2, *keys = strchr(type, '{'), *end = type + strcspn(type, ",");
    *parameter = (parameter_t){.name = name,
                               .type = type,
                               .name_length = (int)(colon - name),
                               .type_length = (int)(end - type),
                               .may_miss = colon[-1] == '?' || *name == '.',
                               .rest = *name == '.',
                               .keys = keys != NULL && keys < end ? keys + 1 : NULL};
    parameter->name_length -= colon[-1] == '?';
    parameter->types = all_types_of(parameter);
    *at = *end == ',' ? end + 2 : end;
    return true;
}

/* What a verb takes. */
typedef struct takes {
    const sandbox_verb_t *verb; /* NULL: none yet */
    size_t count;
    parameter_t parameters[TAKES_MAX];
} takes_t;

/* Texts are read at the first call of a verb, and kept while no other verb has its place. */
static const takes_t *takes_of(const sandbox_verb_t *verb)
{
    static takes_t known[TAKES_KEPT];
    takes_t *takes = &known[(uintptr_t)verb / sizeof(*verb) % TAKES_KEPT];
    if (takes->verb == verb)
        return takes;
    const char *at = verb->takes;
    takes->verb = verb;
    takes->count = 0;
    while (next_parameter(&at, &takes->parameters[takes->count])) {
        takes->count++;
        assert(takes->count < TAKES_MAX);
    }
    return takes;
}

/* Adds a verb as documents write it: "box:listen(port [, address])". */
static void add_call(luaL_Buffer *b, const char *display, const sandbox_verb_t *verb)
{
    const char *at = verb->takes;
    parameter_t parameter;
    int count = 0, open = 0;
    luaL_addstring(b, display);
    luaL_addstring(b, verb->name);
    luaL_addstring(b, "(");
    for (; next_parameter(&at, &parameter); count++) {
        if (parameter.may_miss && !parameter.rest) {
            luaL_addstring(b, count > 0 ? " [" : "[");
            open++;
        }
        luaL_addstring(b, count > 0 ? ", " : "");
        luaL_addlstring(b, parameter.name, (size_t)parameter.name_length);
    }
    while (open-- > 0)
        luaL_addstring(b, "]");
    luaL_addstring(b, ")");
}

/* Upvalues of a verb: its row, the display name with its joint, the metatable of its
 * type; nil if it has no such first argument. */
enum { VERB_ROW = 1, VERB_DISPLAY, VERB_TYPE };

/* Raises the error `why` about a call. */
static int refuse(lua_State *L, const char *why)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    add_call(&b, lua_tostring(L, lua_upvalueindex(VERB_DISPLAY)),
             lua_touserdata(L, lua_upvalueindex(VERB_ROW)));
    luaL_pushresult(&b);
    return luaL_error(L, "%s %s", lua_tostring(L, -1), why);
}

/* "a string", "a string or a table", "a value". */
static const char *push_types(lua_State *L, const parameter_t *parameter)
{
    int plain = parameter->keys != NULL ? (int)(parameter->keys - 1 - parameter->type)
                                        : parameter->type_length;
    lua_pushlstring(L, parameter->type, (size_t)plain);
    if (parameter->keys != NULL)
        lua_pushfstring(L, "%stable", lua_tostring(L, -1));
    if (strcmp(lua_tostring(L, -1), "any") == 0)
        return "a value";
    return lua_pushfstring(L, "a %s", luaL_gsub(L, lua_tostring(L, -1), "|", " or a "));
}

static int refuse_type(lua_State *L, int index, bool missing, const parameter_t *parameter)
{
    const char *actual = missing ? NULL : lua_repr(L, index);
    const char *name = lua_pushlstring(L, parameter->name, (size_t)parameter->name_length);
    const char *types = push_types(L, parameter);
    if (missing)
        return refuse(L, lua_pushfstring(L, "needs %s, %s", name, types));
    return refuse(L, lua_pushfstring(L, "takes %s as %s, not %s", types, name, actual));
}

/* Surplus arguments are mistakes: the caller expects them to have an effect. */
static int refuse_surplus(lua_State *L, int most, int count)
{
    const char *number =
        most == 0 ? "no argument" : lua_pushfstring(L, "%d argument%s", most, most == 1 ? "" : "s");
    return refuse(L, lua_pushfstring(L, "takes %s, not %d", number, count));
}

/* ---- the keys of options ---- */

#define KEYS_MAX 24

/* Pushes the names of a table's keys, after the "..." of one that can be a list, too.
 * => Returns how many there are; names[KEYS_MAX + 1] ends with NULL. */
static int push_keys(lua_State *L, const char *keys, const char **names)
{
    int count = 0;
    luaL_checkstack(L, KEYS_MAX + 4, NULL);
    while (*keys != '}') {
        size_t length = strcspn(keys, " }");
        assert(count < KEYS_MAX);
        if (*keys != '.')
            names[count++] = lua_pushlstring(L, keys, length);
        keys += length + (keys[length] == ' ');
    }
    names[count] = NULL;
    return count;
}

/* Checks that a table argument has no keys other than those in the verb's row. */
static void check_keys(lua_State *L, int index, const sandbox_verb_t *verb, const char *keys)
{
    const char *names[KEYS_MAX + 1], *display;
    int top = lua_gettop(L);
    push_keys(L, keys, names);
    display =
        lua_pushfstring(L, "%s%s", lua_tostring(L, lua_upvalueindex(VERB_DISPLAY)), verb->name);
    check_options(L, index, display, names, *keys == '.');
    lua_settop(L, top);
}

/* What each call costs of the budget of instructions, in addition to what the verb itself counts.
 * So a loop of calls ends at the same call on every machine, and not by wall time. */
#define VERB_WORK 100

/* Whether a value is a userdata whose metatable is at `type`. */
static bool has_type(lua_State *L, int index, int type)
{
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index))
        return false;
    bool same = lua_rawequal(L, -1, type);
    lua_pop(L, 1);
    return same;
}

/* Calls a verb after checking its arguments. It is called directly, without lua_call(), so that it
 * can wait. */
static int call_verb(lua_State *L)
{
    const sandbox_verb_t *verb = lua_touserdata(L, lua_upvalueindex(VERB_ROW));
    const takes_t *takes = takes_of(verb);
    bool method = !lua_isnil(L, lua_upvalueindex(VERB_TYPE)), rest = false;
    int first = method ? 2 : 1, index = first, count = lua_gettop(L);
    lua_work(L, VERB_WORK);
    sandbox_charge(L);
    if (method && !has_type(L, 1, lua_upvalueindex(VERB_TYPE)))
        return refuse(L, "is called with a colon, on what it belongs to");
    for (size_t i = 0; i < takes->count; i++) {
        const parameter_t *parameter = &takes->parameters[i];
        rest = parameter->rest;
        if (rest)
            break;
        int type = index <= count ? lua_type(L, index) : LUA_TNONE;
        bool missing = type == LUA_TNONE || type == LUA_TNIL;
        bool any = parameter->type_length == 3 && index <= count; /* nil is a value, too */
        if (missing ? !parameter->may_miss && !any : (parameter->types >> type & 1) == 0)
            return refuse_type(L, index, missing, parameter);
        if (parameter->keys != NULL && type == LUA_TTABLE)
            check_keys(L, index, verb, parameter->keys);
        index++;
    }
    if (count >= index && !rest)
        return refuse_surplus(L, index - first, count - first + 1);
    return verb->func(L);
}

/* ---- types ---- */

#define VERBS_MAX 64 /* of a type */

/* Upvalues of __index: the display name; the verbs by name, and at 1, 2, ... their names. */
enum { FIND_DISPLAY = 1, FIND_VERBS };

static int find_verb(lua_State *L)
{
    const char *display = lua_tostring(L, lua_upvalueindex(FIND_DISPLAY));
    const char *names[VERBS_MAX + 1];
    size_t count = (size_t)lua_rawlen(L, lua_upvalueindex(FIND_VERBS));
    if (lua_type(L, 2) != LUA_TSTRING)
        return luaL_error(L, "%s has verbs only", display);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(FIND_VERBS)) != LUA_TNIL)
        return 1;
    assert(count <= VERBS_MAX);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, lua_upvalueindex(FIND_VERBS), (lua_Integer)i + 1);
        names[i] = lua_tostring(L, -1); /* the table keeps it */
        lua_pop(L, 1);
    }
    names[count] = NULL;
    return sandbox_unknown(L, display, "verb", lua_tostring(L, 2), names);
}

static int refuse_assignment(lua_State *L)
{
    return luaL_error(L, "nothing can be assigned to %s", lua_tostring(L, lua_upvalueindex(1)));
}

/* Makes an empty type, and leaves its metatable and the table of its verbs on top. */
static void new_type(lua_State *L, const char *type, const char *display)
{
    luaL_newmetatable(L, type);
    lua_pushstring(L, display);
    lua_newtable(L);
    lua_pushcclosure(L, find_verb, FIND_VERBS);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, display);
    lua_pushcclosure(L, refuse_assignment, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushstring(L, display);
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
}

void sandbox_add_verbs(lua_State *L, const char *type, const char *display, char joint,
                       const sandbox_verb_t *verbs)
{
    int top = lua_gettop(L);
    if (luaL_getmetatable(L, type) == LUA_TNIL)
        new_type(L, type, display);
    int metatable = lua_gettop(L);
    lua_getfield(L, -1, "__index");
    lua_getupvalue(L, -1, FIND_VERBS);
    for (const sandbox_verb_t *verb = verbs; verb->name != NULL; verb++) {
        lua_pushstring(L, verb->name);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        lua_pushlightuserdata(L, (void *)(uintptr_t)verb);
        lua_pushfstring(L, "%s%c", display, joint);
        if (joint == ':')
            lua_pushvalue(L, metatable);
        else
            lua_pushnil(L);
        lua_pushcclosure(L, call_verb, 3);
        lua_setfield(L, -2, verb->name);
    }
    lua_settop(L, top);
}
