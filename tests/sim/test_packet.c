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
        uint8_t bytes[8];
        size_t length;
        const char *text;
    } rows[] = {
        {{2, 4, 0x20}, 3, "[cut short]"},
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
        cmocka_unit_test(a_field_that_is_set_is_read_back_and_the_checksums_are_right),
        cmocka_unit_test(a_field_that_cannot_be_set_leaves_the_packet_as_it_was),
        cmocka_unit_test(the_fields_of_an_icmp_packet_are_one_byte_each),
        cmocka_unit_test(raw_bytes_stay_as_they_are_given),
        cmocka_unit_test(numbers_are_relative_to_what_each_end_chose),
        cmocka_unit_test(a_difference_names_each_field_and_marks_what_changed),
        cmocka_unit_test(the_fields_of_a_packet_are_all_of_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
