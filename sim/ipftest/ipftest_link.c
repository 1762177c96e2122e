/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/ipftest/ipftest_link.h"

#include "stack/wire.h"

#include <pcap/dlt.h>
#include <string.h>

#define ETHERTYPE_IP4  0x0800
#define ETHERTYPE_IP6  0x86dd
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8
#define IPNET_HLEN     24u

/* The number of DLT_RAW in files; libpcap reports its own number for it. */
#define LINKTYPE_RAW 101

/* ---- link types ---- */

static bool is_ip(const uint8_t *bytes, size_t size)
{
    return size > 0 && (bytes[0] >> 4 == 4 || bytes[0] >> 4 == 6);
}

static int find_raw(const uint8_t *frame, size_t size, ipftest_packet_t *packet)
{
    (void)packet;
    return is_ip(frame, size) ? 0 : -1;
}

/* Four bytes of address family, in the byte order of the host that wrote it or (LOOP) of the
 * network. IPv6's number depends on the system, so the packet's own version decides. */
static int find_loop(const uint8_t *frame, size_t size, ipftest_packet_t *packet)
{
    (void)packet;
    return size > 4 && is_ip(frame + 4, size - 4) ? 4 : -1;
}

/* Reads an Ethernet type, or, after VLAN tags, the type that follows them. `at` is the type's
 * place; the packet follows it, or begins `gap` bytes later.
 * => Returns where the IP packet is, or -1. */
static int find_behind_type(const uint8_t *frame, size_t size, size_t at, size_t gap)
{
    if (size < at + 2)
        return -1;
    unsigned type = get16(frame + at);
    at += 2 + gap;
    while ((type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ) && size >= at + 4) {
        type = get16(frame + at + 2);
        at += 4;
    }
    if ((type != ETHERTYPE_IP4 && type != ETHERTYPE_IP6) || size <= at ||
        !is_ip(frame + at, size - at))
        return -1;
    return (int)at;
}

static int find_ethernet(const uint8_t *frame, size_t size, ipftest_packet_t *packet)
{
    int at = find_behind_type(frame, size, 12, 0);
    if (at < 0)
        return -1;
    packet->broadcast = memcmp(frame, "\xff\xff\xff\xff\xff\xff", 6) == 0;
    packet->multicast = !packet->broadcast && (frame[0] & 1) != 0;
    return at;
}

/* Linux' cooked captures tell a packet's direction. */
static void take_sll_type(unsigned type, ipftest_packet_t *packet)
{
    enum { BROADCAST = 1, MULTICAST = 2, OUTGOING = 4 };
    packet->broadcast = type == BROADCAST;
    packet->multicast = type == MULTICAST;
    packet->out = type == OUTGOING;
}

/* LINUX_SLL: packet type, ARPHRD_ type, the sender's address, and at 14 the protocol. */
static int find_sll(const uint8_t *frame, size_t size, ipftest_packet_t *packet)
{
    int at = find_behind_type(frame, size, 14, 0);
    if (at >= 0)
        take_sll_type(get16(frame), packet);
    return at;
}

/* LINUX_SLL2: the protocol first, the interface's index, at 10 the packet type; 20 bytes. */
static int find_sll2(const uint8_t *frame, size_t size, ipftest_packet_t *packet)
{
    int at = find_behind_type(frame, size, 0, 18);
    if (at >= 0)
        take_sll_type(frame[10], packet);
    return at;
}

/* PPP's protocol at `at`: two bytes, or a single odd one (RFC 1661, 6.5). */
static int find_ppp_protocol(const uint8_t *frame, size_t size, size_t at)
{
    enum { PPP_IP = 0x21, PPP_IPV6 = 0x57 };
    if (size < at + 3)
        return -1;
    unsigned protocol = frame[at] & 1 ? frame[at] : get16(frame + at);
    at += frame[at] & 1 ? 1 : 2;
    if ((protocol != PPP_IP && protocol != PPP_IPV6) || !is_ip(frame + at, size - at))
        return -1;
    return (int)at;
}

/* PPP, with or without HDLC's address and control (RFC 1662), or Cisco's HDLC instead. */
static int find_ppp(const uint8_t *frame, size_t size, ipftest_packet_t *packet)
{
    enum { CISCO_UNICAST = 0x0f, CISCO_MULTICAST = 0x8f };
    (void)packet;
    if (size < 4)
        return -1;
    if ((frame[0] == CISCO_UNICAST || frame[0] == CISCO_MULTICAST) && frame[1] == 0)
        return find_behind_type(frame, size, 2, 0);
    return find_ppp_protocol(frame, size, frame[0] == 0xff && frame[1] == 0x03 ? 2 : 0);
}

/* The same after a byte that is 0 for received packets. */
static int find_ppp_with_direction(const uint8_t *frame, size_t size, ipftest_packet_t *packet)
{
    int at = size > 1 ? find_ppp(frame + 1, size - 1, packet) : -1;
    if (at < 0)
        return -1;
    packet->out = frame[0] != 0;
    return at + 1;
}

/* PPPoE's session header (RFC 2516), then PPP. */
static int find_ppp_ether(const uint8_t *frame, size_t size, ipftest_packet_t *packet)
{
    (void)packet;
    return size > 6 && frame[0] == 0x11 && frame[1] == 0 ? find_ppp_protocol(frame, size, 6) : -1;
}

/* Solaris' ipnet: version, family, and at 2 where the packet was seen: 0 inbound, 1 outbound, 2
 * local; at 16 and 20 the zones of its source and destination. Some releases write 0 for all
 * packets. Then the zones tell: an end outside of the host has no zone, so a packet from the wire
 * has no source zone, and one that leaves has no destination zone (ipobs_hook). */
static int find_ipnet(const uint8_t *frame, size_t size, ipftest_packet_t *packet)
{
    enum { INBOUND = 0, OUTBOUND = 1 };
    const uint32_t all_zones = UINT32_MAX;
    if (size <= IPNET_HLEN || !is_ip(frame + IPNET_HLEN, size - IPNET_HLEN))
        return -1;
    unsigned seen = get16(frame + 2);
    uint32_t source = get32(frame + 16), destination = get32(frame + 20);
    packet->out =
        seen == OUTBOUND || (seen == INBOUND && source != all_zones && destination == all_zones);
    return IPNET_HLEN;
}

/* ---- their numbers ---- */

ipftest_link_t ipftest_link_find(int type)
{
    static const struct {
        int type;
        ipftest_link_t find;
    } links[] = {
        {DLT_NULL, find_loop},
        {DLT_LOOP, find_loop},
        {DLT_RAW, find_raw},
        {LINKTYPE_RAW, find_raw},
        {DLT_IPV4, find_raw},
        {DLT_IPV6, find_raw},
        {DLT_EN10MB, find_ethernet},
        {DLT_IPNET, find_ipnet},
        {DLT_LINUX_SLL, find_sll},
        {DLT_LINUX_SLL2, find_sll2},
        {DLT_PPP, find_ppp},
        {DLT_PPP_SERIAL, find_ppp},
        {DLT_PPP_ETHER, find_ppp_ether},
        {DLT_PPP_WITH_DIR, find_ppp_with_direction},
    };
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (links[i].type == type)
            return links[i].find;
    }
    return NULL;
}

ipftest_link_t ipftest_link_find_snoop(uint32_t type)
{
    static const struct {
        uint32_t type;
        ipftest_link_t find;
    } links[] = {
        {0, find_ethernet},                 /* DL_CSMACD */
        {4, find_ethernet},                 /* DL_ETHER */
        {UINT32_C(0x80000001), find_raw},   /* DL_IPV4: a tunnel's */
        {UINT32_C(0x80000002), find_raw},   /* DL_IPV6 */
        {UINT32_C(0x80000005), find_ipnet}, /* DL_IPNET */
        {UINT32_C(0x80000007), find_raw},   /* DL_6TO4 */
    };
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (links[i].type == type)
            return links[i].find;
    }
    return NULL;
}
