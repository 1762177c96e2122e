/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads a packet's bytes. The notation, the patterns and the scripts' fields are made from the
 * result.
 */
#ifndef LO0SIM_SIM_PACKET_PACKET_H
#define LO0SIM_SIM_PACKET_PACKET_H

#include "stack/ip_address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a packet carries, if its header is complete. */
typedef enum packet_kind { PACKET_OTHER, PACKET_TCP, PACKET_UDP, PACKET_ICMP } packet_kind_t;

/* An IP packet of either family. Fields that its kind does not have are 0. Numbers are in host
 * order. The pointers point into the bytes that were read. */
struct packet {
    int family; /* AF_INET, AF_INET6 */
    packet_kind_t kind;
    uint16_t header_length; /* of IP, in bytes */
    uint8_t ttl, proto;
    uint16_t total_length; /* of the whole packet */
    uint16_t id, frag;     /* IPv4; frag: flags and offset, as in the header */
    in6_addr_t src, dst;
    uint16_t sport, dport; /* TCP and UDP */
    uint32_t seq, ack;
    uint8_t data_offset; /* of TCP, in bytes */
    uint8_t flags;
    uint16_t win, urg;
    uint8_t icmp_type, icmp_code;
    const uint8_t *options; /* of TCP */
    size_t options_length;
    const uint8_t *payload; /* after the last header that was read */
    size_t payload_length;
};

enum {
    PACKET_FIN = 0x01,
    PACKET_SYN = 0x02,
    PACKET_RST = 0x04,
    PACKET_PSH = 0x08,
    PACKET_ACK = 0x10,
    PACKET_URG = 0x20,
    PACKET_ECE = 0x40,
    PACKET_CWR = 0x80
};

/* The initial sequence numbers of a packet's sender and receiver, where they are known (isn.h): its
 * seq and ack are shown relative to them. */
struct packet_base {
    bool has_seq, has_ack;
    uint32_t seq, ack;
};

/* Reads bytes[length], and no byte past their end.
 * => Returns false if they are not an IP packet with correct lengths; *packet is then undefined. A
 *    fragment other than the first, and a packet whose header is cut short, are PACKET_OTHER. */
bool packet_parse(const uint8_t *bytes, size_t length, struct packet *packet);

/* Reads the packet that an ICMP error quotes. Only its first bytes are there: family, addresses,
 * protocol, and the ports of TCP and UDP.
 * => Returns false if the packet is not an ICMP error, or quotes too little. */
bool packet_quoted(const struct packet *packet, struct packet *quoted);

/* seq and ack as people read them. They are absolute if the initial number is not known. A seq of 0
 * in a RST is absolute, too: it was not counted from any initial number. */
uint32_t packet_relative_seq(const struct packet *packet, const struct packet_base *base);
uint32_t packet_relative_ack(const struct packet *packet, const struct packet_base *base);

/* Corrects the checksums of the IP header and of what it carries, in bytes that packet_parse()
 * accepts. */
void packet_fix_checksums(uint8_t *bytes, size_t length);

#define PACKET_FLAGS_ROOM 10

/* The flags in tcpdump's letters, "S.", ".", "none", into buffer[PACKET_FLAGS_ROOM]; and back.
 * => packet_flags_parse() returns false for other letters. */
const char *packet_flags_text(uint8_t flags, char *buffer);
bool packet_flags_parse(const char *text, size_t length, uint8_t *flags);

#endif
