/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets as text.
 */
#include "sim/packet/packet_text.h"

#include "sim/base/digits.h"
#include "sim/packet/packet_icmp.h"

#include "stack/wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A buffer that is filled piece by piece, and the length of the whole text. */
typedef struct text {
    char *buffer;
    size_t size;
    int length;
} text_t;

static size_t used_of(const text_t *t)
{
    return (size_t)t->length < t->size ? (size_t)t->length : t->size;
}

__attribute__((format(printf, 2, 3))) static void add(text_t *t, const char *format, ...)
{
    va_list args;
    size_t used = used_of(t);
    va_start(args, format);
    t->length += vsnprintf(t->buffer + used, t->size - used, format, args);
    va_end(args);
}

static void add_bytes(text_t *t, const char *bytes, size_t length)
{
    size_t used = used_of(t), room = t->size - used;
    if (room > 0) {
        size_t fits = length < room ? length : room - 1;
        memcpy(t->buffer + used, bytes, fits);
        t->buffer[used + fits] = '\0';
    }
    t->length += (int)length;
}

static void add_string(text_t *t, const char *string)
{
    add_bytes(t, string, strlen(string));
}

static void add_number(text_t *t, uint64_t number)
{
    char digits[DIGITS_MAX];
    add_bytes(t, digits, digits_unsigned(digits, number));
}

/* A word and its number, if the packet has it. */
static void add_counted(text_t *t, const char *word, bool has, uint32_t number)
{
    if (!has)
        return;
    add_string(t, word);
    add_number(t, number);
}

enum { OPT_EOL, OPT_NOP, OPT_MSS, OPT_WSCALE, OPT_SACKOK, OPT_SACK, OPT_TS = 8 };

static void add_sack(text_t *t, const uint8_t *data, size_t length)
{
    add(t, "sack %zu ", length / 8);
    for (size_t i = 0; i + 8 <= length; i += 8)
        add(t, "{%u:%u}", get32(data + i), get32(data + i + 4));
}

/* One option with a length; data[length] is what follows kind and length. */
static void add_option(text_t *t, uint8_t kind, const uint8_t *data, size_t length)
{
    if (kind == OPT_MSS && length == 2) {
        add(t, "mss %u", get16(data));
    } else if (kind == OPT_WSCALE && length == 1) {
        add(t, "wscale %u", data[0]);
    } else if (kind == OPT_SACKOK && length == 0) {
        add(t, "sackOK");
    } else if (kind == OPT_TS && length == 8) {
        add_counted(t, "TS val ", true, get32(data));
        add_counted(t, " ecr ", true, get32(data + 4));
    } else if (kind == OPT_SACK && length > 0 && length % 8 == 0) {
        add_sack(t, data, length);
    } else {
        add(t, "unknown-%u", kind);
        for (size_t i = 0; i < length; i++)
            add(t, i == 0 ? " 0x%02x" : "%02x", data[i]);
    }
}

static void add_options(text_t *t, const uint8_t *options, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint8_t kind = options[i];
        if (i > 0)
            add_string(t, ",");
        if (kind == OPT_EOL || kind == OPT_NOP) {
            add_string(t, kind == OPT_EOL ? "eol" : "nop");
            i++;
            if (kind == OPT_EOL)
                return;
            continue;
        }
        if (i + 1 >= length || options[i + 1] < 2 || i + options[i + 1] > length) {
            add(t, "[cut short]");
            return;
        }
        add_option(t, kind, options + i + 2, options[i + 1] - 2u);
        i += options[i + 1];
    }
}

int packet_options_text(const uint8_t *options, size_t length, char *buffer, size_t size)
{
    text_t t = {buffer, size, 0};
    if (size > 0)
        buffer[0] = '\0';
    add_options(&t, options, length);
    return t.length;
}

static void add_tcp(text_t *t, const struct packet *p, const struct packet_base *base,
                    unsigned what)
{
    char flags[PACKET_FLAGS_ROOM];
    uint32_t seq = packet_relative_seq(p, base);
    add_string(t, " ");
    add_string(t, packet_flags_text(p->flags, flags));
    add_string(t, " ");
    add_number(t, seq);
    add_string(t, ":");
    add_number(t, seq + (uint32_t)p->payload_length);
    add_string(t, "(");
    add_number(t, p->payload_length);
    add_string(t, ")");
    add_counted(t, " ack ", p->flags & PACKET_ACK, packet_relative_ack(p, base));
    add_counted(t, " win ", (what & PACKET_NO_WINDOW) == 0, p->win);
    add_counted(t, " urg ", p->flags & PACKET_URG, p->urg);
    if (p->options_length > 0 && (what & PACKET_NO_OPTIONS) == 0) {
        add_string(t, " <");
        add_options(t, p->options, p->options_length);
        add_string(t, ">");
    }
}

/* ADDRESS.PORT > ADDRESS.PORT, without ports if there are none. */
static void add_ends(text_t *t, const struct packet *p)
{
    char address[IP_ADDRESS_TEXT_MAX];
    bool ports = p->kind == PACKET_TCP || p->kind == PACKET_UDP;
    add_string(t, ip_address_text(&p->src, address, sizeof(address)));
    add_counted(t, ".", ports, p->sport);
    add_string(t, " > ");
    add_string(t, ip_address_text(&p->dst, address, sizeof(address)));
    add_counted(t, ".", ports, p->dport);
}

/* The names are those of ipf.conf. */
static void add_icmp(text_t *t, const struct packet *p)
{
    struct packet quoted;
    const char *type = packet_icmp_type_name(p->family, p->icmp_type);
    const char *code = packet_icmp_code_name(p->family, p->icmp_type, p->icmp_code);
    add(t, " icmp ");
    if (type != NULL)
        add(t, "%s", type);
    else
        add(t, "%u", p->icmp_type);
    if (code != NULL)
        add(t, " %s", code);
    else if (p->icmp_code != 0)
        add(t, " %u", p->icmp_code);
    if (!packet_quoted(p, &quoted))
        return;
    add(t, " for ");
    add_ends(t, &quoted);
    if (quoted.kind != PACKET_OTHER)
        add(t, " %s", quoted.kind == PACKET_TCP ? "tcp" : "udp");
}

int packet_text(const uint8_t *bytes, size_t length, const struct packet_base *base, unsigned what,
                char *buffer, size_t size)
{
    struct packet p;
    text_t t = {buffer, size, 0};

    if (!packet_parse(bytes, length, &p)) {
        add(&t, "[not an IP packet, %zu bytes]", length);
        return t.length;
    }
    add_ends(&t, &p);
    if (p.kind == PACKET_TCP)
        add_tcp(&t, &p, base, what);
    else if (p.kind == PACKET_ICMP)
        add_icmp(&t, &p);
    else if (p.kind == PACKET_UDP)
        add(&t, " udp %zu bytes", p.payload_length);
    else
        add(&t, " proto %u %zu bytes", p.proto, p.payload_length);
    if ((p.frag & 0x3fff) != 0)
        add(&t, " (frag %u:%zu@%u%s)", p.id, (size_t)p.total_length - p.header_length,
            (p.frag & 0x1fffu) * 8, (p.frag & 0x2000) != 0 ? "+" : "");
    return t.length;
}
