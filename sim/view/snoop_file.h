/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Writes files as Solaris' snoop -o does (RFC 1761). The format has no interfaces and no comments;
 * ipnet's header tells where each packet was seen.
 */
#ifndef LO0SIM_SIM_VIEW_SNOOP_FILE_H
#define LO0SIM_SIM_VIEW_SNOOP_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SNOOP_DL_IPNET UINT32_C(0x80000005) /* DL_IPNET (sys/dlpi.h) */

/* Writes the file's header. ferror(out) tells whether everything could be written. */
void snoop_file_begin(FILE *out, uint32_t datalink);

/* Writes a packet, bytes[length] after the link's header[header_length]; the time is in
 * microseconds since 1970. */
void snoop_file_packet(FILE *out, uint64_t time_us, const uint8_t *header, size_t header_length,
                       const uint8_t *bytes, size_t length);

#endif
