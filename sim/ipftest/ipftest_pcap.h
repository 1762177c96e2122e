/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads packets from a capture for ipftest: pcap, pcapng or snoop, also compressed by gzip.
 */
#ifndef LO0SIM_SIM_IPFTEST_IPFTEST_PCAP_H
#define LO0SIM_SIM_IPFTEST_IPFTEST_PCAP_H

#include "sim/ipftest/ipftest_packet.h"

typedef struct ipftest_capture ipftest_capture_t;

/* Opens a capture of bytes[length], which must stay until it is closed.
 * => Returns NULL, with the reason in error[size], if it is not a capture, or its link type is not
 *    known. The caller ends it with ipftest_pcap_close(). */
ipftest_capture_t *ipftest_pcap_open(const void *bytes, size_t length, char *error, size_t size);
void ipftest_pcap_close(ipftest_capture_t *capture);

/* Reads the next IP packet; other frames are skipped. It comes in on anon0 unless the capture says
 * otherwise.
 * => Returns 1; 0 at the end; -1, with why in error[size], if the capture is damaged. */
int ipftest_pcap_read(ipftest_capture_t *capture, ipftest_packet_t *packet, char *error,
                      size_t size);

/* How many frames were read, and how many of them were not IP packets. */
unsigned ipftest_pcap_frames(const ipftest_capture_t *capture);
unsigned ipftest_pcap_others(const ipftest_capture_t *capture);

#endif
