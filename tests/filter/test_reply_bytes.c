/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Replies byte for byte, in both families: fr_make_icmp, fr_make_rst over IPv6, fr_send_icmp_err,
 * fr_send_reset over IPv6, and the plain RST. The rows were written by a program that is not ours.
 */
#include "filter/fr_check.h"
#include "filter/ipf_rule.h"
#include "stack/neti.h"
#include "tests/filter/packet.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct row {
    const char *name, *rule;
    const char *before;
    const char *after; /* NULL: nothing is sent, and the name is why */
} row_t;

/* ---- a stack that is none ---- */

typedef struct fake {
    mblk_t *injected;
    char refused[100];
} fake_t;

static int fake_inject(void *stack, inject_t style, net_inject_t *inject)
{
    fake_t *fake = stack;
    assert_int_equal(style, NI_DIRECT_OUT);
    assert_null(fake->injected);
    fake->injected = inject->ni_packet;
    return 0;
}

static int fake_getifaddr(void *stack, phy_if_t phy, int family, uint8_t address[16],
                          unsigned *bits)
{
    static const uint8_t four[4] = {192, 168, 1, 5};
    static const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 5};
    (void)stack;
    *bits = 24;
    if (phy != 2)
        return -1;
    memcpy(address, family == AF_INET ? four : six, family == AF_INET ? 4 : 16);
    return 0;
}

static void fake_loopback(void *stack, mblk_t *mp)
{
    ((fake_t *)stack)->injected = mp;
}

static const net_protocol_t fake_protocol = {.netp_name = NHF_INET,
                                             .netp_inject = fake_inject,
                                             .netp_getifaddr = fake_getifaddr,
                                             .netp_loopback = fake_loopback};

static void watch(void *arg, const ipf_event_t *event)
{
    fake_t *fake = arg;
    if (event->kind == IPF_EV_REFUSED)
        snprintf(fake->refused, sizeof(fake->refused), "%s", event->reason);
}

/* ---- judging ---- */

static const ipf_build_t post_build = {
    .ifb_oow_is_answered = true, .ifb_icmp_quote = 8, .ifb_reply_ttl = 255, .ifb_reply_hops = 127};
static const ipf_build_t linux_build = {.ifb_out_is_answered = true,
                                        .ifb_plain_rst = true,
                                        .ifb_icmp_quote = 548,
                                        .ifb_reply_ttl = 64,
                                        .ifb_reply_hops = 64};

static mblk_t *packet_of(const char *hex)
{
    mblk_t *mp = allocb(strlen(hex));
    unsigned byte;
    for (const char *p = hex; sscanf(p, "%2x", &byte) == 1; p += p[2] == ' ' ? 3 : 2) {
        *mp->b_wptr++ = (uint8_t)byte;
        if (p[2] == '\0')
            break;
    }
    return mp;
}

static void judge(fake_t *fake, const row_t *row, const ipf_build_t *build, ipf_reply_mode_t mode,
                  uint32_t flags, phy_if_t phy, mblk_t **mp)
{
    struct net_data net = {.netd_info = &fake_protocol, .netd_stack = fake};
    qpktinfo_t qpi = {.qpi_ifname = "e1000g0", .qpi_ill = phy, .qpi_flags = flags};
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load(ifs, row->rule, strlen(row->rule), NULL, NULL), 0);
    ipf_attach(ifs, &net, &net);
    ipf_set_build(ifs, build);
    ipf_set_reply_mode(ifs, mode);
    ipf_set_probe(ifs, watch, fake);
    fr_check(ifs, &qpi, false, mp);
    ipf_destroy(ifs);
}

static void same(const row_t *row, const mblk_t *mp)
{
    const char *hex = mp != NULL ? packet_hex(mp->b_rptr, msgdsize(mp)) : "nothing";
    if (strcmp(hex, row->after) != 0)
        fail_msg("%s:\n%s\n%s", row->name, hex, row->after);
}

/* The packet itself becomes the reply, on loopback. */
static void turned(const row_t *rows, size_t count, const ipf_build_t *build)
{
    for (size_t i = 0; i < count; i++) {
        fake_t fake = {0};
        mblk_t *mp = packet_of(rows[i].before);
        mp->b_packet = 42;
        judge(&fake, &rows[i], build, IPF_REPLY_REWRITE, FI_NOCKSUM, 1, &mp);
        assert_null(fake.injected);
        same(&rows[i], mp);
        assert_int_equal(mp->b_packet, 42);
        freemsg(mp);
        assert_int_equal(mblk_in_use(), 0);
    }
}

/* A reply is built; the packet is eaten. */
static void sent(const row_t *rows, size_t count, const ipf_build_t *build, ipf_reply_mode_t mode,
                 uint32_t flags)
{
    for (size_t i = 0; i < count; i++) {
        fake_t fake = {0};
        mblk_t *mp = packet_of(rows[i].before);
        judge(&fake, &rows[i], build, mode, flags, 2, &mp);
        assert_null(mp);
        if (rows[i].after != NULL)
            same(&rows[i], fake.injected);
        else
            assert_string_equal(fake.refused, rows[i].name);
        assert_int_equal(fake.injected != NULL, rows[i].after != NULL);
        freemsg(fake.injected);
        assert_int_equal(mblk_in_use(), 0);
    }
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- rows ---- */

/* clang-format off */
static const row_t made_icmp4[] = {
    {"a datagram: 8 bytes behind the header are quoted", "block return-icmp(port-unr) in all",
     "45000021 12344000 40112a96 7f000001 7f000001 03e80035 000db9e2 68656c6c "
     "6f",
     "45000038 12344000 40012a8f 7f000001 7f000001 03033ef0 00000000 45000021 "
     "12344000 40112a96 7f000001 7f000001 03e80035 000db9e2"},
    {"a rule without a code says net unreachable", "block return-icmp in all",
     "45000021 12344000 40112a96 7f000001 7f000001 03e80035 000db9e2 68656c6c "
     "6f",
     "45000038 12344000 40012a8f 7f000001 7f000001 03003ef3 00000000 45000021 "
     "12344000 40112a96 7f000001 7f000001 03e80035 000db9e2"},
    {"return-icmp-as-dest is the same", "block return-icmp-as-dest(port-unr) in all",
     "45000021 12344000 40112a96 7f000001 7f000001 03e80035 000db9e2 68656c6c "
     "6f",
     "45000038 12344000 40012a8f 7f000001 7f000001 03033ef0 00000000 45000021 "
     "12344000 40112a96 7f000001 7f000001 03e80035 000db9e2"},
    {"IP options, TOS and TTL stay", "block return-icmp(host-unr) in all",
     "46100025 12340000 0911107d 7f000001 0a020304 01010100 03e80035 000d2bde "
     "68656c6c 6f",
     "46100040 12340000 09011072 0a020304 7f000001 01010100 0301ccf6 00000000 "
     "46100025 12340000 0911107d 7f000001 0a020304 01010100 03e80035 000d2bde"},
    {"a datagram without data", "block return-icmp(port-unr) in all",
     "4500001c 12340000 40116a9b 7f000001 7f000001 03e80035 0008fdbe",
     "45000038 12340000 40016a8f 7f000001 7f000001 0303fb18 00000000 4500001c "
     "12340000 40116a9b 7f000001 7f000001 03e80035 0008fdbe"},
    {"a SYN with its options", "block return-icmp(port-unr) in all",
     "45000040 12344000 40062a82 7f000001 7f000001 80e90016 01020304 00000000 "
     "b002c000 d8a50000 02042000 0101080a 00000007 00000000 01030300 01010402",
     "45000038 12344000 40012a8f 7f000001 7f000001 030377f7 00000000 45000040 "
     "12344000 40062a82 7f000001 7f000001 80e90016 01020304"},
    {"a FIN with data", "block return-icmp(port-unr) in all",
     "4500002b 12340000 40066a97 7f000001 7f000001 80e90016 01020304 00000005 "
     "5011c000 7a490000 78797a",
     "45000038 12340000 40016a8f 7f000001 7f000001 030377f7 00000000 4500002b "
     "12340000 40066a97 7f000001 7f000001 80e90016 01020304"},
    {"an echo request", "block return-icmp(host-unr) in all",
     "45000020 12340000 40016aa7 7f000001 7f000001 08001f35 00070001 64617461",
     "45000038 12340000 40016a8f 7f000001 7f000001 0301d5c1 00000000 45000020 "
     "12340000 40016aa7 7f000001 7f000001 08001f35 00070001"},
    {"an error is answered, too", "block return-icmp(port-unr) in all",
     "45000038 12344000 40012a8f 7f000001 7f000001 03033ef0 00000000 45000021 "
     "12344000 40112a96 7f000001 7f000001 03e80035 000db9e2",
     "45000038 12344000 40012a8f 7f000001 7f000001 0303bb09 00000000 45000038 "
     "12344000 40012a8f 7f000001 7f000001 03033ef0 00000000"},
};

static const row_t made_icmp6[] = {
    {"a datagram is quoted whole", "block return-icmp(4) in all",
     "60000000 000d1140 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 03e80035 000db7e3 68656c6c 6f",
     "60000000 003d3a40 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 01048d53 00000000 60000000 000d1140 00000000 00000000 "
     "00000000 00000001 00000000 00000000 00000000 00000001 03e80035 000db7e3 "
     "68656c6c 6f"},
    {"the code is not translated: 3 stays 3", "block return-icmp(port-unr) in all",
     "60000000 000d1140 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 03e80035 000db7e3 68656c6c 6f",
     "60000000 003d3a40 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 01038d54 00000000 60000000 000d1140 00000000 00000000 "
     "00000000 00000001 00000000 00000000 00000000 00000001 03e80035 000db7e3 "
     "68656c6c 6f"},
    {"a rule without a code says no route", "block return-icmp in all",
     "60000000 000d1140 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 03e80035 000db7e3 68656c6c 6f",
     "60000000 003d3a40 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 01008d57 00000000 60000000 000d1140 00000000 00000000 "
     "00000000 00000001 00000000 00000000 00000000 00000001 03e80035 000db7e3 "
     "68656c6c 6f"},
    {"a SYN", "block return-icmp(4) in all",
     "60000000 002c0640 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 80e90016 01020304 00000000 b002c000 d6a60000 02042000 "
     "0101080a 00000007 00000000 01030300 01010402",
     "60000000 005c3a40 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 01049829 00000000 60000000 002c0640 00000000 00000000 "
     "00000000 00000001 00000000 00000000 00000000 00000001 80e90016 01020304 "
     "00000000 b002c000 d6a60000 02042000 0101080a 00000007 00000000 01030300 "
     "01010402"},
    {"class and hop limit stay", "block return-icmp(1) in all",
     "61000000 000c3a09 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000005 80004b57 00070001 64617461",
     "61000000 003c3a09 20010db8 00000000 00000000 00000005 20010db8 00000000 "
     "00000000 00000020 01010822 00000000 61000000 000c3a09 20010db8 00000000 "
     "00000000 00000020 20010db8 00000000 00000000 00000005 80004b57 00070001 "
     "64617461"},
};

static const row_t made_rst6[] = {
    {"a SYN keeps its options, its window and its length", "block return-rst in all",
     "60000000 002c0640 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 80e90016 01020304 00000000 b002c000 d6a60000 02042000 "
     "0101080a 00000007 00000000 01030300 01010402",
     "60000000 002c0640 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 001680e9 00000000 01020305 b014c000 d6930000 02042000 "
     "0101080a 00000007 00000000 01030300 01010402"},
    {"a SYN|ACK, and seq + 1 wraps", "block return-rst in all",
     "60000000 00140609 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000005 001680e9 ffffffff a0b0c0d0 5012c000 b1ba0000",
     "60000000 00140609 20010db8 00000000 00000000 00000005 20010db8 00000000 "
     "00000000 00000020 80e90016 a0b0c0d0 00000000 5014c000 b1b80000"},
    {"a FIN with data keeps the data", "block return-rst in all",
     "60000000 00170640 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 80e90016 01020304 00000005 5011c000 784a0000 78797a",
     "60000000 00170640 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 001680e9 00000005 01020305 5014c000 78460000 78797a"},
};

static const row_t sent_rst6[] = {
    {"a SYN: seq 0, ack seq + 1", "block return-rst in all",
     "60000000 002c0640 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000005 80e90016 01020304 00000000 b002c000 7b110000 02042000 "
     "0101080a 00000007 00000000 01030300 01010402",
     "60000000 0014067f 20010db8 00000000 00000000 00000005 20010db8 00000000 "
     "00000000 00000020 001680e9 00000000 01020305 50140000 cf330000"},
    {"a SYN|ACK: the bare RST", "block return-rst in all",
     "60000000 00140640 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000005 80e90016 01020304 00000005 5012c000 0f310000",
     "60000000 0014067f 20010db8 00000000 00000000 00000005 20010db8 00000000 "
     "00000000 00000020 001680e9 00000005 00000000 50040000 d3450000"},
    {"data: the bare RST", "block return-rst in all",
     "60000000 00190640 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000005 80e90016 01020304 00000006 5018c000 15620000 64617461 "
     "21",
     "60000000 0014067f 20010db8 00000000 00000000 00000005 20010db8 00000000 "
     "00000000 00000020 001680e9 00000006 00000000 50040000 d3440000"},
};

static const row_t sent_icmp4[] = {
    {"from the address of the interface", "block return-icmp(port-unr) in all",
     "45100021 12340000 40119bd5 0a010101 c0a80109 03e80035 000deb31 68656c6c "
     "6f",
     "45100038 00004000 ff01af05 c0a80105 0a010101 03030da1 00000000 45100021 "
     "12340000 40119bd5 0a010101 c0a80109 03e80035 000deb31"},
    {"as the destination", "block return-icmp-as-dest(port-unr) in all",
     "45100021 12340000 40119bd5 0a010101 c0a80109 03e80035 000deb31 68656c6c "
     "6f",
     "45100038 00004000 ff01af01 c0a80109 0a010101 03030da1 00000000 45100021 "
     "12340000 40119bd5 0a010101 c0a80109 03e80035 000deb31"},
    {"IP options are quoted and not sent", "block return-icmp(port-unr) in all",
     "46000025 12340000 401198e4 0a010101 c0a80105 01010100 03e80035 000deb35 "
     "68656c6c 6f",
     "4500003c 00004000 ff01af11 c0a80105 0a010101 03030d9d 00000000 46000025 "
     "12340000 401198e4 0a010101 c0a80105 01010100 03e80035 000deb35"},
    {"an echo request is a query", "block return-icmp(host-unr) in all",
     "45000020 12340000 40019bfa 0a010101 c0a80105 08001f35 00070001 64617461",
     "45000038 00004000 ff01af15 c0a80105 0a010101 0301d5c1 00000000 45000020 "
     "12340000 40019bfa 0a010101 c0a80105 08001f35 00070001"},
    {"a SYN", "block return-icmp(filter-prohib) in all",
     "45000028 12340000 40069bed 0a010101 c0a80105 80e90016 00000001 00000000 "
     "5002c000 a2320000",
     "45000038 00004000 ff01af15 c0a80105 0a010101 030d7bf2 00000000 45000028 "
     "12340000 40069bed 0a010101 c0a80105 80e90016 00000001"},
    {"data, too", "block return-icmp(port-unr) in all",
     "4500002c 12340000 40069be9 0a010101 c0a80105 80e90016 00000001 00000005 "
     "5010c000 c9580000 64617461",
     "45000038 00004000 ff01af15 c0a80105 0a010101 03037bfc 00000000 4500002c "
     "12340000 40069be9 0a010101 c0a80105 80e90016 00000001"},
};

static const row_t sent_icmp6[] = {
    {"port unreachable is translated to no port", "block return-icmp(port-unr) in all",
     "60000000 000d1140 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000009 03e80035 000d5c4a 68656c6c 6f",
     "60000000 003d3a7f 20010db8 00000000 00000000 00000005 20010db8 00000000 "
     "00000000 00000020 010431be 00000000 60000000 000d1140 20010db8 00000000 "
     "00000000 00000020 20010db8 00000000 00000000 00000009 03e80035 000d5c4a "
     "68656c6c 6f"},
    {"net unreachable to address unreachable", "block return-icmp in all",
     "60000000 000d1140 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000009 03e80035 000d5c4a 68656c6c 6f",
     "60000000 003d3a7f 20010db8 00000000 00000000 00000005 20010db8 00000000 "
     "00000000 00000020 010331bf 00000000 60000000 000d1140 20010db8 00000000 "
     "00000000 00000020 20010db8 00000000 00000000 00000009 03e80035 000d5c4a "
     "68656c6c 6f"},
    {"filter prohibited to admin", "block return-icmp-as-dest(filter-prohib) in all",
     "60000000 000d1140 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000009 03e80035 000d5c4a 68656c6c 6f",
     "60000000 003d3a7f 20010db8 00000000 00000000 00000009 20010db8 00000000 "
     "00000000 00000020 010131bd 00000000 60000000 000d1140 20010db8 00000000 "
     "00000000 00000020 20010db8 00000000 00000000 00000009 03e80035 000d5c4a "
     "68656c6c 6f"},
    {"source route failed to beyond scope", "block return-icmp(srcfail) in all",
     "60000000 000d1140 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000009 03e80035 000d5c4a 68656c6c 6f",
     "60000000 003d3a7f 20010db8 00000000 00000000 00000005 20010db8 00000000 "
     "00000000 00000020 010231c0 00000000 60000000 000d1140 20010db8 00000000 "
     "00000000 00000020 20010db8 00000000 00000000 00000009 03e80035 000d5c4a "
     "68656c6c 6f"},
    {"an echo request is a query", "block return-icmp(host-unr) in all",
     "60000000 000c3a40 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000005 80004b57 00070001 64617461",
     "60000000 003c3a7f 20010db8 00000000 00000000 00000005 20010db8 00000000 "
     "00000000 00000020 010308e9 00000000 60000000 000c3a40 20010db8 00000000 "
     "00000000 00000020 20010db8 00000000 00000000 00000005 80004b57 00070001 "
     "64617461"},
};

static const row_t not_sent_icmp[] = {
    {"ICMP other than a query is not answered", "block return-icmp(port-unr) in all",
     "45000038 12340000 40019be2 0a010101 c0a80105 03033ef0 00000000 45000021 "
     "12344000 40112a96 7f000001 7f000001 03e80035 000db9e2",
     NULL},
    {"ICMP other than a query is not answered", "block return-icmp(port-unr) in all",
     "45000020 12340000 40019bfa 0a010101 c0a80105 00002735 00070001 64617461",
     NULL},
    {"ICMP other than a query is not answered", "block return-icmp(port-unr) in all",
     "60000000 003d3a40 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000005 010431be 00000000 60000000 000d1140 00000000 00000000 "
     "00000000 00000001 00000000 00000000 00000000 00000001 03e80035 000db7e3 "
     "68656c6c 6f",
     NULL},
    {"ICMPv6 has no such code", "block return-icmp(proto-unr) in all",
     "60000000 000d1140 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000009 03e80035 000d5c4a 68656c6c 6f",
     NULL},
    {"ICMPv6 has no such code", "block return-icmp(needfrag) in all",
     "60000000 000d1140 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000009 03e80035 000d5c4a 68656c6c 6f",
     NULL},
    {"ICMPv6 has no such code", "block return-icmp(15) in all",
     "60000000 000d1140 20010db8 00000000 00000000 00000020 20010db8 00000000 "
     "00000000 00000009 03e80035 000d5c4a 68656c6c 6f",
     NULL},
};

static const row_t plain[] = {
    {"a SYN", "block return-rst in all",
     "45000040 12344000 40062a82 7f000001 7f000001 80e90016 01020304 00000000 "
     "b002c000 d8a50000 02042000 0101080a 00000007 00000000 01030300 01010402",
     "45000028 00004000 40063cce 7f000001 7f000001 001680e9 00000000 01020305 "
     "50140000 2cc80000"},
    {"a SYN over IPv6", "block return-rst in all",
     "60000000 002c0640 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 80e90016 01020304 00000000 b002c000 d6a60000 02042000 "
     "0101080a 00000007 00000000 01030300 01010402",
     "60000000 00140640 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 001680e9 00000000 01020305 50140000 2ac90000"},
    {"SYN, FIN and the data all count", "block return-rst in all",
     "45000044 12340000 40066a7e 7f000001 7f000001 80e90016 01020304 00000000 "
     "b003c000 ffdd0000 02042000 0101080a 00000007 00000000 01030300 01010402 "
     "64617461",
     "45000028 00004000 40063cce 7f000001 7f000001 001680e9 00000000 0102030a "
     "50140000 2cc30000"},
    {"a FIN|ACK gets the bare RST", "block return-rst in all",
     "4500002b 12340000 40066a97 7f000001 7f000001 80e90016 01020304 00000005 "
     "5011c000 7a490000 78797a",
     "45000028 00004000 40063cce 7f000001 7f000001 001680e9 00000005 00000000 "
     "50040000 30da0000"},
};

static const row_t linux_icmp4[] = {
    {"a datagram is quoted whole", "block return-icmp(port-unr) in all",
     "46000025 12340000 401198e4 0a010101 c0a80105 01010100 03e80035 000deb35 "
     "68656c6c 6f",
     "45c00041 00000000 4001ad4d c0a80105 0a010101 0303c9ca 00000000 46000025 "
     "12340000 401198e4 0a010101 c0a80105 01010100 03e80035 000deb35 68656c6c "
     "6f"},
    {"up to 576 bytes in all", "block return-icmp(port-unr) in all",
     "45000274 12340000 40119996 0a010101 c0a80105 03e80035 0260fd34 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878",
     "45c00254 00000000 4001ab3a c0a80105 0a010101 0303ea3b 00000000 45000274 "
     "12340000 40119996 0a010101 c0a80105 03e80035 0260fd34 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878 78787878 78787878 78787878 "
     "78787878 78787878 78787878 78787878 78787878"},
};

/* clang-format on */

/* ---- tests ---- */

static void an_ipv4_packet_becomes_the_error_about_itself(void **state)
{
    (void)state;
    turned(made_icmp4, COUNT(made_icmp4), &post_build);
}

static void an_ipv6_packet_is_quoted_whole_by_what_it_becomes(void **state)
{
    (void)state;
    turned(made_icmp6, COUNT(made_icmp6), &post_build);
}

static void an_ipv6_segment_becomes_its_rst(void **state)
{
    (void)state;
    turned(made_rst6, COUNT(made_rst6), &post_build);
}

static void linux_turns_a_segment_into_a_rst_of_20_bytes(void **state)
{
    (void)state;
    turned(plain, COUNT(plain), &linux_build);
}

static void linux_sends_the_same_rst(void **state)
{
    (void)state;
    sent(plain, COUNT(plain), &linux_build, IPF_REPLY_NETINFO, FI_NOCKSUM);
}

static void a_reset_over_ipv6_is_a_new_packet_of_60_bytes(void **state)
{
    (void)state;
    sent(sent_rst6, COUNT(sent_rst6), &post_build, IPF_REPLY_REWRITE, 0);
}

static void an_error_over_ipv4_comes_from_the_interface_or_the_destination(void **state)
{
    (void)state;
    sent(sent_icmp4, COUNT(sent_icmp4), &post_build, IPF_REPLY_REWRITE, 0);
}

static void an_error_over_ipv6_has_its_code_translated(void **state)
{
    (void)state;
    sent(sent_icmp6, COUNT(sent_icmp6), &post_build, IPF_REPLY_REWRITE, 0);
}

/* TOS 0xc0, no DF, TTL 64, and 576 bytes in all. */
static void an_error_of_linux_quotes_more(void **state)
{
    (void)state;
    sent(linux_icmp4, COUNT(linux_icmp4), &linux_build, IPF_REPLY_NETINFO, 0);
}

static void some_packets_are_not_answered_by_an_error(void **state)
{
    static const row_t broadcast = {"multicast and broadcast are not answered",
                                    "block return-icmp in all", NULL, NULL};
    static const uint32_t casts[] = {FI_MULTICAST | FI_MBCAST, FI_BROADCAST | FI_MBCAST};
    (void)state;
    sent(not_sent_icmp, COUNT(not_sent_icmp), &post_build, IPF_REPLY_REWRITE, 0);
    for (size_t i = 0; i < 2; i++) {
        row_t row = broadcast;
        row.before = sent_icmp4[0].before;
        sent(&row, 1, &post_build, IPF_REPLY_REWRITE, casts[i]);
    }
}

static void an_interface_without_an_address_sends_no_error(void **state)
{
    fake_t fake = {0};
    (void)state;
    mblk_t *mp = packet_of(sent_icmp4[0].before);
    judge(&fake, &sent_icmp4[0], &post_build, IPF_REPLY_REWRITE, 0, 9, &mp);
    assert_null(mp);
    assert_null(fake.injected);
    assert_string_equal(fake.refused, "the interface has no address");
    assert_int_equal(mblk_in_use(), 0);
}

static void each_reply_has_the_next_identifier(void **state)
{
    static const char rule[] = "block return-rst in proto tcp all";
    fake_t fake = {0};
    struct net_data net = {.netd_info = &fake_protocol, .netd_stack = &fake};
    qpktinfo_t qpi = {.qpi_ifname = "e1000g0", .qpi_ill = 2};
    ipf_stack_t *ifs = ipf_create();
    unsigned before = 0;
    (void)state;
    assert_int_equal(ipf_load(ifs, rule, strlen(rule), NULL, NULL), 0);
    ipf_attach(ifs, &net, &net);
    ipf_set_build(ifs, &post_build);
    for (unsigned i = 0; i < 3; i++) {
        mblk_t *mp = packet_make(&(packet_t){0});
        fr_check(ifs, &qpi, false, &mp);
        assert_non_null(fake.injected);
        const uint8_t *ip = fake.injected->b_rptr;
        unsigned id = (unsigned)(ip[4] << 8 | ip[5]);
        assert_true(i == 0 || id == before + 1);
        before = id;
        freemsg(fake.injected);
        fake.injected = NULL;
    }
    ipf_destroy(ifs);
    assert_int_equal(mblk_in_use(), 0);
}

/* CR 6845913: before it was mended any TCP segment became an error. */
static void only_syn_and_fin_become_an_error_since_cr_6845913(void **state)
{
    static const ipf_build_t before = {.ifb_oow_is_answered = true,
                                       .ifb_cr_6845913 = true,
                                       .ifb_icmp_quote = 8,
                                       .ifb_reply_ttl = 255};
    static const ipf_build_t *const builds[] = {&before, &post_build};
    (void)state;
    for (size_t v6 = 0; v6 < 2; v6++) {
        for (size_t i = 0; i < 2; i++) {
            fake_t fake = {0};
            /* The FIN's flag is taken away: data. Nobody looks at checksums on loopback. */
            const row_t *row = v6 ? &made_icmp6[3] : &made_icmp4[6];
            mblk_t *mp = packet_of(row->before);
            mp->b_rptr[(v6 ? 40 : 20) + 13] = 0x10;
            judge(&fake, row, builds[i], IPF_REPLY_REWRITE, FI_NOCKSUM, 1, &mp);
            assert_int_equal(mp != NULL, i == 0);
            if (mp == NULL)
                assert_string_equal(fake.refused, "TCP with neither SYN nor FIN");
            freemsg(mp);
        }
    }
    assert_int_equal(mblk_in_use(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ipv4_packet_becomes_the_error_about_itself),
        cmocka_unit_test(an_ipv6_packet_is_quoted_whole_by_what_it_becomes),
        cmocka_unit_test(an_ipv6_segment_becomes_its_rst),
        cmocka_unit_test(linux_turns_a_segment_into_a_rst_of_20_bytes),
        cmocka_unit_test(linux_sends_the_same_rst),
        cmocka_unit_test(a_reset_over_ipv6_is_a_new_packet_of_60_bytes),
        cmocka_unit_test(an_error_over_ipv4_comes_from_the_interface_or_the_destination),
        cmocka_unit_test(an_error_over_ipv6_has_its_code_translated),
        cmocka_unit_test(an_error_of_linux_quotes_more),
        cmocka_unit_test(some_packets_are_not_answered_by_an_error),
        cmocka_unit_test(an_interface_without_an_address_sends_no_error),
        cmocka_unit_test(each_reply_has_the_next_identifier),
        cmocka_unit_test(only_syn_and_fin_become_an_error_since_cr_6845913),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
