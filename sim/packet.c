/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reading packets.
 */
#include "sim/packet.h"

#include "stack/in_cksum.h"
#include "stack/wire.h"

#include <string.h>

#define IPH_MIN  20
#define TCPH_MIN 20

static void parse_tcp(const uint8_t *tcph, size_t length, struct packet *p)
{
    if (length < TCPH_MIN)
        return;
    size_t offset = (size_t)(tcph[12] >> 4) * 4;
    if (offset < TCPH_MIN || offset > length)
        return;
    p->is_tcp = true;
    p->sport = get16(tcph);
    p->dport = get16(tcph + 2);
    p->seq = get32(tcph + 4);
    p->ack = get32(tcph + 8);
    p->data_offset = (uint8_t)offset;
    p->flags = tcph[13];
    p->win = get16(tcph + 14);
    p->urg = get16(tcph + 18);
    p->options = tcph + TCPH_MIN;
    p->options_length = offset - TCPH_MIN;
    p->payload = tcph + offset;
    p->payload_length = length - offset;
}

bool packet_parse(const uint8_t *bytes, size_t length, struct packet *p)
{
    if (length < IPH_MIN || bytes[0] >> 4 != 4)
        return false;
    size_t header = (size_t)(bytes[0] & 0x0f) * 4;
    size_t total = get16(bytes + 2);
    if (header < IPH_MIN || total < header || total > length)
        return false;
    *p = (struct packet){.header_length = (uint8_t)header,
                         .tos = bytes[1],
                         .total_length = (uint16_t)total,
                         .id = get16(bytes + 4),
                         .frag = get16(bytes + 6),
                         .ttl = bytes[8],
                         .proto = bytes[9],
                         .payload = bytes + header,
                         .payload_length = total - header};
    memcpy(&p->src, bytes + 12, 4);
    memcpy(&p->dst, bytes + 16, 4);
    if (p->proto == IPPROTO_TCP && (p->frag & 0x1fff) == 0)
        parse_tcp(bytes + header, total - header, p);
    return true;
}

uint32_t packet_relative_seq(const struct packet *packet, const struct packet_base *base)
{
    bool nobodys = (packet->flags & PACKET_RST) != 0 && packet->seq == 0;
    return base->has_seq && !nobodys ? packet->seq - base->seq : packet->seq;
}

uint32_t packet_relative_ack(const struct packet *packet, const struct packet_base *base)
{
    return base->has_ack ? packet->ack - base->ack : packet->ack;
}

void packet_fix_checksums(uint8_t *bytes, size_t length)
{
    struct packet p;
    if (!packet_parse(bytes, length, &p))
        return;
    put16(bytes + 10, 0);
    put16(bytes + 10, in_cksum(bytes, p.header_length));
    if (!p.is_tcp)
        return;
    uint8_t *tcph = bytes + p.header_length;
    size_t size = (size_t)p.total_length - p.header_length;
    put16(tcph + 16, 0);
    put16(tcph + 16, in_cksum_pseudo(bytes + 12, bytes + 16, 4, IPPROTO_TCP, tcph, size));
}

/* tcpdump's order. */
static const struct {
    uint8_t flag;
    char letter;
} flag_letters[] = {
    {PACKET_FIN, 'F'}, {PACKET_SYN, 'S'}, {PACKET_RST, 'R'}, {PACKET_PSH, 'P'},
    {PACKET_URG, 'U'}, {PACKET_ECE, 'E'}, {PACKET_CWR, 'W'}, {PACKET_ACK, '.'},
};

#define FLAG_COUNT (sizeof(flag_letters) / sizeof(flag_letters[0]))

const char *packet_flags_text(uint8_t flags, char *buffer)
{
    size_t length = 0;
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if ((flags & flag_letters[i].flag) != 0)
            buffer[length++] = flag_letters[i].letter;
    }
    buffer[length] = '\0';
    return length > 0 ? buffer : strcpy(buffer, "none");
}

bool packet_flags_parse(const char *text, size_t length, uint8_t *flags)
{
    *flags = 0;
    if (length == 4 && memcmp(text, "none", 4) == 0)
        return true;
    for (size_t i = 0; i < length; i++) {
        size_t j = 0;
        while (j < FLAG_COUNT && flag_letters[j].letter != text[i])
            j++;
        if (j == FLAG_COUNT)
            return false;
        *flags |= flag_letters[j].flag;
    }
    return length > 0;
}
