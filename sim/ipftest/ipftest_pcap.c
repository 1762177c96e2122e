/* SPDX-License-Identifier: BSD-3-Clause
 *
 * libpcap reads the file; what is left is to find the IP packet behind the link's header.
 */
#include "sim/ipftest/ipftest_pcap.h"

#include "sim/base/must.h"
#include "stack/wire.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ETHERTYPE_IP4  0x0800
#define ETHERTYPE_IP6  0x86dd
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8
#define IPNET_HLEN     24u

/* What DLT_RAW is in files; libpcap gives its own number for it. */
#define LINKTYPE_RAW 101

struct ipftest_capture {
    pcap_t *pcap;
    /* Finds the IP packet in a frame. => Returns its offset, or -1 if there is none. */
    int (*find)(const uint8_t *frame, size_t size, ipftest_packet_t *packet);
    unsigned frames, others;
};

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

/* Four bytes of address family, in the order of the host that wrote it or (LOOP) of the network;
 * its number for IPv6 depends on the system, so the packet's own version decides. */
static int find_loop(const uint8_t *frame, size_t size, ipftest_packet_t *packet)
{
    (void)packet;
    return size > 4 && is_ip(frame + 4, size - 4) ? 4 : -1;
}

static int find_ethernet(const uint8_t *frame, size_t size, ipftest_packet_t *packet)
{
    size_t at = 12;
    if (size < 14)
        return -1;
    while (size >= at + 6 &&
           (get16(frame + at) == ETHERTYPE_VLAN || get16(frame + at) == ETHERTYPE_QINQ))
        at += 4;
    unsigned type = get16(frame + at);
    if ((type != ETHERTYPE_IP4 && type != ETHERTYPE_IP6) || !is_ip(frame + at + 2, size - at - 2))
        return -1;
    packet->broadcast = memcmp(frame, "\xff\xff\xff\xff\xff\xff", 6) == 0;
    packet->multicast = !packet->broadcast && (frame[0] & 1) != 0;
    return (int)at + 2;
}

/* Solaris' snoop on lo0: the header has a version, a family, and in its third and fourth byte where
 * the packet was seen: 0 inbound, 1 outbound, 2 local. */
static int find_ipnet(const uint8_t *frame, size_t size, ipftest_packet_t *packet)
{
    if (size <= IPNET_HLEN || !is_ip(frame + IPNET_HLEN, size - IPNET_HLEN))
        return -1;
    packet->out = get16(frame + 2) == 1;
    return IPNET_HLEN;
}

static const struct {
    int type;
    int (*find)(const uint8_t *frame, size_t size, ipftest_packet_t *packet);
} links[] = {
    {DLT_NULL, find_loop},       {DLT_LOOP, find_loop},   {DLT_RAW, find_raw},
    {LINKTYPE_RAW, find_raw},    {DLT_IPV4, find_raw},    {DLT_IPV6, find_raw},
    {DLT_EN10MB, find_ethernet}, {DLT_IPNET, find_ipnet},
};

static bool choose_link(ipftest_capture_t *capture, char *error, size_t size)
{
    int type = pcap_datalink(capture->pcap);
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (links[i].type == type) {
            capture->find = links[i].find;
            return true;
        }
    }
    const char *name = pcap_datalink_val_to_name(type);
    snprintf(error, size,
             "the link type %s (%d) is not known here; it can be NULL, LOOP, RAW, IPV4, IPV6, "
             "EN10MB or IPNET",
             name != NULL ? name : "of this capture", type);
    return false;
}

/* ---- the capture ---- */

ipftest_capture_t *ipftest_pcap_open(const void *bytes, size_t length, char *error, size_t size)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    ipftest_capture_t *capture = must_calloc(1, sizeof(*capture));
    /* fmemopen() wants something that it could write to, and does not with "r". */
    FILE *file = length > 0 ? fmemopen((void *)(uintptr_t)bytes, length, "r") : NULL;
    capture->pcap = file != NULL ? pcap_fopen_offline(file, why) : NULL;
    if (capture->pcap == NULL) {
        snprintf(error, size, "no capture: %.180s", length > 0 ? why : "the file is empty");
        if (file != NULL)
            fclose(file);
        free(capture);
        return NULL;
    }
    if (!choose_link(capture, error, size)) {
        ipftest_pcap_close(capture);
        return NULL;
    }
    return capture;
}

void ipftest_pcap_close(ipftest_capture_t *capture)
{
    pcap_close(capture->pcap); /* and the file below it */
    free(capture);
}

int ipftest_pcap_read(ipftest_capture_t *capture, ipftest_packet_t *packet, char *error,
                      size_t size)
{
    struct pcap_pkthdr *head;
    const u_char *frame;
    int result;
    while ((result = pcap_next_ex(capture->pcap, &head, &frame)) == 1) {
        capture->frames++;
        packet->out = packet->multicast = packet->broadcast = false;
        strcpy(packet->ifname, "anon0");
        int at = capture->find(frame, head->caplen, packet);
        if (at < 0) {
            capture->others++;
            continue;
        }
        packet->length = head->caplen - (size_t)at;
        if (packet->length >
            IPFTEST_PACKET_MAX) /* no IP packet is longer: the rest is the link's */
            packet->length = IPFTEST_PACKET_MAX;
        memcpy(packet->bytes, frame + at, packet->length);
        return 1;
    }
    if (result == PCAP_ERROR_BREAK)
        return 0;
    snprintf(error, size, "frame %u: %.180s", capture->frames + 1, pcap_geterr(capture->pcap));
    return -1;
}

unsigned ipftest_pcap_frames(const ipftest_capture_t *capture)
{
    return capture->frames;
}

unsigned ipftest_pcap_others(const ipftest_capture_t *capture)
{
    return capture->others;
}
