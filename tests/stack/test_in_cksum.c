/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The Internet checksum: the example of RFC 1071, and the update of RFC 1624 against it.
 */
#include "stack/in_cksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void the_example_of_rfc_1071_adds_up(void **state)
{
    (void)state;
    static const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    assert_int_equal(in_cksum(data, sizeof(data)), (uint16_t)~0xddf2);
}

static void an_odd_last_byte_counts_as_the_high_half_of_a_word(void **state)
{
    (void)state;
    static const uint8_t odd[] = {0x12, 0x34, 0x56}, even[] = {0x12, 0x34, 0x56, 0x00};
    assert_int_equal(in_cksum(odd, 3), in_cksum(even, 4));
    assert_int_equal(in_cksum(odd, 0), 0xffff);
}

static void the_example_of_rfc_1624_updates(void **state)
{
    (void)state;
    assert_int_equal(in_cksum_update(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static void an_update_gives_what_summing_again_gives(void **state)
{
    (void)state;
    uint8_t data[40];
    uint32_t random = 1;
    for (int round = 0; round < 1000; round++) {
        for (size_t i = 0; i < sizeof(data); i++)
            data[i] = (uint8_t)((random = random * 1103515245u + 12345u) >> 16);
        uint16_t before = in_cksum(data, sizeof(data));
        size_t at = (random >> 8) % 20 * 2;
        uint16_t from = (uint16_t)(data[at] << 8 | data[at + 1]);
        data[at] ^= 0x5a;
        uint16_t to = (uint16_t)(data[at] << 8 | data[at + 1]);
        assert_int_equal(in_cksum_update(before, from, to), in_cksum(data, sizeof(data)));
    }
}

static void two_words_are_updated_as_one_after_the_other(void **state)
{
    static const struct {
        uint16_t sum;
        uint32_t from, to;
    } rows[] = {
        {0xdd2f, 0x55550000, 0x32850000}, {0xdd2f, 0x00005555, 0x00003285}, {0x1234, 0, 0x00014000},
        {0x1234, 0xffff0000, 0x00004000}, {0, 0xffffffff, 0x12344000},      {0xfffe, 1, 0x40000000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint16_t first = in_cksum_update(rows[i].sum, (uint16_t)(rows[i].from >> 16),
                                         (uint16_t)(rows[i].to >> 16));
        assert_int_equal(in_cksum_update32(rows[i].sum, rows[i].from, rows[i].to),
                         in_cksum_update(first, (uint16_t)rows[i].from, (uint16_t)rows[i].to));
    }
}

static void a_segment_with_its_checksum_sums_to_zero(void **state)
{
    (void)state;
    static const uint8_t src[4] = {127, 0, 0, 1}, dst[4] = {127, 0, 0, 1};
    uint8_t segment[21] = {0x80, 0xe9, 0, 22, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 2, 0xc0};
    uint16_t sum = in_cksum_pseudo(src, dst, 4, 6, segment, sizeof(segment));
    segment[16] = (uint8_t)(sum >> 8);
    segment[17] = (uint8_t)sum;
    assert_int_equal(in_cksum_pseudo(src, dst, 4, 6, segment, sizeof(segment)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_rfc_1071_adds_up),
        cmocka_unit_test(an_odd_last_byte_counts_as_the_high_half_of_a_word),
        cmocka_unit_test(the_example_of_rfc_1624_updates),
        cmocka_unit_test(an_update_gives_what_summing_again_gives),
        cmocka_unit_test(two_words_are_updated_as_one_after_the_other),
        cmocka_unit_test(a_segment_with_its_checksum_sums_to_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
