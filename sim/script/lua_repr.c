/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Values in the script's own notation.
 */
#include "sim/script/lua_expect.h"
#include "sim/script/sandbox.h"
#include "sim/script/sandbox_base.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#define REPR_MAX  200 /* and "..." after that */
#define REPR_ROOM (REPR_MAX + sizeof("..."))
#define DEPTH_MAX 4

typedef struct repr {
    char text[REPR_ROOM];
    size_t length;
    bool full;
} repr_t;

static void add(repr_t *r, const char *text)
{
    size_t length = strlen(text);
    if (r->full)
        return;
    if (r->length + length > REPR_MAX) {
        r->full = true;
        strcpy(r->text + r->length, "...");
        return;
    }
    memcpy(r->text + r->length, text, length + 1);
    r->length += length;
}

static void add_string(repr_t *r, const char *text, size_t length)
{
    add(r, "\"");
    for (size_t i = 0; i < length && !r->full; i++) {
        unsigned char c = (unsigned char)text[i];
        char piece[8];
        if (c == '"' || c == '\\')
            snprintf(piece, sizeof(piece), "\\%c", c);
        else if (c == '\n')
            snprintf(piece, sizeof(piece), "\\n");
        else if (c < 0x20 || c == 0x7f)
            snprintf(piece, sizeof(piece), "\\x%02X", c);
        else
            snprintf(piece, sizeof(piece), "%c", c);
        add(r, piece);
    }
    add(r, "\"");
}

static void add_value(lua_State *L, repr_t *r, int index, int depth);

static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_')
        return false;
    while (isalnum((unsigned char)*text) || *text == '_')
        text++;
    return *text == '\0';
}

static void add_key(lua_State *L, repr_t *r, int depth)
{
    if (lua_type(L, -2) == LUA_TSTRING && is_name(lua_tostring(L, -2))) {
        add(r, lua_tostring(L, -2));
    } else {
        add(r, "[");
        add_value(L, r, lua_absindex(L, -2), depth + 1);
        add(r, "]");
    }
    add(r, " = ");
}

/* Pushes the key after the one on top, in order, and its value; pops the key. */
static bool step(lua_State *L, int table)
{
    lua_pushcfunction(L, sandbox_next);
    lua_insert(L, -2);
    lua_pushvalue(L, table);
    lua_insert(L, -2);
    lua_call(L, 2, 2);
    if (!lua_isnil(L, -2))
        return true;
    lua_pop(L, 2);
    return false;
}

static void add_table(lua_State *L, repr_t *r, int index, int depth)
{
    lua_Integer expected = 1;
    bool any = false;
    luaL_checkstack(L, 10, NULL);
    if (depth >= DEPTH_MAX) {
        add(r, "{ ... }");
        return;
    }
    add(r, "{");
    lua_pushnil(L);
    while (step(L, index)) {
        add(r, any ? ", " : " ");
        any = true;
        if (lua_isinteger(L, -2) && lua_tointeger(L, -2) == expected)
            expected++;
        else
            add_key(L, r, depth);
        add_value(L, r, lua_gettop(L), depth + 1);
        lua_pop(L, 1);
        if (r->full) {
            lua_pop(L, 1);
            break;
        }
    }
    add(r, any ? " }" : "}");
}

static void add_value(lua_State *L, repr_t *r, int index, int depth)
{
    size_t length;
    switch (lua_type(L, index)) {
    case LUA_TSTRING: {
        const char *text = lua_tolstring(L, index, &length);
        add_string(r, text, length);
        break;
    }
    case LUA_TTABLE:
        add_table(L, r, index, depth);
        break;
    default:
        add(r, sandbox_tostring(L, index));
        lua_pop(L, 1);
    }
}

const char *lua_repr(lua_State *L, int index)
{
    repr_t r = {.length = 0};
    add_value(L, &r, lua_absindex(L, index), 0);
    return lua_pushstring(L, r.text);
}
