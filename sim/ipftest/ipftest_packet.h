/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets as ipftest reads them: as a line of words, or as hexadecimal bytes.
 */
#ifndef LO0SIM_SIM_IPFTEST_IPFTEST_PACKET_H
#define LO0SIM_SIM_IPFTEST_IPFTEST_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPFTEST_PACKET_MAX 65535
#define IPFTEST_IFNAME_MAX 32

typedef struct ipftest_packet {
    bool out;
    bool multicast, broadcast; /* from the link's header */
    char ifname[IPFTEST_IFNAME_MAX];
    uint8_t bytes[IPFTEST_PACKET_MAX + 1];
    size_t length;
} ipftest_packet_t;

/* A text of packets, while it is read. */
typedef struct ipftest_input {
    const char *next, *end;
    int line; /* of the last packet read, from 1 */
    char error[200];
} ipftest_input_t;

/* Reads the next packet: "in|out [on IF] [tcp|udp|icmp|N] SRC[,PORT] DST[,PORT] ..." on one line.
 * => Returns 1; 0 at the end; -1 with `line` and `error` set. */
int ipftest_read_text(ipftest_input_t *in, ipftest_packet_t *packet);

/* Reads the next packet: "[in|out,IF]" and bytes, up to an empty line.
 * => As ipftest_read_text(). */
int ipftest_read_hex(ipftest_input_t *in, ipftest_packet_t *packet);

/* Takes the next line, without its end.
 * => Returns NULL at the end. */
const char *ipftest_line(ipftest_input_t *in, size_t *length);

#endif
