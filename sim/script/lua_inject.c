/* SPDX-License-Identifier: BSD-3-Clause
 *
 * box:inject: puts a packet of the script's own into the path. It starts as all zeros, and its
 * fields are set one by one, as a hook sets them (packet_fields.h).
 */
#include "sim/packet/packet.h"
#include "sim/packet/packet_fields.h"
#include "sim/script/lua_expect.h"
#include "sim/script/lua_verb.h"
#include "stack/in_cksum.h"
#include "stack/ip_header.h"
#include "stack/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TTL          64
#define MORE         0x2000
#define FRAGMENT_MAX 65528

/* The places for `at`, by the names of the taps. */
static const struct {
    tap_t tap;
    ip_station_t station;
} stations[] = {{TAP_LOOPBACK_OUT_BEFORE, IP_STATION_WPUT_IRE},
                {TAP_LOOPBACK_OUT_AFTER, IP_STATION_WPUT_LOCAL},
                {TAP_LOOPBACK_IN_BEFORE, IP_STATION_WPUT_LOCAL},
                {TAP_LOOPBACK_IN_AFTER, IP_STATION_DELIVER},
                {TAP_PHYSICAL_OUT_BEFORE, IP_STATION_WPUT_IRE},
                {TAP_PHYSICAL_OUT_AFTER, IP_STATION_XMIT},
                {TAP_WIRE, IP_STATION_XMIT},
                {TAP_PHYSICAL_IN_BEFORE, IP_STATION_RPUT},
                {TAP_PHYSICAL_IN_AFTER, IP_STATION_DELIVER_WIRE}};

static ip_station_t check_station(lua_State *L, const char **name)
{
    *name = "ip_wput_ire";
    if (lua_getfield(L, 2, "at") == LUA_TNIL)
        return IP_STATION_WPUT_IRE;
    *name = luaL_checkstring(L, -1);
    int tap = tap_find(*name);
    for (size_t i = 0; i < sizeof(stations) / sizeof(stations[0]); i++) {
        if ((int)stations[i].tap == tap)
            return stations[i].station;
    }
    if (tap >= 0)
        luaL_error(L, "box:inject: at '%s' packets are seen, and none can be put there", *name);
    lua_unknown_name(L, -1, "tap", tap_names);
    return IP_STATION_WPUT_IRE;
}

/* ---- making it ---- */

/* A packet of zeros, of the protocol and the family that the fields say. */
static mblk_t *blank(lua_State *L)
{
    static const struct {
        const char *name;
        uint8_t number4, number6;
        size_t length;
    } protos[] = {{"tcp", IPPROTO_TCP, IPPROTO_TCP, 20},
                  {"udp", IPPROTO_UDP, IPPROTO_UDP, 8},
                  {"icmp", IPPROTO_ICMP, IPPROTO_ICMPV6, 8}};
    static const char *const names[] = {"tcp", "udp", "icmp", NULL};
    in6_addr_t src;
    lua_getfield(L, 2, "proto");
    size_t row = lua_check_word(L, -1, "protocol", "tcp", names);
    if (lua_getfield(L, 2, "src") != LUA_TSTRING || !ip_address_parse(lua_tostring(L, -1), &src))
        luaL_error(L, "box:inject: 'src' and 'dst' are addresses, such as \"127.0.0.1\"");
    bool v4 = ip_address_family(&src) == AF_INET;
    size_t header = v4 ? IPH_MIN : IP6H_LEN, length = protos[row].length;
    mblk_t *mp = allocb_from(runtime_of(L)->box->memory, header + length);
    if (mp == NULL)
        luaL_error(L, "box:inject: out of memory");
    uint8_t *ip = mp->b_rptr;
    memset(ip, 0, header + length);
    mp->b_wptr += header + length;
    ip[0] = v4 ? 0x45 : 0x60;
    ip[v4 ? 9 : 6] = v4 ? protos[row].number4 : protos[row].number6;
    ip[v4 ? 8 : 7] = TTL;
    put16(ip + (v4 ? 2 : 4), (uint16_t)(v4 ? header + length : length));
    if (row == 0)
        ip[header + 12] = 5 << 4;
    if (row == 1)
        put16(ip + header + 4, 8);
    return mp;
}

/* The field at -1.
 * => Returns false if a field has no such value. */
static bool read_value(lua_State *L, struct packet_value *value)
{
    int is_whole;
    *value = (struct packet_value){.is_number = lua_type(L, -1) == LUA_TNUMBER};
    if (value->is_number) {
        value->number = lua_tointegerx(L, -1, &is_whole);
        return is_whole;
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        return false;
    size_t length;
    value->bytes = lua_tolstring(L, -1, &length);
    value->length = length;
    return true;
}

/* Sets each field in the table; `bytes` replaces the whole packet. */
static mblk_t *set_fields(lua_State *L, mblk_t *mp)
{
    char error[LUA_MESSAGE_ROOM] = "a field is a whole number or a string";
    for (size_t i = 0; packet_field_names[i] != NULL; i++) {
        const char *name = packet_field_names[i];
        struct packet_value value;
        if (strcmp(name, "proto") == 0 || lua_getfield(L, 2, name) == LUA_TNIL)
            continue;
        mblk_t *set =
            read_value(L, &value) ? packet_field_set(mp, name, &value, error, sizeof(error)) : NULL;
        if (set == NULL) {
            freemsg(mp);
            luaL_error(L, "box:inject: '%s': %s", name, error);
        }
        mp = set;
    }
    return mp;
}

/* `bytes` is the whole packet: a field beside it would say nothing. */
static void check_alone(lua_State *L)
{
    for (size_t i = 0; packet_field_names[i] != NULL; i++) {
        const char *name = packet_field_names[i];
        if (strcmp(name, "bytes") != 0 && lua_getfield(L, 2, name) != LUA_TNIL)
            luaL_error(L, "box:inject: 'bytes' is the whole packet, so '%s' is not read", name);
    }
    if (lua_getfield(L, 2, "checksum") != LUA_TNIL)
        luaL_error(L, "box:inject: 'bytes' is the whole packet, so 'checksum' is not read");
}

/* Checksums that are wrong on purpose. */
static void spoil(mblk_t *mp, const char *which)
{
    static const struct {
        uint8_t proto, at;
    } sums[] = {{IPPROTO_TCP, 16}, {IPPROTO_UDP, 6}, {IPPROTO_ICMP, 2}, {IPPROTO_ICMPV6, 2}};
    struct packet p;
    if (!packet_parse(mp->b_rptr, msgdsize(mp), &p))
        return;
    if (strcmp(which, "wrong ip") == 0)
        mp->b_rptr[10] ^= 0xff;
    for (size_t i = 0; strcmp(which, "wrong") == 0 && i < sizeof(sums) / sizeof(sums[0]); i++) {
        if (sums[i].proto == p.proto)
            mp->b_rptr[p.header_length + sums[i].at] ^= 0xff;
    }
}

static mblk_t *make(lua_State *L)
{
    static const char *const sums[] = {"right", "wrong", "wrong ip", NULL};
    lua_getfield(L, 2, "checksum");
    const char *which = sums[lua_check_word(L, -1, "checksum", "right", sums)];
    if (lua_getfield(L, 2, "bytes") == LUA_TSTRING) {
        size_t length;
        const char *bytes = lua_tolstring(L, -1, &length);
        check_alone(L);
        mblk_t *mp = allocb_from(runtime_of(L)->box->memory, length);
        if (mp == NULL)
            luaL_error(L, "box:inject: out of memory");
        memcpy(mp->b_wptr, bytes, length);
        mp->b_wptr += length;
        return mp;
    }
    mblk_t *mp = set_fields(L, blank(L));
    if (strcmp(which, "wrong ip") == 0 && mp->b_rptr[0] >> 4 == 6) {
        freemsg(mp);
        luaL_error(L, "box:inject: IPv6's header has no checksum to be wrong");
    }
    spoil(mp, which);
    return mp;
}

/* ---- in pieces ---- */

/* The n-th fragment, from 0, with `size` bytes of the packet's payload, or fewer at its end.
 * => Returns NULL if there is no such fragment, or no memory. */
static mblk_t *fragment_of(const mblk_t *mp, size_t size, size_t n)
{
    size_t header = (size_t)(mp->b_rptr[0] & 0x0f) * 4, whole = msgdsize(mp) - header;
    size_t at = n * size;
    if (at >= whole)
        return NULL;
    size_t length = whole - at < size ? whole - at : size;
    mblk_t *piece = allocb_from(mp->b_memory, header + length);
    if (piece == NULL)
        return NULL;
    memcpy(piece->b_rptr, mp->b_rptr, header);
    memcpy(piece->b_rptr + header, mp->b_rptr + header + at, length);
    piece->b_wptr += header + length;
    put16(piece->b_rptr + 2, (uint16_t)(header + length));
    put16(piece->b_rptr + 6, (uint16_t)(at / 8 | (at + length < whole ? MORE : 0)));
    put16(piece->b_rptr + 10, 0);
    put16(piece->b_rptr + 10, in_cksum(piece->b_rptr, header));
    return piece;
}

/* => Returns 0; or an errno, and the packet is freed. */
static int put(ip_stack_t *ips, ip_station_t station, mblk_t *mp)
{
    int error = ip_inject(ips, station, mp);
    if (error != 0)
        freemsg(mp);
    return error;
}

/* How many fragments of `size` bytes a packet makes; 0 if its header is not whole, or all of it. */
static size_t fragments_of(const mblk_t *mp, size_t size)
{
    size_t header = (size_t)(mp->b_rptr[0] & 0x0f) * 4, whole = msgdsize(mp);
    return header >= IPH_MIN && whole > header ? (whole - header + size - 1) / size : 0;
}

/* => Returns why the field 'order', which is at -1, cannot be; or NULL. */
static const char *check_order(lua_State *L, size_t count)
{
    if (!lua_istable(L, -1) || luaL_len(L, -1) == 0)
        return "'order' is a list of fragments";
    for (lua_Integer i = 1; i <= luaL_len(L, -1); i++) {
        int is_integer;
        bool is_number = lua_geti(L, -1, i) == LUA_TNUMBER;
        lua_Integer n = lua_tointegerx(L, -1, &is_integer);
        lua_pop(L, 1);
        if (!is_number || !is_integer || n < 1 || (uint64_t)n > count)
            return "'order' names fragments by their numbers, from 1";
    }
    return NULL;
}

/* Sends fragments of `size` bytes each, in the order of the list at -1, or else (nil) in their own;
 * the list can leave out some and repeat others. The caller keeps `mp`.
 * => Returns 0 or an errno. */
static int put_fragments(lua_State *L, ip_stack_t *ips, ip_station_t station, const mblk_t *mp,
                         size_t size)
{
    bool ordered = lua_istable(L, -1);
    size_t count = ordered ? (size_t)luaL_len(L, -1) : fragments_of(mp, size);
    int error = 0;
    for (size_t i = 0; i < count && error == 0; i++) {
        size_t n = i;
        if (ordered) {
            lua_geti(L, -1, (lua_Integer)i + 1);
            n = (size_t)lua_tointeger(L, -1) - 1;
            lua_pop(L, 1);
        }
        mblk_t *piece = fragment_of(mp, size, n);
        error = piece != NULL ? put(ips, station, piece) : ENOMEM;
    }
    return error;
}

/* => Returns 0 if the packet is not to be fragmented. */
static size_t check_fragment(lua_State *L)
{
    if (lua_getfield(L, 2, "fragment") == LUA_TNIL)
        return 0;
    int is_whole;
    lua_Integer size = lua_tointegerx(L, -1, &is_whole);
    if (!is_whole || size < 8 || size % 8 != 0 || size > FRAGMENT_MAX)
        luaL_error(L, "box:inject: 'fragment' is a multiple of 8 bytes, up to %d", FRAGMENT_MAX);
    return (size_t)size;
}

static int inject(lua_State *L)
{
    ip_stack_t *ips = lua_check_host(L, "inject");
    const char *at;
    lua_settop(L, 2);
    ip_station_t station = check_station(L, &at);
    size_t fragment = check_fragment(L);
    mblk_t *mp = make(L);
    LUA_TRACE_CALL(runtime_of(L), INJECT, .name = at);
    bool is_v4 = msgdsize(mp) >= IPH_MIN && mp->b_rptr[0] >> 4 == 4;
    const char *wrong = fragment == 0                     ? NULL
                        : !is_v4                          ? "'fragment' is for IPv4"
                        : fragments_of(mp, fragment) == 0 ? "'fragment': nothing is there to cut"
                                                          : NULL;
    if (lua_getfield(L, 2, "order") != LUA_TNIL && wrong == NULL)
        wrong =
            fragment == 0 ? "'order' needs 'fragment'" : check_order(L, fragments_of(mp, fragment));
    if (wrong != NULL) {
        freemsg(mp);
        return luaL_error(L, "box:inject: %s", wrong);
    }
    int error;
    if (fragment == 0) {
        error = put(ips, station, mp);
    } else {
        error = put_fragments(L, ips, station, mp, fragment);
        freemsg(mp);
    }
    if (error == ENOMEM)
        return luaL_error(L, "box:inject: out of memory");
    return error == 0 ? 0
                      : luaL_error(L, "box:inject: no packet to this destination passes %s", at);
}

void lua_inject_open(lua_State *L)
{
    static const sandbox_verb_t host_verbs[] = {
        {"inject", inject,
         "packet: {at checksum fragment order proto src dst sport dport flags seq ack win type "
         "code "
         "ttl id payload bytes}"},
        {NULL, NULL, NULL},
    };
    lua_add_host_verbs(L, host_verbs);
}
