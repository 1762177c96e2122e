/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as a packet, through rules that look at everything. The first byte of an input says
 * how the packet comes: 1 outbound, 2 on a wire, 4 mode inject, 8 watched, 16 logged
 * whatever the rules say.
 */
#include "filter/fr_check.h"
#include "filter/ipfstat.h"
#include "filter/ipmon.h"
#include "stack/in_cksum.h"
#include "stack/neti.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HOW_OUT = 1, HOW_WIRE = 2, HOW_INJECT = 4, HOW_WATCHED = 8, HOW_LOGGED = 16 };

static const char rules[] = "log body in all\npass out log body first proto udp all\n"
                            "block return-rst in log on lo0 all\n"
                            "pass in proto tcp/udp from any port 1:9 to !10/8 port 20 <> 30\n"
                            "block return-rst in proto tcp all flags S/SA\n"
                            "block in quick proto icmp all\n"
                            "pass in quick proto tcp from 9.9.9.9 to any port = 9 flags /F\n"
                            "block return-rst out log proto tcp all\n"
                            "pass out proto udp from any to any port > 1023\n"
                            "pass out quick proto udp from any to any port = 53 keep state\n"
                            "pass out quick proto tcp from any to any port = 80 keep state\n"
                            "pass out quick proto icmp all keep state (limit 2)\n"
                            "block in all with opt lsrr,sec-class secret not short\n"
                            "skip 1 in inet6 all with v6hdr routing,frag\n"
                            "log in proto ipv6-icmp all head 1\nblock in all group 1\n";

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Whether it is a whole, unfragmented TCP packet with right checksums. */
static bool sums_right(const uint8_t *ip, size_t size)
{
    size_t header = size > 0 ? (ip[0] & 0x0fu) * 4 : 0;

    if (header < 20 || size < header + 20 || ip[0] >> 4 != 4 || ip[9] != 6)
        return false;
    size_t length = (size_t)ip[2] << 8 | ip[3];
    if (length != size || (ip[6] & 0x3f) != 0 || ip[7] != 0 || in_cksum(ip, header) != 0)
        return false;
    return in_cksum_pseudo(ip + 12, ip + 16, 4, 6, ip + header, length - header) == 0;
}

/* net_inject of a wire: what is built must be a right RST. */
static int inject(void *stack, inject_t style, net_inject_t *packet)
{
    const uint8_t *ip = packet->ni_packet->b_rptr;

    (void)stack;
    check(style == NI_DIRECT_OUT && msgdsize(packet->ni_packet) == 40);
    check(sums_right(ip, 40) && (ip[33] & 0x04) != 0);
    freemsg(packet->ni_packet);
    return 1;
}

static uint64_t now(void *stack)
{
    (void)stack;
    return 0;
}

static const net_protocol_t protocol = {
    .netp_name = NHF_INET, .netp_inject = inject, .netp_now = now};

/* Reads all that an event shows, so that a sanitizer sees a stale byte. */
static void watch(void *arg, const ipf_event_t *event)
{
    unsigned *sum = arg;

    for (size_t i = 0; i < event->length; i++)
        *sum += event->packet[i];
    for (size_t i = 0; i < event->before_length; i++)
        *sum += event->before[i];
    *sum += (unsigned)strlen(event->ifname) + (unsigned)strlen(event->group);
}

/* A line can be shown. */
static void take_line(void *arg, const char *line)
{
    unsigned *sum = arg;

    for (; *line != '\0'; line++) {
        check((*line >= 0x20 && *line < 0x7f) || *line == '\t');
        *sum += (unsigned char)*line;
    }
}

/* What is left behind, in each form. */
static void show(ipf_stack_t *ifs, unsigned *sum)
{
    ipmon_lines(ifs, IPMON_VERBOSE | IPMON_BODY, take_line, sum);
    ipmon_lines(ifs, IPMON_SYSLOG | IPMON_NAMES | IPMON_PACKET, take_line, sum);
    ipfstat_rules(ifs, false, IPFSTAT_HITS | IPFSTAT_BYTES | IPFSTAT_NUMBERS, take_line, sum);
    ipfstat_counters(ifs, take_line, sum);
    ipfstat_states(ifs, take_line, sum);
}

static void send_packet(ipf_stack_t *ifs, const qpktinfo_t *qpi, bool out, const uint8_t *data,
                        size_t size)
{
    mblk_t *mp = allocb(size);
    memcpy(mp->b_wptr, data, size);
    mp->b_wptr += size;
    bool right = sums_right(data, size);
    int result = fr_check(ifs, qpi, out, &mp);
    check(result == 0 || mp == NULL);
    if (mp != NULL) {
        check(msgdsize(mp) == size);
        check(!right || sums_right(mp->b_rptr, size));
    }
    freemsg(mp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    unsigned how = *data++;
    size--;

    unsigned sum = 0;
    struct net_data net = {.netd_info = &protocol};
    qpktinfo_t qpi = {
        .qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = (how & HOW_WIRE) != 0 ? 0 : FI_NOCKSUM};
    ipf_stack_t *ifs = ipf_create();
    check(ipf_load(ifs, rules, sizeof(rules) - 1, NULL, NULL) == 0);
    ipf_attach(ifs, &net, NULL);
    ipf_set_reply_mode(ifs, (how & HOW_INJECT) != 0 ? IPF_REPLY_INJECT : IPF_REPLY_REWRITE);
    if ((how & HOW_LOGGED) != 0)
        ipf_set_log_flags(ifs, FF_LOGPASS | FF_LOGBLOCK | FF_LOGNOMATCH);
    if ((how & HOW_WATCHED) != 0)
        ipf_set_probe(ifs, watch, &sum);

    /* Twice: the second one can belong to a state of the first. */
    for (int i = 0; i < 2; i++)
        send_packet(ifs, &qpi, (how & HOW_OUT) != 0, data, size);
    show(ifs, &sum);
    ipf_destroy(ifs);
    check(mblk_in_use() == 0);
    return 0;
}
