/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Solaris' own captures, snoop -o (RFC 1761), which libpcap does not read.
 */
#ifndef LO0SIM_SIM_IPFTEST_IPFTEST_SNOOP_H
#define LO0SIM_SIM_IPFTEST_IPFTEST_SNOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file of bytes[length], and where its next record is. */
typedef struct ipftest_snoop {
    const uint8_t *bytes;
    size_t length, at;
} ipftest_snoop_t;

/* Whether bytes[length] begin like a snoop file. */
bool ipftest_snoop_is(const uint8_t *bytes, size_t length);

/* Reads the file's header; the bytes must stay.
 * => Returns true, and the datalink in *type; false, with the reason in error[size], if the header
 * is cut off or has another version. */
bool ipftest_snoop_open(ipftest_snoop_t *snoop, const uint8_t *bytes, size_t length, uint32_t *type,
                        char *error, size_t size);

/* Reads the next record: *frame points into the file.
 * => Returns 1; 0 at the end; -1, with why in error[size], if it is damaged. */
int ipftest_snoop_next(ipftest_snoop_t *snoop, const uint8_t **frame, size_t *length, char *error,
                       size_t size);

#endif
