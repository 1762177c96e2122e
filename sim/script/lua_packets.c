/* SPDX-License-Identifier: BSD-3-Clause
 *
 * box:expect_packets and box:packets: the packets that passed a tap, compared with patterns, or as
 * a table.
 */
#include "sim/packet/packet.h"
#include "sim/packet/packet_fields.h"
#include "sim/packet/packet_pattern.h"
#include "sim/packet/packet_text.h"
#include "sim/script/lua_expect.h"
#include "sim/script/lua_verb.h"

#include <lcount.h>
#include <string.h>

static int check_tap(lua_State *L, int arg)
{
    const char *name = luaL_checkstring(L, arg);
    int tap = tap_find(name);
    if (tap >= 0)
        return tap;
    if (strcmp(name, NH_LOOPBACK_IN) == 0 || strcmp(name, NH_LOOPBACK_OUT) == 0 ||
        strcmp(name, NH_PHYSICAL_IN) == 0 || strcmp(name, NH_PHYSICAL_OUT) == 0)
        return luaL_error(L, "the tap '%s' needs a side: '%s:before' or '%s:after'", name, name,
                          name);
    const char *names[TAPS + 2] = {"lo0"}; /* the same as snoop */
    memcpy(names + 1, tap_names, TAPS * sizeof(names[0]));
    return lua_unknown_name(L, arg, "tap", names);
}

#define TEXT_ROOM 512 /* for a packet in one line */

static void add_packet_text(luaL_Buffer *b, const tap_packet_t *packet)
{
    char text[TEXT_ROOM];
    packet_copy_text(packet->copy, 0, text, sizeof(text));
    luaL_addstring(b, text);
}

/* Shows the packets that passed beside the expected ones, line by line, and marks the first pair
 * that differs. */
static int packets_differ(lua_State *L, const char *tap, const tap_packet_t *packets, size_t count,
                          size_t expected, size_t first, bool more_comes)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t i = 0; i < count || i < expected; i++) {
        luaL_addstring(&b, i == first ? "\n> expected  " : "\n  expected  ");
        if (i < expected) {
            lua_rawgeti(L, 3, (lua_Integer)i + 1);
            luaL_addvalue(&b);
        } else {
            luaL_addstring(&b, "nothing more");
        }
        luaL_addstring(&b, i == first ? "\n> actual    " : "\n  actual    ");
        if (i < count)
            add_packet_text(&b, &packets[i]);
        else
            luaL_addstring(&b, "nothing more");
    }
    if (count < expected && more_comes)
        luaL_addstring(&b, "\n  more is on its way at this instant: box:settle() lets it arrive");
    luaL_pushresult(&b);
    lua_fail(L, "box:expect_packets: the packets at %s differ%s", tap, lua_tostring(L, -1));
    return 0;
}

/* Whether something happens without time passing. */
static bool is_busy(const runtime_t *rt)
{
    uint64_t at_us;
    return vclock_next(rt->box->clock, &at_us) && at_us <= box_now(rt->box);
}

#define PATTERN_WORK 100 /* what one costs of the budget of instructions */

static void parse_pattern(lua_State *L, int i, struct packet_pattern *pattern)
{
    struct packet_pattern_error error;
    if (lua_rawgeti(L, 3, i) != LUA_TSTRING)
        luaL_error(L, "box:expect_packets: pattern %d is not a string", i);
    if (packet_pattern_parse(lua_tostring(L, -1), pattern, &error) != 0)
        luaL_error(L, "box:expect_packets: pattern %d, column %d: %s", i, error.column,
                   error.message);
    lua_pop(L, 1);
}

/* The length of a list; a table with other keys is not a list. */
static size_t check_list(lua_State *L, int index)
{
    size_t length = (size_t)lua_rawlen(L, index), count = 0;
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        lua_pop(L, 1);
        lua_work(L, 1);
        count++;
    }
    if (count != length)
        luaL_error(L, "box:expect_packets takes a list of patterns: { \"...\", \"...\" }");
    return length;
}

static int box_expect_packets(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:expect_packets");
    int tap = check_tap(L, 2);
    size_t expected = check_list(L, 3);
    if (rt->box->taps == NULL)
        return runtime_want_taps(rt, L);
    const tap_packet_t *packets;
    size_t count = tap_packets(rt->box->taps, tap, &packets);
    if (tap_overflowed(rt->box->taps, tap))
        return luaL_error(L,
                          "box:expect_packets: more than %d packets passed %s since the last "
                          "call: ask more often",
                          TAP_PACKETS_MAX, lua_tostring(L, 2));
    size_t first = SIZE_MAX; /* that differs */
    for (size_t i = 0; i < expected; i++) {
        struct packet_pattern pattern;
        struct packet packet;
        lua_work(L, PATTERN_WORK);
        parse_pattern(L, (int)i + 1, &pattern);
        if (i >= count || !packet_copy_parse(packets[i].copy, &packet) ||
            !packet_pattern_match(&pattern, &packet, &packets[i].copy->base))
            first = first < i ? first : i;
    }
    if (count > expected && first == SIZE_MAX)
        first = expected;
    if (first != SIZE_MAX)
        return packets_differ(L, lua_tostring(L, 2), packets, count, expected, first, is_busy(rt));
    tap_clear(rt->box->taps, tap);
    return 0;
}

/* A packet as a table of its fields, and its time and notation. */
static void push_packet(lua_State *L, const tap_packet_t *packet)
{
    char text[TEXT_ROOM];
    lua_newtable(L);
    for (size_t i = 0; packet_field_names[i] != NULL; i++) {
        struct packet_value value;
        const packet_copy_t *copy = packet->copy;
        lua_work(L, 1);
        if (!packet_field_get(copy->bytes, copy->length, packet_field_names[i], &value))
            continue;
        if (value.is_number)
            lua_pushinteger(L, (lua_Integer)value.number);
        else
            lua_pushlstring(L, value.bytes, value.length);
        lua_setfield(L, -2, packet_field_names[i]);
    }
    lua_pushnumber(L, (lua_Number)packet->time_us / 1e6);
    lua_setfield(L, -2, "time");
    packet_copy_text(packet->copy, 0, text, sizeof(text));
    lua_pushstring(L, text);
    lua_setfield(L, -2, "text");
}

static int box_packets(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:packets");
    int tap = check_tap(L, 2);
    if (rt->box->taps == NULL)
        return runtime_want_taps(rt, L);
    const tap_packet_t *packets;
    size_t count = tap_packets(rt->box->taps, tap, &packets);
    if (tap_overflowed(rt->box->taps, tap))
        return luaL_error(L,
                          "box:packets: more than %d packets passed %s since the last call: ask "
                          "more often",
                          TAP_PACKETS_MAX, lua_tostring(L, 2));
    lua_newtable(L);
    for (size_t i = 0; i < count; i++) {
        push_packet(L, &packets[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    tap_clear(rt->box->taps, tap);
    return 1;
}

void lua_packets_open(lua_State *L)
{
    static const sandbox_verb_t box_verbs[] = {
        {"packets", box_packets, "tap: string"},
        {"expect_packets", box_expect_packets, "tap: string, patterns: table"},
        {NULL, NULL, NULL},
    };
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', box_verbs);
}
