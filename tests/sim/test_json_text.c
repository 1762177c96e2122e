/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text in JSON and in HTML: whatever it holds, it stays text.
 */
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

#define BAD "\xef\xbf\xbd"

static void text_is_escaped_and_what_is_no_text_replaced(void **state)
{
    static const struct {
        const char *text, *json, *html;
    } rows[] = {
        {"", "\"\"", ""},
        {"plain", "\"plain\"", "plain"},
        {"a\"b\\c", "\"a\\u0022b\\u005cc\"", "a&quot;b\\c"},
        {"</script>&", "\"\\u003c/script\\u003e\\u0026\"", "&lt;/script&gt;&amp;"},
        {"'", "\"'\"", "&#39;"},
        {"\n\t\x01\x7f", "\"\\u000a\\u0009\\u0001\\u007f\"", "\n\t" BAD BAD},
        {"\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\x9f", "\"\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\x9f\"",
         "\xc3\xa9 \xe2\x86\x92 \xf0\x9f\x90\x9f"},
        {"\xff\x80", "\"\\ufffd\\ufffd\"", BAD BAD},
        {"\xc3", "\"\\ufffd\"", BAD}, /* cut short */
        {"\xe2\x86<", "\"\\ufffd\\ufffd\\u003c\"", BAD BAD "&lt;"},
        {"\xc0\xbc", "\"\\ufffd\\ufffd\"", BAD BAD}, /* an overlong `<` */
        {"\xe0\x80\xbc", "\"\\ufffd\\ufffd\\ufffd\"", BAD BAD BAD},
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"", BAD BAD BAD}, /* a surrogate */
        {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"", BAD BAD BAD BAD},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_escaped_and_what_is_no_text_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
