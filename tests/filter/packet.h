/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets for the filter's tests, built from a few fields and shown as hex.
 */
#ifndef LO0SIM_TESTS_FILTER_PACKET_H
#define LO0SIM_TESTS_FILTER_PACKET_H

#include "stack/hook.h"

#include <stdint.h>

/* What differs between packets. The defaults: TCP, 127.0.0.1 to 127.0.0.1, port 33001 to port 22,
 * seq 0x01020304, ack 0, no options, no payload, ttl 64, id 0x1234. */
typedef struct packet {
    int proto;         /* 0: TCP */
    const char *src;   /* NULL: 127.0.0.1 */
    const char *dst;   /* NULL: 127.0.0.1 */
    int sport;         /* 0: 33001 */
    int dport;         /* 0: 22 */
    const char *flags; /* letters of FSRPAUEC; NULL: S */
    uint32_t seq;      /* 0: 0x01020304 */
    uint32_t ack;
    int options; /* bytes of TCP options: 0; 24, as in a SYN of Solaris; 4: scale 2; 8: also SACK */
    int payload; /* bytes after the transport header */
    int frag;    /* the IP header's fragment word */
    int id;      /* 0: 0x1234 */
    int ttl;     /* 0: 64 */
    int win;     /* TCP: 0: 0xc000; -1: 0 */
    int icmp;    /* ICMP: type << 8 | code */
    int query;   /* ICMP: the identifier, and the sequence number << 16 */
    const struct packet *quotes; /* ICMP: the packet whose first 28 bytes follow */
    int cut;                     /* bytes that are missing at the end, headers unchanged */
    bool bad_sum;
} packet_t;

/* => Returns the packet, with correct checksums. The caller frees it. */
mblk_t *packet_make(const packet_t *packet);

/* Whether the checksums of an IPv4 TCP packet are correct. */
bool packet_sums_right(const mblk_t *mp);

/* => Returns bytes as hex, in groups of four, in a buffer that the next call reuses. */
const char *packet_hex(const uint8_t *bytes, size_t length);

#endif
