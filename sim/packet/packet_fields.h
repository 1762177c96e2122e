/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads and writes one field of a packet by its name, for a script's hooks.
 */
#ifndef LO0SIM_SIM_PACKET_PACKET_FIELDS_H
#define LO0SIM_SIM_PACKET_PACKET_FIELDS_H

#include "sim/packet/packet.h"
#include "stack/hook.h"

/* A field's value: a number, or bytes[length]. */
struct packet_value {
    bool is_number;
    int64_t number;
    const char *bytes;
    size_t length;
    char room[64]; /* holds short text that `bytes` points to */
};

/* The names: proto, src, dst, sport, dport, flags, seq, ack, win, ttl, id, payload, bytes; NULL
 * after the last. */
extern const char *const packet_field_names[];

bool packet_field_is(const char *name);

/* Reads a field. seq and ack are absolute; addresses and flags are text ("127.0.0.1", "S.").
 * => Returns false if this packet has no such field. value->bytes points into the packet or the
 *    value. */
bool packet_field_get(const uint8_t *bytes, size_t length, const char *name,
                      struct packet_value *value);

/* Writes a field and updates lengths and checksums. `bytes` is written as it is given, and nothing
 * is updated, so that malformed packets can be made.
 * => Returns the packet. If that is not `mp`, `mp` has been freed.
 * => Returns NULL with a message in error[size] if the packet has no such field or the value does
 *    not fit; `mp` is then unchanged, and still the caller's. */
mblk_t *packet_field_set(mblk_t *mp, const char *name, const struct packet_value *value,
                         char *error, size_t size);

#endif
