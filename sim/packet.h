/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet's bytes, read: what the notation, the patterns and the scripts' fields are made from.
 */
#ifndef LO0SIM_SIM_PACKET_H
#define LO0SIM_SIM_PACKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An IPv4 packet; the TCP fields are 0 unless `is_tcp`. Numbers in host order. The pointers point
 * into the bytes that were read. */
struct packet {
    uint8_t header_length; /* of IP, in bytes */
    uint8_t tos, ttl, proto;
    uint16_t total_length, id, frag; /* frag: flags and offset as they stand */
    struct in_addr src, dst;         /* network order */
    bool is_tcp;                     /* a whole TCP header is there */
    uint16_t sport, dport;
    uint32_t seq, ack;
    uint8_t data_offset; /* of TCP, in bytes */
    uint8_t flags;
    uint16_t win, urg;
    const uint8_t *options; /* of TCP */
    size_t options_length;
    const uint8_t *payload; /* of TCP; else of IP */
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

/* What makes a packet's seq and ack relative: the initial sequence numbers of its sender and of
 * its receiver, where they are known (isn.h). */
struct packet_base {
    bool has_seq, has_ack;
    uint32_t seq, ack;
};

/* Reads bytes[length], no byte too many.
 * => Returns false if they are no IPv4 packet whose lengths hold; *packet is then undefined. A
 *    fragment other than the first, and a TCP header that is cut short, are no TCP. */
bool packet_parse(const uint8_t *bytes, size_t length, struct packet *packet);

/* seq and ack as people read them. Where the initial number is not known they are absolute; so is
 * a seq of 0 in a RST, which is nobody's number. */
uint32_t packet_relative_seq(const struct packet *packet, const struct packet_base *base);
uint32_t packet_relative_ack(const struct packet *packet, const struct packet_base *base);

/* Puts the checksums of the IP header and of TCP right, in bytes that packet_parse() takes. */
void packet_fix_checksums(uint8_t *bytes, size_t length);

/* The flags in tcpdump's letters, "S.", ".", "none", into buffer[10]; and back.
 * => packet_flags_parse() returns false for other letters. */
const char *packet_flags_text(uint8_t flags, char *buffer);
bool packet_flags_parse(const char *text, size_t length, uint8_t *flags);

#endif
