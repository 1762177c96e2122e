/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/ip_header.h"

#include <assert.h>

#include "stack/in_cksum.h"
#include "stack/wire.h"

static inline in6_addr_t address4(const uint8_t *at)
{
    struct in_addr v4;
    memcpy(&v4, at, sizeof(v4));
    return ip_address_v4(v4);
}

static const char *read4(uint8_t *ip, size_t size, ip_header_t *iph)
{
    size_t header = (size_t)(ip[0] & 0x0f) * 4, total = get16(ip + 2);
    if (header < IPH_MIN || total < header || total > size)
        return "bad IP length";
    *iph = (ip_header_t){.iph_family = AF_INET,
                         .iph_src = address4(ip + 12),
                         .iph_dst = address4(ip + 16),
                         .iph_proto = ip[9],
                         .iph_ttl = ip[8],
                         .iph_length = header,
                         .iph_payload = ip + header,
                         .iph_payload_length = total - header};
    assert(iph->iph_payload + iph->iph_payload_length <= ip + size);
    return NULL;
}

static const char *read6(uint8_t *ip, size_t size, ip_header_t *iph)
{
    size_t payload = get16(ip + 4);
    if (payload > size - IP6H_LEN)
        return "bad IP length";
    *iph = (ip_header_t){.iph_family = AF_INET6,
                         .iph_src = ip_address_get(AF_INET6, ip + 8),
                         .iph_dst = ip_address_get(AF_INET6, ip + 24),
                         .iph_proto = ip[6],
                         .iph_ttl = ip[7],
                         .iph_length = IP6H_LEN,
                         .iph_payload = ip + IP6H_LEN,
                         .iph_payload_length = payload};
    assert(iph->iph_payload + iph->iph_payload_length <= ip + size);
    return NULL;
}

const char *ip_header_read(const mblk_t *mp, ip_header_t *iph)
{
    uint8_t *ip = mp->b_rptr;
    size_t size = msgdsize(mp);
    if (size >= IPH_MIN && ip[0] >> 4 == 4)
        return read4(ip, size, iph);
    if (size >= IP6H_LEN && ip[0] >> 4 == 6)
        return read6(ip, size, iph);
    return "not an IP packet";
}

uint16_t ip_payload_cksum(const ip_header_t *iph, uint8_t protocol)
{
    size_t size = ip_address_size(iph->iph_family), at = sizeof(in6_addr_t) - size;
    return in_cksum_pseudo(iph->iph_src.s6_addr + at, iph->iph_dst.s6_addr + at, size, protocol,
                           iph->iph_payload, iph->iph_payload_length);
}
