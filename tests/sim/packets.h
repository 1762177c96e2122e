/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets to test with.
 */
#ifndef LO0SIM_TESTS_SIM_PACKETS_H
#define LO0SIM_TESTS_SIM_PACKETS_H

#include <stddef.h>
#include <stdint.h>

/* 127.0.0.1.33001 > 127.0.0.1.22 S 1000:1000(0) win 49152 and Solaris' 24 bytes of options. */
extern const uint8_t syn_packet[64];

/* Writes a TCP packet from 127.0.0.1.33001 to 127.0.0.1.22, with correct checksums, into
 * bytes[100].
 * => Returns its length. */
size_t make_packet(uint8_t *bytes, uint8_t flags, uint32_t seq, uint32_t ack, const char *payload);

#endif
