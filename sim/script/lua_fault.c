/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The verb box:fault. A table is translated into the words of --fault, so that there is one
 * language:
 *
 *     box:fault{ packet = 3, at = "LOOPBACK_OUT", "drop" }
 *     box:fault("drop packet 3 at LOOPBACK_OUT")
 */
#include "sim/core/fault.h"
#include "sim/script/lua_verb.h"

#include <string.h>

/* Adds a key's value as a word after `before`, if the key is there. */
static void put_key(lua_State *L, luaL_Buffer *text, const char *key, const char *before)
{
    char number[64];
    int type = lua_getfield(L, 1, key);
    if (type == LUA_TNUMBER && lua_isinteger(L, -1))
        snprintf(number, sizeof(number), " %s%lld", before, (long long)lua_tointeger(L, -1));
    else if (type == LUA_TNUMBER)
        snprintf(number, sizeof(number), " %s%.9g", before, lua_tonumber(L, -1));
    else if (type != LUA_TNIL && type != LUA_TSTRING)
        luaL_error(L, "box:fault: '%s' is a number or a string", key);
    if (type == LUA_TNUMBER) {
        lua_pop(L, 1);
        luaL_addstring(text, number);
    } else if (type == LUA_TSTRING) {
        const char *word = lua_tostring(L, -1);
        bool quoted = strpbrk(word, " \t\n") != NULL || word[0] == '\0';
        lua_pop(L, 1); /* the table keeps it */
        luaL_addstring(text, " ");
        luaL_addstring(text, before);
        luaL_addstring(text, quoted ? "\"" : "");
        luaL_addstring(text, word);
        luaL_addstring(text, quoted ? "\"" : "");
    } else {
        lua_pop(L, 1);
    }
}

/* Which packet: its number, or its kind or pattern with an optional `nth`. */
static void put_which(lua_State *L, luaL_Buffer *text)
{
    int type = lua_getfield(L, 1, "packet");
    lua_pop(L, 1);
    if (type == LUA_TNIL)
        luaL_addstring(text, " any");
    else
        put_key(L, text, "packet", type == LUA_TNUMBER ? "packet " : "");
    put_key(L, text, "nth", "");
}

/* Pushes the table at 1 as the words of --fault. */
static void push_words(lua_State *L)
{
    luaL_Buffer text;
    if (lua_geti(L, 1, 1) != LUA_TSTRING)
        luaL_error(L,
                   "box:fault: the first of the table is what happens: \"drop\", \"delay\", ...");
    const char *what = lua_tostring(L, -1);
    bool rules = strcmp(what, "rules") == 0,
         before = rules || strncmp(what, "hooks ", 6) == 0 || strncmp(what, "kill ", 5) == 0;
    bool of_packet = before || strpbrk(what, " ") == NULL;
    luaL_buffinit(L, &text);
    luaL_addstring(&text, what);
    if (rules)
        put_key(L, &text, "rules", "");
    if (before)
        luaL_addstring(&text, " before");
    if (of_packet)
        put_which(L, &text);
    put_key(L, &text, "by", "by ");
    put_key(L, &text, "bit", "bit ");
    put_key(L, &text, "field", "field ");
    put_key(L, &text, "value", "");
    put_key(L, &text, "bytes", "to ");
    put_key(L, &text, "at", "at ");
    put_key(L, &text, "host", "on ");
    put_key(L, &text, "chance", "chance ");
    luaL_pushresult(&text);
}

static int box_fault(lua_State *L)
{
    char error[600];
    fault_t fault;
    runtime_t *rt = lua_check_runtime(L, "box:fault");
    lua_remove(L, 1);
    if (lua_istable(L, 1)) {
        lua_settop(L, 1);
        if (lua_rawlen(L, 1) > 1)
            luaL_error(L, "box:fault: one thing happens, the first of the table; the rest has "
                          "names: { \"drop\", nth = 2 }");
        push_words(L);
    }
    const char *text = luaL_checkstring(L, -1);
    if (!fault_read(text, &fault, error, sizeof(error)))
        return luaL_error(L, "box:fault: '%s': %s", text, error);
    const char *why = box_add_fault(rt->box, &fault);
    if (why != NULL)
        return luaL_error(L, "box:fault: %s", why);
    return 0;
}

void lua_fault_open(lua_State *L)
{
    static const sandbox_verb_t box_verbs[] = {
        {"fault", box_fault,
         "fault: string|{... packet nth at host by bit field value bytes chance rules}"},
        {NULL, NULL, NULL},
    };
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', box_verbs);
}
