/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a pattern of a packet says, and which packets it matches.
 */
#include "sim/packet/packet.h"
#include "sim/packet/packet_pattern.h"
#include "sim/packet/packet_text.h"
#include "tests/sim/packets.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct packet_base no_base;
static const struct packet_base base = {.has_seq = true, .has_ack = true, .seq = 1000, .ack = 5000};

static void a_pattern_matches_what_it_says_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        bool matches;
    } rows[] = {
        {"127.0.0.1.33001 > 127.0.0.1.22 S", true},
        {"127.0.0.1.33001 > 127.0.0.1.22: S", true},
        {"localhost.* > localhost.22 S 0:0(0)", true},
        {"*.* > *.* *", true},
        {"* > * S", true},
        {"* > *.23 S", false},
        {"*.* > *.* * * win 49152", true},
        {"*.* > *.22 S 0:0(0) win 49152 ttl 64 id 4660", true},
        {"*.* > *.22 S <mss 8192,nop,nop,TS val 7 ecr 0,nop,wscale 0,nop,nop,sackOK>", true},
        {"*.* > *.22 S <>", false},
        {"*.* > *.22 S <mss 8192>", false},
        {"*.* > *.23 S", false},
        {"*.1 > *.22 S", false},
        {"10.0.0.1.* > *.22 S", false},
        {"*.* > *.22 S.", false},
        {"*.* > *.22 S 1:1(0)", false},
        {"*.* > *.22 S ack 0", false},
        {"*.* > *.22 S win 1", false},
        {"*.* > *.22 S ttl 63", false},
        {"*.* > *.22 S id 4661", false},
        {"*.* > *.22 S urg 0", true},
        {"*.* > *.22 S urg 1", false},
        {"*.* > *.22 S 0:1(1)", false},
        {"* > * udp", false},
        {"* > * icmp echo", false},
    };
    struct packet packet;
    assert_true(packet_parse(syn_packet, sizeof(syn_packet), &packet));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packet_pattern pattern;
        struct packet_pattern_error error;
        if (packet_pattern_parse(rows[i].pattern, &pattern, &error) != 0)
            fail_msg("%s: %s", rows[i].pattern, error.message);
        if (packet_pattern_match(&pattern, &packet, &base) != rows[i].matches)
            fail_msg("%s: %s", rows[i].pattern, rows[i].matches ? "does not match" : "matches");
    }
}

static void a_pattern_that_is_none_says_where_and_why(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        int column;
        const char *message;
    } rows[] = {
        {"", 1, "expected the source as ADDRESS.PORT, such as 127.0.0.1.22"},
        {"localhost", 1, "expected the source as ADDRESS.PORT, such as 127.0.0.1.22"},
        {"host.22 > *.* S", 1, "'host' is neither an IP address nor *"},
        {"*.70000 > *.* S", 3, "'70000' is neither a port, nor a service such as ssh, nor *"},
        {"*.* < *.* S", 5, "expected '>' after the source"},
        {"*.* > ", 7, "expected the destination as ADDRESS.PORT, such as 127.0.0.1.22"},
        {"*.* > *.*", 10, "expected flags after the destination, such as S or R."},
        {"*.* > *.* X", 11, "'X' are not flags; flags are letters of FSRPUEW and . for ACK"},
        {"*.* > *.* S 0:1", 13, "'0:1' is not SEQ:END(LENGTH), such as 0:0(0)"},
        {"*.* > *.* S 0:1(0)", 13, "'0:1(0)' does not add up: SEQ + LENGTH is END"},
        {"*.* > *.* S wim 1", 13, "unknown word 'wim'; did you mean 'win'?"},
        {"*.* > *.* S win x", 17, "expected a number up to 65535 after 'win'"},
        {"*.* > *.* S <mss 1", 13, "expected '>' at the end of the options"},
        {"* > * udp x bytes", 11, "expected a length after 'udp', such as '5 bytes'"},
        {"* > * udp 65536 bytes", 11, "expected a length after 'udp', such as '5 bytes'"},
        {"* > * udp 5 byte", 11, "expected a length after 'udp', such as '5 bytes'"},
        {"* > * udp 5 octet", 11, "expected a length after 'udp', such as '5 bytes'"},
        {"* > * udp 5", 11, "expected a length after 'udp', such as '5 bytes'"},
        {"* > * udp 5 bytes more", 19, "unexpected 'more' at the end"},
        {"* > * icmp", 11, "'' is no ICMP type, by its name in ipf.conf or its number"},
        {"* > * icmp nosuch", 12,
         "'nosuch' is no ICMP type, by its name in ipf.conf or its number"},
        {"* > * icmp 256", 12, "'256' is no ICMP type, by its name in ipf.conf or its number"},
        {"* > * icmp echo nosuch", 17,
         "'nosuch' is no ICMP code, by its name in ipf.conf or its number"},
        {"* > * icmp echo 0 more", 19, "unexpected 'more' at the end"},
        {"*.* > *.* icmx", 11, "'icmx' are not flags; flags are letters of FSRPUEW and . for ACK"},
        {"127.0.0.1.5 > * icmp echo", 1, "'127.0.0.1.5' is neither an IP address nor *"},
        {"*.* > *.* S length 0", 13,
         "unknown word 'length'; there are: ack, win, ttl, id, urg, <options>"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packet_pattern pattern;
        struct packet_pattern_error error;
        assert_int_equal(packet_pattern_parse(rows[i].pattern, &pattern, &error), EINVAL);
        assert_string_equal(error.message, rows[i].message);
        assert_int_equal(error.column, rows[i].column);
    }
}

/* Of datagrams the length is compared, of ICMP the type, and the code if it is named. */
static void patterns_of_udp_and_icmp_match_their_packets(void **state)
{
    static const uint8_t udp[] = {0x45, 0, 0, 31, 0, 1, 0, 0, 64, 17, 0, 0, 127, 0,   0,  1,
                                  127,  0, 0, 1,  0, 7, 0, 9, 0,  11, 0, 0, 'a', 'b', 'c'};
    static const uint8_t icmp[] = {0x45, 0, 0,   28, 0, 1, 0, 0, 64, 1, 0, 0, 127, 0,
                                   0,    1, 127, 0,  0, 1, 3, 3, 0,  0, 0, 0, 0,   0};
    static const uint8_t icmp6[48] = {0x60, 0, 0, 0, 0, 8, 58, 64, [23] = 1, [39] = 1, 1, 4};
    static const struct {
        const uint8_t *bytes;
        size_t length;
        const char *pattern;
        bool matches;
    } rows[] = {
        {udp, sizeof(udp), "127.0.0.1.7 > 127.0.0.1.9 udp", true},
        {udp, sizeof(udp), "*.7 > *.9 udp *", true},
        {udp, sizeof(udp), "* > * udp 3 bytes", true},
        {udp, sizeof(udp), "* > * udp 4 bytes", false},
        {udp, sizeof(udp), "* > *.8 udp 3 bytes", false},
        {udp, sizeof(udp), "* > * S", false},
        {icmp, sizeof(icmp), "127.0.0.1 > * icmp unreach", true},
        {icmp, sizeof(icmp), "127.0.0.1 > 127.0.0.1 icmp 3 3", true},
        {icmp, sizeof(icmp), "127.0.0.1 > * icmp unreach port-unr", true},
        {icmp, sizeof(icmp), "* > * icmp unreach host-unr", false},
        {icmp, sizeof(icmp), "* > * icmp echo", false},
        {icmp, sizeof(icmp), "10.0.0.1 > * icmp unreach", false},
        {icmp, sizeof(icmp), "* > 10.0.0.1 icmp unreach", false},
        {icmp6, sizeof(icmp6), "::1 > * icmp unreach", true},
        {icmp6, sizeof(icmp6), "* > ::1 icmp 1 4", true},
        {icmp6, sizeof(icmp6), "* > ::1 icmp 1 3", false},
        {icmp6, sizeof(icmp6), "* > * icmp 1", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packet packet;
        struct packet_pattern pattern;
        struct packet_pattern_error error;
        assert_true(packet_parse(rows[i].bytes, rows[i].length, &packet));
        if (packet_pattern_parse(rows[i].pattern, &pattern, &error) != 0)
            fail_msg("%s: %s", rows[i].pattern, error.message);
        if (packet_pattern_match(&pattern, &packet, &no_base) != rows[i].matches)
            fail_msg("%s: %s", rows[i].pattern, rows[i].matches ? "does not match" : "matches");
    }
}

static void flags_are_letters_or_none(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint8_t flags;
    } rows[] = {{"none", true, 0},  {"", false, 0},       {"S", true, 0x02},
                {"S.", true, 0x12}, {"SFRP", true, 0x0f}, {"FSRPUEW.", true, 0xff},
                {"nine", false, 0}, {"none.", false, 0},  {"non", false, 0},
                {"SS", true, 0x02}, {"Sx", false, 0},     {"UE", true, 0x60},
                {"W", true, 0x80}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t flags;
        assert_int_equal(packet_flags_parse(rows[i].text, strlen(rows[i].text), &flags),
                         rows[i].good);
        if (rows[i].good)
            assert_int_equal(flags, rows[i].flags);
    }
}

/* Of two lists of options in a pattern the last counts; one has 255 characters at most. */
static void the_options_of_a_pattern_are_its_last(void **state)
{
    struct packet_pattern pattern;
    struct packet_pattern_error error;
    char text[400];
    (void)state;
    assert_int_equal(packet_pattern_parse("* > * S <mss 8192,nop> <nop>", &pattern, &error), 0);
    assert_string_equal(pattern.options, "nop");
    snprintf(text, sizeof(text), "* > * S <%0255d>", 0);
    assert_int_equal(packet_pattern_parse(text, &pattern, &error), 0);
    assert_int_equal(strlen(pattern.options), 255);
    snprintf(text, sizeof(text), "* > * S <%0256d>", 0);
    assert_int_equal(packet_pattern_parse(text, &pattern, &error), EINVAL);
    assert_string_equal(error.message, "options of more than 255 characters");
    assert_int_equal(error.column, 9);
}

/* A number of a SYN without ACK is none, also where it would be the same. */
static void an_ack_is_compared_where_there_is_one(void **state)
{
    struct packet_pattern pattern;
    struct packet_pattern_error error;
    struct packet packet;
    (void)state;
    assert_true(packet_parse(syn_packet, sizeof(syn_packet), &packet));
    assert_int_equal(packet_pattern_parse("* > * udp 65535 bytes", &pattern, &error), 0);
    assert_int_equal(pattern.bytes, 65535);
    assert_int_equal(packet_pattern_parse("* > * S ack 0", &pattern, &error), 0);
    assert_int_equal(packet.ack, 0);
    assert_false(packet_pattern_match(&pattern, &packet, &no_base));
}

/* An ICMP error quotes a packet; no other ICMP does, and nothing else. */
static void the_types_of_icmp_that_quote_a_packet_are_errors(void **state)
{
    uint8_t bytes[100] = {0x45, 0, 0, 56, 0, 1, 0, 0, 64, 1, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1};
    (void)state;
    for (int type = 0; type < 256; type++) {
        struct packet packet, quoted;
        bool quotes = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
        bytes[20] = (uint8_t)type;
        memcpy(bytes + 28, syn_packet, 28);
        assert_true(packet_parse(bytes, 56, &packet));
        assert_int_equal(packet_quoted(&packet, &quoted), quotes);
        if (quotes) {
            assert_int_equal(quoted.kind, PACKET_TCP);
            assert_int_equal(quoted.sport, 33001);
            assert_int_equal(quoted.dport, 22);
        }
    }
    bytes[20] = 3;
    for (size_t length = 28; length < 56; length++) {
        struct packet packet, quoted;
        bytes[3] = (uint8_t)length;
        assert_true(packet_parse(bytes, length, &packet));
        assert_int_equal(packet_quoted(&packet, &quoted), length >= 28 + 24);
    }
    bytes[3] = 56;
    for (int first = 0; first < 256; first++) { /* its version, and how long its header is */
        struct packet packet, quoted;
        bytes[28] = (uint8_t)first;
        assert_true(packet_parse(bytes, 56, &packet));
        assert_int_equal(packet_quoted(&packet, &quoted), first == 0x45 || first == 0x46);
    }
}

/* Each number has a bound, and at most ten digits. */
static void the_numbers_of_a_pattern_have_bounds(void **state)
{
    static const struct {
        const char *rest;
        bool good;
    } rows[] = {
        {"4294967295:4294967295(0)", true},
        {"4294967296:4294967296(0)", false},
        {"4294901760:4294967295(65535)", true},
        {"0:65536(65536)", false},
        {"4294967295:0(1)", true},
        {"0000000001:1(0)", true},
        {"00000000001:1(0)", false},
        {"1:00000000001(0)", false},
        {"0:0(00000000000)", false},
        {":0(0)", false},
        {"0:(0)", false},
        {"0:0()", false},
        {"0(0)", false},
        {"0:0", false},
        {"0:0(0", false},
        {"0:0(0)x", false},
        {"0(0:0)", false},
        {"x:0(0)", false},
        {"0:x(0)", false},
        {"0:0(x)", false},
        {"0:0(/)", false},
        {"0:0(9)", false},
        {"0:9(9)", true},
        {"ack 4294967295", true},
        {"ack 4294967296", false},
        {"win 65535", true},
        {"win 65536", false},
        {"ttl 255", true},
        {"ttl 256", false},
        {"id 65535", true},
        {"id 65536", false},
        {"urg 65535", true},
        {"urg 65536", false},
        {"win", false},
        {"win ", false},
        {"ack", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[100];
        struct packet_pattern pattern;
        struct packet_pattern_error error;
        snprintf(text, sizeof(text), "* > * S %s", rows[i].rest);
        if ((packet_pattern_parse(text, &pattern, &error) == 0) != rows[i].good)
            fail_msg("%s is %s", rows[i].rest, rows[i].good ? "refused" : "taken");
    }
}

/* What a pattern does not name is not compared; what it names is kept as it was written. */
static void a_pattern_keeps_what_it_names(void **state)
{
    struct packet_pattern pattern;
    struct packet_pattern_error error;
    (void)state;
    assert_int_equal(
        packet_pattern_parse("10.0.0.1.7 > ::1.ssh S. 5:8(3) ack 9 win 10 ttl 11 id 12 "
                             "urg 13 <mss 14>",
                             &pattern, &error),
        0);
    assert_false(pattern.src.any_addr || pattern.src.any_port || pattern.dst.any_addr ||
                 pattern.dst.any_port || pattern.any_flags);
    assert_int_equal(pattern.src.port, 7);
    assert_int_equal(pattern.dst.port, 22);
    assert_int_equal(pattern.flags, PACKET_SYN | PACKET_ACK);
    assert_true(pattern.has_seq && pattern.has_ack && pattern.has_win && pattern.has_ttl &&
                pattern.has_id && pattern.has_urg && pattern.has_options);
    const uint32_t values[] = {pattern.seq, pattern.end, pattern.length, pattern.ack,
                               pattern.win, pattern.ttl, pattern.id,     pattern.urg};
    static const uint32_t expected[] = {5, 8, 3, 9, 10, 11, 12, 13};
    assert_memory_equal(values, expected, sizeof(values));
    assert_string_equal(pattern.options, "mss 14");
    assert_int_equal(packet_pattern_parse("*.7 > 10.0.0.1.* *", &pattern, &error), 0);
    assert_true(pattern.src.any_addr && !pattern.src.any_port && !pattern.dst.any_addr &&
                pattern.dst.any_port && pattern.any_flags);
    assert_false(pattern.has_seq || pattern.has_ack || pattern.has_win || pattern.has_ttl ||
                 pattern.has_id || pattern.has_urg || pattern.has_options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_matches_what_it_says_and_nothing_else),
        cmocka_unit_test(a_pattern_that_is_none_says_where_and_why),
        cmocka_unit_test(patterns_of_udp_and_icmp_match_their_packets),
        cmocka_unit_test(flags_are_letters_or_none),
        cmocka_unit_test(the_options_of_a_pattern_are_its_last),
        cmocka_unit_test(an_ack_is_compared_where_there_is_one),
        cmocka_unit_test(the_types_of_icmp_that_quote_a_packet_are_errors),
        cmocka_unit_test(the_numbers_of_a_pattern_have_bounds),
        cmocka_unit_test(a_pattern_keeps_what_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
