/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ICMP errors byte for byte, in both families: fr_make_icmp and fr_send_icmp_err. The rows were
 * written by a program that is not ours.
 */
#include "filter/fr_check.h"
#include "filter/ipf_rule.h"
#include "tests/filter/reply_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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
    {"a SYN without options: its header is just whole", "block return-icmp(port-unr) in all",
     "45000028 12344000 40062a9a 7f000001 7f000001 80e90016 01020304 00000000 "
     "5002c000 6cda0000",
     "45000038 12344000 40012a8f 7f000001 7f000001 030377f7 00000000 45000028 "
     "12344000 40062a9a 7f000001 7f000001 80e90016 01020304"},
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
    {"a SYN without options: its header is just whole", "block return-icmp(4) in all",
     "60000000 00140640 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 80e90016 01020304 00000000 5002c000 6adb0000",
     "60000000 00443a40 00000000 00000000 00000000 00000001 00000000 00000000 "
     "00000000 00000001 01049841 00000000 60000000 00140640 00000000 00000000 "
     "00000000 00000001 00000000 00000000 00000000 00000001 80e90016 01020304 "
     "00000000 5002c000 6adb0000"},
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
    {"a later fragment is not answered", "block return-icmp in all",
     "45000024 00090003 4011ae0e 0a010101 c0a80105 78787878 78787878 78787878 78787878", NULL},
    {"a later fragment is not answered", "block return-icmp in all",
     "60000000 00182c40 20010db8 00000000 00000000 00000020 20010db8 00000000 00000000 00000005 11000018 00000007 78787878 78787878 78787878 78787878", NULL},
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

/* clang-format off */
static const row_t not_made[] = {
    {"the TCP header is not complete", "block return-icmp in all",
     "45000024 00090000 4006ae1c 0a010101 c0a80105 03e80016 00000005 00000000 50", NULL},
    {"the TCP header is not complete", "block return-icmp in all",
     "60000000 00100640 20010db8 00000000 00000000 00000020 20010db8 00000000 00000000 00000005 03e80016 00000005 00000000 50021000", NULL},
    {"TCP does not follow the IPv6 header at once", "block return-icmp in all",
     "60000000 001c3c40 20010db8 00000000 00000000 00000020 20010db8 00000000 00000000 00000005 06000104 00000000 03e80016 00000005 00000000 50021000 40490000", NULL},
};
/* clang-format on */

/* On loopback, where the packet would become the error. */
static void some_packets_do_not_become_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(not_made); i++) {
        fake_t fake = {0};
        mblk_t *mp = packet_of(not_made[i].before);
        judge(&fake, &not_made[i], &post_build, IPF_REPLY_REWRITE, FI_NOCKSUM, 1, &mp);
        assert_null(mp);
        assert_null(fake.injected);
        assert_string_equal(fake.refused, not_made[i].name);
    }
    assert_int_equal(mblk_in_use(), 0);
}

/* Over IPv6 an error quotes the whole packet, and has room for 65,535 bytes. */
static void a_packet_that_is_too_long_to_be_quoted_whole_does_not_become_an_error(void **state)
{
    (void)state;
    for (size_t size = 65487; size <= 65488; size++) {
        static const row_t row = {"", "block return-icmp in all", NULL, NULL};
        fake_t fake = {0};
        mblk_t *mp = allocb(size);
        uint8_t *ip = mp->b_rptr;
        mp->b_wptr += size;
        ip[0] = 0x60;
        ip[4] = (uint8_t)((size - 40) >> 8);
        ip[5] = (uint8_t)(size - 40);
        ip[6] = 17;
        ip[23] = ip[39] = 1;
        judge(&fake, &row, &post_build, IPF_REPLY_REWRITE, FI_NOCKSUM, 1, &mp);
        assert_int_equal(mp != NULL, size == 65487);
        if (mp != NULL)
            assert_int_equal(msgdsize(mp), 40 + 8 + size);
        else
            assert_string_equal(fake.refused, "too long to be quoted whole");
        freemsg(mp);
    }
    assert_int_equal(mblk_in_use(), 0);
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
        cmocka_unit_test(an_error_over_ipv4_comes_from_the_interface_or_the_destination),
        cmocka_unit_test(an_error_over_ipv6_has_its_code_translated),
        cmocka_unit_test(an_error_of_linux_quotes_more),
        cmocka_unit_test(some_packets_are_not_answered_by_an_error),
        cmocka_unit_test(some_packets_do_not_become_an_error),
        cmocka_unit_test(a_packet_that_is_too_long_to_be_quoted_whole_does_not_become_an_error),
        cmocka_unit_test(an_interface_without_an_address_sends_no_error),
        cmocka_unit_test(only_syn_and_fin_become_an_error_since_cr_6845913),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
