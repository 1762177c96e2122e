/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/fr_witness.h"

#include "filter/fr_impl.h"
#include "stack/in_cksum.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#define IPV4_HLEN 20u
#define IPV6_HLEN 40u
#define TCP_HLEN  20u
#define UDP_HLEN  8u

static void put_address(uint8_t *at, const i6addr_t *address, int version)
{
    for (size_t i = 0; i < (version == 6 ? 4u : 1u); i++)
        put32(at + 4 * i, address->i6[i]);
}

static void fill_ip(uint8_t *ip, const fr_witness_t *packet, uint16_t l4)
{
    if (packet->version == 6) {
        ip[0] = 0x60;
        put16(ip + 4, l4);
        ip[6] = packet->proto;
        ip[7] = 60;
    } else {
        ip[0] = 0x45;
        put16(ip + 2, (uint16_t)(IPV4_HLEN + l4));
        put16(ip + 4, 1);
        put16(ip + 6, 0x4000);
        ip[8] = 64;
        ip[9] = packet->proto;
    }
    put_address(ip + (packet->version == 6 ? 8 : 12), &packet->src, packet->version);
    put_address(ip + (packet->version == 6 ? 24 : 16), &packet->dst, packet->version);
    if (packet->version == 4)
        put16(ip + 10, in_cksum(ip, IPV4_HLEN));
}

mblk_t *fr_witness_packet(const fr_witness_t *packet)
{
    size_t header = packet->version == 6 ? IPV6_HLEN : IPV4_HLEN;
    size_t l4 = packet->proto == IPPROTO_TCP ? TCP_HLEN : UDP_HLEN;
    mblk_t *m = allocb(header + l4);
    if (m == NULL)
        return NULL;
    uint8_t *ip = m->b_rptr, *segment = ip + header;
    m->b_wptr = segment + l4;
    fill_ip(ip, packet, (uint16_t)l4);
    put16(segment, packet->sport);
    put16(segment + 2, packet->dport);
    if (packet->proto == IPPROTO_TCP) {
        put32(segment + 4, packet->seq);
        put32(segment + 8, packet->ack);
        segment[12] = 0x50;
        segment[13] = packet->flags != 0 ? packet->flags : TH_SYN;
        put16(segment + 14, 49152);
    } else {
        put16(segment + 4, UDP_HLEN);
    }
    size_t sum = packet->proto == IPPROTO_TCP ? 16 : 6;
    put16(segment + sum, fr_l4_cksum(packet->version, ip, packet->proto, segment, l4));
    return m;
}
