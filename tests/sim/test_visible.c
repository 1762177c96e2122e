/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text that can be shown, made from any bytes.
 */
#include "sim/base/visible.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *what, *text, *shown;
} rows[] = {
    {"nothing", "", ""},
    {"ASCII", "a <b>\\ ~", "a <b>\\ ~"},
    {"two, three, four bytes", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
     "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"a family, joined", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa6",
     "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa6"},
    {"Hebrew, which turns no other text", "\xd7\xa9\xd7\x9c", "\xd7\xa9\xd7\x9c"},
    {"Latin-1", "\xe4x", "\\xe4x"},
    {"cut short at the end", "x\xe2\x82", "x\\xe2\\x82"},
    {"a continuation alone", "\x80", "\\x80"},
    {"a long form of /", "\xc0\xaf", "\\xc0\\xaf"},
    {"a long form in three bytes", "\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
    {"a surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
    {"after the last code point", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
    {"a first byte that is none", "\xff\xfe", "\\xff\\xfe"},
    {"letters for control characters", "\a\b\t\v\f\r", "\\a\\b\\t\\v\\f\\r"},
    {"other control characters", "\x01\x1b[0m\x7f", "\\x01\\x1b[0m\\x7f"},
    {"C1: the terminal's CSI in two bytes",
     "\xc2\x9b"
     "2J\xc2\x80",
     "\\u{9b}2J\\u{80}"},
    {"the first after C1", "\xc2\xa0", "\xc2\xa0"},
    {"overrides and isolates of direction", "\xe2\x80\xae\xe2\x80\xaa\xe2\x81\xa6\xe2\x81\xa9",
     "\\u{202e}\\u{202a}\\u{2066}\\u{2069}"},
    {"marks of direction", "\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\\u{200e}\\u{200f}\\u{61c}"},
    {"ends of lines and of paragraphs", "\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}"},
    {"without any width", "\xe2\x80\x8b\xef\xbb\xbf", "\\u{200b}\\u{feff}"},
    {"tags, which nobody sees", "\xf3\xa0\x81\xa1", "\\u{e0061}"},
    {"U+FFFE, which XML has no place for", "\xef\xbf\xbe", "\\u{fffe}"},
    {"U+FFFD", "\xef\xbf\xbd", "\xef\xbf\xbd"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void what_would_be_obeyed_or_not_seen_is_escaped(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        char *line = visible_line(rows[i].text);
        if (strcmp(line, rows[i].shown) != 0)
            fail_msg("%s: '%s' instead of '%s'", rows[i].what, line, rows[i].shown);
        free(line);
    }
    char *none = visible_text(NULL);
    assert_string_equal(none, "");
    free(none);
}

static void what_is_visible_stays_as_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        char *again = visible_line(rows[i].shown);
        assert_string_equal(again, rows[i].shown);
        free(again);
    }
}

static void lines_stay_lines_in_a_text_and_end_none_in_a_line(void **state)
{
    (void)state;
    char *text = visible_text("a\r\n\x1b\n"), *line = visible_line("a\r\n\x1b\n");
    assert_string_equal(text, "a\\r\n\\x1b\n");
    assert_string_equal(line, "a\\r\\n\\x1b\\n");
    free(text);
    free(line);
}

static void escapes_are_not_cut_where_the_columns_end(void **state)
{
    static const struct {
        size_t most, columns;
        const char *shown;
    } cases[] = {
        {0, 0, ""},
        {1, 1, "\xc3\xa4"},
        {4, 1, "\xc3\xa4"},
        {5, 5, "\xc3\xa4\\x1b"},
        {6, 6, "\xc3\xa4\\x1b!"},
        {SIZE_MAX, 6, "\xc3\xa4\\x1b!"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *bytes = NULL;
        size_t size;
        FILE *out = open_memstream(&bytes, &size);
        assert_non_null(out);
        assert_int_equal(visible_print(out, "\xc3\xa4\x1b!", cases[i].most), cases[i].columns);
        fclose(out);
        assert_string_equal(bytes, cases[i].shown);
        free(bytes);
    }
}

static void a_long_text_of_escapes_is_copied_whole(void **state)
{
    enum { COUNT = 5000 };
    char *text = malloc(COUNT + 1);
    (void)state;
    assert_non_null(text);
    memset(text, 0x1b, COUNT);
    text[COUNT] = '\0';
    char *shown = visible_line(text);
    assert_int_equal(strlen(shown), 4 * COUNT);
    free(shown);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_would_be_obeyed_or_not_seen_is_escaped),
        cmocka_unit_test(what_is_visible_stays_as_it_is),
        cmocka_unit_test(lines_stay_lines_in_a_text_and_end_none_in_a_line),
        cmocka_unit_test(escapes_are_not_cut_where_the_columns_end),
        cmocka_unit_test(a_long_text_of_escapes_is_copied_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
