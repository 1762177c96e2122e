/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reading packets.
 */
#include "sim/packet/packet.h"

#include "stack/in_cksum.h"
#include "stack/ip_header.h"
#include "stack/wire.h"

#include <string.h>

static void parse_tcp(const uint8_t *tcph, size_t length, struct packet *p)
{
    if (length < TCPH_MIN)
        return;
    size_t offset = (size_t)(tcph[12] >> 4) * 4;
    if (offset < TCPH_MIN || offset > length)
        return;
    p->kind = PACKET_TCP;
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

static void parse_udp(const uint8_t *udph, size_t length, struct packet *p)
{
    if (length < UDPH_LEN)
        return;
    p->kind = PACKET_UDP;
    p->sport = get16(udph);
    p->dport = get16(udph + 2);
    p->payload = udph + UDPH_LEN;
    p->payload_length = length - UDPH_LEN;
}

static void parse_icmp(const uint8_t *icmph, size_t length, struct packet *p)
{
    if (length < ICMPH_LEN)
        return;
    p->kind = PACKET_ICMP;
    p->icmp_type = icmph[0];
    p->icmp_code = icmph[1];
    p->payload = icmph + ICMPH_LEN;
    p->payload_length = length - ICMPH_LEN;
}

static bool is_icmp(const struct packet *p)
{
    return p->proto == (p->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

bool packet_parse(const uint8_t *bytes, size_t length, struct packet *p)
{
    /* The reader changes nothing. */
    mblk_t mp = {.b_rptr = (uint8_t *)(uintptr_t)bytes,
                 .b_wptr = (uint8_t *)(uintptr_t)bytes + length};
    ip_header_t iph;
    if (ip_header_read(&mp, &iph) != NULL)
        return false;
    bool v4 = iph.iph_family == AF_INET;
    *p = (struct packet){.family = iph.iph_family,
                         .header_length = (uint16_t)iph.iph_length,
                         .ttl = iph.iph_ttl,
                         .proto = iph.iph_proto,
                         .total_length = (uint16_t)(iph.iph_length + iph.iph_payload_length),
                         .id = v4 ? get16(bytes + 4) : 0,
                         .frag = v4 ? get16(bytes + 6) : 0,
                         .src = iph.iph_src,
                         .dst = iph.iph_dst,
                         .payload = iph.iph_payload,
                         .payload_length = iph.iph_payload_length};
    if ((p->frag & 0x1fff) != 0)
        return true;
    if (p->proto == IPPROTO_TCP)
        parse_tcp(iph.iph_payload, iph.iph_payload_length, p);
    else if (p->proto == IPPROTO_UDP)
        parse_udp(iph.iph_payload, iph.iph_payload_length, p);
    else if (is_icmp(p))
        parse_icmp(iph.iph_payload, iph.iph_payload_length, p);
    return true;
}

static bool is_icmp_error(const struct packet *p)
{
    if (p->kind != PACKET_ICMP)
        return false;
    if (p->family == AF_INET6)
        return p->icmp_type < 128;
    return p->icmp_type == 3 || p->icmp_type == 4 || p->icmp_type == 5 || p->icmp_type == 11 ||
           p->icmp_type == 12;
}

bool packet_quoted(const struct packet *p, struct packet *quoted)
{
    const uint8_t *ip = p->payload;
    if (!is_icmp_error(p) || p->payload_length < 1)
        return false;
    bool v4 = p->family == AF_INET;
    size_t header = v4 ? (size_t)(ip[0] & 0x0f) * 4 : IP6H_LEN;
    if (ip[0] >> 4 != (v4 ? 4 : 6) || header < IPH_MIN || p->payload_length < header + 4)
        return false;
    size_t at = ip_src_at(p->family), size = ip_address_size(p->family);
    *quoted = (struct packet){.family = p->family,
                              .header_length = (uint16_t)header,
                              .proto = v4 ? ip[9] : ip[6],
                              .src = ip_address_get(p->family, ip + at),
                              .dst = ip_address_get(p->family, ip + at + size)};
    if (quoted->proto == IPPROTO_TCP || quoted->proto == IPPROTO_UDP) {
        quoted->kind = quoted->proto == IPPROTO_TCP ? PACKET_TCP : PACKET_UDP;
        quoted->sport = get16(ip + header);
        quoted->dport = get16(ip + header + 2);
    }
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

/* The offset, after the IP header, of the checksum of the packet's TCP, UDP or ICMP; 0 if it has
 * none. */
static size_t checksum_at(const struct packet *p)
{
    switch (p->kind) {
    case PACKET_TCP:
        return 16;
    case PACKET_UDP:
        return 6;
    case PACKET_ICMP:
        return 2;
    default:
        return 0;
    }
}

void packet_fix_checksums(uint8_t *bytes, size_t length)
{
    mblk_t mp = {.b_rptr = bytes, .b_wptr = bytes + length};
    ip_header_t iph;
    struct packet p;
    if (!packet_parse(bytes, length, &p) || ip_header_read(&mp, &iph) != NULL)
        return;
    if (p.family == AF_INET) {
        put16(bytes + 10, 0);
        put16(bytes + 10, in_cksum(bytes, p.header_length));
    }
    size_t at = checksum_at(&p);
    if (at == 0)
        return;
    put16(iph.iph_payload + at, 0);
    put16(iph.iph_payload + at, p.proto == IPPROTO_ICMP
                                    ? in_cksum(iph.iph_payload, iph.iph_payload_length)
                                    : ip_payload_cksum(&iph, p.proto));
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
