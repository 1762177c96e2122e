/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/ip_header.h"

#include <assert.h>

#include "stack/in_cksum.h"
#include "stack/wire.h"

static const char *read4(uint8_t *ip, size_t size, ip_header_t *iph)
{
    if (size < IPH_MIN)
        return "not an IP packet";
    size_t header = (size_t)(ip[0] & 0x0f) * 4, total = get16(ip + 2);
    if (header < IPH_MIN || total < header || total > size)
        return "bad IP length";
    *iph = (ip_header_t){.iph_family = AF_INET,
                         .iph_proto = ip[9],
                         .iph_ttl = ip[8],
                         .iph_length = header,
                         .iph_payload = ip + header,
                         .iph_payload_length = total - header};
    return NULL;
}

static const char *read6(uint8_t *ip, size_t size, ip_header_t *iph)
{
    if (size < IP6H_LEN)
        return "not an IP packet";
    size_t payload = get16(ip + 4);
    if (payload > size - IP6H_LEN)
        return "bad IP length";
    *iph = (ip_header_t){.iph_family = AF_INET6,
                         .iph_proto = ip[6],
                         .iph_ttl = ip[7],
                         .iph_length = IP6H_LEN,
                         .iph_payload = ip + IP6H_LEN,
                         .iph_payload_length = payload};
    return NULL;
}

const char *ip_header_read(const mblk_t *mp, ip_header_t *iph)
{
    uint8_t *ip = mp->b_rptr;
    size_t size = msgdsize(mp);
    unsigned version = size > 0 ? ip[0] >> 4 : 0;
    if (version != 4 && version != 6)
        return "not an IP packet";
    const char *fault = version == 4 ? read4(ip, size, iph) : read6(ip, size, iph);
    if (fault != NULL)
        return fault;
    size_t at = ip_src_at(iph->iph_family);
    iph->iph_src = ip_address_get(iph->iph_family, ip + at);
    iph->iph_dst = ip_address_get(iph->iph_family, ip + at + ip_address_size(iph->iph_family));
    assert(iph->iph_payload + iph->iph_payload_length <= mp->b_wptr);
    return NULL;
}

uint16_t ip_payload_cksum(const ip_header_t *iph, uint8_t protocol)
{
    size_t size = ip_address_size(iph->iph_family), at = sizeof(in6_addr_t) - size;
    return in_cksum_pseudo(iph->iph_src.s6_addr + at, iph->iph_dst.s6_addr + at, size, protocol,
                           iph->iph_payload, iph->iph_payload_length);
}
