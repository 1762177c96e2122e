/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet's fields by name.
 */
#include "sim/packet/packet_fields.h"

#include "sim/packet/packet.h"
#include "stack/ip_header.h"
#include "stack/wire.h"

#include <stdio.h>
#include <string.h>

#define PACKET_MAX 65535

enum field {
    F_PROTO,
    F_SRC,
    F_DST,
    F_SPORT,
    F_DPORT,
    F_FLAGS,
    F_SEQ,
    F_ACK,
    F_WIN,
    F_TYPE,
    F_CODE,
    F_TTL,
    F_ID,
    F_PAYLOAD,
    F_BYTES,
    F_NONE
};

const char *const packet_field_names[] = {"proto", "src",     "dst",   "sport", "dport", "flags",
                                          "seq",   "ack",     "win",   "type",  "code",  "ttl",
                                          "id",    "payload", "bytes", NULL};

static enum field find(const char *name)
{
    int i = 0;
    while (packet_field_names[i] != NULL && strcmp(packet_field_names[i], name) != 0)
        i++;
    return (enum field)i;
}

bool packet_field_is(const char *name)
{
    return find(name) != F_NONE;
}

/* Whether a packet has a field. */
static bool has(const struct packet *p, enum field field)
{
    switch (field) {
    case F_SPORT:
    case F_DPORT:
        return p->kind == PACKET_TCP || p->kind == PACKET_UDP;
    case F_FLAGS:
    case F_SEQ:
    case F_ACK:
    case F_WIN:
        return p->kind == PACKET_TCP;
    case F_TYPE:
    case F_CODE:
        return p->kind == PACKET_ICMP;
    case F_ID:
        return p->family == AF_INET;
    default:
        return true;
    }
}

static bool set_number(struct packet_value *value, int64_t number)
{
    value->is_number = true;
    value->number = number;
    return true;
}

static bool set_text(struct packet_value *value, const char *text)
{
    value->is_number = false;
    value->bytes = text;
    value->length = strlen(text);
    return true;
}

static bool set_bytes(struct packet_value *value, const uint8_t *bytes, size_t length)
{
    value->is_number = false;
    value->bytes = (const char *)bytes;
    value->length = length;
    return true;
}

static bool get_address(struct packet_value *value, const in6_addr_t *address)
{
    return set_text(value, ip_address_text(address, value->room, sizeof(value->room)));
}

static const struct {
    const char *name;
    uint8_t number;
} protos[] = {
    {"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"icmp", IPPROTO_ICMP}, {"icmp6", IPPROTO_ICMPV6}};

#define PROTO_COUNT (sizeof(protos) / sizeof(protos[0]))

static const char *proto_name(uint8_t number)
{
    for (size_t i = 0; i < PROTO_COUNT; i++) {
        if (protos[i].number == number)
            return protos[i].name;
    }
    return NULL;
}

bool packet_field_get(const uint8_t *bytes, size_t length, const char *name,
                      struct packet_value *value)
{
    enum field field = find(name);
    struct packet p;
    if (field == F_BYTES)
        return set_bytes(value, bytes, length);
    if (!packet_parse(bytes, length, &p) || !has(&p, field))
        return false;
    switch (field) {
    case F_PROTO:
        if (proto_name(p.proto) != NULL)
            return set_text(value, proto_name(p.proto));
        return set_number(value, p.proto);
    case F_SRC:
        return get_address(value, &p.src);
    case F_DST:
        return get_address(value, &p.dst);
    case F_SPORT:
        return set_number(value, p.sport);
    case F_DPORT:
        return set_number(value, p.dport);
    case F_FLAGS:
        return set_text(value, packet_flags_text(p.flags, value->room));
    case F_SEQ:
        return set_number(value, p.seq);
    case F_ACK:
        return set_number(value, p.ack);
    case F_WIN:
        return set_number(value, p.win);
    case F_TYPE:
        return set_number(value, p.icmp_type);
    case F_CODE:
        return set_number(value, p.icmp_code);
    case F_TTL:
        return set_number(value, p.ttl);
    case F_ID:
        return set_number(value, p.id);
    case F_PAYLOAD:
        return set_bytes(value, p.payload, p.payload_length);
    default:
        return false;
    }
}

/* ---- writing ---- */

static mblk_t *replace_bytes(mblk_t *mp, const char *bytes, size_t length)
{
    mblk_t *copy = allocb_from(mp->b_memory, length);
    if (copy == NULL)
        return NULL;
    memcpy(copy->b_wptr, bytes, length);
    copy->b_wptr += length;
    copy->b_packet = mp->b_packet;
    return copy;
}

static mblk_t *set_payload(mblk_t *mp, const struct packet *p, const struct packet_value *value)
{
    size_t head = (size_t)(p->payload - mp->b_rptr);
    mblk_t *copy = allocb_from(mp->b_memory, head + value->length);
    if (copy == NULL)
        return NULL;
    memcpy(copy->b_wptr, mp->b_rptr, head);
    memcpy(copy->b_wptr + head, value->bytes, value->length);
    copy->b_wptr += head + value->length;
    copy->b_packet = mp->b_packet;
    if (p->family == AF_INET)
        put16(copy->b_rptr + 2, (uint16_t)(head + value->length));
    else
        put16(copy->b_rptr + 4, (uint16_t)(head + value->length - p->header_length));
    if (p->kind == PACKET_UDP)
        put16(copy->b_rptr + p->header_length + 4, (uint16_t)(UDPH_LEN + value->length));
    return copy;
}

static const char *set_address(uint8_t *at, int family, const struct packet_value *value)
{
    char text[IP_ADDRESS_TEXT_MAX];
    in6_addr_t address;
    const char *expected = family == AF_INET
                               ? "an IPv4 address as a string is expected, such as \"127.0.0.1\""
                               : "an IPv6 address as a string is expected, such as \"::1\"";
    if (value->is_number || value->length >= sizeof(text))
        return expected;
    memcpy(text, value->bytes, value->length);
    text[value->length] = '\0';
    if (strlen(text) != value->length || !ip_address_parse(text, &address) ||
        ip_address_family(&address) != family)
        return expected;
    ip_address_put(&address, at);
    return NULL;
}

static const char *set_flags(uint8_t *at, const struct packet_value *value)
{
    uint8_t flags;
    if (value->is_number || !packet_flags_parse(value->bytes, value->length, &flags))
        return "flags are a string of the letters FSRPUEW and . for ACK, such as \"S.\"";
    *at = flags;
    return NULL;
}

static const char *set_proto(uint8_t *at, const struct packet_value *value)
{
    if (value->is_number && value->number >= 0 && value->number <= 255) {
        *at = (uint8_t)value->number;
        return NULL;
    }
    for (size_t i = 0; !value->is_number && i < PROTO_COUNT; i++) {
        if (strlen(protos[i].name) == value->length &&
            memcmp(protos[i].name, value->bytes, value->length) == 0) {
            *at = protos[i].number;
            return NULL;
        }
    }
    return "a protocol is \"tcp\", \"udp\", \"icmp\", \"icmp6\" or a number from 0 to 255";
}

/* A number of `size` bytes, 1, 2 or 4. */
static const char *put_number(uint8_t *at, size_t size, const struct packet_value *value)
{
    int64_t most = size == 1 ? UINT8_MAX : UINT16_MAX;
    if (!value->is_number)
        return "a number is expected";
    /* seq and ack wrap, as they do on the wire. */
    if (size < 4 && (value->number < 0 || value->number > most))
        return size == 1 ? "a number from 0 to 255 is expected"
                         : "a number from 0 to 65535 is expected";
    if (size == 1)
        *at = (uint8_t)value->number;
    else if (size == 2)
        put16(at, (uint16_t)value->number);
    else
        put32(at, (uint32_t)value->number);
    return NULL;
}

/* => Returns NULL, or what is wrong. */
static const char *set_in_place(uint8_t *ip, const struct packet *p, enum field field,
                                const struct packet_value *value)
{
    uint8_t *next = ip + p->header_length;
    size_t at = ip_src_at(p->family);
    bool v4 = p->family == AF_INET;
    switch (field) {
    case F_PROTO:
        return set_proto(ip + (v4 ? 9 : 6), value);
    case F_SRC:
        return set_address(ip + at, p->family, value);
    case F_DST:
        return set_address(ip + at + ip_address_size(p->family), p->family, value);
    case F_SPORT:
        return put_number(next, 2, value);
    case F_DPORT:
        return put_number(next + 2, 2, value);
    case F_FLAGS:
        return set_flags(next + 13, value);
    case F_SEQ:
        return put_number(next + 4, 4, value);
    case F_ACK:
        return put_number(next + 8, 4, value);
    case F_WIN:
        return put_number(next + 14, 2, value);
    case F_TYPE:
        return put_number(next, 1, value);
    case F_CODE:
        return put_number(next + 1, 1, value);
    case F_TTL:
        return put_number(ip + (v4 ? 8 : 7), 1, value);
    default:
        return put_number(ip + 4, 2, value);
    }
}

/* Why a packet does not have a field. */
static const char *lacks(enum field field)
{
    if (field == F_ID)
        return "an IPv6 packet has no identifier";
    if (field == F_TYPE || field == F_CODE)
        return "this packet is not ICMP";
    return field == F_SPORT || field == F_DPORT ? "this packet has no ports"
                                                : "this packet is not TCP";
}

static const char *set_field(mblk_t **mp, enum field field, const struct packet_value *value)
{
    struct packet p;
    mblk_t *copy = NULL;
    if (!packet_parse((*mp)->b_rptr, msgdsize(*mp), &p))
        return "this is not an IP packet: only `bytes` can be set";
    if (!has(&p, field))
        return lacks(field);
    if (field != F_PAYLOAD) {
        const char *why = set_in_place((*mp)->b_rptr, &p, field, value);
        if (why == NULL)
            packet_fix_checksums((*mp)->b_rptr, msgdsize(*mp));
        return why;
    }
    if (value->is_number)
        return "a string is expected";
    if ((size_t)(p.payload - (*mp)->b_rptr) + value->length > PACKET_MAX)
        return "a packet has 65535 bytes at most";
    if ((copy = set_payload(*mp, &p, value)) == NULL)
        return "out of memory";
    packet_fix_checksums(copy->b_rptr, msgdsize(copy));
    freemsg(*mp);
    *mp = copy;
    return NULL;
}

mblk_t *packet_field_set(mblk_t *mp, const char *name, const struct packet_value *value,
                         char *error, size_t size)
{
    enum field field = find(name);
    const char *why = NULL;
    if (field == F_BYTES) {
        mblk_t *copy = NULL;
        if (value->is_number)
            why = "a string is expected";
        else if (value->length > PACKET_MAX)
            why = "a packet has 65535 bytes at most";
        else if ((copy = replace_bytes(mp, value->bytes, value->length)) == NULL)
            why = "out of memory";
        if (why == NULL) {
            freemsg(mp);
            return copy;
        }
    } else {
        why = set_field(&mp, field, value);
    }
    if (why == NULL)
        return mp;
    snprintf(error, size, "%s", why);
    return NULL;
}
