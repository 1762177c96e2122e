/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The pcapng writer, byte by byte.
 */
#include "sim/view/pcapng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is written after the section's header. */
typedef struct written {
    FILE *out;
    char *bytes;
    size_t length, section_length;
    pcapng_t *png;
} written_t;

static written_t *begin(const char *comment)
{
    static written_t written;
    written = (written_t){0};
    written.out = open_memstream(&written.bytes, &written.length);
    assert_non_null(written.out);
    written.png = pcapng_create(written.out, "lo0sim", comment);
    assert_non_null(written.png);
    fflush(written.out);
    written.section_length = written.length;
    return &written;
}

static void assert_bytes(const uint8_t *actual, size_t actual_length, const uint8_t *expected,
                         size_t length)
{
    for (size_t i = 0; i < length && i < actual_length; i++) {
        if (actual[i] != expected[i])
            fail_msg("byte %zu is %02x, not %02x", i, actual[i], expected[i]);
    }
    assert_int_equal(actual_length, length);
}

/* Ends what was begun, which must be the section's header and then expected[length]. */
static void end(written_t *written, const uint8_t *expected, size_t length)
{
    pcapng_destroy(written->png);
    fclose(written->out);
    assert_bytes((const uint8_t *)written->bytes + written->section_length,
                 written->length - written->section_length, expected, length);
    free(written->bytes);
}

static void a_section_has_its_comment_and_application(void **state)
{
    static const uint8_t expected[] = {
        0x0a, 0x0d, 0x0d, 0x0a, 0x34, 0,    0,    0,    /* type, length */
        0x4d, 0x3c, 0x2b, 0x1a, 1,    0,    0,    0,    /* byte order, version */
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* length of the section: unknown */
        1,    0,    3,    0,    'a',  '\n', 'b',  0,    /* comment */
        4,    0,    6,    0,    'l',  'o',  '0',  's',  'i', 'm', 0, 0, /* application */
        0,    0,    0,    0,    0x34, 0,    0,    0, /* end of the options; length */
    };
    (void)state;
    written_t *written = begin("a\nb");
    assert_bytes((const uint8_t *)written->bytes, written->section_length, expected,
                 sizeof(expected));
    end(written, expected, 0);
}

static void an_interface_has_a_name_a_description_and_nanoseconds(void **state)
{
    static const uint8_t expected[] = {
        1,   0, 0, 0, 0x34, 0,   0,   0,                 /* type, length */
        226, 0, 0, 0, 0,    0,   4,   0,                 /* link type, snaplen */
        2,   0, 3, 0, 'l',  'o', '0', 0,                 /* name */
        3,   0, 5, 0, 't',  'a', 'p', ' ', 'x', 0, 0, 0, /* description */
        9,   0, 1, 0, 9,    0,   0,   0,                 /* resolution */
        0,   0, 0, 0, 0x34, 0,   0,   0,
    };
    (void)state;
    written_t *written = begin("");
    assert_int_equal(pcapng_add_interface(written->png, "lo0", "tap x", 226), 0);
    end(written, expected, sizeof(expected));
}

static void interfaces_are_numbered_in_their_order(void **state)
{
    (void)state;
    written_t *written = begin("");
    assert_int_equal(pcapng_add_interface(written->png, "lo0", "", 0), 0);
    assert_int_equal(pcapng_add_interface(written->png, "e1000g0", "", 0), 1);
    pcapng_destroy(written->png);
    fclose(written->out);
    free(written->bytes);
}

static void a_packet_has_its_header_comments_direction_and_number(void **state)
{
    static const uint8_t expected[] = {
        6,    0,    0,    0,    0x50, 0,    0,    0,    /* type, length */
        1,    0,    0,    0,                            /* interface */
        0x44, 0x33, 0x22, 0x11, 0x88, 0x77, 0x66, 0x55, /* time: the upper half first */
        7,    0,    0,    0,    7,    0,    0,    0,    /* captured, on the way */
        0xaa, 0xbb, 0xcc, 0xdd, 0x45, 0,    1,    0,    /* header, packet, one byte to fill up */
        1,    0,    1,    0,    'x',  0,    0,    0,    /* comments */
        1,    0,    4,    0,    'y',  'y',  'y',  'y',  2, 0, 4, 0,
        2,    0,    0,    0,                                        /* flags: outbound */
        5,    0,    8,    0,    9,    0,    0,    0,    0, 0, 0, 0, /* number */
        0,    0,    0,    0,    0x50, 0,    0,    0,
    };
    (void)state;
    written_t *written = begin("");
    static const char *const comments[] = {"x", "yyyy"};
    pcapng_write_packet(written->png,
                        &(pcapng_packet_t){.interface = 1,
                                           .time_ns = UINT64_C(0x1122334455667788),
                                           .header = (const uint8_t *)"\xaa\xbb\xcc\xdd",
                                           .header_length = 4,
                                           .bytes = (const uint8_t *)"\x45\x00\x01",
                                           .length = 3,
                                           .direction = PCAPNG_OUTBOUND,
                                           .id = 9,
                                           .comments = comments,
                                           .comment_count = 2});
    end(written, expected, sizeof(expected));
}

static void a_packet_without_anything_is_its_bytes(void **state)
{
    static const uint8_t expected[] = {
        6, 0, 0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4,    0, 0, 0,
        4, 0, 0, 0, 1,    2, 3, 4, 2, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x30, 0, 0, 0,
    };
    (void)state;
    written_t *written = begin("");
    pcapng_write_packet(written->png, &(pcapng_packet_t){.time_ns = 1,
                                                         .bytes = (const uint8_t *)"\1\2\3\4",
                                                         .length = 4,
                                                         .direction = PCAPNG_INBOUND});
    end(written, expected, sizeof(expected));
}

static void an_empty_packet_is_written_too(void **state)
{
    static const uint8_t expected[] = {
        6, 0, 0, 0, 0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0,
        0, 0, 0, 0, 0,    0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x2c, 0, 0, 0,
    };
    (void)state;
    written_t *written = begin("");
    pcapng_write_packet(written->png, &(pcapng_packet_t){.bytes = NULL});
    end(written, expected, sizeof(expected));
}

static void statistics_have_both_ends_of_time_and_the_packets(void **state)
{
    static const uint8_t expected[] = {
        5, 0, 0, 0, 0x4c, 0, 0, 0, 1, 0, 0, 0, /* type, length, interface */
        2, 0, 0, 0, 1,    0, 0, 0,             /* when they were written */
        2, 0, 8, 0, 0,    0, 0, 0, 7, 0, 0, 0, /* begin */
        3, 0, 8, 0, 2,    0, 0, 0, 1, 0, 0, 0, /* end */
        4, 0, 8, 0, 3,    0, 0, 0, 0, 0, 0, 0, /* packets */
        5, 0, 8, 0, 0,    0, 0, 0, 0, 0, 0, 0, /* lost */
        0, 0, 0, 0, 0x4c, 0, 0, 0,
    };
    (void)state;
    written_t *written = begin("");
    pcapng_write_statistics(written->png, 1, 7, UINT64_C(0x200000001), 3);
    end(written, expected, sizeof(expected));
}

static void text_is_utf_8_whatever_it_was(void **state)
{
    static const struct {
        const char *text, *written;
    } rows[] = {
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"\xe2\x86\x92 \xf0\x9f\x90\xb1", "\xe2\x86\x92 \xf0\x9f\x90\xb1"},
        {"two\nlines", "two\nlines"},
        {"bell \a", "bell \\a"},
        {"escape \x1b[31m", "escape \\x1b[31m"},
        {"latin \xe9", "latin \\xe9"},
        {"control \xc2\x9b", "control \\u{9b}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t length = strlen(rows[i].written);
        written_t *written = begin(rows[i].text);
        const uint8_t *option = (const uint8_t *)written->bytes + 24;
        assert_int_equal(option[2] | option[3] << 8, length);
        assert_memory_equal(option + 4, rows[i].written, length);
        end(written, option, 0);
    }
}

static void text_of_any_length_fits_its_option(void **state)
{
    (void)state;
    char *text = malloc(100001);
    assert_non_null(text);
    memset(text, 'x', 100000);
    text[100000] = '\0';
    written_t *written = begin(text);
    const uint8_t *option = (const uint8_t *)written->bytes + 24;
    assert_int_equal(option[2] | option[3] << 8, 65000);
    assert_int_equal(written->section_length % 4, 0);
    end(written, option, 0);
    free(text);
}

static void a_stream_that_takes_nothing_says_so(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    if (full == NULL)
        skip();
    pcapng_t *png = pcapng_create(full, "lo0sim", "");
    fflush(full);
    assert_true(ferror(full) != 0);
    pcapng_destroy(png);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_section_has_its_comment_and_application),
        cmocka_unit_test(an_interface_has_a_name_a_description_and_nanoseconds),
        cmocka_unit_test(interfaces_are_numbered_in_their_order),
        cmocka_unit_test(a_packet_has_its_header_comments_direction_and_number),
        cmocka_unit_test(a_packet_without_anything_is_its_bytes),
        cmocka_unit_test(an_empty_packet_is_written_too),
        cmocka_unit_test(statistics_have_both_ends_of_time_and_the_packets),
        cmocka_unit_test(text_is_utf_8_whatever_it_was),
        cmocka_unit_test(text_of_any_length_fits_its_option),
        cmocka_unit_test(a_stream_that_takes_nothing_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
