/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets: read, shown, matched, changed field by field, compared.
 */
#include "sim/core/isn.h"
#include "sim/packet/packet.h"
#include "sim/packet/packet_diff.h"
#include "sim/packet/packet_fields.h"
#include "sim/packet/packet_pattern.h"
#include "sim/packet/packet_text.h"
#include "stack/in_cksum.h"
#include "tests/sim/packets.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct packet_base no_base;
static const struct packet_base base = {.has_seq = true, .has_ack = true, .seq = 1000, .ack = 5000};

static void assert_text(const uint8_t *bytes, size_t length, const struct packet_base *b,
                        const char *expected)
{
    char text[512];
    int n = packet_text(bytes, length, b, 0, text, sizeof(text));
    assert_string_equal(text, expected);
    assert_int_equal(n, strlen(expected));
}

static void a_syn_is_shown_with_relative_numbers_and_its_options(void **state)
{
    (void)state;
    assert_text(syn_packet, sizeof(syn_packet), &base,
                "127.0.0.1.33001 > 127.0.0.1.22 S 0:0(0) win 49152 "
                "<mss 8192,nop,nop,TS val 7 ecr 0,nop,wscale 0,nop,nop,sackOK>");
    assert_text(syn_packet, sizeof(syn_packet), &no_base,
                "127.0.0.1.33001 > 127.0.0.1.22 S 1000:1000(0) win 49152 "
                "<mss 8192,nop,nop,TS val 7 ecr 0,nop,wscale 0,nop,nop,sackOK>");
}

static void segments_are_shown_in_tcpdumps_notation(void **state)
{
    (void)state;
    static const struct {
        uint8_t flags;
        uint32_t seq, ack;
        const char *payload, *text;
    } rows[] = {
        {0x10, 1001, 5001, "", ". 1:1(0) ack 1 win 49152"},
        {0x18, 1001, 5001, "hello", "P. 1:6(5) ack 1 win 49152"},
        {0x11, 1006, 5001, "", "F. 6:6(0) ack 1 win 49152"},
        {0x14, 0, 5001, "", "R. 0:0(0) ack 1 win 49152"},
        {0x04, 1001, 0, "", "R 1:1(0) win 49152"},
        {0x00, 1000, 0, "", "none 0:0(0) win 49152"},
        {0xff, 1000, 5000, "", "FSRPUEW. 0:0(0) ack 0 win 49152 urg 0"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t bytes[100];
        char expected[200];
        size_t length =
            make_packet(bytes, rows[i].flags, rows[i].seq, rows[i].ack, rows[i].payload);
        snprintf(expected, sizeof(expected), "127.0.0.1.33001 > 127.0.0.1.22 %s", rows[i].text);
        assert_text(bytes, length, &base, expected);
    }
}

static void bytes_that_are_no_packet_are_shown_as_such_at_every_length(void **state)
{
    (void)state;
    for (size_t length = 0; length < sizeof(syn_packet); length++) {
        uint8_t *bytes = malloc(length + 1); /* so that a sanitizer sees each byte too many */
        char text[200], expected[100];
        memcpy(bytes, syn_packet, length);
        bytes = realloc(bytes, length > 0 ? length : 1);
        snprintf(expected, sizeof(expected), "[not an IP packet, %zu bytes]", length);
        packet_text(bytes, length, &no_base, 0, text, sizeof(text));
        assert_string_equal(text, expected);
        free(bytes);
    }
}

static void options_that_run_over_are_cut_short(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[20];
        size_t length;
        const char *text;
    } rows[] = {
        {{2, 4, 0x20}, 3, "[cut short]"},
        {{2, 4, 0x20, 1}, 4, "mss 8193"},
        {{2, 3, 0x20}, 3, "unknown-2 0x20"},
        {{3, 3, 7}, 3, "wscale 7"},
        {{3, 4, 7, 7}, 4, "unknown-3 0x0707"},
        {{9, 3, 7}, 3, "unknown-9 0x07"},
        {{9, 4, 7, 8}, 4, "unknown-9 0x0708"},
        {{9, 2}, 2, "unknown-9"},
        {{4, 3, 1}, 3, "unknown-4 0x01"},
        {{5, 10, 0, 0, 0, 1, 0, 0, 0, 2}, 10, "sack 1 {1:2}"},
        {{5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4}, 18, "sack 2 {1:2}{3:4}"},
        {{5, 2}, 2, "unknown-5"},
        {{5, 6, 1, 2, 3, 4}, 6, "unknown-5 0x01020304"},
        {{8, 10, 0, 0, 0, 1, 0, 0, 0, 2}, 10, "TS val 1 ecr 2"},
        {{8, 6, 1, 2, 3, 4}, 6, "unknown-8 0x01020304"},
        {{9, 10, 1, 2, 3, 4, 5, 6, 7, 8}, 10, "unknown-9 0x0102030405060708"},
        {{1, 2}, 2, "nop,[cut short]"},
        {{1, 8, 0}, 3, "nop,[cut short]"},
        {{2, 1, 0, 0}, 4, "[cut short]"},
        {{0, 9, 9, 9}, 4, "eol"},
        {{99, 4, 0xab, 0xcd}, 4, "unknown-99 0xabcd"},
        {{4, 2, 1, 1}, 4, "sackOK,nop,nop"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[100];
        packet_options_text(rows[i].bytes, rows[i].length, text, sizeof(text));
        assert_string_equal(text, rows[i].text);
    }
}

static void text_that_does_not_fit_is_cut_and_terminated(void **state)
{
    (void)state;
    char whole[512], part[512];
    int length = packet_text(syn_packet, sizeof(syn_packet), &base, 0, whole, sizeof(whole));
    for (size_t size = 1; size <= (size_t)length + 1; size++) {
        assert_int_equal(packet_text(syn_packet, sizeof(syn_packet), &base, 0, part, size), length);
        assert_int_equal(strlen(part), size - 1 < (size_t)length ? size - 1 : (size_t)length);
        assert_memory_equal(part, whole, strlen(part));
    }
}

/* ---- patterns ---- */

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

/* ---- fields ---- */

static mblk_t *syn_message(void)
{
    mblk_t *mp = allocb(sizeof(syn_packet));
    memcpy(mp->b_wptr, syn_packet, sizeof(syn_packet));
    mp->b_wptr += sizeof(syn_packet);
    packet_fix_checksums(mp->b_rptr, sizeof(syn_packet));
    return mp;
}

static void assert_right_checksums(const mblk_t *mp)
{
    struct packet p;
    assert_true(packet_parse(mp->b_rptr, msgdsize(mp), &p));
    assert_int_equal(in_cksum(mp->b_rptr, p.header_length), 0);
    if (p.proto == 6)
        assert_int_equal(in_cksum_pseudo(mp->b_rptr + 12, mp->b_rptr + 16, 4, 6, mp->b_rptr + 20,
                                         msgdsize(mp) - 20),
                         0);
}

static void a_field_that_is_set_is_read_back_and_the_checksums_are_right(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t number;
        const char *text;
    } rows[] = {
        {"src", 0, "10.1.2.3"}, {"dst", 0, "10.1.2.3"}, {"sport", 1, NULL},
        {"dport", 65535, NULL}, {"flags", 0, "R."},     {"seq", 4294967295, NULL},
        {"ack", 77, NULL},      {"win", 0, NULL},       {"ttl", 255, NULL},
        {"id", 65535, NULL},    {"payload", 0, "abc"},  {"payload", 0, ""},
        {"proto", 0, "tcp"},    {"proto", 0, "udp"},    {"proto", 99, NULL},
        {"proto", 255, NULL},   {"proto", 0, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packet_value value = {.is_number = rows[i].text == NULL, .number = rows[i].number};
        char error[100];
        value.bytes = rows[i].text;
        value.length = rows[i].text != NULL ? strlen(rows[i].text) : 0;
        mblk_t *mp = packet_field_set(syn_message(), rows[i].name, &value, error, sizeof(error));
        assert_non_null(mp);
        assert_right_checksums(mp);
        struct packet_value back;
        assert_true(packet_field_get(mp->b_rptr, msgdsize(mp), rows[i].name, &back));
        assert_int_equal(back.is_number, rows[i].text == NULL);
        if (rows[i].text == NULL) {
            assert_int_equal(back.number, rows[i].number);
        } else {
            assert_int_equal(back.length, value.length);
            assert_memory_equal(back.bytes, rows[i].text, value.length);
        }
        freemsg(mp);
    }
    assert_int_equal(mblk_in_use(), 0);
}

static void a_field_that_cannot_be_set_leaves_the_packet_as_it_was(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t number;
        const char *text, *message;
    } rows[] = {
        {"sport", 65536, NULL, "a number from 0 to 65535 is expected"},
        {"ttl", -1, NULL, "a number from 0 to 255 is expected"},
        {"win", 0, "x", "a number is expected"},
        {"src", 0, "::1", "an IPv4 address as a string is expected, such as \"127.0.0.1\""},
        {"src", 1, NULL, "an IPv4 address as a string is expected, such as \"127.0.0.1\""},
        {"flags", 0, "SYN",
         "flags are a string of the letters FSRPUEW and . for ACK, such as \"S.\""},
        {"payload", 1, NULL, "a string is expected"},
        {"bytes", 1, NULL, "a string is expected"},
        {"proto", 256, NULL,
         "a protocol is \"tcp\", \"udp\", \"icmp\", \"icmp6\" or a number from 0 to 255"},
    };
    mblk_t *mp = syn_message(), *before = syn_message();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packet_value value = {.is_number = rows[i].text == NULL, .number = rows[i].number};
        char error[100];
        value.bytes = rows[i].text;
        value.length = rows[i].text != NULL ? strlen(rows[i].text) : 0;
        assert_null(packet_field_set(mp, rows[i].name, &value, error, sizeof(error)));
        assert_string_equal(error, rows[i].message);
        assert_memory_equal(mp->b_rptr, before->b_rptr, msgdsize(mp));
    }
    freemsg(mp);
    freemsg(before);
}

/* Type and code are a byte each, side by side: what is set in one does not reach the other. */
static void the_fields_of_an_icmp_packet_are_one_byte_each(void **state)
{
    (void)state;
    static const uint8_t icmp[] = {0x45, 0, 0,   28, 0, 1, 0, 0, 64, 1, 0, 0, 127, 0,
                                   0,    1, 127, 0,  0, 1, 3, 7, 0,  0, 0, 0, 0,   0};
    static const struct {
        const char *name;
        int64_t number;
        uint8_t type, code; /* afterwards */
        bool refused;
    } rows[] = {
        {"type", 255, 255, 7, false}, {"type", 0, 0, 7, false},     {"type", 256, 3, 7, true},
        {"type", -1, 3, 7, true},     {"code", 255, 3, 255, false}, {"code", 0, 3, 0, false},
        {"code", 256, 3, 7, true},    {"code", -1, 3, 7, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packet_value value = {.is_number = true, .number = rows[i].number};
        char error[100] = "";
        mblk_t *mp = allocb(sizeof(icmp)), *set;
        memcpy(mp->b_wptr, icmp, sizeof(icmp));
        mp->b_wptr += sizeof(icmp);
        set = packet_field_set(mp, rows[i].name, &value, error, sizeof(error));
        assert_int_equal(set == NULL, rows[i].refused);
        assert_string_equal(error, rows[i].refused ? "a number from 0 to 255 is expected" : "");
        mp = set != NULL ? set : mp;
        assert_int_equal(mp->b_rptr[20], rows[i].type);
        assert_int_equal(mp->b_rptr[21], rows[i].code);
        assert_int_equal(mp->b_rptr[24], 0);
        freemsg(mp);
    }
    assert_int_equal(mblk_in_use(), 0);
}

/* What a packet does not have is not read, and cannot be set. */
static void a_field_of_another_protocol_is_not_there(void **state)
{
    static const uint8_t udp6[48] = {
        0x60, 0, 0, 0, 0, 8, 17, 64, [23] = 1, [39] = 1, 0, 7, 0, 9, 0, 8, 0, 0};
    static const uint8_t icmp[] = {0x45, 0, 0,   28, 0, 1, 0, 0, 64, 1, 0, 0, 127, 0,
                                   0,    1, 127, 0,  0, 1, 3, 7, 0,  0, 0, 0, 0,   0};
    static const struct {
        const uint8_t *bytes;
        size_t length;
        const char *name, *message;
    } rows[] = {
        {udp6, sizeof(udp6), "id", "an IPv6 packet has no identifier"},
        {udp6, sizeof(udp6), "type", "this packet is not ICMP"},
        {udp6, sizeof(udp6), "code", "this packet is not ICMP"},
        {udp6, sizeof(udp6), "seq", "this packet is not TCP"},
        {udp6, sizeof(udp6), "win", "this packet is not TCP"},
        {icmp, sizeof(icmp), "sport", "this packet has no ports"},
        {icmp, sizeof(icmp), "dport", "this packet has no ports"},
        {icmp, sizeof(icmp), "ack", "this packet is not TCP"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packet_value value = {.is_number = true, .number = 1};
        char error[100];
        mblk_t *mp = allocb(rows[i].length);
        memcpy(mp->b_wptr, rows[i].bytes, rows[i].length);
        mp->b_wptr += rows[i].length;
        assert_false(packet_field_get(mp->b_rptr, msgdsize(mp), rows[i].name, &value));
        value = (struct packet_value){.is_number = true, .number = 1};
        assert_null(packet_field_set(mp, rows[i].name, &value, error, sizeof(error)));
        assert_string_equal(error, rows[i].message);
        freemsg(mp);
    }
    assert_int_equal(mblk_in_use(), 0);
}

static void raw_bytes_stay_as_they_are_given(void **state)
{
    (void)state;
    struct packet_value value = {.bytes = "\x45garbage", .length = 8};
    char error[100];
    mblk_t *mp = packet_field_set(syn_message(), "bytes", &value, error, sizeof(error));
    assert_int_equal(msgdsize(mp), 8);
    assert_memory_equal(mp->b_rptr, "\x45garbage", 8);
    struct packet_value number = {.is_number = true, .number = 1};
    assert_null(packet_field_set(mp, "ttl", &number, error, sizeof(error)));
    assert_string_equal(error, "this is not an IP packet: only `bytes` can be set");
    assert_false(packet_field_get(mp->b_rptr, msgdsize(mp), "ttl", &number));
    freemsg(mp);
}

/* ---- initial sequence numbers, differences ---- */

static void numbers_are_relative_to_what_each_end_chose(void **state)
{
    (void)state;
    isn_table_t *table = isn_create(memory_of_process());
    struct packet syn, reply;
    uint8_t bytes[100];
    packet_parse(syn_packet, sizeof(syn_packet), &syn);
    assert_false(isn_base(table, &syn).has_seq);
    isn_learn(table, &syn);
    assert_int_equal(isn_base(table, &syn).seq, 1000);
    assert_false(isn_base(table, &syn).has_ack);
    size_t length = make_packet(bytes, 0x14, 0, 1001, "");
    packet_parse(bytes, length, &reply);
    uint16_t port = reply.sport;
    reply.sport = reply.dport;
    reply.dport = port;
    isn_learn(table, &reply); /* a RST teaches nothing */
    struct packet_base b = isn_base(table, &reply);
    assert_false(b.has_seq);
    assert_int_equal(packet_relative_ack(&reply, &b), 1);
    syn.seq = 7;
    isn_learn(table, &syn);
    assert_int_equal(isn_base(table, &syn).seq, 7);
    isn_destroy(table);
}

static void a_difference_names_each_field_and_marks_what_changed(void **state)
{
    (void)state;
    uint8_t after[sizeof(syn_packet)];
    struct packet_change changes[PACKET_CHANGES_MAX];
    char changed[200] = "";
    memcpy(after, syn_packet, sizeof(after));
    after[33] = 0x14;
    after[20] = 1;
    size_t count = packet_diff(syn_packet, after, sizeof(after), &base, &no_base, changes);
    assert_int_equal(count, 20);
    for (size_t i = 0; i < count; i++) {
        if (changes[i].changed)
            snprintf(changed + strlen(changed), sizeof(changed) - strlen(changed), "%s: %s -> %s; ",
                     changes[i].name, changes[i].from, changes[i].to);
    }
    assert_string_equal(changed, "source port: 33001 -> 489; flags: S -> R.; ");
    assert_int_equal(packet_diff(syn_packet, after, 63, &base, &base, changes), 0);
}

/* The table of a difference: a row for each field, with its bytes and its meaning, and a mark where
 * it changed. */
static void assert_table(const uint8_t *before, const uint8_t *after, size_t length,
                         const struct packet_base *after_base, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    packet_diff_table(out, before, after, length, &base, after_base);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

/* Changes bytes, each by its place and its new value. */
static void change(uint8_t *bytes, const uint8_t (*changes)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        bytes[changes[i][0]] = changes[i][1];
}

static void each_field_of_a_difference_is_written_as_what_it_means(void **state)
{
    static const uint8_t in_syn[][2] = {{1, 0x10}, {8, 63}, {10, 0x2b}, {12, 10},
                                        {20, 1},   {26, 9}, {31, 5},    {33, 0x14},
                                        {35, 1},   {39, 7}, {42, 1}};
    static const uint8_t udp6[52] = {0x60, 0, 0, 0, 0,  12, 17, 64,  [23] = 1, [39] = 1, 0,
                                     7,    0, 9, 0, 12, 0,  0,  'a', 'b',      'c',      'd'};
    static const uint8_t in_udp6[][2] = {{3, 5}, {7, 63}, {39, 2}, {41, 8}};
    static const uint8_t icmp[] = {0x46, 0, 0, 34, 0, 1, 0, 0, 64, 1, 0, 0, 127, 0, 0, 1,   127,
                                   0,    0, 1, 1,  1, 1, 0, 8, 0,  0, 0, 1, 2,   0, 1, 'x', 'y'};
    static const uint8_t in_icmp[][2] = {{20, 0}, {24, 3}, {25, 9}, {31, 2}};
    uint8_t before[100], after[100];
    (void)state;
    memcpy(after, syn_packet, sizeof(syn_packet));
    change(after, in_syn, sizeof(in_syn) / sizeof(in_syn[0]));
    assert_table(
        syn_packet, after, sizeof(syn_packet), &base,
        "  0x00  version, length    45                           4, 20 bytes\n"
        "* 0x01  type of service    00           -> 10           0x00 -> 0x10\n"
        "  0x02  total length       00 40                        64\n"
        "  0x04  identifier         12 34                        4660\n"
        "  0x06  fragment           40 00                        DF\n"
        "* 0x08  ttl                40           -> 3f           64 -> 63\n"
        "  0x09  protocol           06                           6\n"
        "* 0x0a  IP checksum        2a 82        -> 2b 82        0x2a82 -> 0x2b82\n"
        "* 0x0c  source             7f 00 00 01  -> 0a 00 00 01  127.0.0.1 -> 10.0.0.1\n"
        "  0x10  destination        7f 00 00 01                  127.0.0.1\n"
        "* 0x14  source port        80 e9        -> 01 e9        33001 -> 489\n"
        "  0x16  destination port   00 16                        22\n"
        "* 0x18  sequence number    00 00 03 e8  -> 00 00 09 e8  1000 (+0) -> 2536 (+1536)\n"
        "* 0x1c  ack number         00 00 00 00  -> 00 00 00 05  0 -> 5 (+4294962301)\n"
        "  0x20  data offset        b0                           44 bytes\n"
        "* 0x21  flags              02           -> 14           S -> R.\n"
        "* 0x22  window             c0 00        -> c0 01        49152 -> 49153\n"
        "  0x24  TCP checksum       15 4e                        0x154e\n"
        "* 0x26  urgent pointer     00 00        -> 00 07        0 -> 7\n"
        "* 0x28  TCP options        changed\n");
    size_t length = make_packet(before, 0x10, 1001, 5001, "hello");
    memcpy(after, before, length);
    after[6] = 0x20;
    after[length - 1] = 'x';
    assert_table(before, after, length, &no_base,
                 "  0x00  version, length    45                           4, 20 bytes\n"
                 "  0x01  type of service    00                           0x00\n"
                 "  0x02  total length       00 2d                        45\n"
                 "  0x04  identifier         12 34                        4660\n"
                 "* 0x06  fragment           40 00        -> 20 00        DF -> fragment\n"
                 "  0x08  ttl                40                           64\n"
                 "  0x09  protocol           06                           6\n"
                 "  0x0a  IP checksum        2a 95                        0x2a95\n"
                 "  0x0c  source             7f 00 00 01                  127.0.0.1\n"
                 "  0x10  destination        7f 00 00 01                  127.0.0.1\n"
                 "  0x14  source port        80 e9                        33001\n"
                 "  0x16  destination port   00 16                        22\n"
                 "  0x18  sequence number    00 00 03 e9                  1001 (+1)\n"
                 "  0x1c  ack number         00 00 13 89                  5001 (+1)\n"
                 "  0x20  data offset        50                           20 bytes\n"
                 "  0x21  flags              10                           .\n"
                 "  0x22  window             c0 00                        49152\n"
                 "  0x24  TCP checksum       15 89                        0x1589\n"
                 "  0x26  urgent pointer     00 00                        0\n"
                 "* 0x28  payload            changed\n");
    memcpy(after, udp6, sizeof(udp6));
    change(after, in_udp6, sizeof(in_udp6) / sizeof(in_udp6[0]));
    assert_table(
        udp6, after, sizeof(udp6), &base,
        "* 0x00  version, flow      60 00 00 00  -> 60 00 00 05  0x60000000 -> 0x60000005\n"
        "  0x04  payload length     00 0c                        12\n"
        "  0x06  next header        11                           17\n"
        "* 0x07  hop limit          40           -> 3f           64 -> 63\n"
        "  0x08  source             ::1\n"
        "* 0x18  destination        changed\n"
        "* 0x28  source port        00 07        -> 00 08        7 -> 8\n"
        "  0x2a  destination port   00 09                        9\n"
        "  0x2c  UDP length         00 0c                        12\n"
        "  0x2e  UDP checksum       00 00                        0x0000\n"
        "  0x30  payload            61 62 63 64                  4 bytes\n");
    memcpy(after, icmp, sizeof(icmp));
    change(after, in_icmp, sizeof(in_icmp) / sizeof(in_icmp[0]));
    assert_table(icmp, after, sizeof(icmp), &base,
                 "  0x00  version, length    46                           4, 24 bytes\n"
                 "  0x01  type of service    00                           0x00\n"
                 "  0x02  total length       00 22                        34\n"
                 "  0x04  identifier         00 01                        1\n"
                 "  0x06  fragment           00 00                        -\n"
                 "  0x08  ttl                40                           64\n"
                 "  0x09  protocol           01                           1\n"
                 "  0x0a  IP checksum        00 00                        0x0000\n"
                 "  0x0c  source             7f 00 00 01                  127.0.0.1\n"
                 "  0x10  destination        7f 00 00 01                  127.0.0.1\n"
                 "* 0x14  IP options         01 01 01 00  -> 00 01 01 00  4 bytes -> 4 bytes\n"
                 "* 0x18  ICMP type          08           -> 03           8 -> 3\n"
                 "* 0x19  ICMP code          00           -> 09           0 -> 9\n"
                 "  0x1a  ICMP checksum      00 00                        0x0000\n"
                 "  0x1c  id, or unused      01 02                        0x0102\n"
                 "* 0x1e  sequence, or MTU   00 01        -> 00 02        1 -> 2\n"
                 "  0x20  payload            78 79                        2 bytes\n");
}

/* Packets of another kind, length or header have no fields in common. */
static void packets_of_another_shape_have_no_difference(void **state)
{
    static const uint8_t shapes[][2] = {{9, 17}, {9, 1}, {0, 0x46}, {32, 0xa0}, {3, 63}, {0, 0x65}};
    struct packet_change changes[PACKET_CHANGES_MAX];
    uint8_t after[sizeof(syn_packet)];
    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        memcpy(after, syn_packet, sizeof(after));
        change(after, &shapes[i], 1);
        assert_int_equal(packet_diff(syn_packet, after, sizeof(after), &base, &base, changes), 0);
        assert_int_equal(packet_diff(after, syn_packet, sizeof(after), &base, &base, changes), 0);
    }
}

/* Whatever a packet carries, its fields are all of its bytes, in their order. */
static void the_fields_of_a_packet_are_all_of_its_bytes(void **state)
{
    static const uint8_t udp[] = {0x45, 0, 0, 31, 0, 1, 0, 0, 64, 17, 0, 0, 127, 0,   0,  1,
                                  127,  0, 0, 1,  0, 7, 0, 9, 0,  11, 0, 0, 'a', 'b', 'c'};
    static const uint8_t icmp[] = {0x45, 0,   0, 30, 0, 1, 0, 0, 64, 1, 0, 0, 127, 0,   0,
                                   1,    127, 0, 0,  1, 8, 0, 0, 0,  1, 2, 0, 1,   'x', 'y'};
    static const uint8_t other[] = {0x46, 0, 0, 26,  0, 1, 0, 0, 64, 99, 0, 0,   127,
                                    0,    0, 1, 127, 0, 0, 1, 1, 1,  1,  0, 'p', 'q'};
    static const uint8_t udp6[48] = {
        0x60, 0, 0, 0, 0, 8, 17, 64, [23] = 1, [39] = 1, 0, 7, 0, 9, 0, 8, 0, 0};
    static const struct {
        const uint8_t *bytes;
        size_t length;
        const char *last;
    } rows[] = {{syn_packet, sizeof(syn_packet), "TCP options"},
                {udp, sizeof(udp), "payload"},
                {icmp, sizeof(icmp), "payload"},
                {other, sizeof(other), "payload"},
                {udp6, sizeof(udp6), "UDP checksum"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packet_change fields[PACKET_CHANGES_MAX];
        size_t at = 0, count = packet_diff(rows[i].bytes, rows[i].bytes, rows[i].length, &no_base,
                                           &no_base, fields);
        assert_in_range(count, 1, PACKET_CHANGES_MAX);
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(fields[k].offset, at);
            assert_false(fields[k].changed);
            at += fields[k].size;
        }
        assert_int_equal(at, rows[i].length);
        assert_string_equal(fields[count - 1].name, rows[i].last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_syn_is_shown_with_relative_numbers_and_its_options),
        cmocka_unit_test(segments_are_shown_in_tcpdumps_notation),
        cmocka_unit_test(bytes_that_are_no_packet_are_shown_as_such_at_every_length),
        cmocka_unit_test(options_that_run_over_are_cut_short),
        cmocka_unit_test(text_that_does_not_fit_is_cut_and_terminated),
        cmocka_unit_test(a_pattern_matches_what_it_says_and_nothing_else),
        cmocka_unit_test(a_pattern_that_is_none_says_where_and_why),
        cmocka_unit_test(patterns_of_udp_and_icmp_match_their_packets),
        cmocka_unit_test(flags_are_letters_or_none),
        cmocka_unit_test(the_options_of_a_pattern_are_its_last),
        cmocka_unit_test(an_ack_is_compared_where_there_is_one),
        cmocka_unit_test(the_types_of_icmp_that_quote_a_packet_are_errors),
        cmocka_unit_test(a_field_of_another_protocol_is_not_there),
        cmocka_unit_test(the_numbers_of_a_pattern_have_bounds),
        cmocka_unit_test(a_pattern_keeps_what_it_names),
        cmocka_unit_test(a_field_that_is_set_is_read_back_and_the_checksums_are_right),
        cmocka_unit_test(a_field_that_cannot_be_set_leaves_the_packet_as_it_was),
        cmocka_unit_test(the_fields_of_an_icmp_packet_are_one_byte_each),
        cmocka_unit_test(raw_bytes_stay_as_they_are_given),
        cmocka_unit_test(numbers_are_relative_to_what_each_end_chose),
        cmocka_unit_test(a_difference_names_each_field_and_marks_what_changed),
        cmocka_unit_test(each_field_of_a_difference_is_written_as_what_it_means),
        cmocka_unit_test(packets_of_another_shape_have_no_difference),
        cmocka_unit_test(the_fields_of_a_packet_are_all_of_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
