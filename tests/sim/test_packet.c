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
        cmocka_unit_test(text_that_does_not_fit_is_cut_and_terminated),
        cmocka_unit_test(numbers_are_relative_to_what_each_end_chose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
