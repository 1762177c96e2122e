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

/* Why a packet cannot be delivered, by the lengths in its header; or NULL. */
static inline const char *fault_of(const uint8_t *ip, size_t size)
{
    if (size >= IPH_MIN && ip[0] >> 4 == 4) {
        size_t header = (size_t)(ip[0] & 0x0f) * 4, total = get16(ip + 2);
        return header < IPH_MIN || total < header || total > size ? "bad IP length" : NULL;
    }
    if (size >= IP6H_LEN && ip[0] >> 4 == 6)
        return get16(ip + 4) > size - IP6H_LEN ? "bad IP length" : NULL;
    return "not an IP packet";
}

static void read4(uint8_t *ip, ip_header_t *iph)
{
    size_t header = (size_t)(ip[0] & 0x0f) * 4;
    *iph = (ip_header_t){.iph_family = AF_INET,
                         .iph_src = address4(ip + 12),
                         .iph_dst = address4(ip + 16),
                         .iph_proto = ip[9],
                         .iph_ttl = ip[8],
                         .iph_length = (uint16_t)header,
                         .iph_payload = ip + header,
                         .iph_payload_length = get16(ip + 2) - header};
}

static void read6(uint8_t *ip, ip_header_t *iph)
{
    *iph = (ip_header_t){.iph_family = AF_INET6,
                         .iph_src = ip_address_get(AF_INET6, ip + 8),
                         .iph_dst = ip_address_get(AF_INET6, ip + 24),
                         .iph_proto = ip[6],
                         .iph_ttl = ip[7],
                         .iph_length = IP6H_LEN,
                         .iph_payload = ip + IP6H_LEN,
                         .iph_payload_length = get16(ip + 4)};
}

const char *ip_header_read(const mblk_t *mp, ip_header_t *iph)
{
    uint8_t *ip = mp->b_rptr;
    const char *fault = fault_of(ip, msgdsize(mp));
    if (fault != NULL)
        return fault;
    if (ip[0] >> 4 == 4)
        read4(ip, iph);
    else
        read6(ip, iph);
    assert(iph->iph_payload + iph->iph_payload_length <= mp->b_wptr);
    return NULL;
}

const char *ip_header_dst(const mblk_t *mp, in6_addr_t *dst)
{
    const uint8_t *ip = mp->b_rptr;
    const char *fault = fault_of(ip, msgdsize(mp));
    if (fault == NULL)
        *dst = ip[0] >> 4 == 4 ? address4(ip + 16) : ip_address_get(AF_INET6, ip + 24);
    return fault;
}

uint16_t ip_payload_cksum(const ip_header_t *iph, uint8_t protocol)
{
    size_t size = ip_address_size(iph->iph_family), at = sizeof(in6_addr_t) - size;
    return in_cksum_pseudo(iph->iph_src.s6_addr + at, iph->iph_dst.s6_addr + at, size, protocol,
                           iph->iph_payload, iph->iph_payload_length);
}
