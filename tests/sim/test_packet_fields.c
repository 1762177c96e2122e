/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fields of a packet, read and set, and its checksums.
 */
#include "sim/packet/packet.h"
#include "sim/packet/packet_fields.h"
#include "stack/in_cksum.h"
#include "tests/sim/packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

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
        mblk_t *before = syn_message();
        before->b_packet = 7;
        mblk_t *mp = packet_field_set(before, rows[i].name, &value, error, sizeof(error));
        assert_non_null(mp);
        assert_right_checksums(mp);
        assert_int_equal(mp->b_packet, 7); /* it is the same packet */
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
        {"src", 0,
         "127.0.0.1                                                                        ",
         "an IPv4 address as a string is expected, such as \"127.0.0.1\""},
        {"flags", 0, "SYN",
         "flags are a string of the letters FSRPUEW and . for ACK, such as \"S.\""},
        {"payload", 1, NULL, "a string is expected"},
        {"bytes", 1, NULL, "a string is expected"},
        {"proto", 256, NULL,
         "a protocol is \"tcp\", \"udp\", \"icmp\", \"icmp6\" or a number from 0 to 255"},
        {"proto", -1, NULL,
         "a protocol is \"tcp\", \"udp\", \"icmp\", \"icmp6\" or a number from 0 to 255"},
        {"proto", 0, "tcq",
         "a protocol is \"tcp\", \"udp\", \"icmp\", \"icmp6\" or a number from 0 to 255"},
        {"proto", 0, "tcpp",
         "a protocol is \"tcp\", \"udp\", \"icmp\", \"icmp6\" or a number from 0 to 255"},
        {"proto", 0, "",
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

/* What is after a zero byte counts, too. */
static void an_address_ends_where_its_string_ends(void **state)
{
    static const char text[100] = "127.0.0.1";
    (void)state;
    for (size_t length = 9; length < sizeof(text); length++) {
        struct packet_value value = {.bytes = text, .length = length};
        char error[100];
        mblk_t *mp = syn_message(), *set;
        set = packet_field_set(mp, "dst", &value, error, sizeof(error));
        assert_int_equal(set != NULL, length == 9);
        freemsg(mp);
    }
}

/* Rows: a packet, and where a field is in it: of its own, and of the lengths that a payload
 * changes. */
static void each_field_has_its_place_in_a_packet(void **state)
{
    static const uint8_t tcp4[44] = {0x45, 0, 0, 44, 0, 0, 0, 0, 64, 6, 0, 0, 1, 2, 3, 4,   5,
                                     6,    7, 8, 0,  0, 0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0x50},
                         udp4[32] = {0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 1,
                                     2,    3, 4, 5,  6, 7, 8, 0, 0,  0,  0, 0, 12},
                         udp6[52] = {0x60, 0, 0, 0, 0, 12, 17, 64, [23] = 1, [39] = 1, [45] = 12},
                         icmp6[52] = {0x60, 0, 0, 0, 0, 12, 58, 64, [23] = 1, [39] = 1, [40] = 128};
    static const struct {
        const uint8_t *packet;
        size_t length;
        const char *name;
        int64_t number;
        const char *text;
        struct {
            size_t at;
            uint8_t byte;
        } is[4];
    } rows[] = {
        {tcp4, 44, "ttl", 9, NULL, {{8, 9}}},
        {tcp4, 44, "proto", 99, NULL, {{9, 99}}},
        {tcp4, 44, "id", 0x1234, NULL, {{4, 0x12}, {5, 0x34}}},
        {tcp4, 44, "src", 0, "9.8.7.6", {{12, 9}, {13, 8}, {14, 7}, {15, 6}}},
        {tcp4, 44, "dst", 0, "9.8.7.6", {{16, 9}, {17, 8}, {18, 7}, {19, 6}}},
        {tcp4, 44, "sport", 0x1234, NULL, {{20, 0x12}, {21, 0x34}}},
        {tcp4, 44, "dport", 0x1234, NULL, {{22, 0x12}, {23, 0x34}}},
        {tcp4, 44, "seq", 0x12345678, NULL, {{24, 0x12}, {25, 0x34}, {26, 0x56}, {27, 0x78}}},
        {tcp4, 44, "seq", -1, NULL, {{24, 0xff}, {25, 0xff}, {26, 0xff}, {27, 0xff}}},
        {tcp4, 44, "ack", 0x12345678, NULL, {{28, 0x12}, {29, 0x34}, {30, 0x56}, {31, 0x78}}},
        {tcp4, 44, "flags", 0, "SF", {{33, 3}}},
        {tcp4, 44, "win", 0x1234, NULL, {{34, 0x12}, {35, 0x34}}},
        {tcp4, 44, "payload", 0, "xy", {{3, 42}, {40, 'x'}, {41, 'y'}}},
        {udp4, 32, "sport", 0x1234, NULL, {{20, 0x12}, {21, 0x34}}},
        {udp4, 32, "dport", 0x1234, NULL, {{22, 0x12}, {23, 0x34}}},
        {udp4, 32, "payload", 0, "x", {{3, 29}, {25, 9}, {28, 'x'}}},
        {udp6, 52, "ttl", 9, NULL, {{7, 9}}},
        {udp6, 52, "proto", 99, NULL, {{6, 99}}},
        {udp6, 52, "src", 0, "::9", {{23, 9}}},
        {udp6, 52, "dst", 0, "::9", {{39, 9}}},
        {udp6, 52, "sport", 0x1234, NULL, {{40, 0x12}, {41, 0x34}}},
        {udp6, 52, "dport", 0x1234, NULL, {{42, 0x12}, {43, 0x34}}},
        {udp6, 52, "payload", 0, "x", {{5, 9}, {45, 9}, {48, 'x'}}},
        {icmp6, 52, "type", 129, NULL, {{40, 129}}},
        {icmp6, 52, "code", 7, NULL, {{41, 7}}},
        {icmp6, 52, "payload", 0, "x", {{5, 9}, {48, 'x'}}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packet_value value = {.is_number = rows[i].text == NULL,
                                     .number = rows[i].number,
                                     .bytes = rows[i].text,
                                     .length = rows[i].text != NULL ? strlen(rows[i].text) : 0};
        char error[100];
        uint8_t expected[64];
        mblk_t *mp = allocb(rows[i].length);
        memcpy(mp->b_wptr, rows[i].packet, rows[i].length);
        mp->b_wptr += rows[i].length;
        mp = packet_field_set(mp, rows[i].name, &value, error, sizeof(error));
        assert_non_null(mp);
        memcpy(expected, rows[i].packet, rows[i].length);
        for (size_t k = 0; k < 4 && rows[i].is[k].at != 0; k++)
            expected[rows[i].is[k].at] = rows[i].is[k].byte;
        packet_fix_checksums(expected, msgdsize(mp));
        if (memcmp(mp->b_rptr, expected, msgdsize(mp)) != 0)
            fail_msg("row %zu: %s", i, rows[i].name);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_of_another_protocol_is_not_there),
        cmocka_unit_test(a_field_that_is_set_is_read_back_and_the_checksums_are_right),
        cmocka_unit_test(a_field_that_cannot_be_set_leaves_the_packet_as_it_was),
        cmocka_unit_test(an_address_ends_where_its_string_ends),
        cmocka_unit_test(each_field_has_its_place_in_a_packet),
        cmocka_unit_test(the_fields_of_an_icmp_packet_are_one_byte_each),
        cmocka_unit_test(raw_bytes_stay_as_they_are_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
