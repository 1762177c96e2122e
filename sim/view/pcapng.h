/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Writes pcapng: sections, interfaces, packets with comments, statistics. Little-endian on every
 * machine, times in nanoseconds. Source: draft-ietf-opsawg-pcapng, and LINKTYPE_ numbers of
 * tcpdump.org/linktypes.html.
 */
#ifndef LO0SIM_SIM_VIEW_PCAPNG_H
#define LO0SIM_SIM_VIEW_PCAPNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct pcapng pcapng_t;

/* The direction of a packet, as its flags have it. */
typedef enum pcapng_direction {
    PCAPNG_UNKNOWN = 0,
    PCAPNG_INBOUND = 1,
    PCAPNG_OUTBOUND = 2
} pcapng_direction_t;

typedef struct pcapng_packet {
    uint32_t interface;    /* its number, from 0, in the order in which they were added */
    uint64_t time_ns;      /* since 1970 */
    const uint8_t *header; /* the link's; NULL: none */
    size_t header_length;
    const uint8_t *bytes;
    size_t length;
    pcapng_direction_t direction;
    uint64_t id; /* the same wherever the same packet is captured; 0: none */
    const char *const *comments;
    size_t comment_count;
} pcapng_packet_t;

/* Begins a section in `out`, which stays the caller's. Here and below, text is UTF-8. Invalid bytes
 * become U+FFFD, and so do control characters except the line's end. Only the beginning of very
 * long text is written. ferror(out) tells whether everything could be written.
 * => Returns NULL if there is no memory. The caller ends it with pcapng_destroy(). */
pcapng_t *pcapng_create(FILE *out, const char *application, const char *comment);
void pcapng_destroy(pcapng_t *png);

/* Adds an interface of link type `linktype`.
 * => Returns its number. */
uint32_t pcapng_add_interface(pcapng_t *png, const char *name, const char *description,
                              uint16_t linktype);

void pcapng_write_packet(pcapng_t *png, const pcapng_packet_t *packet);

/* Writes how many packets an interface saw from begin_ns to end_ns; none of them was lost. */
void pcapng_write_statistics(pcapng_t *png, uint32_t interface, uint64_t begin_ns, uint64_t end_ns,
                             uint64_t packets);

#endif
