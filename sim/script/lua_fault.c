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

/* Adds to the text on top of the stack. */
static void put(lua_State *L, const char *text)
{
    lua_pushstring(L, text);
    lua_concat(L, 2);
}

/* Adds a key's value to the text on top, as a word after `before`, if the key is there. */
static void put_key(lua_State *L, const char *key, const char *before)
{
    char number[64];
    const char *word = number, *quote = "";
    switch (lua_getfield(L, 1, key)) {
    case LUA_TNIL:
        lua_pop(L, 1);
        return;
    case LUA_TSTRING:
        word = lua_tostring(L, -1);
        quote = word[0] == '\0' || strpbrk(word, " \t\n") != NULL ? "\"" : "";
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, -1))
            snprintf(number, sizeof(number), "%lld", (long long)lua_tointeger(L, -1));
        else
            snprintf(number, sizeof(number), "%.9g", lua_tonumber(L, -1));
        break;
    default:
        luaL_error(L, "box:fault: '%s' is a number or a string", key);
    }
    lua_pushfstring(L, "%s %s%s%s%s", lua_tostring(L, -2), before, quote, word, quote);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

/* Which packet: its number, or its kind or pattern with an optional `nth`. */
static void put_which(lua_State *L)
{
    int type = lua_getfield(L, 1, "packet");
    lua_pop(L, 1);
    if (type == LUA_TNIL)
        put(L, " any");
    else
        put_key(L, "packet", type == LUA_TNUMBER ? "packet " : "");
    put_key(L, "nth", "");
}

/* Pushes the table at 1 as the words of --fault. */
static void push_words(lua_State *L)
{
    if (lua_geti(L, 1, 1) != LUA_TSTRING)
        luaL_error(L,
                   "box:fault: the first of the table is what happens: \"drop\", \"delay\", ...");
    const char *what = lua_tostring(L, -1);
    bool rules = strcmp(what, "rules") == 0,
         before = rules || strncmp(what, "hooks ", 6) == 0 || strncmp(what, "kill ", 5) == 0;
    bool of_packet = before || strpbrk(what, " ") == NULL;
    if (rules)
        put_key(L, "rules", "");
    if (before)
        put(L, " before");
    if (of_packet)
        put_which(L);
    put_key(L, "by", "by ");
    put_key(L, "bit", "bit ");
    put_key(L, "field", "field ");
    put_key(L, "value", "");
    put_key(L, "bytes", "to ");
    put_key(L, "at", "at ");
    put_key(L, "host", "on ");
    put_key(L, "chance", "chance ");
}

static int box_fault(lua_State *L)
{
    char error[LUA_MESSAGE_ROOM];
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
