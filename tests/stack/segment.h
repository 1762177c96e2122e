/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets of either family for the stack's tests, and a watch at LOOPBACK_OUT that notes what each
 * end of a conversation has sent.
 */
#ifndef LO0SIM_TESTS_STACK_SEGMENT_H
#define LO0SIM_TESTS_STACK_SEGMENT_H

#include "tests/stack/host.h"

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20 };

/* A packet of protocol `proto` with `length` bytes of payload, TTL 64 and no identifier. The
 * checksums of the IP header and of TCP, UDP or ICMP are correct. The caller owns it. */
mblk_t *packet_of(const in6_addr_t *src, const in6_addr_t *dst, uint8_t proto,
                  const uint8_t *payload, size_t length);

/* The same for TCP, without data. */
mblk_t *segment_of(const ip_endpoint_t *src, const ip_endpoint_t *dst, uint8_t flags, uint32_t seq,
                   uint32_t ack);

/* An ICMP error of a type and a code from `src` to `dst`, about `quoted[length]`. */
mblk_t *icmp_about(const in6_addr_t *src, const in6_addr_t *dst, uint8_t type, uint8_t code,
                   const uint8_t *quoted, size_t length);

/* Corrects the checksums of a packet. */
void packet_fix(mblk_t *mp);

/* Writes the 8 bytes of a UDP header, and `length` bytes of data, into `udp`. packet_of() fills in
 * the checksum. */
void put_udp(uint8_t *udp, uint16_t sport, uint16_t dport, const void *data, size_t length);

/* The offset of the transport header in a packet. */
size_t transport_at(const mblk_t *mp);

/* Sends a packet as the host itself would, through both hooks, and runs what follows at this
 * instant. Takes `mp`. */
void send_packet(host_t *host, mblk_t *mp);

/* The newest segment that one end has sent. */
typedef struct sent {
    uint32_t iss, snd_nxt, rcv_nxt;
    uint8_t last[128]; /* its newest packet that occupies sequence space */
    size_t last_length;
} sent_t;

/* Notes what port 22 and all other ports send. Eats the segments whose flags under `mask` are
 * `flags`, of the sides in `eats` (bits 1 << SERVER, 1 << CLIENT). */
enum { SERVER, CLIENT, SIDES };
typedef struct watch {
    hook_t hooks[2]; /* of both families */
    sent_t sent[SIDES];
    uint8_t eats, mask, flags;
    bool off; /* neither notes nor eats */
} watch_t;
void watch_install(host_t *host, watch_t *watch);

#endif
