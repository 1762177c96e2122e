/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/sim/packets.h"

#include "sim/packet/packet.h"
#include "stack/wire.h"

#include <string.h>

const uint8_t syn_packet[64] = {
    0x45, 0x00, 0x00, 0x40, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0x2a, 0x82, 127, 0, 0, 1,
    127,  0,    0,    1,    0x80, 0xe9, 0x00, 22,   0,    0,    0x03, 0xe8, 0,   0, 0, 0,
    0xb0, 0x02, 0xc0, 0x00, 0x15, 0x4e, 0x00, 0x00, 2,    4,    0x20, 0x00, 1,   1, 8, 10,
    0,    0,    0,    7,    0,    0,    0,    0,    1,    3,    3,    0,    1,   1, 4, 2};

size_t make_packet(uint8_t *bytes, uint8_t flags, uint32_t seq, uint32_t ack, const char *payload)
{
    size_t length = 40 + strlen(payload);
    memcpy(bytes, syn_packet, 40);
    put16(bytes + 2, (uint16_t)length);
    put32(bytes + 24, seq);
    put32(bytes + 28, ack);
    bytes[32] = 0x50;
    bytes[33] = flags;
    memcpy(bytes + 40, payload, strlen(payload));
    packet_fix_checksums(bytes, length);
    return length;
}
