/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet is written when its pass is over, so that its comments also say what happened to it
 * after the tap. A pass is what happens to one packet without a break: both loopback hooks, or
 * those of a wire; and, within them, packets that a hook sends past all hooks.
 */
#include "sim/view/capture.h"

#include "filter/ipmon.h"
#include "sim/base/must.h"
#include "sim/view/capture_comment.h"
#include "sim/view/pcapng.h"
#include "sim/view/snoop_file.h"
#include "stack/wire.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LO0_IFNAME     "lo0"
#define INTERFACES_MAX 2
#define FAMILY_INET6   30 /* in link type null: one of the three numbers that Wireshark knows */
#define SOLARIS_INET6  26
#define IPNET_HLEN     24
#define IPNET_VERSION  1
#define IPNET_INBOUND  0
#define IPNET_OUTBOUND 1
#define IPNET_LOCAL    2
#define RAW_FAULT                                                                                  \
    "link type raw has one interface, and this test has packets of lo0 and of " BOX_IFNAME         \
    ": --linktype null and ipnet take both"

/* A packet that passed the tap. */
typedef struct record {
    uint32_t packet; /* 0: no packet of the box */
    uint32_t interface;
    uint64_t time_us;
    pcapng_direction_t direction;
    packet_copy_t *copy;
} record_t;

struct capture {
    capture_options_t options;
    pcapng_t *png;
    FILE *snoop; /* NULL: the file is pcapng */
    struct {
        char name[16];
        uint64_t packets;
    } interfaces[INTERFACES_MAX];
    uint32_t interface_count;
    bool refused;    /* a packet of a second interface came, and link type raw has one */
    uint32_t packet; /* the packet whose pass it is */
    record_t *records;
    size_t record_count, record_room;
    capture_comments_t *comments;
};

/* ---- names ---- */

const char *const capture_linktype_names[] = {"null", "raw", "ipnet", NULL};

bool capture_linktype_find(const char *name, capture_linktype_t *linktype)
{
    static const capture_linktype_t linktypes[] = {CAPTURE_NULL, CAPTURE_RAW, CAPTURE_IPNET};
    for (size_t i = 0; capture_linktype_names[i] != NULL; i++) {
        if (strcmp(capture_linktype_names[i], name) != 0)
            continue;
        *linktype = linktypes[i];
        return true;
    }
    return false;
}

bool capture_is_snoop(const char *file)
{
    static const char end[] = ".snoop";
    size_t length = strlen(file);
    return length >= sizeof(end) - 1 && strcmp(file + length - (sizeof(end) - 1), end) == 0;
}

/* ---- writing ---- */

static uint64_t time_ns(uint64_t us)
{
    return ((uint64_t)IPMON_EPOCH * 1000000 + us) * 1000;
}

static bool is_loopback(const capture_t *capture)
{
    return tap_is_loopback(capture->options.tap);
}

static pcapng_direction_t direction_of(const capture_t *capture, const trace_event_t *event)
{
    bool in = event->host != NULL || tap_is_inbound(capture->options.tap);
    return in ? PCAPNG_INBOUND : PCAPNG_OUTBOUND;
}

/* The number of an interface, which is added if it is new. */
static uint32_t interface_of(capture_t *capture, const char *name)
{
    uint32_t i = 0;
    while (i < capture->interface_count && strcmp(capture->interfaces[i].name, name) != 0)
        i++;
    if (i < capture->interface_count)
        return i;
    if (i == INTERFACES_MAX || (i > 0 && capture->options.linktype == CAPTURE_RAW)) {
        capture->refused = true;
        return 0;
    }
    char where[64];
    snprintf(capture->interfaces[i].name, sizeof(capture->interfaces[i].name), "%s", name);
    snprintf(where, sizeof(where), "tap %s", tap_names[capture->options.tap]);
    if (capture->snoop == NULL)
        pcapng_add_interface(capture->png, name, where, (uint16_t)capture->options.linktype);
    return capture->interface_count++;
}

static bool is_ipv6(const record_t *record)
{
    return record->copy->length > 0 && record->copy->bytes[0] >> 4 == 6;
}

/* dl_ipnetinfo_t; the group of interfaces and both zones are 0, the global zone's. */
static size_t put_ipnet(const capture_t *capture, const record_t *record, uint8_t *at)
{
    bool lo0 = strcmp(capture->interfaces[record->interface].name, LO0_IFNAME) == 0;
    memset(at, 0, IPNET_HLEN);
    at[0] = IPNET_VERSION;
    at[1] = is_ipv6(record) ? SOLARIS_INET6 : AF_INET;
    put16(at + 2, is_loopback(capture)                  ? IPNET_LOCAL
                  : record->direction == PCAPNG_INBOUND ? IPNET_INBOUND
                                                        : IPNET_OUTBOUND);
    put32(at + 4, (uint32_t)record->copy->length);
    put32(at + 8, lo0 ? 1 : 2);
    return IPNET_HLEN;
}

/* The header before a packet. */
static size_t put_header(const capture_t *capture, const record_t *record, uint8_t *at)
{
    if (capture->options.linktype == CAPTURE_IPNET)
        return put_ipnet(capture, record, at);
    if (capture->options.linktype == CAPTURE_RAW)
        return 0;
    memset(at, 0, 4); /* in the file's byte order */
    at[0] = is_ipv6(record) ? FAMILY_INET6 : AF_INET;
    return 4;
}

static void write_record(capture_t *capture, const record_t *record)
{
    uint8_t header[IPNET_HLEN];
    if (capture->snoop != NULL) {
        size_t length = put_header(capture, record, header);
        snoop_file_packet(capture->snoop, time_ns(record->time_us) / 1000, header, length,
                          record->copy->bytes, record->copy->length);
        return;
    }
    pcapng_packet_t packet = {.interface = record->interface,
                              .time_ns = time_ns(record->time_us),
                              .header = header,
                              .header_length = put_header(capture, record, header),
                              .bytes = record->copy->bytes,
                              .length = record->copy->length,
                              .direction = record->direction,
                              .id = record->packet};
    const char *comments[CAPTURE_COMMENTS_MAX];
    packet.comments = comments;
    packet.comment_count = capture_comments_of(capture->comments, record->packet, comments);
    pcapng_write_packet(capture->png, &packet);
    capture->interfaces[record->interface].packets++;
}

/* The pass is over. */
static void flush(capture_t *capture)
{
    for (size_t i = 0; i < capture->record_count; i++) {
        if (!capture->refused)
            write_record(capture, &capture->records[i]);
        packet_copy_let_go(capture->records[i].copy);
    }
    capture->record_count = 0;
    capture_comments_clear(capture->comments);
}

/* ---- seeing ---- */

static void take(capture_t *capture, const trace_event_t *event)
{
    capture->records = must_grow(capture->records, &capture->record_room, capture->record_count + 1,
                                 sizeof(*capture->records));
    capture->records[capture->record_count++] = (record_t){
        .packet = event->host == NULL ? event->packet : 0,
        .interface = interface_of(capture, event->ifname != NULL ? event->ifname : LO0_IFNAME),
        .time_us = event->time_us,
        .direction = direction_of(capture, event),
        .copy = packet_copy_hold(event->copy)};
}

static void see(void *arg, const trace_event_t *event)
{
    capture_t *capture = arg;
    bool is_within = capture_comments_within(capture->comments);
    if (!is_within && (event->host != NULL || event->packet != capture->packet)) {
        flush(capture);
        capture->packet = event->host == NULL ? event->packet : 0;
    }
    if (tap_of(event) == (int)capture->options.tap)
        take(capture, event);
    if (event->host == NULL)
        capture_comments_event(capture->comments, event);
}

/* ---- beginning and ending ---- */

capture_t *capture_begin(box_t *box, const capture_options_t *options, const char *comment,
                         FILE *out)
{
    capture_t *capture = calloc(1, sizeof(*capture));
    if (capture == NULL)
        return NULL;
    capture->options = *options;
    if (options->snoop) {
        capture->options.linktype = CAPTURE_IPNET;
        capture->snoop = out;
        snoop_file_begin(out, SNOOP_DL_IPNET);
    } else {
        capture->png = pcapng_create(out, "lo0sim", comment);
    }
    capture->comments = capture_comments_create();
    if ((capture->png == NULL && capture->snoop == NULL) || capture->comments == NULL)
        must_end();
    /* Readers reject a file without an interface. Raw has the first interface that appears. */
    if (capture->options.linktype != CAPTURE_RAW) {
        interface_of(capture, LO0_IFNAME);
        interface_of(capture, BOX_IFNAME);
    }
    trace_add_sink(box->trace, see, capture);
    return capture;
}

const char *capture_fault(const capture_t *capture)
{
    return capture->refused ? RAW_FAULT : NULL;
}

void capture_end(capture_t *capture, uint64_t now_us)
{
    flush(capture);
    if (capture->interface_count == 0)
        interface_of(capture, is_loopback(capture) ? LO0_IFNAME : BOX_IFNAME);
    for (uint32_t i = 0; capture->png != NULL && i < capture->interface_count; i++)
        pcapng_write_statistics(capture->png, i, time_ns(0), time_ns(now_us),
                                capture->interfaces[i].packets);
    if (capture->png != NULL)
        pcapng_destroy(capture->png);
    capture_comments_destroy(capture->comments);
    free(capture->records);
    free(capture);
}

/* ---- the observer ---- */

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    char *comment = test->line == 0 ? must_asprintf("%s\nseed %" PRIu64, test->name, test->seed)
                                    : must_asprintf("%s:%d: %s\nseed %" PRIu64, test->path,
                                                    test->line, test->name, test->seed);
    capture_t *capture = capture_begin(box, self->arg, comment, out);
    free(comment);
    return capture;
}

static void end(void *seen, const result_t *result)
{
    capture_end(seen, result->now_us);
}

static const char *fault(const void *seen)
{
    return capture_fault(seen);
}

observer_t capture_observer(const char *file, const capture_options_t *options)
{
    return (observer_t){
        .option = "-w", .file = file, .begin = begin, .end = end, .fault = fault, .arg = options};
}
