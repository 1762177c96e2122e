/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/ipftest/ipftest_gunzip.h"

#include "sim/base/must.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#ifndef LO0SIM_NO_ZLIB
#include <zlib.h>
#endif

bool ipftest_gunzip_is(const uint8_t *bytes, size_t length)
{
    return length >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

#ifdef LO0SIM_NO_ZLIB

uint8_t *ipftest_gunzip(const uint8_t *bytes, size_t length, size_t *unpacked, char *error,
                        size_t size)
{
    (void)bytes, (void)length, (void)unpacked;
    snprintf(error, size, "packed by gzip: this lo0sim was built without zlib; gunzip unpacks it");
    return NULL;
}

#else

#define WINDOW_GZIP (15 + 16) /* the largest window, and gzip's header */
#define FIRST_ROOM  ((size_t)64 << 10)

typedef struct unpacking {
    z_stream z;
    const uint8_t *end; /* of the packed bytes */
    uint8_t *out;
    size_t length, room;
} unpacking_t;

/* Unpacks a part.
 * => Returns zlib's result. */
static int step(unpacking_t *u)
{
    size_t left = (size_t)(u->end - u->z.next_in);
    if (u->length == u->room) {
        u->room = u->room == 0 ? FIRST_ROOM : u->room * 2;
        u->out = must_realloc(u->out, u->room);
    }
    size_t space = u->room - u->length;
    u->z.avail_in = left > UINT_MAX ? UINT_MAX : (uInt)left;
    u->z.avail_out = space > UINT_MAX ? UINT_MAX : (uInt)space;
    u->z.next_out = u->out + u->length;
    int result = inflate(&u->z, Z_NO_FLUSH);
    u->length = (size_t)(u->z.next_out - u->out);
    return result;
}

/* => Returns NULL, or why it cannot be unpacked. */
static const char *unpack(unpacking_t *u)
{
    while (u->length <= IPFTEST_GUNZIP_MAX) {
        int result = step(u);
        if (result == Z_STREAM_END) {
            if (!ipftest_gunzip_is(u->z.next_in, (size_t)(u->end - u->z.next_in)))
                return NULL; /* what follows the last member is padding */
            if (inflateReset(&u->z) != Z_OK)
                must_end();
        } else if (result == Z_MEM_ERROR) {
            must_end();
        } else if (result == Z_BUF_ERROR && u->z.next_in == u->end) {
            return "it is cut";
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            return "it is damaged";
        }
    }
    return "it unpacks to more than 256 MB";
}

uint8_t *ipftest_gunzip(const uint8_t *bytes, size_t length, size_t *unpacked, char *error,
                        size_t size)
{
    unpacking_t u = {.end = bytes + length};
    u.z.next_in = (z_const Bytef *)(uintptr_t)bytes;
    if (inflateInit2(&u.z, WINDOW_GZIP) != Z_OK)
        must_end();
    const char *why = unpack(&u);
    inflateEnd(&u.z);
    if (why != NULL) {
        snprintf(error, size, "no capture: packed by gzip, and %s", why);
        free(u.out);
        return NULL;
    }
    *unpacked = u.length;
    return u.out;
}

#endif
