/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/filter/packet.h"
#include "stack/in_cksum.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* MSS 8192, NOP NOP timestamp, NOP wscale 0, NOP NOP SACK permitted: 24 bytes. */
static const uint8_t syn_options[24] = {2, 4, 0x20, 0, 1, 1, 8, 10, 0, 0, 0, 7,
                                        0, 0, 0,    0, 1, 3, 3, 0,  1, 1, 4, 2};

/* Window scale 2, NOP; SACK permitted, NOP NOP. */
static const uint8_t scale_options[8] = {3, 3, 2, 1, 4, 2, 1, 1};

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

static uint8_t flag_bits(const char *flags)
{
    static const char letters[] = "FSRPAUEC";
    uint8_t bits = 0;
    for (; *flags != '\0'; flags++)
        bits |= (uint8_t)(1u << (strchr(letters, *flags) - letters));
    return bits;
}

static void fill_tcp(uint8_t *tcp, const packet_t *packet)
{
    put32(tcp + 4, packet->seq != 0 ? packet->seq : 0x01020304);
    put32(tcp + 8, packet->ack);
    tcp[12] = (uint8_t)((20 + packet->options) / 4 << 4);
    tcp[13] = flag_bits(packet->flags != NULL ? packet->flags : "S");
    put16(tcp + 14, packet->win == 0 ? 0xc000u : packet->win < 0 ? 0 : (unsigned)packet->win);
    memcpy(tcp + 20, packet->options < 24 ? scale_options : syn_options, (size_t)packet->options);
}

static void fill_icmp(uint8_t *icmp, const packet_t *packet)
{
    put16(icmp, (unsigned)packet->icmp);
    put16(icmp + 2, 0);
    put16(icmp + 4, (unsigned)packet->query);
    put16(icmp + 6, (unsigned)packet->query >> 16);
    if (packet->quotes == NULL)
        return;
    mblk_t *quoted = packet_make(packet->quotes);
    memcpy(icmp + 8, quoted->b_rptr, 28);
    freemsg(quoted);
}

mblk_t *packet_make(const packet_t *packet)
{
    int proto = packet->proto != 0 ? packet->proto : 6;
    size_t header = proto == 6 ? 20 + (size_t)packet->options : 8;
    size_t length = header + (size_t)packet->payload + (packet->quotes != NULL ? 28 : 0);
    mblk_t *mp = allocb(20 + length);
    uint8_t *ip = mp->b_rptr;
    uint8_t *l4 = ip + 20;

    mp->b_wptr += 20 + length;
    ip[0] = 0x45;
    put16(ip + 2, (unsigned)(20 + length));
    put16(ip + 4, packet->id != 0 ? (unsigned)packet->id : 0x1234);
    put16(ip + 6, (unsigned)packet->frag);
    ip[8] = (uint8_t)(packet->ttl != 0 ? packet->ttl : 64);
    ip[9] = (uint8_t)proto;
    inet_pton(AF_INET, packet->src != NULL ? packet->src : "127.0.0.1", ip + 12);
    inet_pton(AF_INET, packet->dst != NULL ? packet->dst : "127.0.0.1", ip + 16);
    put16(ip + 10, in_cksum(ip, 20));

    put16(l4, packet->sport != 0 ? (unsigned)packet->sport : 33001);
    put16(l4 + 2, packet->dport != 0 ? (unsigned)packet->dport : 22);
    memset(l4 + header, 'x', (size_t)packet->payload);
    if (proto == 6) {
        fill_tcp(l4, packet);
        put16(l4 + 16, in_cksum_pseudo(ip + 12, ip + 16, 4, 6, l4, length));
        if (packet->bad_sum)
            l4[16] ^= 0x55;
    } else if (proto == 1 && packet->icmp != 0) {
        fill_icmp(l4, packet);
        put16(l4 + 2, packet->bad_sum ? 0x5555 : in_cksum(l4, length));
    } else {
        put16(l4 + 4, (unsigned)length);
    }
    mp->b_wptr -= packet->cut;
    return mp;
}

bool packet_sums_right(const mblk_t *mp)
{
    const uint8_t *ip = mp->b_rptr;
    return in_cksum(ip, 20) == 0 &&
           in_cksum_pseudo(ip + 12, ip + 16, 4, 6, ip + 20, msgdsize(mp) - 20) == 0;
}

const char *packet_hex(const uint8_t *bytes, size_t length)
{
    static char text[4096];
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < length && at + 4 < sizeof(text); i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%02x",
                               i > 0 && i % 4 == 0 ? " " : "", bytes[i]);
    return text;
}
