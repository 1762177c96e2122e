/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as packets, through rules that look at everything, in two filters: one walks its lists,
 * one does not, and both must do the same. The first byte of an input says how packets come: 1
 * outbound, 2 on a wire, 4 mode inject, 8 watched, 32 logged whatever the rules say. With 16 the
 * rest is a sequence of packets, each after a byte with 1 outbound and the delay, and a byte with
 * its length; otherwise the rest is one packet, which is sent twice.
 */
#include "filter/classify/fr_classifier.h"
#include "filter/fr_check.h"
#include "filter/fr_impl.h"
#include "filter/ipfstat.h"
#include "filter/ipmon.h"
#include "stack/in_cksum.h"
#include "stack/neti.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    HOW_OUT = 1,
    HOW_WIRE = 2,
    HOW_INJECT = 4,
    HOW_WATCHED = 8,
    HOW_SEQUENCE = 16,
    HOW_LOGGED = 32
};

static const char rules[] =
    "log body in all\npass out log body first proto udp all\n"
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
    "log in proto ipv6-icmp all head 1\nblock in all group 1\n"
    "pass in proto udp from any to any port = 53 keep frags\n"
    "block in quick proto udp from any to any port = 54 keep frags (strict)\n"
    "pass out proto tcp all keep state (icmp-head 2) keep frags\n"
    "block in proto icmp all icmp-type redir group 2\n"
    "pass in quick proto tcp from any to any port = 81 keep state (strict)\n"
    "pass in quick proto tcp from any to any port = 82 keep state (loose)\n"
    "pass in quick proto udp all with mcast keep state\n"
    "pass in inet6 proto ipv6-icmp all keep state (max-srcs 2, max-per-src "
    "1/16)\n"
    "count in proto tcp from any to any port = 80\ncount out all\n";

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

static uint64_t now_us;

static uint64_t now(void *stack)
{
    (void)stack;
    return now_us;
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

static mblk_t *make(const uint8_t *data, size_t size)
{
    mblk_t *mp = allocb(size);
    check(mp != NULL);
    memcpy(mp->b_wptr, data, size);
    mp->b_wptr += size;
    return mp;
}

/* Sends a packet through both filters. */
static void send_packet(ipf_stack_t *const *ifs, const qpktinfo_t *qpi, bool out,
                        const uint8_t *data, size_t size)
{
    bool right = sums_right(data, size);
    mblk_t *mp[2];
    int result[2];
    for (size_t i = 0; i < 2; i++) {
        mp[i] = make(data, size);
        result[i] = fr_check(ifs[i], qpi, out, &mp[i]);
        check(result[i] == 0 || mp[i] == NULL);
    }
    check(result[0] == result[1] && (mp[0] == NULL) == (mp[1] == NULL));
    if (mp[0] != NULL) {
        check(msgdsize(mp[0]) == size && msgdsize(mp[1]) == size);
        check(memcmp(mp[0]->b_rptr, mp[1]->b_rptr, size) == 0);
        check(!right || sums_right(mp[0]->b_rptr, size));
    }
    freemsg(mp[0]);
    freemsg(mp[1]);
}

static void compare_lists(const fr_list_t *a, const fr_list_t *b)
{
    const frentry_t *other = b->frl_head;
    for (const frentry_t *fr = a->frl_head; fr != NULL; fr = fr->fr_next, other = other->fr_next)
        check(fr->fr_hits == other->fr_hits && fr->fr_bytes == other->fr_bytes &&
              fr->fr_statecnt == other->fr_statecnt);
}

/* Both have counted the same. */
static void compare(ipf_stack_t *const *ifs)
{
    const fr_ruleset_t *a = &ifs[0]->ifs_rules, *b = &ifs[1]->ifs_rules;
    check(memcmp(&ifs[0]->ifs_frstats, &ifs[1]->ifs_frstats, sizeof(friostat_t)) == 0);
    check(fr_state_count(&ifs[0]->ifs_states) == fr_state_count(&ifs[1]->ifs_states));
    check(fr_frag_count(&ifs[0]->ifs_frags) == fr_frag_count(&ifs[1]->ifs_frags));
    for (size_t i = 0; i < 2; i++) {
        compare_lists(&a->frs_list[i], &b->frs_list[i]);
        compare_lists(&a->frs_acct[i], &b->frs_acct[i]);
    }
    const frgroup_t *other = b->frs_groups;
    for (const frgroup_t *group = a->frs_groups; group != NULL; group = group->fg_next) {
        compare_lists(&group->fg_list, &other->fg_list);
        other = other->fg_next;
    }
}

static ipf_stack_t *make_filter(net_handle_t net, unsigned how, unsigned *sum)
{
    ipf_stack_t *ifs = ipf_create();
    check(ifs != NULL && ipf_load(ifs, rules, sizeof(rules) - 1, NULL, NULL) == 0);
    check(ifs->ifs_rules.frs_list[0].frl_classifier != NULL &&
          ifs->ifs_rules.frs_list[1].frl_classifier == NULL);
    ipf_attach(ifs, net, NULL);
    ipf_set_reply_mode(ifs, (how & HOW_INJECT) != 0 ? IPF_REPLY_INJECT : IPF_REPLY_REWRITE);
    if ((how & HOW_LOGGED) != 0)
        ipf_set_log_flags(ifs, FF_LOGPASS | FF_LOGBLOCK | FF_LOGNOMATCH);
    if ((how & HOW_WATCHED) != 0)
        ipf_set_probe(ifs, watch, sum);
    return ifs;
}

static void send_all(ipf_stack_t *const *ifs, const qpktinfo_t *qpi, unsigned how,
                     const uint8_t *data, size_t size)
{
    for (int i = 0; i < 2 && (how & HOW_SEQUENCE) == 0; i++)
        send_packet(ifs, qpi, (how & HOW_OUT) != 0, data, size);
    while ((how & HOW_SEQUENCE) != 0 && size > 2) {
        size_t length = data[1] < size - 2 ? data[1] : size - 2;
        now_us += (uint64_t)(data[0] >> 1) * 1000000;
        send_packet(ifs, qpi, (data[0] & 1) != 0, data + 2, length);
        data += 2 + length;
        size -= 2 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    unsigned how = *data, sum = 0;
    struct net_data net = {.netd_info = &protocol};
    qpktinfo_t qpi = {
        .qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = (how & HOW_WIRE) != 0 ? 0 : FI_NOCKSUM};
    ipf_stack_t *ifs[2] = {make_filter(&net, how, &sum), make_filter(&net, how, &sum)};
    ifs[1]->ifs_walk = true;
    now_us = 0;
    send_all(ifs, &qpi, how, data + 1, size - 1);
    compare(ifs);
    show(ifs[0], &sum);
    ipf_destroy(ifs[0]);
    ipf_destroy(ifs[1]);
    check(mblk_in_use() == 0);
    return 0;
}
