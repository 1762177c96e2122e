/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text for JSON and XML out of any bytes.
 */
#include "sim/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define NO "\xef\xbf\xbd"

static void each_byte_that_is_no_utf8_is_replaced(void **state)
{
    static const struct {
        const char *what, *text, *json, *xml;
    } rows[] = {
        {"nothing", "", "", ""},
        {"ASCII", "a <b>\n", "a <b>\n", "a <b>\n"},
        {"two, three, four bytes", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
         "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"Latin-1", "\xe4x", NO "x", NO "x"},
        {"cut short at the end", "x\xe2\x82", "x" NO NO, "x" NO NO},
        {"a continuation alone", "\x80", NO, NO},
        {"a long form of /", "\xc0\xaf", NO NO, NO NO},
        {"a long form in three bytes", "\xe0\x80\xaf", NO NO NO, NO NO NO},
        {"a surrogate", "\xed\xa0\x80", NO NO NO, NO NO NO},
        {"behind the last character", "\xf4\x90\x80\x80", NO NO NO NO, NO NO NO NO},
        {"the last character", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
        {"a first byte that is none", "\xff\xfe", NO NO, NO NO},
        {"control characters", "\x01\x1b[0m\t\x7f", "\x01\x1b[0m\t\x7f", NO NO "[0m\t\x7f"},
        {"U+FFFE", "\xef\xbf\xbe", "\xef\xbf\xbe", NO},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *json = utf8_text(rows[i].text, false), *xml = utf8_text(rows[i].text, true);
        assert_string_equal(json, rows[i].json);
        assert_string_equal(xml, rows[i].xml);
        free(json);
        free(xml);
    }
    char *none = utf8_text(NULL, true);
    assert_string_equal(none, "");
    free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_that_is_no_utf8_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
