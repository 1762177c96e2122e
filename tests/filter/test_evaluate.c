/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Verdicts of rule sets, in the words of ipftest: each row is a rules text, a packet, a verdict.
 */
#include "filter/fr_verdict.h"
#include "filter/ipf_rule.h"
#include "stack/in_cksum.h"
#include "tests/filter/filter_with.h"
#include "tests/filter/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *verdict_of(ipf_stack_t *ifs, const char *ifname, bool out, uint32_t flags,
                              mblk_t *m)
{
    qpktinfo_t qpi = {.qpi_ifname = ifname, .qpi_ill = 1, .qpi_flags = flags};
    const char *verdict = fr_verdict(ifs, &qpi, out, m);
    freemsg(m);
    assert_int_equal(mblk_in_use(), 0);
    return verdict;
}

/* A packet of hexadecimal bytes. */
/* So that what a row says of a packet does not hang on its sums. */
static mblk_t *with_right_sums(mblk_t *m)
{
    static const size_t places[] = {[1] = 2, [6] = 16, [17] = 6};
    uint8_t *ip = m->b_rptr;
    size_t length = msgdsize(m);
    if (length < 28)
        return m;
    uint8_t proto = ip[9];
    if (ip[0] >> 4 != 4 || proto >= sizeof(places) / sizeof(places[0]) || places[proto] == 0)
        return m;
    size_t size = (size_t)(ip[0] & 15) * 4;
    if (size < 20 || length < size + places[proto] + 2)
        return m;
    memset(ip + size + places[proto], 0, 2);
    uint16_t sum = proto == 1
                       ? in_cksum(ip + size, length - size)
                       : in_cksum_pseudo(ip + 12, ip + 16, 4, proto, ip + size, length - size);
    ip[size + places[proto]] = (uint8_t)(sum >> 8);
    ip[size + places[proto] + 1] = (uint8_t)sum;
    return m;
}

static mblk_t *from_hex(const char *hex)
{
    mblk_t *m = allocb(strlen(hex) / 2 + 1);
    for (unsigned byte; sscanf(hex, " %2x", &byte) == 1; hex += 2) {
        hex += strspn(hex, " ");
        *m->b_wptr++ = (uint8_t)byte;
    }
    return m;
}

/* ---- rule sets; the packet is a SYN to port 22 that comes in on lo0 ---- */

static const struct {
    const char *rules, *verdict;
} sets[] = {
    {"", "nomatch"},
    {"block in all\npass in all", "pass"},
    {"block in quick all\npass in all", "block"},
    {"block return-rst in all", "block return-rst"},
    {"block return-icmp in all", "block return-icmp"},
    {"block return-icmp-as-dest(port-unr) in all", "block return-icmp-as-dest"},
    {"auth in all", "auth"},
    {"preauth in all", "preauth"},
    {"block out all", "nomatch"},
    /* log and count decide nothing */
    {"block in all\nlog in all", "block"},
    {"log in all", "nomatch"},
    {"log in quick all\nblock in all", "block"},
    {"count in quick all\nblock in all", "block"},
    {"count in all", "nomatch"},
    /* skip N: the next N rules, whatever they are */
    {"skip 1 in all\nblock in all\npass in proto udp all", "nomatch"},
    {"skip 1 in all\nblock in all\npass in all", "pass"},
    {"skip 1 in proto udp all\nblock in all", "block"},
    {"skip 2 in all\nblock in all", "nomatch"},
    {"pass in all\nskip 2147483644 in all\nblock in all", "pass"},
    {"pass in all\nskip 2147483645 in all\nblock in all", "pass"},
    {"pass in all\nskip 2147483646 in all\nblock in all", "pass"},
    {"pass in all\nskip 2147483647 in all\nblock in all", "pass"},
    /* groups */
    {"block in all head 1\npass in proto tcp all group 1", "pass"},
    {"block in all head 1\npass in proto udp all group 1", "block"},
    {"block in proto udp all head 1\npass in all group 1", "nomatch"},
    {"block in quick all head 1\npass in proto tcp all group 1\nblock return-rst in all",
     "block return-rst"},
    {"block in quick all head 1\npass in quick proto tcp all group 1\nblock return-rst in all",
     "pass"},
    {"block in quick all head 1\npass in proto udp all group 1\nblock return-rst in all", "block"},
    {"block in all head a\nblock return-rst in all head b group a\npass in all group b", "pass"},
    {"pass in all head a\nskip 1 in all group a\nblock in all group a\npass in all group a",
     "pass"},
    {"pass in all head a\nlog in all group a", "pass"},
    /* what a rule may ask for */
    {"block in on bge0 all", "nomatch"},
    {"block in on lo0,bge0 all", "block"},
    {"block in on bge0,lo0 all", "nomatch"}, /* the second is for the answers of keep state */
    {"block in tos 0 ttl 64 all", "block"},
    {"block in tos 1 all", "nomatch"},
    {"block in ttl 63 all", "nomatch"},
    {"block in inet all", "block"},
    {"block in inet6 all", "nomatch"},
    {"block in proto tcp/udp all", "block"},
    {"block in proto udp all", "nomatch"},
    {"block in from 127.0.0.0/8 to !10.0.0.0/8", "block"},
    {"block in from !127.0.0.0/8 to any", "nomatch"},
    {"block in from ::1 to any", "nomatch"},
    {"block in from {10.0.0.1,127.0.0.1} to any", "block"},
    {"block in proto tcp from any to any port = {21,22}", "block"},
    {"block in proto tcp from any to any port != 23", "block"},
    {"block in proto tcp from any to any port != 22", "nomatch"},
    {"block in proto tcp from any to any port 22:30", "block"},
    {"block in proto tcp from any to any port 20:22", "block"},
    {"block in proto tcp from any to any port 23:30", "nomatch"},
    {"block in proto tcp from any to any port 20:21", "nomatch"},
    {"block in from any to any port = 22", "block"},
    {"block in proto tcp all flags S/SA", "block"},
    {"block in proto tcp all flags A/A", "nomatch"},
    {"block in all with not short", "block"},
    {"block in all with frag", "nomatch"},
    {"block in all with not ipopts", "block"},
    {"block in all with opt lsrr", "nomatch"},
    {"block in all with not opt lsrr", "block"},
    {"block in all with mcast", "nomatch"},
    {"block in all with bad", "nomatch"},
    {"block in proto icmp all icmp-type echo", "nomatch"},
    {"block in all keep frags", "block"},
    {"pass in all\ncall now fr_srcgrpmap/1 in all", "pass"},
    {"pass in all group nobody\nblock in proto tcp all head nobody", "pass"},
    {"block in all head a\nlog in all group a\nskip 1 in all group a", "block"},
    {"pass in quick all pps 1\nblock in all", "pass"},
    {"pass in all\nblock in all match-tag (nat=x)", "pass"},
    {"pass in all\nblock in all set-tag (log=1)", "block"},
};

static void a_rule_set_gives_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        ipf_stack_t *ifs = filter_with(sets[i].rules);
        const char *got = verdict_of(ifs, "lo0", false, 0, packet_make(&(packet_t){0}));
        if (strcmp(got, sets[i].verdict) != 0)
            fail_msg("'%s': %s, not %s", sets[i].rules, got, sets[i].verdict);
        ipf_destroy(ifs);
    }
}

/* ---- packets; `rule` is asked alone ---- */

#define LSRR   "83070401 01010100"
#define IPV4_8 "4700001c 00000000 3f000000 01010101 02010101" /* and eight bytes of options */
#define TCP_FLAGS(flags)                                                                           \
    "45000028 00000000 3f060000 01010101 02010101 04010019 00000000 00000000 50" flags             \
    "2000 00000000"
#define UNREACH(type, mtu, frag, src)                                                              \
    "45000038 00000000 3f010000 01010101 02010101" type "0000 0000" mtu "45000028 0000" frag       \
    "3f060000" src "01010101 04010019 00000000"
#define ENDS6 "ef000000 00000000 00000000 00010013 ff020000 00000000 00000001 ff01000b"
#define TCP   "0401 0019 0000 0000 0000 0000 5002 2000 0000 0000"

static const struct {
    const char *rule, *packet, *verdict;
} packets[] = {
    {"block in proto icmp all icmp-type echo",
     "4500001c 00000000 3f010000 01010101 02010101 08000000 00000000", "block"},
    {"block in proto icmp all icmp-type echo code 1",
     "4500001c 00000000 3f010000 01010101 02010101 08000000 00000000", "nomatch"},
    {"block in proto icmp all icmp-type unreach code port-unr",
     "4500001c 00000000 3f010000 01010101 02010101 03030000 00000000", "block"},
    /* what is missing of a quoted packet is 0: its offset, its source */
    {"block in proto icmp all with not bad",
     "4500001c 00000000 3f010000 01010101 00000000 03000000 00000000", "block"},
    {"block in proto icmp all with not bad",
     "4500001c 00000000 3f010000 01010101 00000001 03000000 00000000", "nomatch"},
    {"block in proto icmp all icmp-type echo", /* half a header */
     "45000018 00000000 3f010000 01010101 02010101 08000000", "bad-packet"},
    {"block in proto udp all", /* ports without the rest of their header */
     "45000018 00002000 3f110000 01010101 02010101 00350035", "bad-packet"},
    {"block in proto udp all", /* nothing of it */
     "45000014 00002000 3f110000 01010101 02010101", "block"},
    {"block in proto tcp all with short",
     "4500001c 00000000 3f060000 01010101 02010101 04010019 "
     "00000000",
     "block"},
    {"block in proto tcp all with bad", /* a data offset of 4 */
     "45000028 00000000 3f060000 01010101 02010101 04010019 00000000 00000000 40022000 00000000",
     "block"},
    {"block in proto tcp all flags S", /* the same: its flags are not looked at */
     "45000028 00000000 3f060000 01010101 02010101 04010019 00000000 00000000 40022000 00000000",
     "nomatch"},
    {"block in proto tcp all", /* a data offset beyond the packet */
     "45000028 00000000 3f060000 01010101 02010101 04010019 00000000 00000000 f0022000 00000000",
     "bad-packet"},
    {"block in all with opt lsrr", "4700001c 00000000 3f000000 01010101 02010101" LSRR, "block"},
    {"block in all with opt lsrr,ssrr", "4700001c 00000000 3f000000 01010101 02010101" LSRR,
     "nomatch"},
    {"block in all with opt lsrr not opt ssrr", "4700001c 00000000 3f000000 01010101 02010101" LSRR,
     "block"},
    {"block in all with opt lsrr", /* no more than four bytes: passed over */
     "46000018 00000000 3f000000 01010101 02010101 83040400", "nomatch"},
    {"block in all with opt lsrr", IPV4_8 "01010183 05000000", "block"},   /* the last five bytes */
    {"block in all with opt lsrr", IPV4_8 "01018306 00000000", "block"},   /* the last six */
    {"block in all with opt lsrr", IPV4_8 "01018307 00000000", "nomatch"}, /* it runs over */
    {"block in all with opt lsrr", IPV4_8 "00010183 05000000", "nomatch"}, /* after the end */
    {"block in all with opt lsrr", IPV4_8 "00020183 05000000", "nomatch"},
    {"block in all with opt lsrr", IPV4_8 "00028305 00000000", "nomatch"},
    {"block in all with opt lsrr", IPV4_8 "99020183 05000000", "block"}, /* after an unknown one */
    {"block in all with opt lsrr", IPV4_8 "99030083 05000000", "block"},
    {"block in all with opt lsrr", IPV4_8 "99010183 05000000", "nomatch"}, /* it has no length */
    {"block in all with opt lsrr", IPV4_8 "99000183 05000000", "nomatch"},
    {"block in all with opt lsrr,ssrr",
     "48000020 00000000 3f000000 01010101 02010101 01838305 00000089 05000000", "nomatch"},
    {"block in all with opt lsrr,ssrr",
     "48000020 00000000 3f000000 01010101 02010101 01018305 00000089 05000000", "block"},
    {"block in all with opt sec-class secret",
     "48000020 00000000 3f000000 01010101 02010101 820b5a00 00000000 00000000", "block"},
    {"block in all with opt sec-class secret",
     "48000020 00000000 3f000000 01010101 02010101 820b3d00 00000000 00000000", "nomatch"},
    {"block in all with bad", /* two of them */
     "4b00002c 00000000 3f000000 01010101 02010101"
     "820b3d00 00000000 00000001 820b5a00 00000000 00000000",
     "block"},
    {"block in all with bad", /* an option that runs over ends the list, no more */
     "46000018 00000000 3f000000 01010101 02010101 83090400", "nomatch"},
    {"block in all with frag-body",
     "4500001c 00000001 3f060000 01010101 02010101 00000000 00000000", "block"},
    {"block in proto tcp from any port = 0 to any", /* a later fragment has no ports */
     "4500001c 00000004 3f060000 01010101 02010101 00000000 00000000", "nomatch"},
    {"block in all", "45000013 00000000 3f060000 01010101 02010101", "bad-packet"},
    {"block in all", "4400001c 00000000 3f060000 01010101 02010101", "bad-packet"},
    {"block in all", "45", "bad-packet"},
    {"block in all", "75000014 00000000 3f060000 01010101 02010101", "bad-packet"},
    /* IPv6 */
    {"block in inet6 proto tcp from ef00::/16 to any port = 25", "60000000 001406ff " ENDS6 TCP,
     "block"},
    {"block in inet6 proto tcp all flags F/F", /* what is missing of a header, too */
     "60000000 000d06ff " ENDS6 "04010019 00000000 00000000 50", "nomatch"},
    {"block in inet6 all with v6hdr routing", "60000000 001406ff " ENDS6 TCP, "nomatch"},
    /* the family of `to IF:ADDRESS` is the rule's only where it is said */
    {"block in quick to bge0:1.2.3.4 all", "60000000 001406ff " ENDS6 TCP, "block"},
    {"block in quick to bge0:1.2.3.4 inet all", "60000000 001406ff " ENDS6 TCP, "nomatch"},
    {"block in quick to bge0:1.2.3.4 inet all", "45000014 00000000 3f630000 01010101 02010101",
     "block"},
    {"block in inet6 proto tcp all with v6hdr routing",
     "60000000 001c2bff " ENDS6 "06000000 00000000" TCP, "block"},
    {"block in inet6 all with not v6hdrs", "60000000 001c2bff " ENDS6 "06000000 00000000" TCP,
     "nomatch"},
    {"block in inet6 all with frag", "60000000 001c2cff " ENDS6 "06000001 00000007" TCP, "block"},
    {"block in inet6 proto tcp/udp all", /* of a later fragment nothing is asked */
     "60000000 001c2cff " ENDS6 "06000008 00000007" TCP, "nomatch"},
    {"block in inet6 proto tcp all", "60000000 001c2cff " ENDS6 "06000008 00000007" TCP, "block"},
    {"block in proto tcp/udp all", "4500001c 00000004 3f060000 01010101 02010101 00000000 00000000",
     "block"},
    {"block in inet6 all with frag-body", "60000000 001c2cff " ENDS6 "06000008 00000007" TCP,
     "block"},
    {"block in inet6 all with bad", "60000000 00082bff " ENDS6 "06040000 00000000", "block"},
    {"block in inet6 proto ipv6-icmp all icmp-type echo",
     "60000000 00083aff " ENDS6 "80000000 00000000", "block"},
    {"block in inet6 tos 0 all", /* a traffic class is no type of service */
     "61200000 00083bff " ENDS6 "80000000 00000000", "block"},
    {"block in inet6 all with bad", /* hop-by-hop options need not be first */
     "60000000 001c3cff " ENDS6 "00000000 00000000 3b000000 00000000", "nomatch"},
    {"block in inet6 all with bad", /* two routing headers */
     "60000000 00102bff " ENDS6 "2b000000 00000000 3b000000 00000000", "block"},
    {"block in inet6 all with bad", /* two sets of destination options */
     "60000000 00103cff " ENDS6 "3c000000 00000000 3b000000 00000000", "block"},
    {"block in inet6 all with v6hdr esp", /* it is the end, and not recorded */
     "60000000 000832ff " ENDS6 "00000000 00000000", "nomatch"},
    {"block in inet6 all with v6hdr ah", "60000000 00103aff " ENDS6 "80000000 00000000", "nomatch"},
    {"block in inet6 all with frag", /* whole, but with a fragment header */
     "60000000 00102cff " ENDS6 "3b000000 00000007 00000000 00000000", "block"},
    {"block in inet6 all with mcast", /* the link layer says it, not the address */
     "60000000 00083aff " ENDS6 "80000000 00000000", "nomatch"},
    {"block in inet6 proto tcp all", /* half a TCP header */
     "60000000 000806ff " ENDS6 "00010002 00000000", "block"},
    /* fragments: what is wrong with an offset counts where there is one */
    {"block in all with bad", "4500001d 00002000 3f110000 01010101 02010101 00350035 00090000 00",
     "nomatch"},
    {"block in all with bad", "4500001d 00002002 3f110000 01010101 02010101 00350035 00090000 00",
     "block"},
    {"block in all with bad", "45000014 00000002 3f110000 01010101 02010101", "block"},
    {"block in all with bad", "4500001c 00001fff 3f110000 01010101 02010101 00350035 00090000",
     "block"},
    {"block in all with short", /* RFC 3128 */
     "4500002c 00000001 3f060000 01010101 02010101 00000000 00000000 00000000 00000000 00000000 "
     "00000000",
     "block"},
    /* TCP flags that no TCP sends, each alone */
    {"block in all with bad", TCP_FLAGS("22"), "block"},   /* URG without pointer */
    {"block in all with bad", TCP_FLAGS("06"), "block"},   /* SYN|RST */
    {"block in all with bad", TCP_FLAGS("16"), "nomatch"}, /* SYN|RST|ACK */
    {"block in all with bad", TCP_FLAGS("1a"), "block"},   /* SYN|PUSH|ACK */
    {"block in all with bad", TCP_FLAGS("00"), "block"},
    {"block in all with bad", TCP_FLAGS("01"), "block"},   /* FIN */
    {"block in all with bad", TCP_FLAGS("03"), "block"},   /* SYN|FIN */
    {"block in all with bad", TCP_FLAGS("13"), "nomatch"}, /* SYN|FIN|ACK */
    {"block in all with bad", TCP_FLAGS("0c"), "block"},   /* RST|PUSH */
    {"block in all with bad", TCP_FLAGS("04"), "nomatch"},
    {"block in all with bad", TCP_FLAGS("12"), "nomatch"},
    /* ICMP: each type has its length, and an error quotes a packet of its destination's */
    {"block in all with short", "4500001c 00000000 3f010000 01010101 02010101 08000000 00000000",
     "nomatch"},
    {"block in all with short", "4500001c 00000000 3f010000 01010101 02010101 0d000000 00000000",
     "block"},
    {"block in all with short",
     "45000028 00000000 3f010000 01010101 02010101 0d000000 00000000 00000000 00000000 00000000",
     "nomatch"},
    {"block in all with short",
     "45000020 00000000 3f010000 01010101 02010101 11000000 00000000 00000000", "nomatch"},
    {"block in all with short", "4500001c 00000000 3f010000 01010101 02010101 11000000 00000000",
     "block"},
    {"block in all with short", "4500001c 00000000 3f010000 01010101 02010101 fe000000 00000000",
     "block"},
    {"block in all with bad", UNREACH("0303", "0000", "0000", "02010101"), "nomatch"},
    {"block in all with bad", UNREACH("0303", "0000", "0000", "02010102"), "block"},
    {"block in all with bad", UNREACH("0303", "0000", "0001", "02010101"), "block"},
    {"block in all with bad", UNREACH("0304", "4300", "0000", "02010101"), "block"},
    {"block in all with bad", UNREACH("0304", "4400", "0000", "02010101"), "nomatch"},
    {"block in all with bad", UNREACH("0800", "0000", "0000", "02010102"), "nomatch"},
    {"block in proto icmp all icmp-type maskreq", /* a type is asked for though it is short */
     "4500001c 00000000 3f010000 01010101 02010101 11000000 00000000", "block"},
    {"block in all with lowttl", "4500001c 00000000 03010000 01010101 02010101 08000000 00000000",
     "block"},
    {"block in all with lowttl", "4500001c 00000000 04010000 01010101 02010101 08000000 00000000",
     "nomatch"},
    /* headers of which nothing is asked but that they are there */
    {"block in proto gre all", "45000014 00000000 3f2f0000 01010101 02010101", "bad-packet"},
    {"block in proto esp all", "45000014 00000000 3f320000 01010101 02010101", "bad-packet"},
    {"block in proto ah all with short", "45000014 00000000 3f330000 01010101 02010101", "block"},
    {"block in proto ospf all", "45000014 00000000 3f590000 01010101 02010101", "block"},
};

static void a_packet_is_judged_by_its_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        ipf_stack_t *ifs = filter_with(packets[i].rule);
        const char *got =
            verdict_of(ifs, "lo0", false, 0, with_right_sums(from_hex(packets[i].packet)));
        if (strcmp(got, packets[i].verdict) != 0)
            fail_msg("'%s', %s: %s, not %s", packets[i].rule, packets[i].packet, got,
                     packets[i].verdict);
        ipf_destroy(ifs);
    }
}

static void what_the_link_says_is_asked_by_with(void **state)
{
    (void)state;
    ipf_stack_t *ifs = filter_with("block in all with mcast");
    assert_string_equal(
        verdict_of(ifs, "lo0", false, FI_MULTICAST | FI_MBCAST, packet_make(&(packet_t){0})),
        "block");
    assert_string_equal(
        verdict_of(ifs, "lo0", false, FI_BROADCAST | FI_MBCAST, packet_make(&(packet_t){0})),
        "nomatch");
    ipf_destroy(ifs);
}

/* Over its rate a rule's verdict is a plain block, in each second anew; a second begins with a
 * packet. */
static void packets_over_their_rate_are_blocked(void **state)
{
    static const struct {
        uint64_t now_us;
        const char *verdict;
    } times[] = {{0, "pass"},        {1, "pass"},        {999999, "block"}, {1000000, "pass"},
                 {1000001, "pass"},  {1000002, "block"}, {2500000, "pass"}, {3400000, "pass"},
                 {3499999, "block"}, {3500000, "pass"}};
    (void)state;
    ipf_stack_t *ifs = filter_with("pass in all pps 2");
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        fr_verdict_set_time(ifs, times[i].now_us);
        assert_string_equal(verdict_of(ifs, "lo0", false, 0, packet_make(&(packet_t){0})),
                            times[i].verdict);
    }
    ipf_destroy(ifs);
}

/* Twenty groups, each in the one before: the seventeenth is not looked into. */
static void groups_are_searched_to_a_depth_of_sixteen(void **state)
{
    (void)state;
    for (int depth = 14; depth <= 17; depth++) {
        char text[2000];
        size_t at = (size_t)sprintf(text, "block in all head g0\n");
        for (int i = 0; i < depth; i++)
            at += (size_t)sprintf(text + at, "block in all head g%d group g%d\n", i + 1, i);
        sprintf(text + at, "pass in all group g%d\n", depth);
        ipf_stack_t *ifs = filter_with(text);
        assert_string_equal(verdict_of(ifs, "lo0", false, 0, packet_make(&(packet_t){0})),
                            depth <= 14 ? "pass" : "block");
        ipf_destroy(ifs);
    }
}

/* => Returns the sum of RFC 1071 over 16-bit words, before its complement. */
static uint32_t sum_of(const uint8_t *bytes, size_t length)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i += 2)
        sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* An ICMPv6 error of 48 bytes: its header, and that of the packet that it quotes. */
static void an_icmpv6_error_quotes_a_packet_of_its_destination(void **state)
{
    static const struct {
        uint8_t quoted_source;
        const char *verdict;
    } rows[] = {{2, "nomatch"}, {3, "block"}};
    static const char rules[] = "block in quick inet6 all with bad\n";
    ipf_error_t error;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t bytes[88] = {0x60, 0, 0, 0, 0, 48, 58, 64};
        bytes[8] = bytes[24] = 0xfd;
        bytes[23] = 1; /* from fd00::1 to fd00::2 */
        bytes[39] = 2;
        bytes[40] = 1; /* unreachable */
        bytes[48] = 0x60;
        bytes[56] = bytes[72] = 0xfd;
        bytes[71] = rows[i].quoted_source;
        uint32_t sum = sum_of(bytes + 8, 80) + 48 + 58;
        sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
        bytes[42] = (uint8_t)(sum >> 8);
        bytes[43] = (uint8_t)sum;
        ipf_stack_t *ifs = ipf_create();
        qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
        mblk_t *m = allocb(sizeof(bytes));
        memcpy(m->b_wptr, bytes, sizeof(bytes));
        m->b_wptr += sizeof(bytes);
        assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
        assert_string_equal(fr_verdict(ifs, &qpi, false, m), rows[i].verdict);
        freemsg(m);
        ipf_destroy(ifs);
    }
}

/* Where segments outside of a window are passed over by `keep state`, others are not. */
static void a_segment_of_no_connection_is_not_outside_of_a_window(void **state)
{
    static const ipf_build_t builds[] = {{0}, {.ifb_oow_is_passed_over = true}};
    (void)state;
    for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++) {
        ipf_stack_t *ifs = filter_with("block in all\npass in quick proto tcp all keep state");
        qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
        ipf_set_build(ifs, &builds[i]);
        mblk_t *m = packet_make(&(packet_t){0});
        assert_string_equal(fr_verdict(ifs, &qpi, false, m), "pass");
        freemsg(m);
        ipf_destroy(ifs);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_icmpv6_error_quotes_a_packet_of_its_destination),
        cmocka_unit_test(a_rule_set_gives_its_verdict),
        cmocka_unit_test(a_packet_is_judged_by_its_bytes),
        cmocka_unit_test(what_the_link_says_is_asked_by_with),
        cmocka_unit_test(packets_over_their_rate_are_blocked),
        cmocka_unit_test(groups_are_searched_to_a_depth_of_sixteen),
        cmocka_unit_test(a_segment_of_no_connection_is_not_outside_of_a_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
