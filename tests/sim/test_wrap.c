/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text wrapped into lines of a given width.
 */
#include "sim/base/wrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void lines_break_at_blanks_within_the_width(void **state)
{
    static const struct {
        const char *text;
        size_t column, indent, width;
        const char *printed;
    } rows[] = {
        {"", 0, 0, 10, "\n"},
        {"one two", 0, 0, 10, "one two\n"},
        {"one two three", 0, 0, 8, "one two\nthree\n"},
        {"one two", 0, 0, 7, "one two\n"},
        {"one two", 0, 0, 6, "one\ntwo\n"},
        {"one two three", 4, 4, 11, "one two\n    three\n"},
        {"one two three", 6, 4, 11, "one\n    two\n    three\n"},
        {"unbreakable it is", 0, 0, 5, "unbreakable\nit is\n"},
        {"a\nb", 0, 2, 9, "a\n  b\n"},
        {"a\n\nb", 0, 0, 9, "a\n\nb\n"},
        {"a  b", 0, 0, 9, "a  b\n"},
        {"\xc3\xa4\xc3\xb6 \xc3\xbc", 0, 0, 4, "\xc3\xa4\xc3\xb6 \xc3\xbc\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        wrap_print(out, rows[i].text, rows[i].column, rows[i].indent, rows[i].width);
        fclose(out);
        assert_string_equal(text, rows[i].printed);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_break_at_blanks_within_the_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
