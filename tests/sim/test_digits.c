/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Numbers and addresses are written as printf() and inet_ntop() write them.
 */
#include "sim/base/digits.h"
#include "stack/ip_address.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint64_t numbers[] = {0, 1, 9, 10, 99, 100, 65535, UINT32_MAX, INT64_MAX, UINT64_MAX};

static void numbers_are_written_as_printf_writes_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        char text[DIGITS_MAX + 1], expected[64];
        text[digits_unsigned(text, numbers[i])] = '\0';
        snprintf(expected, sizeof(expected), "%" PRIu64, numbers[i]);
        assert_string_equal(text, expected);
        for (int sign = 0; sign < 2; sign++) {
            int64_t number = sign == 0 ? (int64_t)numbers[i] : (int64_t)-numbers[i];
            text[digits_signed(text, number)] = '\0';
            snprintf(expected, sizeof(expected), "%" PRId64, number);
            assert_string_equal(text, expected);
        }
    }
    char least[DIGITS_MAX + 1];
    least[digits_signed(least, INT64_MIN)] = '\0';
    assert_string_equal(least, "-9223372036854775808");
}

static void bytes_are_two_digits_each(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x0f, 0xf0, 0xff, 0x7a};
    char text[2 * sizeof(bytes) + 1];
    text[digits_hex(text, bytes, sizeof(bytes))] = '\0';
    assert_string_equal(text, "000ff0ff7a");
}

static void ipv4_addresses_are_written_as_inet_ntop_writes_them(void **state)
{
    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        uint8_t v4[4] = {(uint8_t)value, (uint8_t)(255 - value), (uint8_t)(value * 7), 0};
        char text[IP_ADDRESS_TEXT_MAX], expected[IP_ADDRESS_TEXT_MAX];
        in6_addr_t address = ip_address_get(AF_INET, v4);
        inet_ntop(AF_INET, v4, expected, sizeof(expected));
        assert_string_equal(ip_address_text(&address, text, sizeof(text)), expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_as_printf_writes_them),
        cmocka_unit_test(bytes_are_two_digits_each),
        cmocka_unit_test(ipv4_addresses_are_written_as_inet_ntop_writes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
