/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets, read and shown; their numbers, relative to what each end chose.
 */
#include "sim/core/isn.h"
#include "sim/packet/packet.h"
#include "sim/packet/packet_text.h"
#include "tests/sim/packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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
        {0x14, 1000, 5001, "", "R. 0:0(0) ack 1 win 49152"},
        {0x10, 0, 5001, "", ". 4294966296:4294966296(0) ack 1 win 49152"},
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
        for (size_t size = 0; size < 3; size++) { /* no more than there is room for */
            char part[4] = "???";
            assert_int_equal(packet_options_text(rows[i].bytes, rows[i].length, part, size),
                             strlen(rows[i].text));
            assert_int_equal(part[size], '?');
            if (size > 0)
                assert_true(part[size - 1] == '\0' || strlen(part) < size);
        }
    }
}

/* Rows: bytes, and what is read in them: what a packet does not have is 0. */
static void each_field_is_read_from_its_place(void **state)
{
    static const uint8_t
        tcp4[] = {0x45, 0, 0, 42, 0x12, 0x34, 0x40, 0,    9,    6,    0,    0,    127, 0,
                  0,    1, 1, 2,  3,    4,    0x81, 0xe9, 0,    22,   1,    2,    3,   4,
                  5,    6, 7, 8,  0x50, 0x11, 0x12, 0x34, 0xab, 0xcd, 0x56, 0x78, 'h', 'i'},
        options[] = {0x46, 0, 0, 48, 0x12, 0x34, 0, 0, 64,   6,    0, 0,  127, 0, 0, 1,
                     127,  0, 0, 1,  1,    1,    1, 1, 0x81, 0xe9, 0, 22, 0,   0, 0, 1,
                     0,    0, 0, 2,  0x60, 2,    0, 1, 0,    0,    0, 0,  1,   1, 1, 1},
        short4[] = {0x45, 0,    0, 39, 0, 0, 0, 0, 64, 6, 0, 0, 127,  0, 0, 1, 127, 0, 0, 1,
                    0x81, 0xe9, 0, 22, 0, 0, 0, 0, 0,  0, 0, 0, 0x50, 2, 0, 1, 0,   0, 0},
        small[] = {0x45, 0,    0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 127,  0, 0, 1, 127, 0, 0, 1,
                   0x81, 0xe9, 0, 22, 0, 0, 0, 0, 0,  0, 0, 0, 0x40, 2, 0, 1, 0,   0, 0, 0},
        large[] = {0x45, 0,    0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 127,  0, 0, 1, 127, 0, 0, 1,
                   0x81, 0xe9, 0, 22, 0, 0, 0, 0, 0,  0, 0, 0, 0x60, 2, 0, 1, 0,   0, 0, 0},
        first[] = {0x45, 0, 0,   28, 0, 7, 0x20, 0,    64, 17, 0, 0, 127, 0,
                   0,    1, 127, 0,  0, 1, 0x13, 0x88, 0,  53, 0, 8, 0,   0},
        later[] = {0x45, 0, 0,   28, 0, 7, 0,    1,    64, 17, 0, 0, 127, 0,
                   0,    1, 127, 0,  0, 1, 0x13, 0x88, 0,  53, 0, 8, 0,   0},
        short_udp[] = {0x45, 0, 0,   27, 0, 7, 0,    0,    64, 17, 0, 0, 127, 0,
                       0,    1, 127, 0,  0, 1, 0x13, 0x88, 0,  53, 0, 8, 0},
        icmp4[] = {0x45, 0, 0, 29, 0, 0, 0, 0, 64, 1, 0, 0, 127, 0,  0,
                   1,    1, 2, 3,  4, 3, 7, 9, 9,  9, 9, 9, 9,   'x'},
        short_icmp[] = {0x45, 0, 0, 27, 0, 0, 0, 0, 64, 1, 0, 0, 127, 0,
                        0,    1, 1, 2,  3, 4, 3, 7, 9,  9, 9, 9, 9},
        gre[] = {0x45, 0, 0, 24, 0, 0, 0, 0, 64, 47, 0, 0, 127, 0, 0, 1, 1, 2, 3, 4, 3, 7, 9, 9},
        icmp6_in_4[] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 58, 0, 0, 127, 0,
                        0,    1, 1, 2,  3, 4, 1, 4, 0,  0,  0, 0, 0,   0},
        udp6[49] =
            {0x6f, 0xff, 0xff, 0xff, 0, 9, 17, 7, [23] = 1, [39] = 1, 0x13, 0x88, 0, 53, 0, 9},
        icmp6[48] = {0x60, 0, 0, 0, 0, 8, 58, 7, [23] = 1, [39] = 1, 1, 4},
        icmp4_in_6[48] = {0x60, 0, 0, 0, 0, 8, 1, 7, [23] = 1, [39] = 1, 3, 3},
        tcp6[60] = {0x60, 0,  0, 0, 0, 20, 6, 7, [23] = 1, [39] = 1, 0x13, 0x88,
                    0,    53, 0, 0, 0, 1,  0, 0, 0,        2,        0x50, 2};
    static const struct {
        const uint8_t *bytes;
        size_t length;
        struct packet is;
    } rows[] = {
        {tcp4,
         sizeof(tcp4),
         {AF_INET, PACKET_TCP, 20, 9, 6, 42, 0x1234, 0x4000, .sport = 0x81e9, .dport = 22,
          .seq = 0x01020304, .ack = 0x05060708, .data_offset = 20, .flags = 0x11, .win = 0x1234,
          .urg = 0x5678, .payload_length = 2}},
        {options,
         sizeof(options),
         {AF_INET, PACKET_TCP, 24, 64, 6, 48, 0x1234, 0, .sport = 0x81e9, .dport = 22, .seq = 1,
          .ack = 2, .data_offset = 24, .flags = 2, .win = 1, .options_length = 4}},
        {short4, sizeof(short4), {AF_INET, PACKET_OTHER, 20, 64, 6, 39, .payload_length = 19}},
        {small, sizeof(small), {AF_INET, PACKET_OTHER, 20, 64, 6, 40, .payload_length = 20}},
        {large, sizeof(large), {AF_INET, PACKET_OTHER, 20, 64, 6, 40, .payload_length = 20}},
        {first,
         sizeof(first),
         {AF_INET, PACKET_UDP, 20, 64, 17, 28, 7, 0x2000, .sport = 5000, .dport = 53}},
        {later, sizeof(later), {AF_INET, PACKET_OTHER, 20, 64, 17, 28, 7, 1, .payload_length = 8}},
        {short_udp,
         sizeof(short_udp),
         {AF_INET, PACKET_OTHER, 20, 64, 17, 27, 7, .payload_length = 7}},
        {icmp4,
         sizeof(icmp4),
         {AF_INET, PACKET_ICMP, 20, 64, 1, 29, .icmp_type = 3, .icmp_code = 7,
          .payload_length = 1}},
        {short_icmp,
         sizeof(short_icmp),
         {AF_INET, PACKET_OTHER, 20, 64, 1, 27, .payload_length = 7}},
        {gre, sizeof(gre), {AF_INET, PACKET_OTHER, 20, 64, 47, 24, .payload_length = 4}},
        {icmp6_in_4,
         sizeof(icmp6_in_4),
         {AF_INET, PACKET_OTHER, 20, 64, 58, 28, .payload_length = 8}},
        {udp6,
         sizeof(udp6),
         {AF_INET6, PACKET_UDP, 40, 7, 17, 49, .sport = 5000, .dport = 53, .payload_length = 1}},
        {icmp6,
         sizeof(icmp6),
         {AF_INET6, PACKET_ICMP, 40, 7, 58, 48, .icmp_type = 1, .icmp_code = 4}},
        {icmp4_in_6,
         sizeof(icmp4_in_6),
         {AF_INET6, PACKET_OTHER, 40, 7, 1, 48, .payload_length = 8}},
        {tcp6,
         sizeof(tcp6),
         {AF_INET6, PACKET_TCP, 40, 7, 6, 60, .sport = 5000, .dport = 53, .seq = 1, .ack = 2,
          .data_offset = 20, .flags = 2}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct packet is = rows[i].is;
        struct packet p;
        uint8_t bytes[64];
        memcpy(bytes, rows[i].bytes, rows[i].length);
        assert_true(packet_parse(bytes, rows[i].length, &p));
        /* A packet ends where its length says. */
        if (p.payload + p.payload_length != bytes + rows[i].length ||
            (p.options != NULL) != (p.kind == PACKET_TCP))
            fail_msg("row %zu: the payload", i);
        if (p.family != is.family || p.kind != is.kind || p.header_length != is.header_length ||
            p.ttl != is.ttl || p.proto != is.proto || p.total_length != is.total_length ||
            p.id != is.id || p.frag != is.frag || p.sport != is.sport || p.dport != is.dport)
            fail_msg("row %zu: IP, and ports", i);
        if (p.seq != is.seq || p.ack != is.ack || p.data_offset != is.data_offset ||
            p.flags != is.flags || p.win != is.win || p.urg != is.urg ||
            p.options_length != is.options_length || p.icmp_type != is.icmp_type ||
            p.icmp_code != is.icmp_code || p.payload_length != is.payload_length)
            fail_msg("row %zu: what it carries", i);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_syn_is_shown_with_relative_numbers_and_its_options),
        cmocka_unit_test(segments_are_shown_in_tcpdumps_notation),
        cmocka_unit_test(bytes_that_are_no_packet_are_shown_as_such_at_every_length),
        cmocka_unit_test(options_that_run_over_are_cut_short),
        cmocka_unit_test(each_field_is_read_from_its_place),
        cmocka_unit_test(text_that_does_not_fit_is_cut_and_terminated),
        cmocka_unit_test(numbers_are_relative_to_what_each_end_chose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
