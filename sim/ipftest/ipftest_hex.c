/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets as hexadecimal bytes.
 */
#include "sim/ipftest/ipftest_packet.h"

#include "filter/ipf_mark.h"

#include <stdio.h>
#include <string.h>

const char *ipftest_line(ipftest_input_t *in, size_t *length)
{
    const char *line = in->next;
    if (in->line == 0)
        line += ipf_mark_length(line, (size_t)(in->end - line));
    if (line == in->end)
        return NULL;
    const char *newline = memchr(line, '\n', (size_t)(in->end - line));
    *length = (size_t)((newline != NULL ? newline : in->end) - line);
    in->next = newline != NULL ? newline + 1 : in->end;
    in->line++;
    if (*length > 0 && line[*length - 1] == '\r')
        --*length;
    return line;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int fail(ipftest_input_t *in, const char *message)
{
    snprintf(in->error, sizeof(in->error), "%s", message);
    return -1;
}

static bool word_is(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

/* The words after the closing bracket, or after the interface: {+mcast|+bcast|+mbcast}.
 * => Returns where they end; NULL if there is another word. */
static const char *read_casts(const char *text, const char *end, ipftest_packet_t *packet)
{
    while (text < end && *text == '+') {
        const char *word = text + 1;
        for (text = word; text < end && *text != '+' && *text != ' ' && *text != '\t';)
            text++;
        size_t length = (size_t)(text - word);
        bool both = word_is(word, length, "mbcast");
        if (!both && !word_is(word, length, "mcast") && !word_is(word, length, "bcast"))
            return NULL;
        /* As in IPFilter, +mbcast sets neither flag. */
        packet->multicast = packet->multicast || (!both && *word == 'm');
        packet->broadcast = packet->broadcast || (!both && *word == 'b');
    }
    return text;
}

static bool set_ifname(const char *name, size_t length, ipftest_packet_t *packet)
{
    if (length == 0 || length >= sizeof(packet->ifname))
        return false;
    memcpy(packet->ifname, name, length);
    packet->ifname[length] = '\0';
    return true;
}

/* What stands between the brackets: DIRECTION,IF[+mcast|+bcast]. As in IPFilter, a word alone is
 * the interface of a packet that comes in; no word is a packet that comes in on anon0. */
static bool read_head(const char *text, size_t length, ipftest_packet_t *packet)
{
    const char *end = text + length, *plus = memchr(text, '+', length);
    if (plus != NULL) {
        if (read_casts(plus, end, packet) != end)
            return false;
        end = plus;
    }
    const char *comma = memchr(text, ',', (size_t)(end - text));
    if (comma == NULL)
        return end == text || set_ifname(text, (size_t)(end - text), packet);
    size_t word = (size_t)(comma - text);
    packet->out = word_is(text, word, "out");
    if (!packet->out && !word_is(text, word, "in"))
        return false;
    return set_ifname(comma + 1, (size_t)(end - comma) - 1, packet);
}

/* The brackets and what belongs to them, at the beginning of a line.
 * => Returns where the bytes begin; NULL if it is not well-formed. */
static const char *read_brackets(const char *line, size_t length, ipftest_packet_t *packet)
{
    const char *close = memchr(line, ']', length);
    if (close == NULL || !read_head(line + 1, (size_t)(close - line) - 1, packet))
        return NULL;
    return read_casts(close + 1, line + length, packet);
}

/* The bytes on a line. */
static const char *read_bytes(const char *text, size_t length, ipftest_packet_t *packet)
{
    int high = -1;
    for (size_t i = 0; i < length && text[i] != '#'; i++) {
        if (text[i] == ' ' || text[i] == '\t')
            continue;
        int value = digit(text[i]);
        if (value < 0)
            return "expected hexadecimal digits";
        if (high < 0) {
            high = value;
            continue;
        }
        if (packet->length == IPFTEST_PACKET_MAX)
            return "a packet has 65535 bytes at most";
        packet->bytes[packet->length++] = (uint8_t)(high << 4 | value);
        high = -1;
    }
    return high < 0 ? NULL : "half a byte at the end of the line";
}

int ipftest_read_hex(ipftest_input_t *in, ipftest_packet_t *packet)
{
    const char *line;
    size_t length;
    bool any = false;
    packet->out = packet->multicast = packet->broadcast = false;
    packet->length = 0;
    strcpy(packet->ifname, "anon0");
    while ((line = ipftest_line(in, &length)) != NULL) {
        while (length > 0 && (*line == ' ' || *line == '\t')) {
            line++;
            length--;
        }
        if (length == 0 && any)
            return 1;
        if (length == 0 || *line == '#')
            continue;
        if (*line == '[') {
            const char *bytes = read_brackets(line, length, packet);
            if (bytes == NULL)
                return fail(in, "expected [in,IF] or [out,IF], with +mcast, +bcast or +mbcast");
            length -= (size_t)(bytes - line);
            line = bytes;
        }
        any = true;
        const char *why = read_bytes(line, length, packet);
        if (why != NULL)
            return fail(in, why);
    }
    return any ? 1 : 0;
}
