/* SPDX-License-Identifier: BSD-3-Clause
 *
 * libpcap reads pcap and pcapng; snoop's files are read in ipftest_snoop.c. ipftest_link.c
 * finds the IP packet in a frame.
 */
#include "sim/ipftest/ipftest_pcap.h"

#include "sim/base/lazy.h"
#include "sim/base/must.h"
#include "sim/ipftest/ipftest_gunzip.h"
#include "sim/ipftest/ipftest_link.h"
#include "sim/ipftest/ipftest_snoop.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ipftest_capture {
    pcap_t *pcap; /* NULL for snoop's files */
    ipftest_snoop_t snoop;
    uint8_t *unpacked; /* NULL if it was not packed */
    ipftest_link_t find;
    unsigned frames, others;
};

/* ---- opening ---- */

static bool choose_link(ipftest_capture_t *capture, char *error, size_t size)
{
    int type = pcap_datalink(capture->pcap);
    capture->find = ipftest_link_find(type);
    if (capture->find != NULL)
        return true;
    const char *name = pcap_datalink_val_to_name(type);
    snprintf(error, size, "the link type %s (%d) is not known here; it can be " IPFTEST_LINK_NAMES,
             name != NULL ? name : "of this capture", type);
    return false;
}

static bool open_pcap(ipftest_capture_t *capture, const void *bytes, size_t length, char *error,
                      size_t size)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    if (!lazy_pcap()) {
        snprintf(error, size, "captures other than snoop's are read by libpcap, which is not here");
        return false;
    }
    /* fmemopen() takes a writable buffer, but writes nothing with "r". */
    FILE *file = length > 0 ? fmemopen((void *)(uintptr_t)bytes, length, "r") : NULL;
    capture->pcap = file != NULL ? pcap_fopen_offline(file, why) : NULL;
    if (capture->pcap != NULL)
        return choose_link(capture, error, size);
    snprintf(error, size, "no capture: %.180s", length > 0 ? why : "the file is empty");
    if (file != NULL)
        fclose(file);
    return false;
}

static bool open_snoop(ipftest_capture_t *capture, const void *bytes, size_t length, char *error,
                       size_t size)
{
    uint32_t type;
    if (!ipftest_snoop_open(&capture->snoop, bytes, length, &type, error, size))
        return false;
    capture->find = ipftest_link_find_snoop(type);
    if (capture->find != NULL)
        return true;
    snprintf(error, size,
             "the datalink 0x%x of this snoop file is not known here; it can be Ethernet (4), "
             "802.3 (0), IPv4, IPv6 and 6to4 tunnels (0x80000001, 2, 7) or ipnet (0x80000005)",
             type);
    return false;
}

ipftest_capture_t *ipftest_pcap_open(const void *bytes, size_t length, char *error, size_t size)
{
    ipftest_capture_t *capture = must_calloc(1, sizeof(*capture));
    if (ipftest_gunzip_is(bytes, length)) {
        capture->unpacked = ipftest_gunzip(bytes, length, &length, error, size);
        if (capture->unpacked == NULL) {
            ipftest_pcap_close(capture);
            return NULL;
        }
        bytes = capture->unpacked;
    }
    bool opened = ipftest_snoop_is(bytes, length) ? open_snoop(capture, bytes, length, error, size)
                                                  : open_pcap(capture, bytes, length, error, size);
    if (opened)
        return capture;
    ipftest_pcap_close(capture);
    return NULL;
}

void ipftest_pcap_close(ipftest_capture_t *capture)
{
    if (capture->pcap != NULL)
        pcap_close(capture->pcap); /* and the file below it */
    free(capture->unpacked);
    free(capture);
}

/* ---- reading ---- */

/* The next frame.
 * => Returns 1; 0 at the end; -1, with why in error[size]. */
static int next_frame(ipftest_capture_t *capture, const uint8_t **frame, size_t *length,
                      char *error, size_t size)
{
    struct pcap_pkthdr *head;
    if (capture->pcap == NULL)
        return ipftest_snoop_next(&capture->snoop, frame, length, error, size);
    int result = pcap_next_ex(capture->pcap, &head, frame);
    if (result == 1) {
        *length = head->caplen;
        return 1;
    }
    if (result == PCAP_ERROR_BREAK)
        return 0;
    snprintf(error, size, "%.150s", pcap_geterr(capture->pcap));
    return -1;
}

int ipftest_pcap_read(ipftest_capture_t *capture, ipftest_packet_t *packet, char *error,
                      size_t size)
{
    const uint8_t *frame;
    size_t length;
    char why[180];
    int result;
    while ((result = next_frame(capture, &frame, &length, why, sizeof(why))) == 1) {
        capture->frames++;
        packet->out = packet->multicast = packet->broadcast = false;
        strcpy(packet->ifname, "anon0");
        int at = capture->find(frame, length, packet);
        if (at < 0) {
            capture->others++;
            continue;
        }
        packet->length = length - (size_t)at;
        if (packet->length >
            IPFTEST_PACKET_MAX) /* no IP packet is longer: the rest belongs to the link */
            packet->length = IPFTEST_PACKET_MAX;
        memcpy(packet->bytes, frame + at, packet->length);
        return 1;
    }
    if (result < 0)
        snprintf(error, size, "frame %u: %s", capture->frames + 1, why);
    return result;
}

unsigned ipftest_pcap_frames(const ipftest_capture_t *capture)
{
    return capture->frames;
}

unsigned ipftest_pcap_others(const ipftest_capture_t *capture)
{
    return capture->others;
}
