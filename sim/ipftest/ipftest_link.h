/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What precedes the IP packet in a frame, by the link's type.
 */
#ifndef LO0SIM_SIM_IPFTEST_IPFTEST_LINK_H
#define LO0SIM_SIM_IPFTEST_IPFTEST_LINK_H

#include "sim/ipftest/ipftest_packet.h"

/* Finds the IP packet in a frame. If the link's header tells, also sets whether the packet goes
 * out, and whether it is multicast or broadcast.
 * => Returns its offset, or -1 if the frame has no IP packet. */
typedef int (*ipftest_link_t)(const uint8_t *frame, size_t size, ipftest_packet_t *packet);

/* How frames of a link type are read; `type` is libpcap's LINKTYPE_ or DLT_ number.
 * => Returns NULL if it is not known. */
ipftest_link_t ipftest_link_find(int type);

/* The same for the datalink number of a snoop file (RFC 1761, and Solaris' private ones). */
ipftest_link_t ipftest_link_find_snoop(uint32_t type);

/* The known link types, for messages. */
#define IPFTEST_LINK_NAMES                                                                         \
    "NULL, LOOP, RAW, IPV4, IPV6, EN10MB, PPP, PPP_SERIAL, PPP_ETHER, LINUX_SLL, LINUX_SLL2 or "   \
    "IPNET"

#endif
