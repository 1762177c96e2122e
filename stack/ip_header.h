/* SPDX-License-Identifier: BSD-3-Clause
 *
 * An IP header of either family, read once for the stations after it.
 */
#ifndef LO0SIM_STACK_IP_HEADER_H
#define LO0SIM_STACK_IP_HEADER_H

#include "stack/hook.h"
#include "stack/ip_address.h"

/* The headers without options, and TCP's, UDP's and ICMP's. */
#define IPH_MIN   20u
#define IP6H_LEN  40u
#define TCPH_MIN  20u
#define UDPH_LEN  8u
#define ICMPH_LEN 8u

typedef struct ip_header {
    int iph_family; /* AF_INET, AF_INET6 */
    in6_addr_t iph_src, iph_dst;
    uint8_t iph_proto;    /* what follows the header */
    uint8_t iph_ttl;      /* IPv6: the hop limit */
    uint16_t iph_length;  /* the header's, with IPv4 options */
    uint8_t *iph_payload; /* in the packet; iph_payload_length bytes, as the header says */
    size_t iph_payload_length;
} ip_header_t;

/* Reads a packet's header, never past the packet's end. The lengths in the header are checked
 * against the bytes that are there; checksums and fragments are not checked.
 * => Returns NULL, or in words why the packet cannot be delivered. */
const char *ip_header_read(const mblk_t *mp, ip_header_t *iph);

/* The same, for who asks only where the packet goes: *dst is set unless there is a fault. */
const char *ip_header_dst(const mblk_t *mp, in6_addr_t *dst);

/* The checksum over a segment of `protocol` with this header, checksum field included: 0 if the
 * checksum is correct. */
uint16_t ip_payload_cksum(const ip_header_t *iph, uint8_t protocol);

/* Where the addresses lie in a packet of a family, and how long each is. */
static inline size_t ip_src_at(int family)
{
    return family == AF_INET ? 12 : 8;
}

static inline size_t ip_address_size(int family)
{
    return family == AF_INET ? 4 : 16;
}

#endif
