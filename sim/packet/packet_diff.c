/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Compares two states of a packet field by field.
 */
#include "sim/packet/packet_diff.h"

#include "sim/base/digits.h"
#include "sim/packet/packet_text.h"

#include "stack/wire.h"

#include <stdio.h>
#include <string.h>

typedef struct state {
    const uint8_t *bytes;
    struct packet p;
    const struct packet_base *base;
} state_t;

enum meaning { M_NUMBER, M_HEX, M_ADDRESS, M_SEQ, M_ACK, M_FLAGS, M_LENGTHS, M_OFFSET, M_FRAG };

/* The header that a field is in; its offset counts from there. */
enum header { H_IP4, H_IP6, H_TCP, H_UDP, H_ICMP };

static const struct field {
    const char *name;
    enum header header;
    size_t offset, size;
    enum meaning meaning;
} fields[] = {
    {"version, length", H_IP4, 0, 1, M_LENGTHS}, {"type of service", H_IP4, 1, 1, M_HEX},
    {"total length", H_IP4, 2, 2, M_NUMBER},     {"identifier", H_IP4, 4, 2, M_NUMBER},
    {"fragment", H_IP4, 6, 2, M_FRAG},           {"ttl", H_IP4, 8, 1, M_NUMBER},
    {"protocol", H_IP4, 9, 1, M_NUMBER},         {"IP checksum", H_IP4, 10, 2, M_HEX},
    {"source", H_IP4, 12, 4, M_ADDRESS},         {"destination", H_IP4, 16, 4, M_ADDRESS},
    {"version, flow", H_IP6, 0, 4, M_HEX},       {"payload length", H_IP6, 4, 2, M_NUMBER},
    {"next header", H_IP6, 6, 1, M_NUMBER},      {"hop limit", H_IP6, 7, 1, M_NUMBER},
    {"source", H_IP6, 8, 16, M_ADDRESS},         {"destination", H_IP6, 24, 16, M_ADDRESS},
    {"source port", H_TCP, 0, 2, M_NUMBER},      {"destination port", H_TCP, 2, 2, M_NUMBER},
    {"sequence number", H_TCP, 4, 4, M_SEQ},     {"ack number", H_TCP, 8, 4, M_ACK},
    {"data offset", H_TCP, 12, 1, M_OFFSET},     {"flags", H_TCP, 13, 1, M_FLAGS},
    {"window", H_TCP, 14, 2, M_NUMBER},          {"TCP checksum", H_TCP, 16, 2, M_HEX},
    {"urgent pointer", H_TCP, 18, 2, M_NUMBER},  {"source port", H_UDP, 0, 2, M_NUMBER},
    {"destination port", H_UDP, 2, 2, M_NUMBER}, {"UDP length", H_UDP, 4, 2, M_NUMBER},
    {"UDP checksum", H_UDP, 6, 2, M_HEX},        {"ICMP type", H_ICMP, 0, 1, M_NUMBER},
    {"ICMP code", H_ICMP, 1, 1, M_NUMBER},       {"ICMP checksum", H_ICMP, 2, 2, M_HEX},
    {"id, or unused", H_ICMP, 4, 2, M_HEX},      {"sequence, or MTU", H_ICMP, 6, 2, M_NUMBER},
};

static uint32_t value_of(const uint8_t *at, size_t size)
{
    return size == 1 ? at[0] : size == 2 ? get16(at) : get32(at); /* an address: its first word */
}

/* => Returns where the number ends. */
static char *put_number(char *text, uint32_t value)
{
    text += digits_unsigned(text, value);
    *text = '\0';
    return text;
}

/* A number, with the relative one in brackets if it differs. */
static void describe_relative(char *text, uint32_t value, uint32_t relative)
{
    char *end = put_number(text, value);
    if (value != relative)
        strcpy(put_number(stpcpy(end, " (+"), relative), ")");
}

static void describe_hex(char *text, const uint8_t *at, size_t size)
{
    text = stpcpy(text, "0x");
    text[digits_hex(text, at, size)] = '\0';
}

/* text[size]: of a packet_change. */
static void describe(char *text, size_t size, const state_t *s, const struct field *f,
                     const uint8_t *at)
{
    uint32_t value = value_of(at, f->size);
    in6_addr_t address;
    char word[PACKET_FLAGS_ROOM];
    switch (f->meaning) {
    case M_HEX:
        describe_hex(text, at, f->size);
        break;
    case M_ADDRESS:
        address = ip_address_get(s->p.family, at);
        ip_address_text(&address, text, size);
        break;
    case M_SEQ:
        describe_relative(text, value, packet_relative_seq(&s->p, s->base));
        break;
    case M_ACK:
        if ((s->p.flags & PACKET_ACK) != 0)
            describe_relative(text, value, packet_relative_ack(&s->p, s->base));
        else
            put_number(text, value);
        break;
    case M_FLAGS:
        snprintf(text, size, "%s", packet_flags_text(s->p.flags, word));
        break;
    case M_LENGTHS:
        snprintf(text, size, "%u, %u bytes", value >> 4, (value & 0x0f) * 4);
        break;
    case M_OFFSET:
        snprintf(text, size, "%u bytes", (value >> 4) * 4);
        break;
    case M_FRAG:
        snprintf(text, size, "%s", value == 0x4000 ? "DF" : value == 0 ? "-" : "fragment");
        break;
    default:
        put_number(text, value);
    }
}

static void add_field(struct packet_change *change, const struct field *f, const state_t *before,
                      const state_t *after)
{
    size_t offset = f->offset + (f->header >= H_TCP ? before->p.header_length : 0);
    *change = (struct packet_change){.name = f->name, .offset = offset, .size = f->size};
    change->changed = memcmp(before->bytes + offset, after->bytes + offset, f->size) != 0;
    describe(change->from, sizeof(change->from), before, f, before->bytes + offset);
    if (before->bytes == after->bytes && before->base == after->base)
        strcpy(change->to, change->from); /* a packet and itself: its fields are wanted */
    else
        describe(change->to, sizeof(change->to), after, f, after->bytes + offset);
}

static void add_block(struct packet_change *change, const char *name, size_t offset, size_t size,
                      const state_t *before, const state_t *after)
{
    *change = (struct packet_change){.name = name, .offset = offset, .size = size};
    change->changed = memcmp(before->bytes + offset, after->bytes + offset, size) != 0;
    snprintf(change->from, sizeof(change->from), "%zu bytes", size);
    snprintf(change->to, sizeof(change->to), "%zu bytes", size);
}

static bool same_shape(const struct packet *a, const struct packet *b)
{
    return a->kind == b->kind && a->family == b->family && a->header_length == b->header_length &&
           a->data_offset == b->data_offset && a->total_length == b->total_length;
}

/* Whether a packet has a field. */
static bool has_field(const struct packet *p, const struct field *f)
{
    static const enum header carried[] = {
        [PACKET_OTHER] = H_IP4, [PACKET_TCP] = H_TCP, [PACKET_UDP] = H_UDP, [PACKET_ICMP] = H_ICMP};
    if (f->header < H_TCP)
        return (f->header == H_IP4) == (p->family == AF_INET);
    return f->header == carried[p->kind];
}

size_t packet_diff(const uint8_t *before, const uint8_t *after, size_t length,
                   const struct packet_base *before_base, const struct packet_base *after_base,
                   struct packet_change changes[PACKET_CHANGES_MAX])
{
    state_t b = {.bytes = before, .base = before_base}, a = {.bytes = after, .base = after_base};
    size_t count = 0;
    if (!packet_parse(before, length, &b.p) || !packet_parse(after, length, &a.p) ||
        !same_shape(&b.p, &a.p))
        return 0;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!has_field(&b.p, &fields[i]))
            continue;
        add_field(&changes[count++], &fields[i], &b, &a);
        if (fields[i].header == H_IP4 && fields[i].offset == 16 && b.p.header_length > 20)
            add_block(&changes[count++], "IP options", 20, b.p.header_length - 20u, &b, &a);
    }
    if (b.p.options_length > 0)
        add_block(&changes[count++], "TCP options", b.p.header_length + 20u, b.p.options_length, &b,
                  &a);
    if (b.p.payload_length > 0)
        add_block(&changes[count++], "payload", (size_t)(b.p.payload - before), b.p.payload_length,
                  &b, &a);
    return count;
}

/* ---- the table ---- */

#define ROW_BYTES 4

static void put_hex(FILE *out, const uint8_t *at, size_t size)
{
    for (size_t i = 0; i < ROW_BYTES; i++) {
        if (i < size)
            fprintf(out, "%02x ", at[i]);
        else
            fprintf(out, "   ");
    }
}

static void put_row(FILE *out, const struct packet_change *c, const uint8_t *before,
                    const uint8_t *after)
{
    bool wide = c->size > ROW_BYTES;
    fprintf(out, "%s 0x%02zx  %-17s  ", c->changed ? "*" : " ", c->offset, c->name);
    if (wide) {
        fprintf(out, "%s\n", c->changed ? "changed" : c->from);
        return;
    }
    put_hex(out, before + c->offset, c->size);
    fprintf(out, c->changed ? " -> " : "    ");
    if (c->changed) {
        put_hex(out, after + c->offset, c->size);
        fprintf(out, " %s -> %s\n", c->from, c->to);
    } else {
        fprintf(out, "%*s %s\n", ROW_BYTES * 3, "", c->from);
    }
}

void packet_diff_table(FILE *out, const uint8_t *before, const uint8_t *after, size_t length,
                       const struct packet_base *before_base, const struct packet_base *after_base)
{
    struct packet_change changes[PACKET_CHANGES_MAX];
    size_t count = packet_diff(before, after, length, before_base, after_base, changes);
    for (size_t i = 0; i < count; i++)
        put_row(out, &changes[i], before, after);
}
