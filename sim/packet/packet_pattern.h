/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Patterns for packets, in the notation that packets are shown in:
 *
 *   127.0.0.1.* > 127.0.0.1.22 S 0:0(0) win 49152 <>
 *   ::1.* > ::1.53 udp 5 bytes
 *   127.0.0.1 > 127.0.0.1 icmp unreach port-unr
 *
 * The ends and the flags (or the word in their place) are always compared. What can follow them is
 * compared only if it is written. `*` is any address, port, end, flags or numbers; `localhost` is
 * 127.0.0.1; `<>` is "no options".
 */
#ifndef LO0SIM_SIM_PACKET_PACKET_PATTERN_H
#define LO0SIM_SIM_PACKET_PACKET_PATTERN_H

#include "sim/packet/packet.h"

struct packet_pattern_end {
    bool any_addr, any_port;
    in6_addr_t addr;
    uint16_t port;
};

struct packet_pattern {
    packet_kind_t kind;
    struct packet_pattern_end src, dst;
    bool any_flags;
    uint8_t flags;
    bool has_seq, has_ack, has_win, has_ttl, has_id, has_urg, has_options;
    uint32_t seq, end, length, ack;
    uint32_t win, ttl, id, urg;
    bool has_code, has_bytes;
    uint8_t icmp_type, icmp_code;
    uint32_t bytes; /* of UDP's payload */
    char options[256];
};

struct packet_pattern_error {
    int column; /* from 1 */
    char message[160];
};

/* Reads a pattern.
 * => Returns 0; EINVAL with *error filled in. */
int packet_pattern_parse(const char *text, struct packet_pattern *pattern,
                         struct packet_pattern_error *error);

/* Whether a packet matches a pattern. */
bool packet_pattern_match(const struct packet_pattern *pattern, const struct packet *packet,
                          const struct packet_base *base);

#endif
