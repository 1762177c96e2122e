/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Compressed captures: what gzip has made is unpacked in memory.
 */
#ifndef LO0SIM_SIM_IPFTEST_IPFTEST_GUNZIP_H
#define LO0SIM_SIM_IPFTEST_IPFTEST_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than this is not unpacked. */
#define IPFTEST_GUNZIP_MAX ((size_t)256 << 20)

/* Whether bytes[length] begin as gzip's files do (RFC 1952). */
bool ipftest_gunzip_is(const uint8_t *bytes, size_t length);

/* Unpacks bytes[length], one member or several.
 * => Returns what was packed, *unpacked bytes, for the caller to free; NULL, with why in
 *    error[size], if it is damaged, cut or too large. */
uint8_t *ipftest_gunzip(const uint8_t *bytes, size_t length, size_t *unpacked, char *error,
                        size_t size);

#endif
