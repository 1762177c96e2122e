/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets as text.
 */
#include "sim/packet/packet_text.h"

#include "sim/packet/packet_icmp.h"

#include "stack/wire.h"

#include <stdarg.h>
#include <stdio.h>

/* A buffer that is filled piece by piece, and the length of the whole text. */
typedef struct text {
    char *buffer;
    size_t size;
    int length;
} text_t;

__attribute__((format(printf, 2, 3))) static void add(text_t *t, const char *format, ...)
{
    va_list args;
    size_t used = (size_t)t->length < t->size ? (size_t)t->length : t->size;
    va_start(args, format);
    t->length += vsnprintf(t->buffer + used, t->size - used, format, args);
    va_end(args);
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
        add(t, "TS val %u ecr %u", get32(data), get32(data + 4));
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
            add(t, ",");
        if (kind == OPT_EOL || kind == OPT_NOP) {
            add(t, kind == OPT_EOL ? "eol" : "nop");
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
    char flags[10];
    uint32_t seq = packet_relative_seq(p, base);
    add(t, " %s %u:%u(%zu)", packet_flags_text(p->flags, flags), seq,
        seq + (uint32_t)p->payload_length, p->payload_length);
    if ((p->flags & PACKET_ACK) != 0)
        add(t, " ack %u", packet_relative_ack(p, base));
    if ((what & PACKET_NO_WINDOW) == 0)
        add(t, " win %u", p->win);
    if ((p->flags & PACKET_URG) != 0)
        add(t, " urg %u", p->urg);
    if (p->options_length > 0 && (what & PACKET_NO_OPTIONS) == 0) {
        add(t, " <");
        add_options(t, p->options, p->options_length);
        add(t, ">");
    }
}

/* ADDRESS.PORT > ADDRESS.PORT, without ports if there are none. */
static void add_ends(text_t *t, const struct packet *p)
{
    char src[IP_ADDRESS_TEXT_MAX], dst[IP_ADDRESS_TEXT_MAX];
    ip_address_text(&p->src, src, sizeof(src));
    ip_address_text(&p->dst, dst, sizeof(dst));
    if (p->kind == PACKET_TCP || p->kind == PACKET_UDP)
        add(t, "%s.%u > %s.%u", src, p->sport, dst, p->dport);
    else
        add(t, "%s > %s", src, dst);
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
