/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text in JSON and in HTML: whatever it holds, it stays text.
 */
#include "sim/base/json_line.h"
#include "sim/base/json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *written(void (*write)(FILE *out, const char *text), const char *text)
{
    char *bytes = NULL;
    size_t size;
    FILE *out = open_memstream(&bytes, &size);
    assert_non_null(out);
    write(out, text);
    fclose(out);
    return bytes;
}

static void text_is_escaped_and_what_cannot_be_shown_too(void **state)
{
    static const struct {
        const char *text, *json, *html;
    } rows[] = {
        {"", "\"\"", ""},
        {"plain", "\"plain\"", "plain"},
        {"a\"b\\c", "\"a\\u0022b\\u005cc\"", "a&quot;b\\c"},
        {"</script>&", "\"\\u003c/script\\u003e\\u0026\"", "&lt;/script&gt;&amp;"},
        {"'", "\"'\"", "&#39;"},
        {"\n\t\x01\x7f", "\"\\u000a\\u005ct\\u005cx01\\u005cx7f\"", "\n\\t\\x01\\x7f"},
        {"\xe2\x80\xae", "\"\\u005cu{202e}\"", "\\u{202e}"},
        {"\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\x9f", "\"\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\x9f\"",
         "\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\x9f"},
        {"\xff\x80", "\"\\u005cxff\\u005cx80\"", "\\xff\\x80"},
        {"\xe2\x86<", "\"\\u005cxe2\\u005cx86\\u003c\"", "\\xe2\\x86&lt;"},
        {"\xc0\xbc", "\"\\u005cxc0\\u005cxbc\"", "\\xc0\\xbc"}, /* an overlong `<` */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *json = written(put_json_string, rows[i].text),
             *html = written(put_html_text, rows[i].text);
        assert_string_equal(json, rows[i].json);
        assert_string_equal(html, rows[i].html);
        free(json);
        free(html);
    }
}

static void a_line_of_json_is_an_object_with_its_members(void **state)
{
    static const uint8_t bytes[] = {0x00, 0xa5, 0xff};
    static const char expected[] =
        "{\"text\":\"a\\\"b\\\\c\\n\\\\t\\\\xff\xc3\xa9<\",\"empty\":\"\",\"zero\":0,"
        "\"most\":18446744073709551615,\"least\":-9223372036854775808,\"inner\":{\"yes\":true},"
        "\"none\":{},\"hex\":\"00a5ff\",\"json\":[1]}";
    json_line_t line = {0};
    (void)state;
    for (int again = 0; again < 2; again++) { /* the second time in the room of the first */
        json_line_begin(&line);
        json_line_text(&line, "text", "a\"b\\c\n\t\xff\xc3\xa9<");
        json_line_text(&line, "left_out", NULL);
        json_line_text(&line, "empty", "");
        json_line_unsigned(&line, "zero", 0);
        json_line_unsigned(&line, "most", UINT64_MAX);
        json_line_signed(&line, "least", INT64_MIN);
        json_line_open(&line, "inner");
        json_line_bool(&line, "yes", true);
        json_line_close(&line);
        json_line_open(&line, "none");
        json_line_close(&line);
        json_line_hex(&line, "hex", bytes, sizeof(bytes));
        json_line_json(&line, "json", "[1]", 3);
        json_line_close(&line);
        assert_int_equal(line.used, strlen(expected));
        assert_memory_equal(line.text, expected, line.used);
    }
    free(line.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_json_is_an_object_with_its_members),
        cmocka_unit_test(text_is_escaped_and_what_cannot_be_shown_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
