/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Resets byte for byte: fr_make_rst and fr_send_reset over IPv6, and the plain RST in both
 * families. The rows were written by a program that is not ours.
 */
#include "filter/fr_check.h"
#include "filter/ipf_rule.h"
#include "tests/filter/reply_rows.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* clang-format off */
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
    {"a SYN over IPv6 of another hop limit", "block return-rst in all",
     "60000000 002c0620 00000000 00000000 00000000 00000001 00000000 00000000 "
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
    {"a FIN alone is acknowledged", "block return-rst in all",
     "45000028 12340000 40066a9a 7f000001 7f000001 80e90016 01020304 00000000 "
     "5001c000 6cdb0000",
     "45000028 00004000 40063cce 7f000001 7f000001 001680e9 00000000 01020305 "
     "50140000 2cc80000"},
    {"a FIN|ACK gets the bare RST", "block return-rst in all",
     "4500002b 12340000 40066a97 7f000001 7f000001 80e90016 01020304 00000005 "
     "5011c000 7a490000 78797a",
     "45000028 00004000 40063cce 7f000001 7f000001 001680e9 00000005 00000000 "
     "50040000 30da0000"},
};

/* clang-format on */

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

/* clang-format off */
static const row_t no_rst[] = {
    {"a RST is not answered", "block return-rst in all",
     "45000028 00090000 4006ae18 0a010101 c0a80105 03e80016 00000005 00000000 50041000 cf2e0000", NULL},
    {"the TCP checksum is wrong", "block return-rst in all",
     "45000028 00090000 4006ae18 0a010101 c0a80105 03e80016 00000005 00000000 50021000 01000000", NULL},
    {"not TCP", "block return-rst in all",
     "4500001c 00090000 4011ae19 0a010101 c0a80105 00010002 0008332c", NULL},
};
/* clang-format on */

static void some_packets_are_not_answered_by_a_reset(void **state)
{
    (void)state;
    sent(no_rst, COUNT(no_rst), &post_build, IPF_REPLY_REWRITE, 0);
}

/* In mode `errno` the verdict itself is the answer to the caller, who is still sending. Only what
 * means "refused" is told apart. */
static void the_verdict_is_the_reply_to_the_call(void **state)
{
    static const struct {
        const char *rule;
        bool out;
        int error;
    } rows[] = {
        {"pass in all", false, 0},
        {"block in all", false, ENETUNREACH},
        {"block return-rst in proto tcp all", false, ECONNREFUSED},
        {"block return-icmp(port-unr) in all", false, ECONNREFUSED},
        {"block return-icmp-as-dest(port-unr) in all", false, ECONNREFUSED},
        {"block return-icmp(host-unr) in all", false, ENETUNREACH},
        {"block return-icmp in all", false, ENETUNREACH},
        {"block out all", true, ENETUNREACH},
        {"block return-rst out proto tcp all", true, ECONNRESET},
        {"block return-icmp(port-unr) out all", true, ENETUNREACH},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
        ipf_stack_t *ifs = ipf_create();
        mblk_t *mp = packet_make(&(packet_t){0});
        assert_int_equal(ipf_load(ifs, rows[i].rule, strlen(rows[i].rule), NULL, NULL), 0);
        ipf_set_build(ifs, &post_build);
        ipf_set_reply_mode(ifs, IPF_REPLY_ERRNO);
        int error = fr_check(ifs, &qpi, rows[i].out, &mp);
        if (error != rows[i].error || (mp != NULL) != (error == 0))
            fail_msg("%s: %d", rows[i].rule, error);
        freemsg(mp);
        ipf_destroy(ifs);
    }
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ipv6_segment_becomes_its_rst),
        cmocka_unit_test(linux_turns_a_segment_into_a_rst_of_20_bytes),
        cmocka_unit_test(linux_sends_the_same_rst),
        cmocka_unit_test(a_reset_over_ipv6_is_a_new_packet_of_60_bytes),
        cmocka_unit_test(some_packets_are_not_answered_by_a_reset),
        cmocka_unit_test(the_verdict_is_the_reply_to_the_call),
        cmocka_unit_test(each_reply_has_the_next_identifier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
