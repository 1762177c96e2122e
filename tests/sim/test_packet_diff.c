/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two packets, compared field by field.
 */
#include "sim/packet/packet_diff.h"
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
        cmocka_unit_test(a_difference_names_each_field_and_marks_what_changed),
        cmocka_unit_test(each_field_of_a_difference_is_written_as_what_it_means),
        cmocka_unit_test(packets_of_another_shape_have_no_difference),
        cmocka_unit_test(the_fields_of_a_packet_are_all_of_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
