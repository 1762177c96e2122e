/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/ipftest/ipftest_snoop.h"

#include "stack/wire.h"

#include <stdio.h>
#include <string.h>

#define FILE_HLEN   16u
#define RECORD_HLEN 24u
#define VERSION     2u

static const uint8_t magic[8] = "snoop";

bool ipftest_snoop_is(const uint8_t *bytes, size_t length)
{
    return length >= sizeof(magic) && memcmp(bytes, magic, sizeof(magic)) == 0;
}

bool ipftest_snoop_open(ipftest_snoop_t *snoop, const uint8_t *bytes, size_t length, uint32_t *type,
                        char *error, size_t size)
{
    *snoop = (ipftest_snoop_t){.bytes = bytes, .length = length, .at = FILE_HLEN};
    if (length < FILE_HLEN) {
        snprintf(error, size, "a snoop file has a header of %u bytes; this one has %zu", FILE_HLEN,
                 length);
        return false;
    }
    if (get32(bytes + 8) != VERSION) {
        snprintf(error, size, "a snoop file of version %u; %u is known", get32(bytes + 8), VERSION);
        return false;
    }
    *type = get32(bytes + 12);
    return true;
}

/* A record's header: the packet's length on the wire, its captured length, the record's length with
 * padding, drops, seconds, microseconds. */
int ipftest_snoop_next(ipftest_snoop_t *snoop, const uint8_t **frame, size_t *length, char *error,
                       size_t size)
{
    const uint8_t *record = snoop->bytes + snoop->at;
    size_t left = snoop->length - snoop->at;
    if (left == 0)
        return 0;
    if (left < RECORD_HLEN) {
        snprintf(error, size, "the record's header is cut");
        return -1;
    }
    uint32_t here = get32(record + 4), whole = get32(record + 8);
    if (here > left - RECORD_HLEN) {
        snprintf(error, size, "the record says %u bytes, and %zu are left", here,
                 left - RECORD_HLEN);
        return -1;
    }
    if (whole < RECORD_HLEN + here) {
        snprintf(error, size, "the record says %u bytes in all, and %u of its packet", whole, here);
        return -1;
    }
    *frame = record + RECORD_HLEN;
    *length = here;
    snoop->at += whole < left ? whole : left; /* the last record's padding can be missing */
    return 1;
}
