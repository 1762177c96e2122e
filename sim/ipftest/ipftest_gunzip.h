/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Unpacks captures compressed by gzip, in memory.
 */
#ifndef LO0SIM_SIM_IPFTEST_IPFTEST_GUNZIP_H
#define LO0SIM_SIM_IPFTEST_IPFTEST_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The limit of the unpacked size, in bytes. */
#define IPFTEST_GUNZIP_MAX ((size_t)256 << 20)

/* Whether bytes[length] begin like a gzip file (RFC 1952). */
bool ipftest_gunzip_is(const uint8_t *bytes, size_t length);

/* Unpacks bytes[length], one member or several.
 * => Returns the unpacked bytes, *unpacked of them, which the caller frees; NULL, with the reason
 * in error[size], if they are damaged, cut off or too large. */
uint8_t *ipftest_gunzip(const uint8_t *bytes, size_t length, size_t *unpacked, char *error,
                        size_t size);

#endif
