/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets in tcpdump's and packetdrill's notation:
 *
 *   127.0.0.1.33001 > 127.0.0.1.22 S 0:0(0) win 49152 <mss 8192,nop,wscale 0>
 */
#ifndef LO0SIM_SIM_PACKET_PACKET_TEXT_H
#define LO0SIM_SIM_PACKET_PACKET_TEXT_H

#include "sim/packet/packet.h"

#define PACKET_NO_OPTIONS 0x1u
#define PACKET_NO_WINDOW  0x2u

/* Writes a packet into buffer[size], always terminated. `what` is 0 or some of the flags
 * above.
 * => Returns the length of the whole text (as snprintf). Bytes that are not a packet are reported
 *    as such. */
int packet_text(const uint8_t *bytes, size_t length, const struct packet_base *base, unsigned what,
                char *buffer, size_t size);

/* Writes TCP options, "mss 8192,nop", into buffer[size], always terminated. Options past
 * the header's end are written as "[cut short]". */
int packet_options_text(const uint8_t *options, size_t length, char *buffer, size_t size);

#endif
